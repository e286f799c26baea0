import fs from 'node:fs';
import os from 'node:os';
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
  } catch (e) {
    throw new MgrError(errno(e) === 'EACCES' || errno(e) === 'EPERM' ? 'NO_PERMISSION' : 'DAEMON_START', { path: home.dir, reason: reasonOf(e), log: home.daemonLog }, e);
  }
}
