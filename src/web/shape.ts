/** What a query or a body must look like: one description gives the type, the check and the JSON Schema. */
import { MgrError } from '../base/errors.js';

export type JsonSchema = Readonly<Record<string, unknown>>;
export interface Shape<T> {
  readonly json: JsonSchema;
  /** Throws BAD_OPTION. A query has texts only: numbers and switches are read from them. */
  read(value: unknown, path: string): T;
  readonly optional?: true;
}
export type Optional<T> = Shape<T> & { readonly optional: true };
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<unknown>>>;
type Flat<T> = { readonly [K in keyof T]: T[K] };
export type ObjectOf<F extends Fields> = Flat<
  { [K in keyof F as F[K] extends { optional: true } ? never : K]: TypeOf<F[K]> } & { [K in keyof F as F[K] extends { optional: true } ? K : never]?: TypeOf<F[K]> }
>;

export function object<F extends Fields>(fields: F, description?: string): Shape<ObjectOf<F>> {
  const required = Object.keys(fields).filter((k) => fields[k]?.optional !== true);
  return {
    json: {
      type: 'object', ...(description !== undefined && { description }), properties: Object.fromEntries(Object.entries(fields).map(([k, f]) => [k, f.json])),
      ...(required.length > 0 && { required }), additionalProperties: false,
    },
    read(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(path, value, 'an object');
      const given = value as Readonly<Record<string, unknown>>;
      for (const key of Object.keys(given)) if (!Object.hasOwn(fields, key)) throw new MgrError('BAD_OPTION', { path: at(path, key), got: given[key], wanted: `one of ${Object.keys(fields).join(', ') || 'nothing'}`, fix: 'see /api/openapi.json' });
      const out: Record<string, unknown> = {};
      for (const [key, field] of Object.entries(fields)) {
        const v = given[key];
        if (v === undefined || (v === null && field.optional)) {
          if (field.optional !== true) throw bad(at(path, key), v, wanted(field));
        } else out[key] = field.read(v, at(path, key));
      }
      return out as ObjectOf<F>;
    },
  };
}

export function text(description: string, o: { readonly max?: number; readonly pattern?: RegExp } = {}): Shape<string> {
  return {
    json: { type: 'string', description, ...(o.max !== undefined && { maxLength: o.max }), ...(o.pattern && { pattern: o.pattern.source }) },
    read(value, path) {
      if (typeof value !== 'string' || value.length > (o.max ?? 1_000_000) || (o.pattern && !o.pattern.test(value))) throw bad(path, value, `${description}${o.max === undefined ? '' : ` (at most ${o.max} characters)`}`);
      return value;
    },
  };
}

export function number(description: string, o: { readonly min?: number; readonly max?: number; readonly whole?: boolean } = {}): Shape<number> {
  const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE, whole = false } = o;
  return {
    json: { type: whole ? 'integer' : 'number', description, ...(o.min !== undefined && { minimum: o.min }), ...(o.max !== undefined && { maximum: o.max }) },
    read(value, path) {
      const n = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof n !== 'number' || !(n >= min && n <= max) || (whole && !Number.isInteger(n))) throw bad(path, value, `${description}, a ${whole ? 'whole ' : ''}number${o.min === undefined ? '' : ` from ${o.min}`}${o.max === undefined ? '' : ` to ${o.max}`}`);
      return n;
    },
  };
}

export function flag(description: string): Shape<boolean> {
  return {
    json: { type: 'boolean', description },
    read(value, path) {
      if (value === true || value === 'true' || value === '1') return true;
      if (value === false || value === 'false' || value === '0') return false;
      throw bad(path, value, `${description}: true or false`);
    },
  };
}

export function oneOf<const T extends string>(words: readonly T[], description: string): Shape<T> {
  return {
    json: { type: 'string', enum: words, description },
    read(value, path) {
      const found = words.find((w) => w === value);
      if (found === undefined) throw bad(path, value, `one of ${words.join(', ')}`);
      return found;
    },
  };
}

export function record(description: string): Shape<Readonly<Record<string, unknown>>> {
  return {
    json: { type: 'object', description, additionalProperties: true },
    read(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(path, value, description);
      return value as Readonly<Record<string, unknown>>;
    },
  };
}

/** Any JSON. */
export function anything(description: string): Shape<unknown> {
  return { json: { description }, read: (value) => value };
}

export function maybe<T>(shape: Shape<T>): Optional<T> { return { ...shape, optional: true }; }

function at(path: string, key: string): string { return path === '' ? key : `${path}.${key}`; }
function wanted(field: Shape<unknown>): string { return typeof field.json['description'] === 'string' ? field.json['description'] : 'a value'; }
function bad(path: string, got: unknown, want: string): MgrError {
  return new MgrError('BAD_OPTION', { path: path === '' ? 'body' : path, got: got === undefined ? 'nothing' : typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : got, wanted: want, fix: 'see /api/openapi.json' });
}
