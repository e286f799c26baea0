/** Select Graphic Rendition: the one kind of escape sequence a program's line may keep. */

/** A style, attribute by attribute, so that any number of sequences stays one short sequence. */
export interface Ink {
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly strike?: true;
  /** Parameters of the colour, e.g. `31` or `38;5;200`. */
  readonly fg?: string;
  readonly bg?: string;
}

/** `params`: what stands between `ESC[` and `m`. Blinking, hidden text and fonts are left out: they annoy or deceive. */
export function applySgr(ink: Ink, params: string): Ink {
  let next: Ink = ink;
  // `4:3` (a wavy line) is one parameter with parts, `38:2::1:2:3` too.
  const list = params.split(';');
  for (let i = 0; i < list.length; i++) {
    const parts = (list[i] ?? '').split(':');
    const code = Number(parts[0] ?? '');
    if (code === 38 || code === 48) {
      const colour = parts.length > 1 ? ofParts(parts) : ofList(list, i);
      if (parts.length === 1) i += list[i + 1] === '5' ? 2 : 4;
      if (colour !== undefined) next = { ...next, [code === 38 ? 'fg' : 'bg']: `${code};${colour}` };
    } else if (parts.length === 1 || code === 4) next = plain(next, code === 4 && parts[1] === '0' ? 24 : code);
  }
  return next;
}

/** The sequence that gives this style to text in the default one; empty: it is the default one. */
export function sgrOf(ink: Ink): string {
  const codes = [
    ...FLAGS.flatMap(([key, on]) => (ink[key] ? [String(on)] : [])),
    ...(ink.fg === undefined ? [] : [ink.fg]), ...(ink.bg === undefined ? [] : [ink.bg]),
  ];
  return codes.length === 0 ? '' : `\u001b[${codes.join(';')}m`;
}

const FLAGS = [['bold', 1, 22], ['dim', 2, 22], ['italic', 3, 23], ['underline', 4, 24], ['inverse', 7, 27], ['strike', 9, 29]] as const;

function plain(ink: Ink, code: number): Ink {
  if (code === 0) return {};
  const on = FLAGS.find(([, begin]) => begin === code);
  if (on) return { ...ink, [on[0]]: true };
  const off = FLAGS.filter(([, , end]) => end === code).map(([key]) => key);
  if (off.length > 0) return without(ink, ...off);
  if (code === 39) return without(ink, 'fg');
  if (code === 49) return without(ink, 'bg');
  if (within(code, 30, 37) || within(code, 90, 97)) return { ...ink, fg: String(code) };
  if (within(code, 40, 47) || within(code, 100, 107)) return { ...ink, bg: String(code) };
  return ink;
}

function without(ink: Ink, ...keys: readonly (keyof Ink)[]): Ink {
  const left = { ...ink };
  for (const key of keys) delete left[key];
  return left;
}

const within = (n: number, from: number, to: number): boolean => n >= from && n <= to;
const byte = (text: string | undefined): string | undefined => (text !== undefined && /^\d{1,3}$/.test(text) && Number(text) < 256 ? String(Number(text)) : undefined);

function ofList(list: readonly string[], at: number): string | undefined {
  if (list[at + 1] === '5') return indexed(list[at + 2]);
  return list[at + 1] === '2' ? rgb(list.slice(at + 2, at + 5)) : undefined;
}

function ofParts(parts: readonly string[]): string | undefined {
  if (parts[1] === '5') return indexed(parts[2]);
  // With or without the colour space before the three.
  return parts[1] === '2' ? rgb(parts.length >= 6 ? parts.slice(3, 6) : parts.slice(2, 5)) : undefined;
}

function indexed(n: string | undefined): string | undefined {
  const value = byte(n);
  return value === undefined ? undefined : `5;${value}`;
}

function rgb(list: readonly string[]): string | undefined {
  const values = [0, 1, 2].map((i) => byte(list[i]));
  return values.includes(undefined) ? undefined : `2;${values.join(';')}`;
}
