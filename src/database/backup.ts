import fs from 'node:fs';
import path from 'node:path';
import { MgrError, reasonOf } from '../base/errors.js';
import { randomHex } from '../base/random.js';
import type { Database } from './database.js';
import { openDriver } from './driver.js';
import { storeFault } from './faults.js';

/**
 * A copy of the whole database as it is at this moment, in one file of mode 0600 that needs no other beside it; writers go on
 * meanwhile, this process stands still (about a second for 200 MB). The copy is under its name only when it is whole and on the
 * disk. Throws BAD_USAGE when `file` is there already, STORE_IO.
 */
export function backupTo(db: Database, file: string): { readonly file: string; readonly bytes: number } {
  if (fs.existsSync(file)) throw new MgrError('BAD_USAGE', { reason: `${file} is there already`, fix: 'name another file; nothing was written' });
  const temp = `${file}.${randomHex(6)}.tmp`;
  try {
    fs.closeSync(fs.openSync(temp, 'wx', 0o600));
    db.run('VACUUM INTO ?', [temp]);
    const fd = fs.openSync(temp, 'r+');
    try { fs.fsyncSync(fd); } finally { fs.closeSync(fd); }
    fs.linkSync(temp, file); // unlike a rename it takes nobody's place
    return { file, bytes: fs.statSync(file).size };
  } catch (e) {
    const fault = storeFault(e, file, 0);
    throw fault instanceof MgrError ? fault : new MgrError('STORE_IO', { file, act: 'write', reason: reasonOf(e) }, e);
  } finally {
    fs.rmSync(temp, { force: true });
  }
}

/** What stands at the place of a database, for somebody who only looks. */
export interface Examined {
  /** Bytes of the file and of what is written ahead beside it; undefined when there is none. */
  readonly bytes: number | undefined;
  /** Why it cannot be used; undefined when it can. */
  readonly fault: MgrError | undefined;
  /** Damaged files that were set aside earlier, by their paths. */
  readonly aside: readonly string[];
}

/** Looks at every page of a database (some ms for each megabyte) and changes nothing: what is damaged stays where it is. */
export function examine(file: string): Examined {
  const aside = asides(file);
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return { bytes: undefined, fault: undefined, aside };
  const bytes = stat.size + (fs.statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  try {
    const driver = openDriver(file, BUSY_MS);
    try {
      const found = String(Object.values(driver.prepare('PRAGMA quick_check(1)').get([]) ?? {})[0]);
      if (found !== 'ok') return { bytes, aside, fault: new MgrError('STORE_CORRUPT', { file, reason: found.split('\n').find((line) => !line.startsWith('***')) ?? found }) };
      // A read tells nothing about a disk that is full, or mounted to be read only.
      driver.exec('BEGIN IMMEDIATE');
      driver.exec('ROLLBACK');
      return { bytes, fault: undefined, aside };
    } finally {
      driver.close();
    }
  } catch (e) {
    const fault = storeFault(e, file, BUSY_MS);
    return { bytes, aside, fault: fault instanceof MgrError ? fault : new MgrError('STORE_IO', { file, act: 'open', reason: reasonOf(e) }, e) };
  }
}

const BUSY_MS = 1000;

function asides(file: string): string[] {
  try {
    const start = `${path.basename(file)}.broken-`;
    return fs.readdirSync(path.dirname(file)).filter((f) => f.startsWith(start) && !/-(?:wal|shm)$/.test(f)).sort().map((f) => path.join(path.dirname(file), f));
  } catch {
    return []; // the folder itself is told of by whoever opens the file
  }
}
