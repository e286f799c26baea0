import { MgrError } from './errors.js';

/**
 * `multiset "k1 v1 k2 'two words'"` -> entries. Words are split at blanks; single or double quotes around a value
 * protect its blanks and are removed. Quotes in a key stay: there they protect a segment (settings-key.ts).
 * Throws BAD_USAGE for a quote that never closes, a key without a value, or nothing at all.
 */
export function parseMultiset(line: string): (readonly [key: string, value: string])[] {
  const words = split(line);
  if (words.length === 0) throw new MgrError('BAD_USAGE', { reason: 'multiset: got nothing, wanted "key value key value …"' });
  const entries: (readonly [string, string])[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const [key, value] = [words[i], words[i + 1]];
    if (key === undefined || value === undefined) throw new MgrError('BAD_USAGE', { reason: `multiset: \`${key?.raw ?? ''}\` has no value`, fix: 'quote a value with blanks in it: mgr multiset "mod:key \'two words\'"' });
    entries.push([key.raw, value.plain]);
  }
  return entries;
}

interface Word { readonly raw: string; readonly plain: string }

function split(line: string): Word[] {
  const words: Word[] = [];
  let raw = '';
  let plain = '';
  let quote: string | undefined;
  const flush = (): void => {
    if (raw !== '') words.push({ raw, plain });
    raw = '';
    plain = '';
  };
  for (const c of line) {
    if (quote === undefined && /\s/.test(c)) { flush(); continue; }
    raw += c;
    if (quote === c) quote = undefined;
    else if (quote === undefined && (c === '"' || c === '\'')) quote = c;
    else plain += c;
  }
  if (quote !== undefined) throw new MgrError('BAD_USAGE', { reason: `multiset: the ${quote} quote never closes` });
  flush();
  return words;
}
