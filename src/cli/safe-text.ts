/**
 * A line of a program made fit for a piece of our screen. A program may write anything: sequences that move the cursor,
 * clear the screen, set the title, ask the terminal for an answer that would arrive as our input. Of all that only
 * colours and plain attributes stay. What terminals disagree about the width of is written in a way they agree on.
 */
import { width } from './width.js';
import { applySgr, sgrOf } from './sgr.js';
import type { Ink } from './sgr.js';

/** A run of characters in one style. */
export interface Piece {
  readonly text: string;
  /** The sequence that begins the style; empty: none. */
  readonly style: string;
}

/** Characters that are looked at. */
const LONGEST = 16 * 1024;

/** `colour` false: no styles at all. */
export function pieces(line: string, colour: boolean): Piece[] {
  // What a carriage return writes over is gone on a terminal too: progress bars.
  const shown = lastWriting(line.slice(0, LONGEST));
  const found: Piece[] = [];
  let ink: Ink = {};
  let style = '';
  let column = 0;
  for (const m of shown.matchAll(TOKENS)) {
    const [token, params] = m;
    if (params !== undefined) {
      if (!colour) continue;
      ink = applySgr(ink, params);
      style = sgrOf(ink);
    } else if (token === '\t') {
      const blanks = 8 - (column % 8);
      column += blanks;
      found.push({ text: ' '.repeat(blanks), style });
    } else if (!isControl(token)) {
      const text = agreed(token);
      column += width(text);
      if (text !== '') found.push({ text, style });
    }
  }
  return found;
}

/**
 * A whole line for a terminal that is not ours alone: as it is, but for what would move the cursor, clear the screen, set the
 * title or make the terminal answer (its answer would be typed into the shell).
 */
export function onTerminal(line: string, colour: boolean): string {
  if (!CONTROL.test(line)) return line;
  let ink: Ink = {};
  let styled = false;
  const text = lastWriting(line).replace(TOKENS, (token: string, params: string | undefined) => {
    if (params === undefined) return token === '\t' || !isControl(token) ? token : '';
    if (!colour) return '';
    ink = applySgr(ink, params);
    styled = true;
    return `\u001b[0m${sgrOf(ink)}`;
  });
  return styled ? `${text}\u001b[0m` : text;
}

// All but a tab.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;

/** The text alone: names, reasons, values. Never longer than a line. */
export function plainText(text: string): string {
  return PRINTABLE.test(text) ? text : pieces(text.replace(/\r?\n/g, ' '), false).map((p) => p.text).join('');
}

const PRINTABLE = /^[\x20-\x7e]*$/;

// In this order: SGR, other CSI sequences, strings for the terminal (OSC, DCS, SOS, PM, APC; up to the end of the line when
// they do not end), other escapes, then a tab, other controls one at a time, and what is left: text.
const TOKENS = new RegExp([
  '(?:\\u001b\\[|\\u009b)([\\d;:]*)m',
  '(?:\\u001b\\[|\\u009b)[\\u0020-\\u003f]*[\\u0040-\\u007e]?',
  '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)?',
  '\\u001b[\\u0020-\\u002f]*[\\u0030-\\u007e]?',
  '[\\u0000-\\u001f\\u007f-\\u009f]',
  '[^\\u0000-\\u001f\\u007f-\\u009f]+',
].join('|'), 'g');

function isControl(token: string): boolean {
  const code = token.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

function lastWriting(line: string): string {
  if (!line.includes('\r')) return line;
  const parts = line.split('\r').filter((p) => p !== '');
  return parts.at(-1) ?? '';
}

/**
 * The same text in characters whose cells all terminals count alike: flags as letters, families as their members. The patterns
 * stand here because making them takes a millisecond, and most lines need none.
 */
function agreed(text: string): string {
  if (PRINTABLE.test(text)) return text;
  return text.replace(/\p{Cs}/gu, '\ufffd').normalize('NFC')
    // Zero-width and direction marks (a right-to-left override would turn our frame round), fillers, joiners, variation
    // selectors and skin tones: whether they take a cell depends on the terminal.
    .replace(/[\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\p{Variation_Selector}]|(?<=\p{Extended_Pictographic})[\u{1f3fb}-\u{1f3ff}]/gu, '')
    // Marks without a letter, and more of them than any letter bears.
    .replace(/(?<=^|[\p{M}]{3})\p{M}+/gu, '')
    .replace(/[\u{1f1e6}-\u{1f1ff}]/gu, (c) => String.fromCodePoint((c.codePointAt(0) ?? 0) - 0x1f1e6 + 0x41));
}
