/** Entry of what runs in the foreground with a daemon inside: `foreground.js runtime|dev|no-daemon <words>`. */
import path from 'node:path';
import { asError, isMgrError } from '../base/errors.js';
import { renderError } from '../cli/render/error.js';
import { sink } from '../cli/sink.js';

const dist = path.dirname(__filename);
/** The pid of bin/mgr-runtime, which starts us again unless we say goodbye. */
const shell = Number(process.env['MGR_RUNTIME_SHELL']);

// Neither is for the programs that are started here.
delete process.env['MGR_RUNTIME_SHELL'];
delete process.env['MGR_CHANNEL'];

process.on('uncaughtException', fault);
process.on('unhandledRejection', fault);

main().catch((e: unknown) => {
  sink(2).write(`${renderError(e)}\n`);
  finish(isMgrError(e) ? e.exit : 1, isMgrError(e));
});

async function main(): Promise<void> {
  const [mode = '', ...words] = process.argv.slice(2);
  process.title = `mgr ${mode}`;
  switch (mode) {
    case 'runtime': return (await import('./runtime.js')).runtime(words, dist, finish);
    case 'dev': return (await import('./dev.js')).dev(words, dist, finish);
    case 'no-daemon': return (await import('./no-daemon.js')).noDaemon(words, dist, finish);
    default: throw new Error(`${mode}: wanted runtime, dev or no-daemon`);
  }
}

function finish(code: number, whole: boolean): never {
  if (whole && shell > 0 && process.ppid === shell) process.kill(shell, 'SIGUSR1');
  process.exit(code);
}

/** The programs run on; bin/mgr-runtime starts the next one, elsewhere the next command does. */
function fault(e: unknown): never {
  sink(2).write(`mgr: fault: ${asError(e).stack ?? String(e)}\n`);
  process.exit(70);
}
