/**
 * The room in reading order: database.ts (the file as others use it) -> connect.ts (opening, and what is done about damage;
 * wal.ts) -> driver.ts (the engine) -> faults.ts (what it throws, as our errors). On it stand documents.ts (query.ts,
 * condition.ts, pushed.ts, scan.ts, update.ts) and, for whoever must not hold the event loop, patience.ts and together.ts.
 * Other rooms bring tables of their own with `migrate`, each under its prefix.
 */
import { isMgrError, MgrError } from '../base/errors.js';
import { connect, inodeOf, suspect } from './connect.js';
import type { Driver, Param, Prepared, Row } from './driver.js';
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
  /** What was told to `warn`: a damaged file set aside, a damaged tail, a file that was taken away. */
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
 * per file. Steps are only ever appended. Throws STORE_NEWER when the file has more steps than `steps`. Should the file be
 * replaced by a new one later, the steps are done there too.
 */
export function migrate(db: Database, name: string, steps: readonly string[]): void {
  if (db instanceof Sqlite) db.remember(name, steps);
  doSteps(db, name, steps);
}

function doSteps(db: Database, name: string, steps: readonly string[]): void {
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
const WRITES = /^\s*(?!\s|SELECT|PRAGMA|VACUUM|ATTACH|DETACH|EXPLAIN|ANALYZE)/i;

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
  readonly #openMs: number;
  readonly #warn: (text: string) => void;
  readonly #prepared = new Map<string, Prepared>();
  readonly #steps = new Map<string, readonly string[]>();
  #driver: Driver | undefined;
  #inode: string | undefined;
  #depth = 0;
  #stuck = false;

  constructor(file: string, { busyMs = BUSY_MS, openMs = OPEN_MS, warn = () => undefined }: DatabaseOptions) {
    this.file = file;
    this.#busyMs = busyMs;
    this.#openMs = openMs;
    this.#warn = warn;
    this.#connect();
  }

  get engine(): 'libsql' | 'node:sqlite' { return this.#open().engine; }

  run(sql: string, params: readonly Param[] = []): { readonly changes: number } { return { changes: this.#do(sql, (s) => s.run(params)) }; }

  get(sql: string, params: readonly Param[] = []): Row | undefined { return this.#do(sql, (s) => s.get(params)); }

  all(sql: string, params: readonly Param[] = []): Row[] { return this.#do(sql, (s) => s.all(params)); }

  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#renew();
    this.#guard(() => { this.#open().exec('BEGIN IMMEDIATE'); });
    this.#depth++;
    try {
      const result = work();
      if (typeof result === 'object' && result !== null && 'then' in result) throw new Error('the work of a transaction must not be asynchronous');
      this.#guard(() => { this.#open().exec('COMMIT'); });
      return result;
    } catch (e) {
      // The engine may have rolled back by itself (disk full).
      if (this.#open().inTransaction()) this.#open().exec('ROLLBACK');
      throw e;
    } finally {
      this.#depth--;
    }
  }

  remember(name: string, steps: readonly string[]): void { this.#steps.set(name, steps); }

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

  #connect(): void {
    // The first to open turns WAL on, which needs the file alone and does not wait by itself.
    const { driver, inode, notices } = patiently(() => connect(this.file, this.#busyMs), this.#openMs);
    this.#driver = driver;
    this.#inode = inode;
    for (const text of notices) this.#tell(text);
  }

  #tell(text: string): void {
    this.notices.push(text);
    this.#warn(text);
  }

  // Another process may have set the file aside, or somebody removed it: what is written to the old one nobody would find again.
  #renew(): void {
    if (this.#depth > 0) return;
    const other = inodeOf(this.file) !== this.#inode;
    if (!other && !this.#stuck) return;
    const old = this.#open();
    this.#connect();
    this.#prepared.clear();
    this.#stuck = false;
    old.close();
    if (!other) return;
    this.#tell(`${this.file} was taken away or set aside while it was open; went over to the one that stands there now`);
    for (const [name, steps] of this.#steps) doSteps(this, name, steps);
  }

  // A prepared statement of libsql that met a lock stays active: its connection would see the state of now for ever and be
  // refused to write (SQLITE_BUSY_SNAPSHOT). So it is exec() that asks for the writer's lock, for single writes too, and a
  // connection of which a statement met one nevertheless is not used again.
  #do<T>(sql: string, work: (statement: Prepared) => T): T {
    if (this.#depth === 0 && WRITES.test(sql)) return this.transaction(() => this.#do(sql, work));
    this.#renew();
    try {
      return this.#guard(() => work(this.#prepare(sql)));
    } catch (e) {
      this.#stuck ||= isBusy(e);
      throw e;
    }
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
      const fault = storeFault(e, this.file, this.#busyMs);
      if (isMgrError(fault) && fault.code === 'STORE_CORRUPT') suspect(this.file);
      throw fault;
    }
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
