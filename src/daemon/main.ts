/**
 * The daemon's entry: `node bin/daemon.js` with MGR_HOME set, started by bin/guardian.sh. The only file of the daemon that
 * touches process.*. Exit status: 0 ends the guardian too (kill, handover, another daemon holds the home);
 * anything else makes it start a new daemon, which adopts what runs. With `--unit` it is a service of the system: unit.ts.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { MgrError, isMgrError, reasonOf } from '../base/errors.js';
import { type Home, homeFrom } from '../base/paths.js';
import { HANDOVER_STATUS, USELESS_STATUS } from '../base/exit-status.js';
import { VERSION } from '../base/version.js';
import { toRecord } from '../protocol/wire.js';
import { Daemon } from './daemon.js';
import { keepHeapSmall } from './heap.js';
import { isRestart, takeOver } from './unit.js';

const isUnit = process.argv.includes('--unit');
let log: string | undefined;

/** Written for people; the guardian gave us the log as stdout and stderr. The stderr of a service is its init's journal: then both. */
function say(text: string): void {
  const line = `${new Date().toISOString()} ${text}\n`;
  if (log !== undefined) {
    try { fs.appendFileSync(log, line, { mode: 0o600 }); } catch { /* no home yet, or a full disk: the journal has it */ }
  }
  fs.writeSync(2, line);
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
  delete process.env['MGR_DOOR'];
  const home = homeFrom(process.env, os.homedir());
  process.chdir('/');
  if (isUnit) log = home.daemonLog;
  const daemon = await begin(home);
  if ('heldBy' in daemon) {
    report({ lost: daemon.heldBy });
    process.exit(isUnit ? 1 : 0);
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(signal, () => { end(daemon, signal); });
  // A closed terminal is no reason to end. A service has none: there it asks for the next daemon.
  process.on('SIGHUP', () => { if (isUnit) daemon.ending.handover(); });
  process.on('SIGUSR2', () => daemon.reopenLogs());
  say(`mgr ${VERSION} daemon, pid ${process.pid}, node ${process.version}, home ${home.dir}`);
  report({ ready: true, pid: process.pid });
  keepHeapSmall(systemClock);
  if (isUnit) for (const { target, error } of await daemon.revival.afterBoot()) if (error !== undefined) say(`\`${target}\` is not brought back: ${reasonOf(error)}`);
}

async function begin(home: Home): Promise<Daemon | { heldBy: number }> {
  for (let tries = 0; ; tries++) {
    // A command may start a daemon of its own between the two.
    if (isUnit) await takeOver(home, say);
    const daemon = await Daemon.start({
      home, say,
      env: process.env,
      node: process.execPath,
      preload: path.join(__dirname, 'preload.cjs'),
      ...(isUnit && { handoverStatus: HANDOVER_STATUS }),
      exit: (code) => process.exit(code),
    });
    if (!('heldBy' in daemon) || !isUnit || tries === 20) return daemon;
    await new Promise((r) => { setTimeout(r, 100); });
  }
}

function end(daemon: Daemon, signal: string): void {
  if (!isUnit || !isRestart(process.env)) { daemon.ending.signalled(signal); return; }
  say(`${signal}: the service is being restarted, its programs are left to the next daemon`);
  daemon.ending.handover();
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
  process.exit(isUnit ? USELESS_STATUS : 0);
});
