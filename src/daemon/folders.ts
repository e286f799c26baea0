import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { makeFolder } from '../base/folders.js';
import type { Home } from '../base/paths.js';

/** Makes the home. 0700: whoever may enter it may run programs as its owner. Throws NO_PERMISSION, DAEMON_START. */
export function makeFolders(home: Home): void {
  try {
    makeFolder(home.dir, 0o700);
    const { mode, uid } = fs.statSync(home.dir);
    if ((mode & 0o077) !== 0 && uid === os.userInfo().uid) fs.chmodSync(home.dir, 0o700);
    for (const dir of [home.logs, home.pids, home.modules, home.run]) makeFolder(dir, 0o700);
    // Without it a PM2 client takes this for its first run: a banner on stdout, and a question to its makers over the network.
    const touch = path.join(home.dir, 'touch');
    if (!fs.existsSync(touch)) fs.writeFileSync(touch, String(systemClock.wall()), { mode: 0o600 });
  } catch (e) {
    throw new MgrError(errno(e) === 'EACCES' || errno(e) === 'EPERM' ? 'NO_PERMISSION' : 'DAEMON_START', { path: home.dir, reason: reasonOf(e), log: home.daemonLog }, e);
  }
}
