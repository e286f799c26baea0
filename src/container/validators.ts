import { isDeepStrictEqual } from 'node:util';
import { CHECKS } from './checks.js';
import { nearest } from '../base/nearest.js';

/** What any schema library offers under `~standard` (standardschema.dev): zod, valibot, arktype, … */
export interface StandardSchema {
  readonly '~standard': { readonly version: 1; readonly vendor: string; readonly validate: (value: unknown) => StandardResult | Promise<StandardResult> };
}
export type StandardResult = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly { readonly message: string }[] };

/** Bounds, both included: `[1, 10]` or `{min, max}`; a plain number is exactly that. */
export type Bounds = readonly [number, number] | { readonly min?: number; readonly max?: number };

/** All that stand in one object have to hold. */
export interface Operators {
  readonly $and?: readonly Validator[]; readonly $or?: readonly Validator[]; readonly $not?: Validator;
  readonly $in?: readonly unknown[]; readonly $eq?: unknown; readonly $range?: Bounds; readonly $length?: number | Bounds;
  /** Each member of a list, each value of an object. */
  readonly $each?: Validator;
  /** A regular expression, or its source. */
  readonly $matches?: RegExp | string;
}

/** True or nothing: good. False, a text (the reason) or a throw: not. */
export type Check = (value: unknown) => unknown;

/** `$port`, operators, a function (may be async), a regular expression, a Standard Schema object, or a list of these, all of which hold. */
export type Validator = string | Operators | Check | RegExp | StandardSchema | readonly Validator[];

/** The value, which a Standard Schema may have changed, or the reason as `wanted …`. */
export type Verdict = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** What the checks may ask. */
export interface CheckWorld {
  /** Where relative paths of `$file` and the like begin. */
  readonly cwd: string;
  /** Checks of the user's own by `$name`. */
  readonly checks?: Readonly<Record<string, Check>>;
}

/** Applies a validator. Never rejects for a bad value; rejects (a plain Error) for a validator that does not exist. */
export async function validate(v: Validator, value: unknown, world: CheckWorld): Promise<Verdict> {
  if (typeof v === 'string') return named(v, value, world);
  if (v instanceof RegExp) return said(typeof value === 'string' && fresh(v).test(value), value, `a text that matches ${v}`);
  if (isStandard(v)) return standard(v, value);
  if (typeof v === 'function') return called(v, value);
  if (isList(v)) return all(v, value, world);
  return operators(v, value, world);
}

/** Whether something is a Standard Schema; some libraries make them functions. */
export function isStandard(v: unknown): v is StandardSchema {
  return ((typeof v === 'object' && v !== null) || typeof v === 'function') && '~standard' in v;
}

const isList = (v: Validator): v is readonly Validator[] => Array.isArray(v);

async function named(name: string, value: unknown, world: CheckWorld): Promise<Verdict> {
  const key = name.replace(/^\$/, '');
  const own = world.checks?.[name] ?? world.checks?.[key];
  if (own !== undefined) return called(own, value, name);
  const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
  if (check === undefined) {
    const near = nearest(key, [...Object.keys(CHECKS), ...Object.keys(world.checks ?? {})]);
    throw new Error(`unknown validator \`${name}\`${near === undefined ? '' : `; did you mean \`$${near}\`?`}`);
  }
  return said(await check.test(value, world.cwd), value, check.wanted);
}

async function operators(ops: Operators, value: unknown, world: CheckWorld): Promise<Verdict> {
  let current = value;
  for (const [key, operand] of Object.entries(ops)) {
    const verdict = await operator(key, operand, current, world);
    if (!verdict.ok) return verdict;
    current = verdict.value;
  }
  return { ok: true, value: current };
}

async function operator(key: string, operand: unknown, value: unknown, world: CheckWorld): Promise<Verdict> {
  switch (key) {
    case '$and': return all(operand as readonly Validator[], value, world);
    case '$or': return any(operand as readonly Validator[], value, world);
    case '$not': return said(!(await validate(operand as Validator, value, world)).ok, value, `not what ${shown(operand)} takes`);
    case '$in': return said((operand as readonly unknown[]).some((o) => isDeepStrictEqual(o, value)), value, `one of ${(operand as readonly unknown[]).map(shown).join(', ')}`);
    case '$eq': return said(isDeepStrictEqual(operand, value), value, shown(operand));
    case '$range': return said((typeof value === 'number' || value instanceof Date) && within(Number(value), operand as Bounds), value, `from ${span(operand as Bounds)}`);
    case '$length': return said(within(lengthOf(value), typeof operand === 'number' ? [operand, operand] : operand as Bounds), value, `a length of ${typeof operand === 'number' ? String(operand) : span(operand as Bounds)}`);
    case '$each': return each(operand as Validator, value, world);
    case '$matches': return validate(operand instanceof RegExp ? operand : new RegExp(String(operand), 'u'), value, world);
    default: {
      // `{$port: true}` is `$port`.
      if (operand === true) return named(key, value, world);
      throw new Error(`unknown operator \`${key}\``);
    }
  }
}

async function all(list: readonly Validator[], value: unknown, world: CheckWorld): Promise<Verdict> {
  let current = value;
  for (const v of list) {
    const verdict = await validate(v, current, world);
    if (!verdict.ok) return verdict;
    current = verdict.value;
  }
  return { ok: true, value: current };
}

async function any(list: readonly Validator[], value: unknown, world: CheckWorld): Promise<Verdict> {
  const reasons: string[] = [];
  for (const v of list) {
    const verdict = await validate(v, value, world);
    if (verdict.ok) return verdict;
    reasons.push(verdict.reason.replace(/^wanted /, ''));
  }
  return { ok: false, reason: `wanted ${reasons.join(', or ')}` };
}

async function each(v: Validator, value: unknown, world: CheckWorld): Promise<Verdict> {
  if (typeof value !== 'object' || value === null) return { ok: false, reason: 'wanted a list or an object' };
  const out: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const verdict = await validate(v, member, world);
    if (!verdict.ok) return { ok: false, reason: `${verdict.reason} at [${key}]` };
    out.push([key, verdict.value]);
  }
  return { ok: true, value: Array.isArray(value) ? out.map(([, m]) => m) : Object.fromEntries(out) };
}

async function called(check: Check, value: unknown, name?: string): Promise<Verdict> {
  try {
    const said = await check(value);
    if (said === undefined || said === true || said === null) return { ok: true, value };
    return { ok: false, reason: typeof said === 'string' ? said : `wanted what ${name ?? (check.name === '' || check.name === 'validator' ? 'its validator' : `\`${check.name}\``)} takes` };
  } catch (e) {
    return { ok: false, reason: e instanceof Error ? e.message : String(e) };
  }
}

async function standard(v: StandardSchema, value: unknown): Promise<Verdict> {
  const result = await v['~standard'].validate(value);
  return result.issues === undefined ? { ok: true, value: result.value } : { ok: false, reason: result.issues.map((i) => i.message).join('; ') };
}

function said(good: boolean, value: unknown, wanted: string): Verdict { return good ? { ok: true, value } : { ok: false, reason: `wanted ${wanted}` }; }
// With the g or y flag a regular expression remembers where it was.
function fresh(r: RegExp): RegExp { return new RegExp(r.source, r.flags.replace(/[gy]/g, '')); }
function limits(b: Bounds): { min: number; max: number } { return 'length' in b ? { min: b[0], max: b[1] } : { min: b.min ?? -Infinity, max: b.max ?? Infinity }; }
function within(n: number, b: Bounds): boolean { const { min, max } = limits(b); return n >= min && n <= max; }
function span(b: Bounds): string { const { min, max } = limits(b); return min === -Infinity ? `anything to ${max}` : max === Infinity ? `${min} up` : `${min} to ${max}`; }
function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : Number.NaN;
}
function shown(v: unknown): string { return v instanceof RegExp ? String(v) : typeof v === 'string' ? `\`${v}\`` : JSON.stringify(v) ?? String(v); }
