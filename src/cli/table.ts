import { cut, pad, printable, width } from './width.js';

export interface Column<T> {
  readonly title: string;
  readonly text: (row: T) => string;
  /** Colours the padded cell. */
  readonly tint?: (cell: string, row: T) => string;
  readonly right?: boolean;
  /** May be cut with `…` down to this many cells. */
  readonly least?: number;
  /** Never wider than this. */
  readonly most?: number;
}

export interface TableStyle {
  /** Cells to fit; undefined: a pipe, so plain aligned columns and nothing cut. */
  readonly columns: number | undefined;
  /** Colours a column's title. */
  readonly head: (title: string) => string;
  /** Colours the box. */
  readonly line: (text: string) => string;
}

/**
 * Draws rows. `layouts` go from the widest to the narrowest; the first that fits is taken, the last one at worst
 * as it is. A newline ends the text.
 */
export function table<T>(rows: readonly T[], layouts: readonly (readonly Column<T>[])[], style: TableStyle): string {
  if (style.columns === undefined) return plain(rows, layouts[0] ?? [], style);
  const space = style.columns;
  let last: readonly Column<T>[] = [];
  for (const columns of layouts) {
    last = columns;
    const fitted = fit(natural(rows, columns), columns, space);
    if (fitted) return box(rows, columns, fitted, style);
  }
  return box(rows, last, natural(rows, last), style);
}

function natural<T>(rows: readonly T[], columns: readonly Column<T>[]): number[] {
  return columns.map((c) => {
    const widest = rows.reduce((w, r) => Math.max(w, width(printable(c.text(r)))), width(c.title));
    return Math.min(widest, c.most ?? widest);
  });
}

const boxed = (cells: readonly number[]): number => cells.reduce((a, b) => a + b + 3, 1);

// Names give way before a whole column goes: the widest first, none below its least. Undefined: it does not fit.
function fit<T>(cells: readonly number[], columns: readonly Column<T>[], space: number): number[] | undefined {
  const got = [...cells];
  const least = columns.map((c, i) => Math.min(cells[i] ?? 0, c.least ?? Number.POSITIVE_INFINITY));
  while (boxed(got) > space) {
    let pick = -1;
    for (let i = 0; i < got.length; i++) {
      if ((got[i] ?? 0) > (least[i] ?? 0) && (pick < 0 || (got[i] ?? 0) > (got[pick] ?? 0))) pick = i;
    }
    if (pick < 0) return undefined;
    got[pick] = (got[pick] ?? 0) - 1;
  }
  return got;
}

function box<T>(rows: readonly T[], columns: readonly Column<T>[], cells: readonly number[], style: TableStyle): string {
  const rule = (l: string, m: string, r: string): string => style.line(l + cells.map((n) => '─'.repeat(n + 2)).join(m) + r);
  const bar = style.line('│');
  const row = (parts: readonly string[]): string => `${bar} ${parts.join(` ${bar} `)} ${bar}`;
  const lines = [rule('┌', '┬', '┐'), row(columns.map((c, i) => style.head(pad(cut(c.title, cells[i] ?? 0), cells[i] ?? 0, c.right)))), rule('├', '┼', '┤')];
  for (const r of rows) lines.push(row(columns.map((c, i) => cell(c, r, cells[i] ?? 0))));
  lines.push(rule('└', '┴', '┘'));
  return `${lines.join('\n')}\n`;
}

function cell<T>(column: Column<T>, row: T, cells: number): string {
  const text = pad(cut(printable(column.text(row)), cells), cells, column.right);
  return column.tint ? column.tint(text, row) : text;
}

// For grep and awk: a title line, two blanks between columns, no box, an empty value is `-`. Colour only by FORCE_COLOR.
function plain<T>(rows: readonly T[], columns: readonly Column<T>[], style: TableStyle): string {
  const texts = rows.map((r) => columns.map((c) => printable(c.text(r)) || '-'));
  const cells = columns.map((c, i) => texts.reduce((w, t) => Math.max(w, width(t[i] ?? '')), width(c.title)));
  const last = columns.length - 1;
  // The last column is not padded: no line ends in blanks.
  const padded = (text: string, i: number): string => (i === last ? text : pad(text, cells[i] ?? 0));
  const head = columns.map((c, i) => style.head(padded(c.title, i)));
  const lines = rows.map((r, n) => columns.map((c, i) => {
    const text = padded(texts[n]?.[i] ?? '', i);
    return c.tint ? c.tint(text, r) : text;
  }));
  return [head, ...lines].map((l) => `${l.join('  ')}\n`).join('');
}
