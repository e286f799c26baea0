import { refuse, refuseOperator } from './refuse.js';
import { compare, equal, isList, isObject, type Json, type JsonObject } from './value.js';

export type Test = (doc: JsonObject) => boolean;
type OfValues = (values: readonly Json[]) => boolean;

/** What SQLite can be asked in one go: one scalar that some value at a path is, or is above or below of; or one of several. */
export type Simple =
  | { readonly op: '='; readonly value: string | number | boolean }
  | { readonly op: '>' | '>=' | '<' | '<='; readonly value: string | number }
  | { readonly op: 'in'; readonly values: readonly (string | number)[] };

export const OPERATORS = ['$gt', '$gte', '$lt', '$lte', '$ne', '$in', '$nin', '$exists', '$regex', '$options'];

/**
 * One condition of a query: a value to be equal to, or an object of operators. A list in the document matches as a whole and
 * by each of its members. The test gets what stands at the path of the condition. `simple` says the same for SQLite, and is
 * empty where it cannot.
 */
export function condition(given: unknown, at: string): { readonly test: OfValues; readonly simple: readonly Simple[] } {
  if (given instanceof RegExp) return { test: pattern(given), simple: [] };
  if (!isObject(given) || !Object.keys(given).some((key) => key.startsWith('$'))) {
    const wanted = json(given, at);
    return { test: is(wanted), simple: scalar(wanted) || typeof wanted === 'boolean' ? [{ op: '=', value: wanted }] : [] };
  }
  const tests: OfValues[] = [];
  const simple: Simple[] = [];
  for (const [op, operand] of Object.entries(given) as [string, unknown][]) {
    if (operand === undefined) continue;
    tests.push(operator(op, operand, given, `${at}.${op}`));
    const one = simpleOf(op, operand);
    if (one !== undefined) simple.push(one);
  }
  return { test: (values) => tests.every((t) => t(values)), simple: simple.length === tests.length ? simple : [] };
}

/** A value that can be kept, as JSON keeps it: dates as their text. Throws BAD_OPTION. */
export function json(value: unknown, at: string): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  let text: string | undefined;
  try {
    if (typeof value === 'object') text = JSON.stringify(value);
  } catch {
    // In a circle, or a bigint inside: told below.
  }
  if (text === undefined) refuse(at, value, 'what JSON can hold');
  // It would become the prototype of the next copy. Only a key can stand so in a JSON text.
  if (text.includes('"__proto__":')) refuse(at, '__proto__', 'another name for a field');
  return JSON.parse(text) as Json;
}

function operator(op: string, operand: unknown, all: JsonObject, at: string): OfValues {
  switch (op) {
    case '$gt': return ordered(operand, at, (c) => c > 0);
    case '$gte': return ordered(operand, at, (c) => c >= 0);
    case '$lt': return ordered(operand, at, (c) => c < 0);
    case '$lte': return ordered(operand, at, (c) => c <= 0);
    case '$ne': return not(operand instanceof RegExp ? pattern(operand) : is(json(operand, at)));
    case '$in': return among(operand, at);
    case '$nin': return not(among(operand, at));
    case '$exists':
      if (typeof operand !== 'boolean' && operand !== 0 && operand !== 1) refuse(at, operand, 'true or false');
      return (values) => (values.length > 0) === Boolean(operand);
    case '$regex': return pattern(operand instanceof RegExp ? operand : regex(operand, all['$options'], at));
    case '$options':
      if (all['$regex'] === undefined) refuse(at, operand, '$regex beside it');
      return () => true;
    default: return refuseOperator(at, op, OPERATORS);
  }
}

function members(values: readonly Json[]): readonly Json[] { return values.some(isList) ? values.flatMap((v) => (isList(v) ? [v, ...v] : [v])) : values; }

function is(wanted: Json): OfValues {
  return (values) => (wanted === null && values.length === 0) || members(values).some((v) => equal(v, wanted));
}

function not(test: OfValues): OfValues { return (values) => !test(values); }

function ordered(operand: unknown, at: string, holds: (c: number) => boolean): OfValues {
  const bound = json(operand, at);
  if (typeof bound !== 'number' && typeof bound !== 'string') refuse(at, operand, 'a number or a text');
  return (values) => members(values).some((v) => typeof v === typeof bound && holds(compare(v, bound)));
}

function among(operand: unknown, at: string): OfValues {
  if (!Array.isArray(operand)) refuse(at, operand, 'a list of values');
  const tests = operand.map((item: unknown, i) => (item instanceof RegExp ? pattern(item) : is(json(item, `${at}[${i}]`))));
  return (values) => tests.some((t) => t(values));
}

const LONGEST_PATTERN = 1000;

function regex(source: unknown, flags: Json | undefined, at: string): RegExp {
  if (typeof source !== 'string' || source.length > LONGEST_PATTERN) refuse(at, source, `a pattern of at most ${LONGEST_PATTERN} characters`);
  if (flags !== undefined && (typeof flags !== 'string' || !/^[imsu]*$/.test(flags))) refuse(`${at.slice(0, -'regex'.length)}options`, flags, 'some of the letters i m s u');
  try {
    return new RegExp(source, flags);
  } catch {
    return refuse(at, source, 'a regular expression');
  }
}

function pattern(given: RegExp): OfValues {
  // `g` and `y` remember where they stopped.
  const re = new RegExp(given.source, given.flags.replace(/[gy]/g, ''));
  return (values) => members(values).some((v) => typeof v === 'string' && re.test(v));
}

// Texts with a NUL or half a surrogate pair mean something else to SQLite.
function scalar(v: unknown): v is string | number { return typeof v === 'number' || (typeof v === 'string' && !/\0|\p{Surrogate}/u.test(v)); }

function simpleOf(op: string, operand: unknown): Simple | undefined {
  const value = operand instanceof Date ? json(operand, '') : operand;
  if (op === '$in') return Array.isArray(value) && value.length > 0 && value.length <= 500 && value.every(scalar) ? { op: 'in', values: value } : undefined;
  const sql = op === '$gt' ? '>' : op === '$gte' ? '>=' : op === '$lt' ? '<' : op === '$lte' ? '<=' : undefined;
  return sql !== undefined && scalar(value) ? { op: sql, value } : undefined;
}
