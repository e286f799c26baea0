import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MgrError, reasonOf } from '../base/errors.js';
import { fromRecord } from '../protocol/wire.js';
import type { MethodName, Params, Result } from '../protocol/contract.js';
import type { ProcessView } from '../protocol/views.js';
import type { InstallEvent, InstallRequest, Prepared } from '../modules/report.js';

/** The part of the RPC client that is needed here. */
export interface Caller {
  call<M extends MethodName>(method: M, params: Params<M>, options?: { readonly signal?: AbortSignal; readonly deadline?: number }): Promise<Result<M>>;
}

export interface InstallOptions {
  /** dist/installer.cjs */
  readonly installer: string;
  readonly request: InstallRequest;
  /** How long it must stay up before the former version is given up; 0 = until online. */
  readonly safeMs: number;
  /** Progress and warnings, as they come. */
  readonly report: (event: Extract<InstallEvent, { type: 'progress' | 'warning' }>) => void;
}

/**
 * Installs or updates a module: prepares it in an installer process, then has the daemon activate it.
 * Throws what the installer or the daemon says (MODULE_*, INSTALL_BUSY, …). Whatever happens, no staged file stays.
 */
export async function installModule(client: Caller, options: InstallOptions): Promise<{ readonly prepared: Prepared; readonly processes: readonly ProcessView[] }> {
  const installer = start(options);
  try {
    const prepared = await installer.prepared;
    const { module, staged, apps, defaults } = prepared;
    const deadline = 120_000 + options.safeMs;
    const processes = await client.call('module.activate', { module, staged, apps, defaults, safeMs: options.safeMs }, { deadline });
    return { prepared, processes };
  } finally {
    await installer.end();
  }
}

function start({ installer, request, report }: InstallOptions): { readonly prepared: Promise<Prepared>; end(): Promise<void> } {
  const child = spawn(process.execPath, [installer], { stdio: ['pipe', 'pipe', 'pipe'], env: request.env, cwd: request.cwd });
  const exited = new Promise<void>((resolve) => { child.once('close', () => resolve()); child.once('error', () => resolve()); });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors = (errors + text).slice(-4000); });
  // The installer may end before it has read us (it was killed): its exit tells that, EPIPE adds nothing.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const prepared = new Promise<Prepared>((resolve, reject) => {
    child.once('error', (e) => reject(new MgrError('INTERNAL', { reason: `the installer did not start: ${reasonOf(e)}` }, e)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parse(line);
      if (event?.type === 'prepared') resolve(event.prepared);
      else if (event?.type === 'failed') reject(fromRecord(event.error));
      else if (event !== undefined) report(event);
    });
    // After its last line was read; a settled promise does not mind.
    child.once('close', (code, signal) => {
      const told = errors.trim().split('\n').at(-1) ?? '';
      reject(new MgrError('INTERNAL', { reason: `the installer ended with ${signal ?? `code ${code}`}${told === '' ? '' : `: ${told}`}` }));
    });
  });
  return {
    prepared,
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
