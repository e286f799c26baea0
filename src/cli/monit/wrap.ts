/** Lines into rows of the screen. */
import { cut, pad, width } from '../width.js';
import { pieces } from '../safe-text.js';
import type { Piece } from '../safe-text.js';

const RESET = '\u001b[0m';

/**
 * The rows a program's line takes in `cells` columns: at least one, at most `most`, each as wide as `cells`, ready to be
 * written. Folded anywhere, as a terminal does: a log is no prose.
 */
export function rowsOf(line: string, cells: number, look: { readonly colour: boolean; readonly most?: number }): string[] {
  const most = look.most ?? Number.POSITIVE_INFINITY;
  // Most lines are short and plain.
  if (line.length <= cells && /^[\x20-\x7e]*$/.test(line)) return [line.padEnd(cells)];
  const rows: string[] = [];
  let row = '';
  let used = 0;
  let style = '';
  const end = (): void => {
    rows.push(`${row}${style === '' ? '' : RESET}${' '.repeat(Math.max(0, cells - used))}`);
    row = style;
    used = 0;
  };
  for (const piece of pieces(line, look.colour)) {
    if (piece.style !== style) {
      row += `${style === '' ? '' : RESET}${piece.style}`;
      style = piece.style;
    }
    for (const part of units(piece)) {
      const wide = part.cells;
      if (used + wide > cells && used > 0) {
        if (rows.length + 1 >= most) { end(); return rows; }
        end();
      }
      // A wide character where there is room for half of it.
      if (wide > cells) continue;
      row += part.text;
      used += wide;
    }
  }
  end();
  return rows;
}

interface Unit { readonly text: string; readonly cells: number }

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function* units(piece: Piece): Generator<Unit> {
  if (/^[\x20-\x7e]*$/.test(piece.text)) {
    for (const c of piece.text) yield { text: c, cells: 1 };
    return;
  }
  for (const { segment } of segmenter.segment(piece.text)) yield { text: segment, cells: width(segment) };
}

/** A text of our own in so many cells: blanks behind it, or cut with `…`. */
export function fitted(text: string, cells: number, right = false): string {
  return cells <= 0 ? '' : pad(cut(text, cells), cells, right);
}
