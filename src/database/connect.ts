import fs from 'node:fs';
import { errno, isMgrError, MgrError, reasonOf } from '../base/errors.js';
import { systemClock } from '../base/clock.js';
import { openDriver, type Driver } from './driver.js';
import { storeFault } from './faults.js';
import { damageOf, type Damage } from './wal.js';

/** A connection that was looked at, and sentences about what was found wrong. */
export interface Connected { readonly driver: Driver; readonly notices: readonly string[]; readonly inode: string | undefined }

/**
 * Opens `file` and makes sure that it can be worked with. A file that is damaged is renamed, never removed, a new one begun, and
 * both told in a notice. Throws STORE_BUSY (open it again), STORE_IO.
 */
export function connect(file: string, busyMs: number): Connected {
  const notices: string[] = [];
  for (;;) {
    make(file);
    const inode = inodeOf(file);
    try {
      notEmptied(file);
      const driver = prepared(file, busyMs);
      const notice = brokenTail(driver, file);
      return { driver, inode, notices: notice === undefined ? notices : [...notices, notice] };
    } catch (e) {
      const fault = storeFault(e, file, busyMs);
      if (!isMgrError(fault) || fault.code !== 'STORE_CORRUPT' || notices.length > 0) throw fault;
      const aside = setAside(file, inode, busyMs);
      if (aside !== undefined) notices.push(`${new MgrError('STORE_CORRUPT', { ...fault.data, aside }).message}; it was set aside as ${aside} and a new one begun`);
    }
  }
}

/** Which file stands there: another one after it was set aside or taken away. */
export function inodeOf(file: string): string | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** Says that the next one to open `file` must look at the whole of it. */
export function suspect(file: string): void {
  try {
    fs.writeFileSync(`${file}${SUSPECT}`, '', { mode: 0o600 });
  } catch {
    // The disk is worse off than the file; the fault itself is told.
  }
}

/** A larger file is looked at as a whole only when a fault was met in it: the check reads about a megabyte in a millisecond. */
const CHECKED = 32 * 1024 * 1024;
const SUSPECT = '-suspect';
const BESIDES = ['', '-wal', '-shm'];

function prepared(file: string, busyMs: number): Driver {
  const driver = openDriver(file, busyMs);
  try {
    driver.prepare('PRAGMA journal_mode=WAL').all([]);
    driver.prepare('PRAGMA synchronous=FULL').run([]);
    driver.prepare('PRAGMA journal_size_limit=8388608').all([]);
    driver.prepare('SELECT count(*) FROM sqlite_schema').get([]);
    const suspected = fs.existsSync(`${file}${SUSPECT}`);
    if (suspected || fs.statSync(file).size <= CHECKED) {
      const [found] = Object.values(driver.prepare('PRAGMA quick_check(1)').get([]) ?? {});
      if (found !== 'ok') throw new MgrError('STORE_CORRUPT', { file, reason: String(found).split('\n').find((line) => !line.startsWith('***')) ?? 'quick_check' });
      if (suspected) fs.rmSync(`${file}${SUSPECT}`, { force: true });
    }
    return driver;
  } catch (e) {
    driver.close();
    throw e;
  }
}

// The files beside it take over its mode. A file that is there is not opened here: closing it would drop the locks that
// SQLite holds on it in this process (POSIX locks belong to the process, not to the descriptor).
function make(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
  } catch (e) {
    if (errno(e) !== 'EEXIST') throw new MgrError('STORE_IO', { file, act: 'create', reason: reasonOf(e) }, e);
  }
}

// SQLite takes an empty file for a new one and would remove the write-ahead file. A new one gets its first page before there is
// anything written ahead; another process may be doing that at this moment, so the file is asked last.
function notEmptied(file: string): void {
  const ahead = fs.statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (ahead > 0 && fs.statSync(file).size === 0) throw new MgrError('STORE_CORRUPT', { file, reason: 'it is empty, and what is written ahead of it is not' });
}

// Two processes may meet the same damage. Whoever gets the lock first renames; the other one finds another file there.
function setAside(file: string, inode: string | undefined, busyMs: number): string | undefined {
  const lock = `${file}-repair`;
  let driver: Driver;
  try {
    driver = openDriver(lock, busyMs);
  } catch (e) {
    throw storeFault(e, lock, busyMs);
  }
  try {
    try {
      driver.exec('BEGIN EXCLUSIVE');
    } catch (e) {
      // Held, or just removed by the one who held it: look again.
      throw new MgrError('STORE_BUSY', { file, ms: busyMs }, e);
    }
    try {
      if (inodeOf(file) !== inode) return undefined;
      const aside = asideName(file);
      for (const end of BESIDES) move(`${file}${end}`, `${aside}${end}`);
      fs.rmSync(`${file}${SUSPECT}`, { force: true });
      return aside;
    } finally {
      fs.rmSync(lock, { force: true });
    }
  } finally {
    driver.close();
  }
}

function asideName(file: string): string {
  const stamp = new Date(systemClock.wall()).toISOString().replace(/[-:]|\.\d+Z$/g, '');
  for (let n = 0; ; n++) {
    const name = `${file}.broken-${stamp}${n === 0 ? '' : `-${n}`}`;
    if (!fs.existsSync(name)) return name;
  }
}

function move(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (e) {
    if (errno(e) !== 'ENOENT') throw e;
  }
}

// What SQLite could not take from the write-ahead file is kept beside it; then the file is begun anew, so that this is told once.
function brokenTail(driver: Driver, file: string): string | undefined {
  const wal = `${file}-wal`;
  if (damageOf(wal) === undefined) return undefined;
  try {
    driver.exec('BEGIN IMMEDIATE');
  } catch {
    return undefined; // somebody writes, and may be in the middle of it
  }
  let found: Damage | undefined;
  let kept = '';
  try {
    found = damageOf(wal);
    if (found?.sure === true) kept = copied(wal);
  } finally {
    driver.exec('ROLLBACK');
  }
  if (found === undefined) return undefined;
  try {
    driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all([]);
  } catch {
    // A full disk, or somebody who reads: it is told again at the next opening.
  }
  return found.sure ? `${wal} is damaged: ${found.text}; ${kept}` : `${wal}: ${found.text}`;
}

function copied(wal: string): string {
  const to = asideName(wal);
  try {
    fs.copyFileSync(wal, to, fs.constants.COPYFILE_EXCL);
    return `it was kept as ${to}`;
  } catch (e) {
    fs.rmSync(to, { force: true });
    return `it could not be kept: ${reasonOf(e)}`;
  }
}
