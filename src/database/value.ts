/** JSON values of documents: what is equal, what comes before what, what stands at a path. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export function isObject(v: unknown): v is JsonObject { return typeof v === 'object' && v !== null && !Array.isArray(v); }
export function isList(v: unknown): v is readonly Json[] { return Array.isArray(v); }

/** Deep; the order of keys does not count. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** A whole order over all values: absent and null, numbers, texts (by code point, as SQLite does), objects, lists, false, true. */
export function compare(a: Json | undefined, b: Json | undefined): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a === 'number') return a - (b as number);
  if (typeof a === 'string') return compareText(a, b as string);
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (a === null || a === undefined) return 0;
  return compareText(JSON.stringify(a), JSON.stringify(b));
}

/**
 * What a dotted path leads to: more than one value where it goes through a list of objects, none where there is nothing.
 * A number picks from a list.
 */
export function valuesAt(value: Json | undefined, path: readonly string[], at = 0): Json[] {
  if (value === undefined) return [];
  const key = path[at];
  if (key === undefined) return [value];
  if (isList(value)) {
    const picked = /^\d+$/.test(key) ? valuesAt(value[Number(key)], path, at + 1) : [];
    return picked.concat(value.flatMap((item) => (isObject(item) ? valuesAt(item, path, at) : [])));
  }
  return isObject(value) && Object.hasOwn(value, key) ? valuesAt(value[key], path, at + 1) : [];
}

function rankOf(v: Json | undefined): number {
  if (v === undefined || v === null) return 0;
  if (typeof v === 'number') return 1;
  if (typeof v === 'string') return 2;
  if (typeof v === 'boolean') return 5;
  return isList(v) ? 4 : 3;
}

// `<` compares UTF-16 units, where the surrogates of U+10000 and above stand before U+E000 to U+FFFF.
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean { return unit >= 0xd800 && unit <= 0xdfff; }
