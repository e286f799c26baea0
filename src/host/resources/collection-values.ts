import { type Bag, HttpFault, isBag } from './model.js';

/** One property of a collection. */
export interface Property { readonly type: PropertyType; readonly required: boolean }
export type PropertyType = 'string' | 'number' | 'boolean' | 'date' | 'object' | 'array' | 'any';

const TYPES: readonly string[] = ['string', 'number', 'boolean', 'date', 'object', 'array', 'any'];

/** Reads `properties` of a configuration. Throws for one that is none. */
export function propertiesOf(given: unknown): Record<string, Property> {
  if (!isBag(given)) throw new Error('`properties`: wanted an object, each property with its type');
  return Object.fromEntries(Object.entries(given).map(([name, p]): [string, Property] => {
    const type: unknown = isBag(p) ? p['type'] : p;
    if (name === 'id' || name === '__proto__' || /[$.]/.test(name)) throw new Error(`\`properties\`: ${name} cannot be the name of one`);
    if (typeof type !== 'string' || !TYPES.includes(type)) throw new Error(`\`properties\`: ${name}: got type ${JSON.stringify(type) ?? 'none'}, wanted ${TYPES.join(', ')}`);
    return [name, { type: type as PropertyType, required: isBag(p) && p['required'] === true }];
  }));
}

/** What of a body belongs to a collection, with its types. Throws HttpFault 400 with `errors` by property. */
export function itemOf(properties: Readonly<Record<string, Property>>, body: unknown): Bag {
  if (!isBag(body)) throw new HttpFault(400, 'wanted one object');
  const errors: Record<string, string> = {};
  const item: Bag = {};
  for (const [name, { type }] of Object.entries(properties)) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (value === undefined) continue;
    const read = value === null ? null : READ[type](value);
    if (read === undefined) errors[name] = `must be ${type === 'array' || type === 'object' ? 'an' : 'a'} ${type}`;
    else item[name] = read;
  }
  if (Object.keys(errors).length > 0) throw new HttpFault(400, 'the document is not valid', errors);
  return item;
}

/** Required properties that have no value. */
export function missingOf(properties: Readonly<Record<string, Property>>, item: Bag): Record<string, string> {
  const missing = Object.entries(properties).filter(([name, p]) => p.required && (item[name] === undefined || item[name] === null || item[name] === ''));
  return Object.fromEntries(missing.map(([name]) => [name, 'is required']));
}

/** A query that came by URL has texts only: they become what the properties are. Values of JSON stay. */
export function queryFor(properties: Readonly<Record<string, Property>>, query: Bag): Bag {
  return Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined).map(([key, value]): [string, unknown] => {
    if (key === '$limit' || key === '$skip') return [key, numeric(value)];
    if ((key === '$sort' || key === '$fields') && isBag(value)) return [key, Object.fromEntries(Object.entries(value).map(([k, v]) => [k, numeric(v)]))];
    if ((key === '$or' || key === '$and') && Array.isArray(value)) return [key, value.map((v: unknown) => (isBag(v) ? queryFor(properties, v) : v))];
    const type = Object.hasOwn(properties, key) ? properties[key]?.type : undefined;
    return [key, type === undefined ? value : isBag(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, matched(type, v)])) : matched(type, value)];
  }));
}

const READ: Readonly<Record<PropertyType, (v: unknown) => unknown>> = {
  string: (v) => (typeof v === 'string' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : undefined),
  number: (v) => { const n = numeric(v); return typeof n === 'number' && Number.isFinite(n) ? n : undefined; },
  boolean: (v) => (typeof v === 'boolean' ? v : v === 'true' || v === 1 || v === '1' ? true : v === 'false' || v === 0 || v === '0' ? false : undefined),
  date: (v) => {
    const at = typeof v === 'number' || typeof v === 'string' || v instanceof Date ? new Date(v) : undefined;
    return at === undefined || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  },
  object: (v) => (isBag(v) ? v : undefined),
  array: (v) => (Array.isArray(v) ? v : undefined),
  any: (v) => v,
};

function numeric(v: unknown): unknown { return typeof v === 'string' && v.trim() !== '' && !Number.isNaN(Number(v)) ? Number(v) : v; }

function matched(type: PropertyType, v: unknown): unknown {
  if (typeof v !== 'string' || (type !== 'number' && type !== 'boolean')) return v;
  return READ[type](v) ?? v;
}
