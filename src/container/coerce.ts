import { isPlain } from './schema.js';

/** A value as its type wants it, or why not. `wanted` is a noun: `a whole number`. */
export type Coerced = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly wanted: string };

/** A type of the user's own. `parse` throws, with a reason, for what it cannot read; it gets texts from flags and variables. */
export interface CustomType { parse(value: unknown): unknown; serialize?(value: unknown): unknown; readonly wanted?: string }

type Read = (value: unknown, items: string) => Coerced;
const ok = (value: unknown): Coerced => ({ ok: true, value });
const no = (wanted: string): Coerced => ({ ok: false, wanted });

const YES = new Set(['true', '1', 'yes', 'y', 'on']);
const NO = new Set(['false', '0', 'no', 'n', 'off']);

const TYPES: Readonly<Record<string, Read>> = {
  string: (v) => (typeof v === 'string' ? ok(v) : typeof v === 'number' || typeof v === 'boolean' || typeof v === 'bigint' ? ok(String(v)) : no('a text')),
  number: (v) => {
    const n = typeof v === 'string' && v.trim() !== '' ? Number(v) : v;
    return typeof n === 'number' && Number.isFinite(n) ? ok(n) : no('a number');
  },
  boolean: (v) => {
    if (typeof v === 'boolean') return ok(v);
    const word = String(v).trim().toLowerCase();
    return YES.has(word) ? ok(true) : NO.has(word) ? ok(false) : no('true or false');
  },
  array: (v, items) => {
    const list = typeof v === 'string' ? listed(v) : v;
    if (!Array.isArray(list)) return no('a list');
    const read = list.map((item: unknown) => (items === 'any' ? ok(item) : coerceBasic(items, item, 'any')));
    const wrong = read.find((r) => !r.ok);
    return wrong !== undefined && !wrong.ok ? no(`a list, each member ${wrong.wanted}`) : ok(read.map((r) => (r.ok ? r.value : undefined)));
  },
  object: (v) => {
    const o = typeof v === 'string' ? json(v) : v;
    return isPlain(o) ? ok(o) : no('an object (as text: JSON)');
  },
  date: (v) => {
    const d = v instanceof Date ? v : typeof v === 'number' || typeof v === 'string' ? new Date(v) : undefined;
    return d !== undefined && !Number.isNaN(d.getTime()) ? ok(d) : no('a date (ISO 8601, or milliseconds)');
  },
  buffer: (v) => {
    if (v instanceof Uint8Array) return ok(Buffer.from(v));
    if (typeof v !== 'string' || !/^(?:hex:(?:[\da-f]{2})*|(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}(?:==)?|[A-Za-z\d+/]{3}=?)?)$/i.test(v)) return no('bytes (base64, or hex:…)');
    return ok(v.startsWith('hex:') ? Buffer.from(v.slice(4), 'hex') : Buffer.from(v, 'base64'));
  },
  any: (v) => ok(typeof v === 'string' ? json(v) ?? v : v),
};

/** Whether `type` is one of the types every container knows. */
export const isBasic = (type: string): boolean => Object.hasOwn(TYPES, type);
/** Names of the basic types. */
export const basicTypes = (): string[] => Object.keys(TYPES);

/** Turns what a source says into a value of a basic type. Texts are read, whatever the source: a file may say "80" for 80. */
export function coerceBasic(type: string, value: unknown, items = 'string'): Coerced {
  return TYPES[type]?.(value, items) ?? no(`a known type, not \`${type}\``);
}

/** A value as JSON can hold it, and as `coerceBasic` reads it again. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'bigint') return String(value);
  return Array.isArray(value) ? value.map(plain) : value;
}

// A JSON list, else words between commas; nothing is the empty list.
function listed(text: string): unknown {
  if (text.trim() === '') return [];
  return text.trimStart().startsWith('[') ? json(text) : text.split(',').map((w) => w.trim());
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No JSON: the caller names what was wanted, or takes the text as it is.
    return undefined;
  }
}
