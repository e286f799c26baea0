import { ModuleError } from './errors.js';
import { nearest } from '../base/nearest.js';
import { kebab } from './names.js';
import type { AnyClass, FieldSpec, SchemaSpec } from './config-of.js';
import type { Validator } from './validators.js';

/** One configurable value of a module, ready for use. Frozen; nothing in it is the author's own object but classes and functions. */
export interface Field {
  /** Keys from the module's configuration down: `['tls', 'cert']`. */
  readonly path: readonly string[];
  readonly type: string | AnyClass;
  readonly default: unknown;
  readonly required: boolean;
  readonly validator: Validator | undefined;
  readonly items: string;
  readonly description: string;
  readonly unit: string;
  readonly flagHint: string | undefined;
  readonly hidden: boolean;
  readonly advanced: boolean;
  readonly system: boolean;
  readonly secret: boolean;
  readonly selector: boolean;
  readonly general: boolean;
}

/** A module's fields, nested ones flattened, in the order of declaration; and the paths of the groups. */
export interface Schema { readonly fields: readonly Field[]; readonly groups: readonly (readonly string[])[] }

// `type: Number` is what many write for 'number'.
const BUILT_IN = new Map<unknown, string>([[String, 'string'], [Number, 'number'], [Boolean, 'boolean'], [Array, 'array'], [Object, 'object'], [Date, 'date'], [Buffer, 'buffer']]);

type Node = { readonly field: FieldSpec } | { readonly group: Map<string, Node> };

const KEYS: Readonly<Record<keyof FieldSpec, string>> = {
  type: 'any', default: 'any', required: 'boolean', validator: 'any', items: 'string', description: 'string', unit: 'string', flagHint: 'string',
  hidden: 'boolean', advanced: 'boolean', system: 'boolean', secret: 'boolean', selector: 'boolean', general: 'boolean',
};
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Merges schemas, later ones over earlier ones, field by field and attribute by attribute, and checks them.
 * Another `type` takes nothing over of the old one's default and validator.
 * Throws E_CONFIG: a key that would reach a prototype, two keys with one flag, an unknown attribute, one of the wrong kind.
 */
export function compileSchema(specs: readonly SchemaSpec[], module: string): Schema {
  const root = specs.map((s) => read(s, module, [])).reduce(merge, new Map<string, Node>());
  const fields: Field[] = [];
  const groups: string[][] = [];
  const walk = (nodes: Map<string, Node>, above: readonly string[]): void => {
    for (const [key, node] of nodes) {
      const path = [...above, key];
      if ('group' in node) { groups.push(path); walk(node.group, path); } else fields.push(Object.freeze(field(node.field, path)));
    }
  };
  walk(root, []);
  const flags = new Map<string, string>();
  for (const f of fields) {
    const shown = f.path.join('.');
    const other = flags.get(kebab(shown));
    if (other !== undefined) bad(module, f.path, `its flag and variable are those of \`${other}\` too; rename one`);
    flags.set(kebab(shown), shown);
  }
  return { fields, groups };
}

function read(spec: SchemaSpec, module: string, above: readonly string[]): Map<string, Node> {
  const nodes = new Map<string, Node>();
  for (const [key, raw] of entries(spec, module, above)) {
    const path = [...above, key];
    if (FORBIDDEN.has(key)) bad(module, path, 'a field cannot have this name');
    if (kebab(key) === '') bad(module, path, 'a field needs a name with a letter or a digit');
    if (nodes.has(key)) bad(module, path, 'the field is declared twice');
    nodes.set(key, node(raw, module, path));
  }
  return nodes;
}

function entries(spec: SchemaSpec, module: string, above: readonly string[]): [string, unknown][] {
  if (typeof spec !== 'object' || spec === null) return bad(module, above, `a schema is a map or a list of fields, got ${typeof spec}`);
  if (!Array.isArray(spec)) {
    const proto: unknown = Object.getPrototypeOf(spec);
    // `{__proto__: {…}}` in a literal sets the prototype instead of a key: the author meant a field of that name.
    if (proto !== Object.prototype && proto !== null && !isFromElsewhere(proto)) bad(module, [...above, '__proto__'], 'a field cannot have this name');
    return Object.entries(spec);
  }
  return spec.map((record: unknown): [string, unknown] => {
    if (typeof record !== 'object' || record === null) return bad(module, above, 'each record of a schema is an object with `field` or `child`');
    const { field: name, child, ...rest } = record as Record<string, unknown>;
    const key = name ?? child;
    if (typeof key !== 'string' || key === '') return bad(module, above, 'each record of a schema has `field` or `child`, a text');
    return [key, child !== undefined && !('configurables' in rest) ? { ...rest, configurables: [] } : rest];
  });
}

// Object.prototype of another realm, as in a test runner's vm.
function isFromElsewhere(proto: unknown): boolean { return typeof proto === 'object' && proto !== null && Object.hasOwn(proto, 'isPrototypeOf'); }

function node(raw: unknown, module: string, path: readonly string[]): Node {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    if (raw === null || raw === undefined || typeof raw === 'function' || typeof raw === 'symbol') bad(module, path, `got ${raw === null ? 'null' : typeof raw}, wanted {type, default, …} or a plain default`);
    return { field: { default: raw } };
  }
  if ('configurables' in raw) return { group: read(raw.configurables as SchemaSpec, module, path) };
  for (const [key, value] of Object.entries(raw)) {
    const kind = (KEYS as Readonly<Record<string, string>>)[key];
    const near = nearest(key, Object.keys(KEYS));
    if (kind === undefined) bad(module, path, `unknown attribute \`${key}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`);
    if (kind !== 'any' && value !== undefined && typeof value !== kind) bad(module, path, `attribute \`${key}\`: got ${typeof value}, wanted ${kind}`);
  }
  const { type } = raw as FieldSpec;
  if (type !== undefined && typeof type !== 'string' && typeof type !== 'function') bad(module, path, 'attribute `type`: wanted the name of a type or of a module, or a class');
  return { field: { ...raw } };
}

function merge(below: Map<string, Node>, above: Map<string, Node>): Map<string, Node> {
  const merged = new Map(below);
  for (const [key, top] of above) {
    const old = merged.get(key);
    if (old === undefined) merged.set(key, top);
    else if ('group' in old && 'group' in top) merged.set(key, { group: merge(old.group, top.group) });
    else if ('field' in old && 'field' in top) merged.set(key, { field: over(old.field, top.field) });
    else merged.set(key, top);
  }
  return merged;
}

function over(old: FieldSpec, top: FieldSpec): FieldSpec {
  const { default: _default, validator: _validator, items: _items, ...kept } = old;
  const retyped = top.type !== undefined && typeOf(top) !== typeOf(old);
  const given = Object.fromEntries(Object.entries(top).filter(([, v]) => v !== undefined));
  return { ...(retyped ? kept : old), ...given };
}

function field(spec: FieldSpec, path: readonly string[]): Field {
  return {
    path: Object.freeze([...path]), type: typeOf(spec), default: copy(spec.default), validator: copy(spec.validator), items: spec.items ?? 'string',
    required: spec.required ?? false, description: spec.description ?? '', unit: spec.unit ?? '', flagHint: spec.flagHint,
    hidden: spec.hidden ?? false, advanced: spec.advanced ?? false, system: spec.system ?? false, secret: spec.secret ?? false,
    selector: spec.selector ?? false, general: spec.general ?? false,
  };
}

// A default says its type; without one it is a text.
function typeOf(spec: FieldSpec): string | AnyClass {
  if (spec.type !== undefined) return BUILT_IN.get(spec.type) ?? spec.type;
  const value = spec.default;
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value;
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof Uint8Array) return 'buffer';
  return typeof value === 'object' && value !== null ? 'object' : 'string';
}

/** A copy of plain data as deep as it goes. Classes, functions, expressions and other objects with a class stay themselves. */
export function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (value instanceof Date) return new Date(value) as T;
  if (Buffer.isBuffer(value)) return Buffer.from(value) as unknown as T;
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  // Own keys only, and `__proto__` as a key like any other.
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, copy(v)])) as T;
}

/** An object without a class of its own. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype || isFromElsewhere(proto);
}

function bad(module: string, path: readonly string[], why: string): never {
  const shown = path.join('.');
  throw new ModuleError('E_CONFIG', `${module}: schema${shown === '' ? '' : ` field \`${shown}\``}: ${why}`, { module, path: shown, source: 'schema' });
}
