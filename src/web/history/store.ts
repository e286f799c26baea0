import { type Database, type Row, migrate } from '../../database/database.js';
import { LEVELS, type Level, MOST_BYTES, floorTo, spanOf } from './bounds.js';
import { type Columns, type Values, means, pack, unpack } from './pack.js';

const STEPS = [`
  CREATE TABLE history_recent (level INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (level, at)) WITHOUT ROWID;
  CREATE TABLE history_row (level INTEGER NOT NULL, owner TEXT NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (level, owner, at)) WITHOUT ROWID;
  CREATE INDEX history_row_at ON history_row (level, at);
`];

/** Owner -> series -> value, of one moment. */
export type Point = Readonly<Record<string, Values>>;
export interface Past { readonly step: number; readonly at: number[]; readonly series: Readonly<Record<string, (number | null)[]>> }

/**
 * The past in two levels. A point is one row with everything in it (one small write every ten seconds); when a row's time is
 * over, its points are turned into one row per owner and into one point of the next level. So a chart of a day reads 288
 * rows, not 8,640, and the disk is written once per ten seconds and once more per five minutes.
 */
export class HistoryStore {
  readonly #db: Database;
  readonly #most: number;
  #bytes: number;

  /** Throws what the database does: STORE_BUSY, STORE_IO, STORE_NEWER. */
  constructor(db: Database, most = MOST_BYTES) {
    migrate(db, 'history', STEPS);
    this.#db = db;
    this.#most = most;
    this.#bytes = num(db.get('SELECT sum(bytes) AS n FROM history_row'), 'n');
  }

  /** Of all rows. */
  get bytes(): number { return this.#bytes; }

  /** Points with their moments, and what is due because of them, in one transaction. */
  add(points: readonly { readonly at: number; readonly point: Point }[], now: number): void {
    const before = this.#bytes;
    try {
      this.#db.transaction(() => {
        const [first] = LEVELS;
        for (const { at, point } of points) this.#put(0, floorTo(at, first.step), point);
        const packed = LEVELS.map((level, i) => this.#fold(i, level, now)).some((did) => did);
        if (packed) this.#bound(now);
      });
    } catch (e) {
      this.#bytes = before;
      throw e;
    }
  }

  /** What is known of an owner between two moments, in the finest level that reaches back so far. `series` undefined: all. */
  read(owner: string, from: number, to: number, now: number, series?: readonly string[]): Past {
    const index = from >= now - LEVELS[0].keep ? 0 : 1;
    const level = LEVELS[index] ?? LEVELS[0];
    const start = floorTo(from, level.step);
    const count = Math.max(0, Math.floor((to - start) / level.step) + 1);
    const out: Record<string, (number | null)[]> = {};
    const put = (name: string, at: number, value: number | null): void => {
      const slot = (at - start) / level.step;
      if (value === null || slot < 0 || slot >= count || (series && !series.includes(name))) return;
      (out[name] ??= Array.from<null>({ length: count }).fill(null) as (number | null)[])[slot] = value;
    };
    const rows = this.#db.all('SELECT at, data FROM history_row WHERE level = ? AND owner = ? AND at >= ? AND at <= ?', [index, owner, floorTo(start, spanOf(level)), to]);
    for (const row of rows) {
      const at = num(row, 'at');
      const columns = JSON.parse(String(row['data'])) as Columns;
      for (const name of Object.keys(columns)) unpack(columns, name, level.points).forEach((value, i) => put(name, at + i * level.step, value));
    }
    for (const row of this.#db.all('SELECT at, data FROM history_recent WHERE level = ? AND at >= ? AND at <= ?', [index, start, to])) {
      const values = (JSON.parse(String(row['data'])) as Point)[owner] ?? {};
      for (const [name, value] of Object.entries(values)) put(name, num(row, 'at'), value);
    }
    return { step: level.step, at: Array.from({ length: count }, (_, i) => start + i * level.step), series: out };
  }

  #put(level: number, at: number, point: Point): void {
    this.#db.run('INSERT INTO history_recent (level, at, data) VALUES (?, ?, ?) ON CONFLICT (level, at) DO UPDATE SET data = excluded.data', [level, at, JSON.stringify(point)]);
  }

  /** Turns the points of rows whose time is over into these rows. */
  #fold(index: number, level: Level, now: number): boolean {
    const open = floorTo(now, spanOf(level));
    const rows = this.#db.all('SELECT at, data FROM history_recent WHERE level = ? AND at < ? ORDER BY at', [index, open]);
    const byRow = new Map<number, { at: number; point: Point }[]>();
    for (const row of rows) {
      const at = num(row, 'at');
      const begin = floorTo(at, spanOf(level));
      byRow.set(begin, [...byRow.get(begin) ?? [], { at, point: JSON.parse(String(row['data'])) as Point }]);
    }
    for (const [begin, points] of byRow) this.#close(index, level, begin, points);
    if (rows.length > 0) this.#db.run('DELETE FROM history_recent WHERE level = ? AND at < ?', [index, open]);
    return rows.length > 0;
  }

  #close(index: number, level: Level, begin: number, points: readonly { readonly at: number; readonly point: Point }[]): void {
    const next: Record<string, Values> = {};
    for (const owner of new Set(points.flatMap((p) => Object.keys(p.point)))) {
      const columns = pack(points.flatMap(({ at, point }) => { const values = point[owner]; return values ? [[(at - begin) / level.step, values] as const] : []; }), level.points);
      const data = JSON.stringify(columns);
      const old = num(this.#db.get('SELECT bytes AS n FROM history_row WHERE level = ? AND owner = ? AND at = ?', [index, owner, begin]), 'n');
      this.#db.run('INSERT INTO history_row (level, owner, at, bytes, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (level, owner, at) DO UPDATE SET data = excluded.data, bytes = excluded.bytes', [index, owner, begin, data.length, data]);
      this.#bytes += data.length - old;
      next[owner] = means(columns);
    }
    if (index + 1 < LEVELS.length) this.#put(index + 1, begin, next);
  }

  /** By age, then by size: the oldest tenth of the larger level until it fits. */
  #bound(now: number): void {
    LEVELS.forEach((level, i) => this.#drop(i, floorTo(now - level.keep, spanOf(level))));
    for (let round = 0; this.#bytes > this.#most && round < 100; round++) {
      const [fat] = this.#db.all('SELECT level, min(at) AS first, max(at) AS last, sum(bytes) AS n FROM history_row GROUP BY level ORDER BY n DESC');
      if (!fat) return;
      const [first, last] = [num(fat, 'first'), num(fat, 'last')];
      this.#drop(num(fat, 'level'), first + Math.max(1, Math.ceil((last - first) / 10)));
    }
  }

  #drop(level: number, before: number): void {
    const n = num(this.#db.get('SELECT sum(bytes) AS n FROM history_row WHERE level = ? AND at < ?', [level, before]), 'n');
    if (n === 0) return;
    this.#db.run('DELETE FROM history_row WHERE level = ? AND at < ?', [level, before]);
    this.#bytes -= n;
  }
}

function num(row: Row | undefined, key: string): number { return Number(row?.[key] ?? 0); }
