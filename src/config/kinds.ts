import os from 'node:os';
import { parseSize, parseSpan } from '../base/units.js';
import { isCronForm } from './cron-form.js';
import { splitWords } from './words.js';

/**
 * The closed set of kinds an option can have. `parse` gives undefined for what it cannot read; who asked names the error
 * with `wanted`. Text that reads as a number is a number: a flag and `process.env.X` in a config file can only be text.
 */
export interface Kind<T> {
  /** One word for the README. */
  readonly kind: string;
  readonly wanted: string;
  readonly parse: (v: unknown) => T | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Of a value with parts: which part is wrong. */
  readonly explain?: (v: unknown) => { readonly at: string; readonly got: unknown; readonly wanted: string } | undefined;
}

const isText = (v: unknown): v is string => typeof v === 'string' && !v.includes('\0');
const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const whole = (v: unknown): number | undefined => {
  const n = typeof v === 'string' && /^\s*[+-]?\d+\s*$/.test(v) ? Number(v) : v;
  return Number.isSafeInteger(n) ? n as number : undefined;
};

// A number is taken as its text: YAML gives one for `name: 455`.
export const text: Kind<string> = {
  kind: 'text', wanted: 'text that is not empty', schema: { type: ['string', 'number'] },
  parse: (v) => isNumber(v) ? String(v) : isText(v) && v.trim() !== '' ? v : undefined,
};

/** Empty and false mean "none" here. */
export const format: Kind<string> = {
  kind: 'text', wanted: 'text, or false for none', schema: { type: ['string', 'boolean'] },
  parse: (v) => v === false ? '' : isText(v) ? v : undefined,
};

export const path: Kind<string> = {
  kind: 'path', wanted: 'a path', schema: { type: 'string' },
  parse: (v) => isText(v) && v !== '' ? v : undefined,
};

/** true: at the usual place. */
export const pathOrSwitch: Kind<string | boolean> = {
  kind: 'path or switch', wanted: 'a path, true or false', schema: { type: ['string', 'boolean'] },
  parse: (v) => flag(v) ?? path.parse(v),
};

export const count: Kind<number> = {
  kind: 'count', wanted: 'a whole number of 0 or more', schema: { type: ['integer', 'string'], minimum: 0 },
  parse: (v) => { const n = whole(v); return n !== undefined && n >= 0 ? n : undefined; },
};

/** `max` is 0. */
export const instances: Kind<number> = {
  kind: 'count', wanted: 'a whole number (0 or `max`: one per core; -1: one less)', schema: { type: ['integer', 'string'] },
  parse: (v) => v === 'max' ? 0 : whole(v),
};

/** Milliseconds. */
export const span: Kind<number> = {
  kind: 'span', wanted: 'milliseconds, or a time such as 500ms, 10s, 5m, 1h', schema: { type: ['number', 'string'], minimum: 0 },
  parse: (v) => isNumber(v) || typeof v === 'string' ? parseSpan(v) : undefined,
};

/** Bytes. */
export const size: Kind<number> = {
  kind: 'size', wanted: 'bytes, or a size such as 300K, 200M, 1.5G', schema: { type: ['number', 'string'], minimum: 0 },
  parse: (v) => isNumber(v) || typeof v === 'string' ? parseSize(v) : undefined,
};

const flag = (v: unknown): boolean | undefined => v === true || v === 'true' ? true : v === false || v === 'false' ? false : undefined;
export const onOff: Kind<boolean> = { kind: 'switch', wanted: 'true or false', schema: { type: 'boolean' }, parse: flag };

/** Text is split on blanks, quotes keep together. */
export const words: Kind<readonly string[]> = {
  kind: 'list', wanted: 'a list of texts, or one text (split on blanks)', schema: { type: ['array', 'string', 'number'], items: { type: ['string', 'number'] } },
  parse: (v) => isText(v) ? splitWords(v) : list(isNumber(v) ? [v] : v),
};

/** Text is one entry: a path may hold blanks. */
export const switchOrList: Kind<boolean | readonly string[]> = {
  kind: 'switch or list', wanted: 'true, false or a list of texts', schema: { type: ['boolean', 'array', 'string'], items: { type: 'string' } },
  parse: (v) => flag(v) ?? list(isText(v) ? [v] : v),
};

/** As above, but one text stays a text: it means something else than a list of one. */
export const filter: Kind<boolean | string | readonly string[]> = {
  kind: 'switch or list', wanted: 'true, false, a name or a list of parts of names', schema: switchOrList.schema,
  parse: (v) => flag(v) ?? (isText(v) && v !== '' ? v : list(v)),
};

export const codes: Kind<readonly number[]> = {
  kind: 'codes', wanted: 'exit codes: whole numbers of 0 to 255', schema: { type: ['array', 'integer', 'string'], items: { type: ['integer', 'string'], minimum: 0, maximum: 255 } },
  parse(v) {
    const each = (Array.isArray(v) ? v : [v]).flatMap((x: unknown) => typeof x === 'string' ? x.split(/[\s,]+/).filter((s) => s !== '') : [x]).map(whole);
    return each.every((n) => n !== undefined && n >= 0 && n <= 255) ? each as number[] : undefined;
  },
};

export const signal: Kind<NodeJS.Signals> = {
  kind: 'signal', wanted: 'a signal such as SIGINT or SIGTERM', schema: { type: ['string', 'integer'] },
  parse(v) {
    const n = whole(v);
    const named = n === undefined && typeof v === 'string' ? v.trim().toUpperCase().replace(/^(?:SIG)?/, 'SIG') : undefined;
    return (Object.keys(os.constants.signals) as NodeJS.Signals[]).find((s) => s === named || os.constants.signals[s] === n);
  },
};

/** Name or number; looked up later. */
export const user: Kind<string | number> = {
  kind: 'user', wanted: 'a name or a number', schema: { type: ['string', 'integer'] },
  parse: (v) => count.parse(v) ?? (isText(v) && v !== '' && whole(v) === undefined ? v : undefined),
};

/** Empty text: none. */
export const cron: Kind<string> = {
  kind: 'cron', wanted: 'a cron pattern of 5 or 6 fields such as `0 3 * * 1-5` ([second] minute hour day month weekday), or 0 for none', schema: { type: ['string', 'integer', 'boolean'] },
  parse: (v) => v === 0 || v === '0' || v === false ? '' : isText(v) && isCronForm(v) ? v : undefined,
};

/** Variables: an object, or text such as `A=1 B="x y"`. Values are made text later (env.ts). */
export const vars: Kind<Readonly<Record<string, unknown>>> = {
  kind: 'variables', wanted: 'an object of variables, or text such as A=1 B=2', schema: { type: ['object', 'string'] },
  parse(v) {
    if (typeof v === 'object' && v !== null && !Array.isArray(v)) return v as Record<string, unknown>;
    const pairs = isText(v) ? splitWords(v).map((w) => w.split(/=(.*)/s)) : [];
    return isText(v) && pairs.every((p) => p.length > 1 && p[0] !== '') ? Object.fromEntries(pairs.map(([k = '', x = '']) => [k, x])) : undefined;
  },
};

/** Kept as it is. */
export const anything: Kind<unknown> = { kind: 'any', wanted: 'anything', schema: {}, parse: (v) => v };

export const choice = <T extends string>(...of: readonly T[]): Kind<T> => ({
  kind: of.join(', '), wanted: `one of ${of.join(', ')}`, schema: { enum: of }, parse: (v) => of.find((o) => o === v),
});

function list(v: unknown): readonly string[] | undefined {
  return Array.isArray(v) && v.every((x) => isText(x) || isNumber(x)) ? v.map(String) : undefined;
}
