import { condition, type Test } from './condition.js';
import { pathOf, refuse, refuseOperator } from './refuse.js';
import { columnOf, type Part } from './pushed.js';
import { compare, isObject, valuesAt, type Json, type JsonObject } from './value.js';

/** What to find: fields and operators as in Deployd, e.g. `{ age: { $gte: 18 }, $sort: { name: 1 }, $limit: 10 }`. */
export type Query = { readonly [key: string]: unknown };

/** A query as it is carried out: `where` by SQLite, the rest by `matches`. */
export interface Plan {
  /** SQL for what may match, without values; true for each document that does. */
  readonly where: string;
  readonly params: readonly (string | number)[];
  /** True where `where` is true for those that match and for no other, so that nothing has to be looked at again. */
  readonly exact: boolean;
  readonly matches: (doc: JsonObject) => boolean;
  readonly order: ((a: JsonObject, b: JsonObject) => number) | undefined;
  readonly limit: number | undefined;
  readonly skip: number;
  readonly pick: (doc: JsonObject) => JsonObject;
  /** Set when the query names one id as a text: at most one document. */
  readonly id: string | undefined;
}

/** Reads a query. Throws BAD_OPTION with what it got and wanted. */
export function planOf(query: unknown): Plan {
  if (!isObject(query)) refuse('query', query, 'an object');
  const parts: Part[] = [];
  const matches = all(query, 'query', parts);
  return {
    where: parts.map((p) => p.sql).join(' AND ') || '1',
    params: parts.flatMap((p) => p.params),
    exact: parts.length === asked(query),
    matches,
    order: orderOf(query['$sort'] ?? query['$orderby']),
    limit: whole(query, '$limit') || undefined, // 0 is none, as in Deployd
    skip: whole(query, '$skip') ?? 0,
    pick: pickOf(query['$fields']),
    id: typeof query['id'] === 'string' ? query['id'] : undefined,
  };
}

const OPTIONS = ['$sort', '$orderby', '$limit', '$skip', '$fields'];
const KNOWN = ['$or', '$and', '$sort', '$limit', '$skip', '$fields'];

function asked(query: JsonObject): number {
  return Object.keys(query).filter((key) => !OPTIONS.includes(key) && query[key] !== undefined).length;
}

// `parts` collects what SQLite can do of a list of conditions that must all hold; there is none inside of `$or`.
function all(query: JsonObject, at: string, parts?: Part[]): Test {
  const tests: Test[] = [];
  for (const [key, value] of Object.entries(query) as [string, unknown][]) {
    if (value === undefined || (parts !== undefined && OPTIONS.includes(key))) continue;
    if (key === '$or' || key === '$and') {
      const inner = branches(value, `${at}.${key}`).map((q, i) => all(q, `${at}.${key}[${i}]`));
      tests.push(key === '$or' ? (doc) => inner.some((t) => t(doc)) : (doc) => inner.every((t) => t(doc)));
    } else if (key.startsWith('$')) {
      refuseOperator(at, key, parts === undefined ? ['$or', '$and'] : KNOWN);
    } else {
      const path = pathOf(key);
      const { test, simple } = condition(value, `${at}.${key}`);
      tests.push((doc) => test(valuesAt(doc, path)));
      const pushed = simple.map((one) => columnOf(key, path, one)).filter((part) => part !== undefined);
      if (pushed.length > 0 && pushed.length === simple.length) parts?.push({ sql: pushed.map((p) => p.sql).join(' AND '), params: pushed.flatMap((p) => p.params) });
    }
  }
  return (doc) => tests.every((t) => t(doc));
}

function branches(value: unknown, at: string): readonly JsonObject[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) refuse(at, value, 'a list of queries');
  return value;
}

function whole(query: JsonObject, key: string): number | undefined {
  const value = query[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) refuse(`query.${key}`, value, 'a whole number from 0 on');
  return value;
}

function orderOf(value: Json | undefined): Plan['order'] {
  if (value === undefined) return undefined;
  if (!isObject(value)) refuse('query.$sort', value, 'an object such as { name: 1, age: -1 }');
  const keys = Object.entries(value).map(([key, way]) => {
    if (way !== 1 && way !== -1) refuse(`query.$sort.${key}`, way, '1 or -1');
    return { path: pathOf(key), way };
  });
  return (a, b) => {
    for (const { path, way } of keys) {
      const c = compare(valuesAt(a, path)[0], valuesAt(b, path)[0]);
      if (c !== 0) return c * way;
    }
    return 0;
  };
}

function pickOf(value: Json | undefined): Plan['pick'] {
  if (value === undefined) return (doc) => doc;
  if (!isObject(value)) refuse('query.$fields', value, 'an object such as { name: 1 } or { secret: 0 }');
  const named = Object.entries(value).filter(([key]) => key !== 'id');
  for (const [key, way] of Object.entries(value)) if (![0, 1, true, false].includes(way as never)) refuse(`query.$fields.${key}`, way, '1 or 0');
  const only = named.length > 0 ? Boolean(named[0]?.[1]) : Boolean(value['id']);
  if (named.some(([, way]) => Boolean(way) !== only)) refuse('query.$fields', value, 'either fields to give or fields to leave out');
  const paths = named.map(([key]) => pathOf(key));
  const id = value['id'] === undefined || Boolean(value['id']);
  return (doc) => {
    const rest = only ? kept(doc, paths) : dropped(doc, paths);
    const { id: own, ...others } = rest;
    return id ? { id: doc['id'] ?? own ?? null, ...others } : others;
  };
}

function kept(doc: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(doc)) {
    const mine = paths.filter((p) => p[0] === key);
    if (mine.some((p) => p.length === 1)) out[key] = value;
    else if (mine.length > 0) {
      const deeper = mine.map((p) => p.slice(1));
      if (isObject(value)) out[key] = kept(value, deeper);
      else if (Array.isArray(value)) out[key] = value.filter(isObject).map((item) => kept(item, deeper));
    }
  }
  return out;
}

function dropped(doc: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(doc)) {
    const mine = paths.filter((p) => p[0] === key);
    if (mine.some((p) => p.length === 1)) continue;
    const deeper = mine.map((p) => p.slice(1));
    if (deeper.length > 0 && isObject(value)) out[key] = dropped(value, deeper);
    else if (deeper.length > 0 && Array.isArray(value)) out[key] = value.map((item: Json) => (isObject(item) ? dropped(item, deeper) : item));
    else out[key] = value;
  }
  return out;
}
