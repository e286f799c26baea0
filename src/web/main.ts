/** Entry of `mgr web`: the dashboard's server as a program of its own, managed like any other. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { isMgrError, reasonOf } from '../base/errors.js';
import { homeFrom } from '../base/paths.js';
import { startWeb } from './app.js';
import { webOptions } from './options.js';

void main();

async function main(): Promise<void> {
  try {
    const userHome = os.homedir();
    const running = await startWeb({
      home: homeFrom(process.env, userHome), options: webOptions(process.env), clock: systemClock, say: (text) => say(2, text),
      around: {
        env: process.env, userHome, username: os.userInfo().username, uid: process.getuid?.() ?? 0, cpus: os.availableParallelism(), execPath: process.execPath, nodeVersion: process.versions.node, pid: process.pid,
        dist: path.dirname(fs.realpathSync(process.argv[1] ?? '')), rss: () => process.memoryUsage.rss(),
      },
    });
    say(1, `listening on ${running.url}`);
    process.send?.('ready');
    const end = (): void => { void running.close().finally(() => process.exit(0)); };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  } catch (e) {
    say(2, `web: ${isMgrError(e) && e.hint !== undefined ? `${e.message}\n  → ${e.hint}` : isMgrError(e) ? e.message : e instanceof Error ? e.stack ?? e.message : reasonOf(e)}`);
    // Nothing gets better by trying again: it stays down until somebody looks (stop_exit_codes).
    process.exit(CANNOT);
  }
}

/** EX_CONFIG of sysexits. */
const CANNOT = 78;

// Synchronous: the last line before an exit must not be lost.
function say(fd: 1 | 2, text: string): void {
  fs.writeSync(fd, `${text}\n`);
}
