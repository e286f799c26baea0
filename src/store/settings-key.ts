import { MgrError } from '../base/errors.js';

// Walking an object by these would reach its prototype: a setting could then change every object of the daemon.
const POISON = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A settings key as its segments: split on dots when it has one, else on colons; double quotes protect a segment
 * (`"a.b":c`, `@scope/x:key`). Throws BAD_KEY for an empty key or segment, an open quote and names of prototypes.
 */
export function parseKey(key: string): readonly string[] {
  const bad = (reason: string): never => { throw new MgrError('BAD_KEY', { key, reason }); };
  const bare = key.replace(/"[^"]*"/g, '');
  if (bare.includes('"')) bad('a double quote never closes');
  const separator = bare.includes('.') ? '.' : ':';
  const segments: string[] = [''];
  let quoted = false;
  for (const c of key) {
    if (c === '"') quoted = !quoted;
    else if (c === separator && !quoted) segments.push('');
    else segments[segments.length - 1] += c;
  }
  if (segments.some((s) => s.trim() === '')) bad(key.trim() === '' ? 'it is empty' : 'a part of it is empty');
  const poison = segments.find((s) => POISON.has(s));
  if (poison !== undefined) bad(`\`${poison}\` is not allowed`);
  return segments;
}

/** May this name stand as a key? For names that come from package.json or the file, which no `parseKey` saw. */
export const isSafeName = (name: string): boolean => !POISON.has(name);

/** The key of segments, quoted where it must be, so that `parseKey` gives the segments back. */
export function formatKey(segments: readonly string[]): string {
  return segments.map((s) => (/[.:\s]/.test(s) ? `"${s}"` : s)).join(':');
}
