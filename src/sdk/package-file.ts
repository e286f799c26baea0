import fs from 'node:fs';
import path from 'node:path';
import { asError, errno } from '../base/thrown.js';

/** What the module's package.json tells. */
export interface PackageFacts {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  /** Its folder; undefined: none was found. */
  readonly dir: string | undefined;
  /** The defaults: `config`, over those of `mgr.schema`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A value of the kind of each setting of the schema, group by group: variables of those without a default are read so. */
  readonly kinds?: Readonly<Record<string, unknown>>;
  /** There is a schema: the manager gives settings with their types. */
  readonly typed?: boolean;
  /** Keys of settings that nobody is to see, groups before a colon: `tls:key`. */
  readonly secrets?: readonly string[];
}

const NONE: PackageFacts = { name: undefined, version: undefined, description: undefined, dir: undefined, config: {} };

/**
 * The package.json of the main script: beside it or in the nearest folder above, that has a name (`dist/package.json`
 * with a `type` only is passed by). Throws when it cannot be read as JSON; none at all is no error.
 */
export function readPackage(script: string | undefined): PackageFacts {
  if (script === undefined) return NONE;
  for (let dir = path.dirname(real(script)); ; dir = path.dirname(dir)) {
    const found = at(dir);
    if (typeof found?.['name'] === 'string') {
      const { name, version, description, config, mgr } = found;
      return { name, dir, version: text(version), description: text(description), typed: isBag(mgr) && mgr['schema'] !== undefined, kinds: kindsOf(isBag(mgr) ? mgr['schema'] : undefined), secrets: secretsOf(isBag(mgr) ? mgr['schema'] : undefined, ''), config: over(schemaDefaults(isBag(mgr) ? mgr['schema'] : undefined), isBag(config) ? config : {}) };
    }
    if (dir === path.dirname(dir)) return NONE;
  }
}

/** The defaults of a schema: a list of `{field, default}` and `{child, configurables}`, or the same by name. */
export function schemaDefaults(schema: unknown): Record<string, unknown> {
  return Object.fromEntries(rowsOf(schema).flatMap(([key, row]): [string, unknown][] => {
    if (typeof key !== 'string' || key === '__proto__' || row === null || row === undefined) return [];
    // A plain value stands for its own default.
    const value = !isBag(row) ? row : 'configurables' in row ? schemaDefaults(row['configurables']) : row['default'];
    return value === undefined ? [] : [[key, value]];
  }));
}

const KINDS: Readonly<Record<string, unknown>> = { string: '', date: '', buffer: '', number: 0, boolean: false, array: [], object: [] };

function kindsOf(schema: unknown): Record<string, unknown> {
  return Object.fromEntries(rowsOf(schema).flatMap(([key, row]): [string, unknown][] => {
    if (typeof key !== 'string' || key === '__proto__' || !isBag(row)) return [];
    if ('configurables' in row) return [[key, kindsOf(row['configurables'])]];
    const { type = 'string', default: usual } = row;
    return usual === undefined && typeof type === 'string' && Object.hasOwn(KINDS, type) ? [[key, KINDS[type]]] : [];
  }));
}

/** With the schema that a container brings, unless the package has one. */
export function withSchema(facts: PackageFacts, schema: unknown): PackageFacts {
  if (facts.typed === true) return facts;
  return { ...facts, typed: true, kinds: kindsOf(schema), secrets: secretsOf(schema, ''), config: over(schemaDefaults(schema), facts.config) };
}

function secretsOf(schema: unknown, above: string): string[] {
  return rowsOf(schema).flatMap(([key, row]) => {
    if (typeof key !== 'string' || !isBag(row)) return [];
    return 'configurables' in row ? secretsOf(row['configurables'], `${above}${key}:`) : row['secret'] === true ? [above + key] : [];
  });
}

function rowsOf(schema: unknown): [unknown, unknown][] {
  if (Array.isArray(schema)) return schema.map((r: unknown) => (isBag(r) ? [r['field'] ?? r['child'], r] : [undefined, r]));
  return isBag(schema) ? Object.entries(schema) : [];
}

function over(below: Readonly<Record<string, unknown>>, above: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) { const under = merged[key]; merged[key] = isBag(value) && isBag(under) ? over(under, value) : value; }
  return merged;
}

function at(dir: string): Readonly<Record<string, unknown>> | undefined {
  const file = path.join(dir, 'package.json');
  let content: string;
  try {
    content = fs.readFileSync(file, 'utf8');
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') return undefined;
    throw e;
  }
  try {
    const value: unknown = JSON.parse(content.replace(/^\uFEFF/, ''));
    return isBag(value) ? value : undefined;
  } catch (e) {
    throw new Error(`${file} is not JSON: ${asError(e).message}`, { cause: e });
  }
}

function real(file: string): string {
  try { return fs.realpathSync(file); } catch { return path.resolve(file); /* given without its extension */ }
}

const text = (v: unknown): string | undefined => (typeof v === 'string' ? v : undefined);
export const isBag = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null && !Array.isArray(v);
