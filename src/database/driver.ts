import { createRequire } from 'node:module';
import { MgrError, reasonOf } from '../base/errors.js';

/** What a column may hold. Blobs come back as Uint8Array, whole numbers above 2^53 rounded. */
export type Cell = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, Cell>>;
/** What may be bound: `undefined` is NULL, booleans are 1 and 0. */
export type Param = string | number | bigint | boolean | null | undefined | Uint8Array;

/** The engine behind a database: libsql, or node:sqlite where libsql has no binary and Node has it. */
export interface Driver {
  readonly engine: Engine;
  exec(sql: string): void;
  prepare(sql: string): Prepared;
  /** False also after the engine has rolled back by itself, as it does when the disk is full. */
  inTransaction(): boolean;
  close(): void;
}

export interface Prepared {
  run(params: readonly Param[]): number;
  get(params: readonly Param[]): Row | undefined;
  all(params: readonly Param[]): Row[];
}

export type Engine = 'libsql' | 'node:sqlite';

/**
 * Opens `file`, which may be absent, with `engine` or the first that loads here. A lock is waited for `busyMs` in the call.
 * Throws what the engine throws; STORE_IO when none loads.
 */
export function openDriver(file: string, busyMs: number, engine?: Engine): Driver {
  if (engine !== undefined) return ENGINES[engine]()(file, busyMs);
  chosen ??= load(file);
  return chosen(file, busyMs);
}

type Bound = string | number | bigint | null | Uint8Array;
type Open = (file: string, busyMs: number) => Driver;
let chosen: Open | undefined;

// A binary that is not there is met at the first opening, not at the start of a program that may never open.
function load(file: string): Open {
  try {
    return ENGINES.libsql();
  } catch (e) {
    try {
      return ENGINES['node:sqlite']();
    } catch {
      throw new MgrError('STORE_IO', { file, act: 'open', reason: `neither libsql (${reasonOf(e)}) nor node:sqlite (Node 22.13) is there` }, e);
    }
  }
}

const ENGINES: Readonly<Record<Engine, () => Open>> = {
  libsql() {
    const require = createRequire(import.meta.filename);
    return libsql(require('libsql') as typeof import('libsql'));
  },
  'node:sqlite'() {
    const found = process.getBuiltinModule('node:sqlite') as unknown as NodeSqlite | undefined;
    if (found === undefined) throw new Error(`Node ${process.version} has no node:sqlite`);
    return nodeSqlite(found);
  },
};

function libsql(Database: typeof import('libsql')): Open {
  return (file, busyMs) => {
    const db = new Database(file, { timeout: busyMs });
    return {
      engine: 'libsql',
      exec: (sql) => { db.exec(sql); },
      prepare(sql) {
        const statement = db.prepare(sql);
        return {
          run: (params) => statement.run(bound(params)).changes,
          get: (params) => plain(statement.get(bound(params))),
          all: (params) => (statement.all(bound(params)) as Record<string, unknown>[]).map(cells),
        };
      },
      inTransaction: () => db.inTransaction,
      close: () => { db.close(); },
    };
  };
}

interface NodeSqlite {
  readonly DatabaseSync: new (file: string) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...p: unknown[]): { changes: number | bigint }; get(...p: unknown[]): unknown; all(...p: unknown[]): unknown[] };
    close(): void;
  };
}

function nodeSqlite({ DatabaseSync }: NodeSqlite): Open {
  return (file, busyMs) => {
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA busy_timeout=${busyMs}`);
    // Node tells it by a property from 22.16 on only; to begin inside of one is refused in every version.
    const inTransaction = (): boolean => {
      try {
        db.exec('BEGIN');
      } catch (e) {
        return e instanceof Error && e.message.includes('within a transaction');
      }
      db.exec('ROLLBACK');
      return false;
    };
    return {
      engine: 'node:sqlite',
      exec: (sql) => { db.exec(sql); },
      prepare(sql) {
        const statement = db.prepare(sql);
        return {
          run: (params) => Number(statement.run(...bound(params)).changes),
          get: (params) => plain(statement.get(...bound(params))),
          all: (params) => (statement.all(...bound(params)) as Record<string, unknown>[]).map((row) => cells({ ...row })), // its rows have no prototype
        };
      },
      inTransaction,
      close: () => { db.close(); },
    };
  };
}

// libsql ends the whole process (a Rust panic) when it is handed a boolean, and cuts a text at its first NUL when it reads
// it back; both engines store each JS number as a float. So nothing reaches an engine but what this lets through.
function bound(params: readonly Param[]): Bound[] {
  return params.map((p) => {
    if (typeof p === 'string') {
      if (p.includes('\0')) throw new TypeError('a text with a NUL character cannot be stored');
      return p;
    }
    if (typeof p === 'number') return Number.isSafeInteger(p) && !Object.is(p, -0) ? BigInt(p) : p;
    if (typeof p === 'boolean') return p ? 1n : 0n;
    if (p === null || p === undefined) return null;
    if (typeof p === 'bigint' || p instanceof Uint8Array) return p;
    throw new TypeError(`cannot bind ${typeof p}`);
  });
}

// libsql hangs `_metadata` on the row of get().
function plain(row: unknown): Row | undefined {
  if (row === undefined) return undefined;
  const { _metadata, ...rest } = row as Record<string, unknown>;
  return cells(rest);
}

// libsql gives blobs as ArrayBuffer in all() and as Buffer in get().
function cells(row: Record<string, unknown>): Row {
  for (const key in row) {
    const value = row[key];
    if (value instanceof ArrayBuffer) row[key] = new Uint8Array(value);
    else if (Buffer.isBuffer(value)) row[key] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return row as Row;
}
