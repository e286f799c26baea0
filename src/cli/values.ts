/** Reads flag values as commander left them; a wrong one is BAD_OPTION naming what was got and what was wanted. */
import { MgrError } from '../base/errors.js';
import { parseSpan } from '../base/units.js';
import type { Input, Options } from './world.js';

export function isOn(options: Options, key: string): boolean {
  return options[key] === true;
}

export function text(options: Options, key: string): string | undefined {
  const value = options[key];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of at least `least`. */
export function count(options: Options, key: string, flag: string, least = 0): number | undefined {
  const value = text(options, key);
  if (value === undefined) return undefined;
  const n = Number(value);
  if (value.trim() === '' || !Number.isInteger(n) || n < least) throw bad(flag, value, `a whole number, at least ${least}`);
  return n;
}

/** A time such as 10m, in ms. */
export function span(options: Options, key: string, flag: string): number | undefined {
  const value = text(options, key);
  if (value === undefined) return undefined;
  const ms = parseSpan(value);
  if (ms === undefined) throw bad(flag, value, 'a time such as 30s, 10m, 2h or 1d');
  return ms;
}

export function pattern(options: Options, key: string, flag: string): RegExp | undefined {
  const value = text(options, key);
  if (value === undefined) return undefined;
  try {
    return new RegExp(value);
  } catch (e) {
    throw bad(flag, value, `a regular expression (${e instanceof Error ? e.message : String(e)})`);
  }
}

/** Targets as given; an empty one is a slip of the shell (`mgr stop $UNSET`), not a wish. */
export function targetsOf(input: Input): readonly string[] {
  for (const t of input.args) if (t.trim() === '') throw bad('target', t, 'all, a name, an id, a namespace or /regex/');
  return input.args;
}

export function bad(path: string, got: string, wanted: string): MgrError {
  return new MgrError('BAD_OPTION', { path, got: got === '' ? 'an empty text' : `\`${got}\``, wanted });
}
