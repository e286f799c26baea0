/** Values of one owner in one row: texts that a person can read in the database, and no longer than binary ones would be. */
import { MOST_SERIES } from './bounds.js';

/** Series -> its values by position; null where nothing was measured. One number: the same all along. */
export type Columns = Readonly<Record<string, readonly (number | null)[] | number>>;
export type Values = Readonly<Record<string, number>>;

/** `rows`: position -> values. */
export function pack(rows: readonly (readonly [slot: number, values: Values])[], points: number): Columns {
  const columns: Record<string, (number | null)[]> = {};
  for (const [slot, values] of rows) {
    if (slot < 0 || slot >= points) continue;
    for (const [name, value] of Object.entries(values)) {
      if (!columns[name] && Object.keys(columns).length >= MOST_SERIES) continue;
      (columns[name] ??= Array.from<null>({ length: points }).fill(null) as (number | null)[])[slot] = value;
    }
  }
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => {
    const [first] = column;
    return [name, first !== undefined && first !== null && column.every((v) => v === first) ? first : column];
  }));
}

export function unpack(columns: Columns, name: string, points: number): readonly (number | null)[] {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column === undefined) return [];
  return typeof column === 'number' ? Array.from({ length: points }, () => column) : column;
}

/** The mean of each series: the point of the next level. */
export function means(columns: Columns): Values {
  return Object.fromEntries(Object.entries(columns).flatMap(([name, column]) => {
    if (typeof column === 'number') return [[name, column]];
    const known = column.filter((v) => v !== null);
    return known.length === 0 ? [] : [[name, rounded(known.reduce((a, b) => a + b, 0) / known.length)]];
  }));
}

/** Five digits tell all a chart can show. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100_000 ? Math.round(value) : Number(value.toPrecision(5));
}
