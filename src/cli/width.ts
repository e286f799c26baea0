// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
// One cell each, no question: Latin, Greek, Cyrillic, arrows and our own `…`, `✓`. Keeps Intl.Segmenter (8 ms) out of most commands.
const PLAIN = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u0482\u048a-\u0527\u2026\u2190-\u2193\u21ba\u2713]*$/;

/** Terminal cells a text takes. The text holds no colour codes. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const part of clusters(text)) cells += cellsOf(part);
  return cells;
}

/** The text cut to `max` cells, ending in `…` when something is missing. */
export function cut(text: string, max: number): string {
  if (width(text) <= max) return text;
  if (max <= 0) return '';
  let kept = '';
  let cells = 1;
  for (const part of clusters(text)) {
    cells += cellsOf(part);
    if (cells > max) break;
    kept += part;
  }
  return `${kept}…`;
}

/** The text with blanks behind (or before) it, up to `cells`. */
export function pad(text: string, cells: number, right = false): string {
  const blanks = ' '.repeat(Math.max(0, cells - width(text)));
  return right ? blanks + text : text + blanks;
}

/** A name as it may be shown: no control character moves the cursor or changes colours. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(CONTROL, '?');
}

function clusters(text: string): string[] {
  return Array.from(new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text), (s) => s.segment);
}

// The patterns stand here because making them takes half a millisecond, and few names need them.
function cellsOf(cluster: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(cluster)) return 0;
  // East Asian wide and full-width blocks, and what a terminal draws as a picture.
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u.test(cluster) ? 2 : 1;
}
