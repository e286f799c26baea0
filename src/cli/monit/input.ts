/** What is typed, in units: one key each, however the bytes were cut on their way. Pure. */

export type Unit =
  /** A character or one whole escape sequence. */
  | { readonly kind: 'key'; readonly text: string }
  /** Not typed: no key of it may act. */
  | { readonly kind: 'paste'; readonly text: string };

export interface Sifted {
  readonly units: readonly Unit[];
  /** The beginning of a sequence, to be put before what comes next. */
  readonly rest: string;
}

const PASTE = '\u001b[200~';
const PASTE_END = '\u001b[201~';
/** Characters of a paste that are waited for; more is thrown away. */
const LONGEST = 64 * 1024;

/** `final`: nothing came for a while, so an Escape alone is the key of that name. */
export function sift(text: string, final = false): Sifted {
  const units: Unit[] = [];
  let at = 0;
  while (at < text.length) {
    const left = text.slice(at);
    if (left.startsWith(PASTE)) {
      const end = left.indexOf(PASTE_END);
      if (end < 0) return { units, rest: left.length > LONGEST ? PASTE : left };
      units.push({ kind: 'paste', text: left.slice(PASTE.length, end) });
      at += end + PASTE_END.length;
      continue;
    }
    const whole = KEY.exec(left)?.[0];
    if (whole === undefined) {
      if (!final) return { units, rest: left };
      // The beginning of a sequence that never went on is no key, but for Escape itself.
      if (left === '\u001b') units.push({ kind: 'key', text: left });
      return { units, rest: '' };
    }
    units.push({ kind: 'key', text: whole });
    at += whole.length;
  }
  return { units, rest: '' };
}

// CSI (and the Linux console's `ESC [ [ A`), SS3, Alt with a character, or one character. An Escape or two with nothing behind: wait.
// oxlint-disable-next-line no-control-regex -- escape sequences are what is read
const KEY = /^(?:\u001b\[\[[A-E]|\u001b\[[\u0020-\u003f]*[\u0040-\u005a\u005c-\u007e]|\u001bO[\u0020-\u007e]|\u001b[^[O\u001b]|\u001b(?=\u001b)|[^\u001b])/u;
