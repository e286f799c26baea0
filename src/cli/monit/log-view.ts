/** Which rows of a program's lines stand on the screen. Pure: the buffer, a place in it and the size of the hole. */
import type { BufferLine } from './log-buffer.js';
import { rowsOf } from './wrap.js';

/** The first row shown: one row of one line. Undefined stands for the end: live. */
export interface Place { readonly seq: number; readonly row: number }

export interface Hole {
  readonly height: number;
  readonly width: number;
  readonly colour: boolean;
  /** Fold long lines; else they are cut. */
  readonly fold: boolean;
}

export interface LogRow {
  readonly stream: BufferLine['stream'];
  /** As wide as the hole. */
  readonly text: string;
  /** The first row of its line. */
  readonly first: boolean;
  readonly seq: number;
  readonly row: number;
}

/** The rows from `place` on, or the last ones. Fewer than the hole is high when there are no more. */
export function visible(lines: readonly BufferLine[], place: Place | undefined, hole: Hole): LogRow[] {
  if (hole.height <= 0 || hole.width <= 0) return [];
  if (!place) return lastRows(lines, hole);
  const found: LogRow[] = [];
  for (let i = indexOf(lines, place.seq); i < lines.length && found.length < hole.height; i++) {
    const line = lines[i];
    if (!line) break;
    found.push(...rowsOfLine(line, hole).slice(line.seq === place.seq ? place.row : 0));
  }
  // Less than a screenful is left: the end fills the hole.
  if (found.length < hole.height) return lastRows(lines, hole);
  return found.slice(0, hole.height);
}

/** The place `by` rows further down (negative: up). Undefined: the end is reached, so it is live again. */
export function moved(lines: readonly BufferLine[], place: Place | undefined, by: number, hole: Hole): Place | undefined {
  const top = visible(lines, place, hole)[0];
  if (!top) return undefined;
  return by < 0 ? up(lines, top, -by, hole) : down(lines, top, by, hole);
}

/** The very first row. */
export function beginning(lines: readonly BufferLine[]): Place | undefined {
  const first = lines[0];
  return first && { seq: first.seq, row: 0 };
}

/** Where the end begins now: to stand still there while more comes. */
export function stand(lines: readonly BufferLine[], place: Place | undefined, hole: Hole): Place | undefined {
  const top = visible(lines, place, hole)[0];
  return top && { seq: top.seq, row: top.row };
}

function up(lines: readonly BufferLine[], top: Place, by: number, hole: Hole): Place {
  let { row } = top;
  let left = by;
  for (let i = indexOf(lines, top.seq); ; i--) {
    const line = lines[i];
    if (!line) return beginning(lines) ?? top;
    if (row >= left) return { seq: line.seq, row: row - left };
    left -= row;
    const before = lines[i - 1];
    row = before ? rowsOfLine(before, hole).length : 0;
  }
}

function down(lines: readonly BufferLine[], top: Place, by: number, hole: Hole): Place | undefined {
  const end = lastRows(lines, hole)[0];
  let left = by + top.row;
  for (let i = indexOf(lines, top.seq); i < lines.length; i++) {
    const line = lines[i];
    if (!line) break;
    const rows = rowsOfLine(line, hole).length;
    if (left < rows) {
      const atEnd = end === undefined || line.seq > end.seq || (line.seq === end.seq && left >= end.row);
      return atEnd ? undefined : { seq: line.seq, row: left };
    }
    left -= rows;
  }
  return undefined;
}

function lastRows(lines: readonly BufferLine[], hole: Hole): LogRow[] {
  const found: LogRow[] = [];
  for (let i = lines.length - 1; i >= 0 && found.length < hole.height; i--) {
    const line = lines[i];
    if (line) found.unshift(...rowsOfLine(line, hole));
  }
  return found.slice(-hole.height);
}

// Lines count up without gaps, so the place of a line is found by subtraction. One that was dropped: the oldest.
function indexOf(lines: readonly BufferLine[], seq: number): number {
  return Math.max(0, seq - (lines[0]?.seq ?? 0));
}

interface Folded { readonly width: number; readonly colour: boolean; readonly fold: boolean; readonly rows: readonly LogRow[] }
const folded = new WeakMap<BufferLine, Folded>();

function rowsOfLine(line: BufferLine, { width, colour, fold }: Hole): readonly LogRow[] {
  const known = folded.get(line);
  if (known && known.width === width && known.colour === colour && known.fold === fold) return known.rows;
  const rows = rowsOf(line.text, width, { colour, ...(!fold && { most: 1 }) })
    .map((text, row) => ({ stream: line.stream, text, first: row === 0, seq: line.seq, row }));
  folded.set(line, { width, colour, fold, rows });
  return rows;
}
