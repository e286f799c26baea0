/** Entry of the installer process (dist/installer.cjs). The protocol is told in report.ts. */
import path from 'node:path';
import { createInterface } from 'node:readline';
import { toRecord } from '../protocol/wire.js';
import { install, type Installation } from './install.js';
import { runJob } from './jobs.js';
import type { InstallEvent, InstallRequest, Job } from './report.js';

void main();

async function main(): Promise<void> {
  // The command was killed: nobody reads, and the folder that was begun must still be removed.
  process.stdout.on('error', () => undefined);
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const first = await lines.next();
  // The command went away before it asked for anything.
  if (first.done === true) return;
  let installation: Installation | undefined;
  let told = false;
  // Interrupted: npm's libraries cannot be stopped half-way, so what they have written is removed as soon as they end;
  // a second signal ends us at once, and the next installer sweeps.
  const leave = (): void => {
    if (told || begun === undefined) process.exit(130);
    told = true;
    void begun.then((done) => done.close(), () => undefined).finally(() => process.exit(130));
  };
  let begun: Promise<Installation> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave);
  try {
    const asked = JSON.parse(first.value) as InstallRequest | Job;
    if ('job' in asked) {
      await say({ type: 'answer', answer: await runJob(asked, (event) => { void say(event); }) });
      return;
    }
    begun = install(asked, (event) => { void say(event); }, process.pid, path.dirname(path.dirname(process.argv[1] ?? '')));
    installation = await begun;
    await say({ type: 'prepared', prepared: installation.prepared });
    // `done`, or the end of the stream: either way it is not ours any more.
    await lines.next();
  } catch (e) {
    process.exitCode = 1;
    await say({ type: 'failed', error: toRecord(e) });
    if (process.env['MGR_DEBUG']) process.stderr.write(`${e instanceof Error ? e.stack ?? e.message : String(e)}\n`);
  } finally {
    await installation?.close();
    // Idle keep-alive sockets to the registry would hold the process for seconds.
    process.exit();
  }
}

function say(event: InstallEvent): Promise<void> {
  return new Promise((resolve) => { process.stdout.write(`${JSON.stringify(event)}\n`, () => resolve()); });
}
