/**
 * The daemon's entry: `node bin/daemon.js` with MGR_HOME set, started by bin/guardian.sh. The only file of the daemon that
 * touches process.*. Exit status: 0 ends the guardian too (kill, handover, another daemon holds the home);
 * anything else makes it start a new daemon, which adopts what runs.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { MgrError, isMgrError, reasonOf } from '../base/errors.js';
import { homeFrom } from '../base/paths.js';
import { VERSION } from '../base/version.js';
import { toRecord } from '../protocol/wire.js';
import { Daemon } from './daemon.js';

/** Written for people; the guardian gave us the log as stdout and stderr. */
function say(text: string): void {
  fs.writeSync(2, `${new Date().toISOString()} ${text}\n`);
}

/** The client that started us waits for one line on descriptor 3. After a restart by the guardian it is closed. */
function report(record: object): void {
  try {
    fs.writeSync(3, `${JSON.stringify(record)}\n`);
    fs.closeSync(3);
  } catch {
    // nobody waits
  }
}

async function main(): Promise<void> {
  process.title = 'mgr daemon';
  // A message channel or a run token of an app we may have been started from is not ours to hand on.
  delete process.env['MGR_CHANNEL'];
  const home = homeFrom(process.env, os.homedir());
  process.chdir('/');
  const daemon = await Daemon.start({
    home, say,
    env: process.env,
    node: process.execPath,
    preload: path.join(__dirname, 'preload.cjs'),
    exit: (code) => process.exit(code),
  });
  if ('heldBy' in daemon) {
    report({ lost: daemon.heldBy });
    process.exit(0);
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(signal, () => { daemon.ending.signalled(signal); });
  process.on('SIGHUP', () => {}); // a closed terminal is no reason to end
  process.on('SIGUSR2', () => daemon.reopenLogs());
  say(`mgr ${VERSION} daemon, pid ${process.pid}, node ${process.version}, home ${home.dir}`);
  report({ ready: true, pid: process.pid });
}

// A fault of ours ends this daemon, not what it manages: the next one adopts all within the guardian's patience.
process.on('uncaughtException', (e) => {
  say(`fault: ${e.stack ?? reasonOf(e)}`);
  process.exit(70);
});
process.on('unhandledRejection', (e) => {
  say(`fault: ${e instanceof Error ? e.stack ?? e.message : String(e)}`);
  process.exit(70);
});

main().catch((e: unknown) => {
  const error = isMgrError(e) ? e : new MgrError('INTERNAL', { reason: reasonOf(e) }, e);
  say(`cannot start: ${error.message}${e instanceof Error && !isMgrError(e) ? `\n${e.stack ?? ''}` : ''}`);
  report({ error: toRecord(error) });
  // Asked again and again it would fail alike: the guardian ends with us, the caller has the reason.
  process.exit(0);
});
