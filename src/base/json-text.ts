/** JSON with a place for the first fault. V8 names an offset only sometimes and never a line; people edit these files by hand. */

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly reason: string };

/** Parses JSON text. Lines and columns count from 1. A leading byte order mark is skipped. */
export function parseJson(text: string): Parsed {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    const value: unknown = JSON.parse(body);
    return { ok: true, value };
  } catch {
    // What JSON.parse says is told again below, with the place.
    const fault = locate(body);
    const before = body.slice(0, fault.at);
    const line = before.split('\n').length;
    return { ok: false, line, column: fault.at - before.lastIndexOf('\n'), reason: fault.reason };
  }
}

interface Fault { readonly at: number; readonly reason: string }

class Stop extends Error {
  readonly fault: Fault;
  constructor(at: number, reason: string) {
    super(reason);
    this.fault = { at, reason };
  }
}

const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
// eslint-disable-next-line no-control-regex -- control characters are exactly what JSON forbids in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

function locate(text: string): Fault {
  try {
    const end = blank(text, value(text, blank(text, 0)));
    return { at: end, reason: end < text.length ? `unexpected ${shown(text, end)} after the end` : 'not valid JSON' };
  } catch (e) {
    if (e instanceof Stop) return e.fault;
    // A RangeError: deeper than the stack. JSON.parse gave up before us.
    return { at: 0, reason: 'nested too deep' };
  }
}

function value(text: string, at: number): number {
  if (text[at] === '{') return list(text, at, '}', (i) => value(text, blank(text, expect(text, blank(text, key(text, i)), ':'))));
  if (text[at] === '[') return list(text, at, ']', (i) => value(text, i));
  if (text[at] === '"') return string(text, at);
  SCALAR.lastIndex = at;
  if (SCALAR.test(text)) return SCALAR.lastIndex;
  throw new Stop(at, `got ${shown(text, at)}, wanted a value`);
}

function list(text: string, open: number, close: string, item: (at: number) => number): number {
  let at = blank(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = blank(text, item(at));
    if (text[at] === close) return at + 1;
    if (text[at] !== ',') throw new Stop(at, `got ${shown(text, at)}, wanted \`,\` or \`${close}\``);
    at = blank(text, at + 1);
    if (text[at] === close) throw new Stop(at, `a comma before \`${close}\` is one too many`);
  }
}

function key(text: string, at: number): number {
  if (text[at] !== '"') throw new Stop(at, `got ${shown(text, at)}, wanted a key in double quotes`);
  return string(text, at);
}

function string(text: string, at: number): number {
  STRING.lastIndex = at;
  if (STRING.test(text)) return STRING.lastIndex;
  throw new Stop(at, 'a string that does not end, or has a control character or a wrong escape in it');
}

function expect(text: string, at: number, what: string): number {
  if (text[at] !== what) throw new Stop(at, `got ${shown(text, at)}, wanted \`${what}\``);
  return at + 1;
}

function blank(text: string, at: number): number {
  let i = at;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return i;
}

function shown(text: string, at: number): string {
  return at >= text.length ? 'the end of the file' : `\`${text[at] ?? ''}\``;
}
