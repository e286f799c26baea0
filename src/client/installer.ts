import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MgrError, reasonOf } from '../base/errors.js';
import { fromRecord } from '../protocol/wire.js';
import type { InstallEvent, InstallRequest, Job, Jobs, Surroundings } from '../modules/report.js';

// The answers, for those who ask: they need not know the room they come from.
export type { Latest, ModuleAudit, PackageNote, Packed } from '../modules/report.js';

/** What an installer says on the way. */
export type Told = Extract<InstallEvent, { type: 'progress' | 'warning' }>;

interface Start {
  /** dist/installer.cjs */
  readonly installer: string;
  readonly request: InstallRequest | Job;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly report: (event: Told) => void;
}

/** Has the installer process do one job. Throws what it says (MODULE_*, SCRIPT_FAILED, …). */
export async function askInstaller<J extends keyof Jobs>(installer: string, job: J, ask: Jobs[J]['ask'], at: Surroundings, report: (event: Told) => void = () => undefined): Promise<Jobs[J]['answer']> {
  // The three fields belong together by J; the compiler sees a union of all three jobs.
  const request = { job, ask, at } as unknown as Job;
  const process = startInstaller<Jobs[J]['answer']>({ installer, request, env: at.env, cwd: at.cwd, report }, (event) => (event.type === 'answer' ? { value: event.answer as Jobs[J]['answer'] } : undefined));
  try {
    return await process.value;
  } finally {
    await process.end();
  }
}

/** The process that knows npm's libraries. `take` tells the event that is awaited. */
export function startInstaller<T>({ installer, request, env, cwd, report }: Start, take: (event: InstallEvent) => { readonly value: T } | undefined): { readonly value: Promise<T>; end(): Promise<void> } {
  const child = spawn(process.execPath, [installer], { stdio: ['pipe', 'pipe', 'pipe'], env, cwd });
  const exited = new Promise<void>((resolve) => { child.once('close', () => resolve()); child.once('error', () => resolve()); });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors = (errors + text).slice(-4000); });
  // The installer may end before it has read us (it was killed): its exit tells that, EPIPE adds nothing.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const value = new Promise<T>((resolve, reject) => {
    child.once('error', (e) => reject(new MgrError('INTERNAL', { reason: `the installer did not start: ${reasonOf(e)}` }, e)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parse(line);
      const taken = event === undefined ? undefined : take(event);
      if (taken !== undefined) resolve(taken.value);
      else if (event?.type === 'failed') reject(fromRecord(event.error));
      else if (event?.type === 'progress' || event?.type === 'warning') report(event);
    });
    // After its last line was read; a settled promise does not mind.
    child.once('close', (code, signal) => {
      const told = errors.trim().split('\n').at(-1) ?? '';
      reject(new MgrError('INTERNAL', { reason: `the installer ended with ${signal ?? `code ${code}`}${told === '' ? '' : `: ${told}`}` }));
    });
  });
  return {
    value,
    async end() {
      child.stdin.end('{"done":true}\n');
      await exited;
    },
  };
}

// An install script may print to the same stdout: what is no event of ours is its chatter.
function parse(line: string): InstallEvent | undefined {
  if (!line.startsWith('{"type":')) return undefined;
  try {
    return JSON.parse(line) as InstallEvent;
  } catch {
    // As above: not ours.
    return undefined;
  }
}
