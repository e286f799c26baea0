import fs from 'node:fs';
import { MgrError } from '../base/errors.js';
import { openDriver, type Driver, type Param, type Prepared, type Row } from './driver.js';
import { isBusy, storeFault } from './faults.js';

export type { Cell, Param, Row } from './driver.js';

/**
 * One SQLite file shared by all processes of a home: documents, jobs, history. SQLite's locks are the only coordination.
 * What `run` and `transaction` have returned is on disk (WAL, synchronous=FULL) and survives a power cut.
 *
 * All calls are synchronous and short; a lock is waited for `busyMs` and then STORE_BUSY is thrown. A full or read-only
 * disk is STORE_IO (reads go on), a damaged file STORE_CORRUPT.
 */
export interface Database {
  readonly file: string;
  readonly engine: 'libsql' | 'node:sqlite';
  /** What was found at opening and was told to `warn` as well: a file set aside, a damaged tail. */
  readonly notices: readonly string[];
  run(sql: string, params?: readonly Param[]): { readonly changes: number };
  get(sql: string, params?: readonly Param[]): Row | undefined;
  /** The whole result at once: ask for pages (`LIMIT`) where it may be long. */
  all(sql: string, params?: readonly Param[]): Row[];
  /**
   * BEGIN IMMEDIATE, `work`, COMMIT; ROLLBACK when it throws. Inside of another it is part of that one. `work` must not be
   * asynchronous: the lock would be held across turns of the loop.
   */
  transaction<T>(work: () => T): T;
  /** Closing twice is no fault; any other use afterwards is a bug and throws. */
  close(): void;
}

export interface DatabaseOptions {
  /** How long a call waits for a lock, ms. Default 200: the event loop stands still for so long. */
  readonly busyMs?: number;
  /** How long opening waits for others that open or repair, ms. Default 3000. */
  readonly openMs?: number;
  /** Told once for each notice. */
  readonly warn?: (text: string) => void;
}

/** Opens or creates `file` with mode 0600; its folder must be there. Throws STORE_BUSY, STORE_IO. */
export function openDatabase(file: string, options: DatabaseOptions = {}): Database {
  return new Sqlite(file, options);
}

/**
 * Brings the tables of one room to their newest shape: steps not yet done are done in order, in one transaction, each once
 * per file. Steps are only ever appended. Throws STORE_NEWER when the file has more steps than `steps`.
 */
export function migrate(db: Database, name: string, steps: readonly string[]): void {
  if (versionOf(db, name) === steps.length) return;
  patiently(() => db.transaction(() => {
    db.run('CREATE TABLE IF NOT EXISTS schema_versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL)');
    const version = versionOf(db, name);
    if (version > steps.length) throw new MgrError('STORE_NEWER', { file: db.file, name, version, known: steps.length });
    for (const step of steps.slice(version)) for (const sql of statements(step)) db.run(sql);
    db.run('INSERT INTO schema_versions VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version', [name, steps.length]);
  }), OPEN_MS);
}

const OPEN_MS = 3000;
const BUSY_MS = 200;
const MOST_PREPARED = 200;

function versionOf(db: Database, name: string): number {
  if (db.get("SELECT 1 FROM sqlite_schema WHERE name = 'schema_versions'") === undefined) return 0;
  return Number(db.get('SELECT version FROM schema_versions WHERE name = ?', [name])?.['version'] ?? 0);
}

// Steps are ours: a semicolon at the end of a line ends a statement.
function statements(step: string): string[] {
  return step.split(/;\s*(?:\n|$)/).map((sql) => sql.trim()).filter((sql) => sql !== '');
}

class Sqlite implements Database {
  readonly file: string;
  readonly notices: string[] = [];
  readonly #busyMs: number;
  readonly #prepared = new Map<string, Prepared>();
  #driver: Driver | undefined;
  #depth = 0;

  constructor(file: string, { busyMs = BUSY_MS, openMs = OPEN_MS }: DatabaseOptions) {
    this.file = file;
    this.#busyMs = busyMs;
    // The first to open turns WAL on, which needs the file alone and does not wait by itself.
    this.#driver = patiently(() => this.#guard(() => connect(file, busyMs)), openMs);
  }

  get engine(): 'libsql' | 'node:sqlite' { return this.#open().engine; }

  run(sql: string, params: readonly Param[] = []): { readonly changes: number } {
    return { changes: this.#guard(() => this.#prepare(sql).run(params)) };
  }

  get(sql: string, params: readonly Param[] = []): Row | undefined { return this.#guard(() => this.#prepare(sql).get(params)); }

  all(sql: string, params: readonly Param[] = []): Row[] { return this.#guard(() => this.#prepare(sql).all(params)); }

  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.run('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      if (typeof result === 'object' && result !== null && 'then' in result) throw new Error('the work of a transaction must not be asynchronous');
      this.run('COMMIT');
      return result;
    } catch (e) {
      // The engine may have rolled back by itself (disk full).
      if (this.#open().inTransaction()) this.run('ROLLBACK');
      throw e;
    } finally {
      this.#depth--;
    }
  }

  close(): void {
    const driver = this.#driver;
    this.#driver = undefined;
    this.#prepared.clear();
    driver?.close();
  }

  #open(): Driver {
    if (this.#driver === undefined) throw new Error(`${this.file} was closed`);
    return this.#driver;
  }

  #prepare(sql: string): Prepared {
    let found = this.#prepared.get(sql);
    if (found === undefined) {
      found = this.#open().prepare(sql);
      if (this.#prepared.size >= MOST_PREPARED) for (const oldest of this.#prepared.keys()) { this.#prepared.delete(oldest); break; }
    } else {
      this.#prepared.delete(sql);
    }
    this.#prepared.set(sql, found);
    return found;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (e) {
      throw storeFault(e, this.file, this.#busyMs);
    }
  }
}

function connect(file: string, busyMs: number): Driver {
  make(file);
  const driver = openDriver(file, busyMs);
  try {
    driver.prepare('PRAGMA journal_mode=WAL').all([]);
    driver.prepare('PRAGMA synchronous=FULL').run([]);
    driver.prepare('PRAGMA journal_size_limit=8388608').all([]);
    driver.prepare('SELECT count(*) FROM sqlite_schema').get([]);
    return driver;
  } catch (e) {
    driver.close();
    throw e;
  }
}

// The files beside it take over its mode. An existing file is not opened here: closing it would drop the locks that
// SQLite holds on it in this process (POSIX locks belong to the process, not to the descriptor).
function make(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
  } catch {
    // It is there, or the engine will say what is wrong.
  }
}

function patiently<T>(work: () => T, ms: number): T {
  const end = performance.now() + ms;
  for (;;) {
    try {
      return work();
    } catch (e) {
      if (!isBusy(e) || performance.now() > end) throw e;
      Atomics.wait(pause, 0, 0, 10 + Math.random() * 20);
    }
  }
}
const pause = new Int32Array(new SharedArrayBuffer(4));
