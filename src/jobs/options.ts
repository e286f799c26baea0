import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { parseSpan } from '../base/units.js';
import { isCronForm } from '../config/cron-form.js';
import { type Gaps, DEFAULT_GAPS } from './backoff.js';
import type { AddOptions, Backoff, DefineOptions, ScheduleOptions, Span } from './types.js';
import type { CatchUp } from './views.js';

/** What a program gave, as values that need no further look. Each parser throws BAD_OPTION: what it got, what it wanted. */

export interface Definition {
  readonly name: string;
  readonly lease: number;
  readonly timeout: number | undefined;
  readonly retries: number;
  /** ms before the attempt after this one. */
  readonly gaps: Gaps | ((attempt: number) => number);
  readonly concurrency: number;
  readonly onLost: 'retry' | 'fail';
  readonly keep: { readonly count: number; readonly age: number };
}

const LEASE = 30_000;
const SHORTEST_LEASE = 100;
const DEFINE = ['lease', 'timeout', 'retries', 'backoff', 'concurrency', 'onLost', 'keep'];

export function parseName(where: string, name: unknown): string {
  // eslint-disable-next-line no-control-regex -- a name stands in tables, keys and log lines
  if (typeof name === 'string' && name.trim() !== '' && name.length <= 200 && !/[\u0000-\u001f\u007f]/.test(name)) return name;
  throw bad(`${where} name`, name, 'a text of 1 to 200 characters, e.g. `send-mail`');
}

export function parseDefine(name: string, options: unknown, where = `jobs.define \`${name}\``, more: readonly string[] = []): Definition {
  const o = bag<DefineOptions>(where, options, [...DEFINE, ...more]);
  const keep = bag<NonNullable<DefineOptions['keep']>>(`${where} keep`, o.keep, ['count', 'age']);
  return {
    name,
    lease: span(`${where} lease`, o.lease, SHORTEST_LEASE) ?? LEASE,
    timeout: span(`${where} timeout`, o.timeout, 1),
    retries: whole(`${where} retries`, o.retries, 0) ?? 3,
    gaps: parseGaps(`${where} backoff`, o.backoff),
    concurrency: whole(`${where} concurrency`, o.concurrency, 1) ?? 1,
    onLost: oneOf(`${where} onLost`, o.onLost, ['retry', 'fail']) ?? 'retry',
    keep: { count: whole(`${where} keep.count`, keep.count, 0) ?? 1000, age: span(`${where} keep.age`, keep.age, 0) ?? 7 * 86_400_000 },
  };
}

function parseGaps(where: string, value: DefineOptions['backoff']): Definition['gaps'] {
  if (typeof value === 'function') return value;
  if (typeof value !== 'object') return { ...DEFAULT_GAPS, first: span(where, value, 0) ?? DEFAULT_GAPS.first };
  const o = bag<Backoff>(where, value, ['first', 'factor', 'most', 'jitter']);
  return {
    first: span(`${where}.first`, o.first, 0) ?? DEFAULT_GAPS.first, most: span(`${where}.most`, o.most, 0) ?? DEFAULT_GAPS.most,
    factor: number(`${where}.factor`, o.factor, 1, 1000) ?? DEFAULT_GAPS.factor, jitter: number(`${where}.jitter`, o.jitter, 0, 1) ?? DEFAULT_GAPS.jitter,
  };
}

export interface Addition {
  readonly payload: string | undefined;
  readonly key: string | undefined;
  readonly runAt: number;
  readonly priority: number;
}

export function parseAdd(name: string, payload: unknown, options: unknown, now: number): Addition {
  const where = `jobs.add \`${name}\``;
  const o = bag<AddOptions>(where, options, ['key', 'delay', 'runAt', 'priority']);
  if (o.delay !== undefined && o.runAt !== undefined) throw bad(`${where} delay`, o.delay, 'delay or runAt, not both', 'leave one of them out');
  if (o.key !== undefined && (typeof o.key !== 'string' || o.key === '')) throw bad(`${where} key`, o.key, 'a text that names this piece of work, e.g. `invoice-1234`');
  return {
    payload: parsePayload(`${where} payload`, payload), key: o.key, priority: whole(`${where} priority`, o.priority, -1_000_000) ?? 0,
    runAt: time(`${where} runAt`, o.runAt) ?? now + (span(`${where} delay`, o.delay, 0) ?? 0),
  };
}

export interface Times {
  readonly cron: string | undefined;
  readonly every: number | undefined;
  readonly tz: string;
  readonly catchUp: CatchUp;
  readonly payload: string | undefined;
}

export function parseSchedule(name: string, when: unknown, options: unknown): Times {
  const where = `jobs.schedule \`${name}\``;
  parseDefine(name, options, where, ['tz', 'catchUp', 'payload']);
  const { tz = 'UTC', catchUp, payload } = (options ?? {}) as ScheduleOptions;
  if (typeof tz !== 'string' || !isZone(tz)) throw bad(`${where} tz`, tz, 'the IANA name of a time zone, e.g. `Europe/Berlin`');
  const rest = { tz, catchUp: oneOf(`${where} catchUp`, catchUp, ['none', 'one', 'all'] as const) ?? 'none', payload: parsePayload(`${where} payload`, payload) };
  if (typeof when === 'string') {
    if (isCronForm(when)) return { ...rest, cron: when.trim(), every: undefined };
    throw bad(where, when, 'a cron line of 5 fields, or 6 with seconds before', parseSpan(when) === undefined ? 'e.g. `*/15 * * * *`, or { every: \'15m\' }' : `{ every: '${when}' }`);
  }
  if (typeof when !== 'object' || when === null) throw bad(where, when, 'a cron line, or { every: <time> }', 'e.g. jobs.schedule(\'tidy\', { every: \'10m\' }, handler)');
  return { ...rest, cron: undefined, every: span(`${where} every`, bag<{ every: Span }>(where, when, ['every']).every ?? null, 100) };
}

/** JSON; undefined stays so. */
export function parsePayload(where: string, payload: unknown): string | undefined {
  if (payload === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(payload);
  } catch (e) {
    throw bad(where, payload, 'what JSON can hold', `it cannot be written as JSON (${e instanceof Error ? e.message.split('\n')[0] ?? '' : String(e)}): give plain data, e.g. an id`);
  }
  if (text === undefined) throw bad(where, payload, 'what JSON can hold');
  if (text.length > MOST_PAYLOAD) throw bad(where, `${text.length} characters of JSON`, `at most ${MOST_PAYLOAD}`, 'keep the data elsewhere and give its id');
  return text;
}
const MOST_PAYLOAD = 1_000_000;

export function isZone(tz: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: tz }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // that is how Intl says no
  }
}

// Beyond it there is no date that could be shown.
const LAST_DATE = 8_640_000_000_000_000;

/** Throws for a time that cannot be read. */
export function time(where: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : typeof value === 'string' && /^\d{4}-/.test(value) ? Date.parse(value) : Number.NaN;
  if (!(Math.abs(ms) <= LAST_DATE)) throw bad(where, value, 'a Date, milliseconds since 1970, or an ISO 8601 text', 'e.g. `2027-01-31T09:00:00Z`');
  return Math.round(ms);
}

/** ms: a hundred years. From any time that we shall see it leads to one that can be shown. */
export const MOST_SPAN = 36_500 * 86_400_000;

export function span(where: string, value: unknown, least: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === 'number' || typeof value === 'string' ? parseSpan(value) : undefined;
  if (ms === undefined || ms < least || ms > MOST_SPAN) throw bad(where, value, `a time${least > 0 ? ` of at least ${least} ms` : ''} such as 500, \`30s\` or \`5m\`${ms !== undefined && ms > MOST_SPAN ? ', 36500d at most' : ''}`);
  return Math.round(ms);
}

function whole(where: string, value: unknown, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) throw bad(where, value, `a whole number, at least ${least}`);
  return value;
}

function number(where: string, value: unknown, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= least && value <= most)) throw bad(where, value, `a number from ${least} to ${most}`);
  return value;
}

export function oneOf<T extends string>(where: string, value: unknown, words: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = words.find((w) => w === value);
  if (found === undefined) throw bad(where, value, words.map((w) => `\`${w}\``).join(' or '));
  return found;
}

function bag<T extends object>(where: string, value: unknown, keys: readonly string[]): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${where} options`, value, `an object with ${keys.join(', ')}`);
  for (const key of Object.keys(value)) {
    const near = nearest(key, keys);
    if (!keys.includes(key)) throw bad(`${where} option`, key, keys.join(', '), near === undefined ? 'leave it out' : `did you mean \`${near}\`?`);
  }
  return value;
}

export function bad(path: string, got: unknown, wanted: string, fix = 'nothing was changed'): MgrError {
  return new MgrError('BAD_OPTION', { path, got: typeof got === 'string' ? `\`${got}\`` : typeof got === 'object' && got !== null ? shown(got) : String(got), wanted, fix });
}

function shown(value: object): string {
  try {
    return JSON.stringify(value).slice(0, 80);
  } catch {
    return 'an object'; // a circle in it
  }
}
