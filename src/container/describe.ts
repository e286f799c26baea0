import { letterOf, flagsOf } from './flags.js';
import { isBasic, plain, type CustomType } from './coerce.js';
import { MASK } from './layers.js';
import { sliceOf } from './settle.js';
import { isPlain, type Field } from './schema.js';
import { candidatesOf, type Catalog, type Slot } from './catalog.js';
import type { Configuration } from './configuration.js';

/** Generated from the one schema, so that no second form has to be kept in step. */

/** JSON Schema (2020-12) of the configuration file: one object per module. */
export function jsonSchemaOf(catalog: Catalog): Record<string, unknown> {
  const root = objectSchema();
  for (const slot of catalog.slots) {
    let at = root;
    for (const key of slot.path.slice(0, -1)) at = (at.properties[key] ??= objectSchema()) as ObjectSchema;
    const key = slot.path.at(-1) ?? '';
    at.properties[key] = fieldSchema(catalog, slot);
    if (slot.field.required && slot.field.default === undefined && candidatesOf(catalog, slot) === undefined) at.required = [...(at.required ?? []), key];
  }
  for (const choice of catalog.choices) root.properties[choice.key] ??= { enum: [...choice.providers] };
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...root };
}

/** The effective configuration as JSON has it, modules by name. Secrets are masked unless `redact` is false. */
export function dumpOf(c: Configuration, types: Readonly<Record<string, CustomType>>, redact: boolean): Record<string, unknown> {
  const value = (slot: Slot): unknown => {
    const reference = c.plan.references.get(slot);
    if (reference !== undefined) return reference.kind === 'module' ? reference.entry.name : undefined;
    const v = c.values.get(slot.shown);
    if (v === undefined || (slot.field.secret && redact)) return v === undefined ? undefined : MASK;
    const type = typeof slot.field.type === 'string' && Object.hasOwn(types, slot.field.type) ? types[slot.field.type] : undefined;
    return type?.serialize === undefined ? plain(v) : type.serialize(v);
  };
  const slices = c.plan.order.map((m): [string, Record<string, unknown>] => [m.key, sliceOf(c.catalog, m, value)]);
  return Object.fromEntries(slices.filter(([, slice]) => Object.keys(slice).length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A `.env` file with every variable, its meaning and its default, each commented out. */
export function envTemplateOf(catalog: Catalog): string {
  return catalog.slots.filter((s) => s.env.length > 0 && shows(catalog, s)).map((s) => {
    const about = [s.field.description, `${typeName(catalog, s)}${s.field.unit === '' ? '' : `, ${s.field.unit}`}${s.field.required ? ', required' : ''}`].filter((t) => t !== '').join(' — ');
    const shown = s.field.default === undefined || s.field.secret ? '' : text(s.field.default);
    return `# ${about.replaceAll('\n', ' ')}\n#${s.env[0] ?? ''}=${/[\s#"']/.test(shown) ? JSON.stringify(shown) : shown}\n`;
  }).join('\n');
}

/** The help of the command line. `advanced` shows what most never need. */
export function helpOf(catalog: Catalog, name: string, advanced: boolean): string {
  const flags = flagsOf(catalog);
  const shown = catalog.slots.filter((s) => shows(catalog, s) && !s.field.system && (advanced || !s.field.advanced));
  const selectors = catalog.slots.filter((s) => s.field.selector).map((s) => ` <${s.field.path.join('.')}>`).join('');
  const general = catalog.slots.find((s) => s.field.general);
  const rows = [
    ...[...shown].sort((a, b) => Number(b.module === catalog.app) - Number(a.module === catalog.app)).map((s): [string, string] => [flagCell(s, letterOf(flags, s), typeName(catalog, s)), aboutCell(s)]),
    ...catalog.choices.filter((c) => c.flags.length > 0).map((c): [string, string] => [`    --${c.flags[0] ?? ''} <${c.providers.join('|')}>`, `which module provides ${c.name}`]),
    ['-C, --config <file>', 'read a JSON file; - is standard input'] as [string, string],
    ['-P <path> <value>', 'set any path, for instance -P server.port 8080'] as [string, string],
    ['    --dump <file>', 'write the configuration in force and end; - is standard output'] as [string, string],
    ['-h, --help [advanced]', 'this help'] as [string, string],
  ];
  const width = Math.min(40, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) => (right === '' ? `  ${left}` : left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`));
  return `Usage: ${name} [options]${selectors}${general === undefined ? '' : ` [${general.field.path.join('.')}…]`}\n\n${lines.join('\n')}\n`;
}

/** A TypeScript interface of one module's configuration. */
export function typeScriptOf(catalog: Catalog, module: string, title: string): string {
  type Tree = Map<string, Tree | Slot>;
  const tree: Tree = new Map();
  for (const slot of catalog.slots.filter((s) => s.module.name === module)) {
    let at = tree;
    for (const key of slot.field.path.slice(0, -1)) { const next = at.get(key); const group: Tree = next instanceof Map ? next : new Map<string, Tree | Slot>(); at.set(key, group); at = group; }
    at.set(slot.field.path.at(-1) ?? '', slot);
  }
  const write = (t: Tree, indent: string): string => [...t].map(([key, v]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    if (v instanceof Map) return `${indent}${name}: {\n${write(v, `${indent}  `)}${indent}};\n`;
    const { description, required, default: d } = v.field;
    const doc = description === '' ? '' : `${indent}/** ${description.replaceAll('*/', '* /').replaceAll('\n', ' ')} */\n`;
    return `${doc}${indent}${name}: ${TYPE_SCRIPT[typeof v.field.type === 'string' ? v.field.type : '']?.(v) ?? 'unknown'}${required || d !== undefined ? '' : ' | undefined'};\n`;
  }).join('');
  return `export interface ${title} {\n${write(tree, '  ')}}\n`;
}

interface ObjectSchema { type: 'object'; additionalProperties: false; properties: Record<string, unknown>; required?: string[] }
const objectSchema = (): ObjectSchema => ({ type: 'object', additionalProperties: false, properties: {} });

const JSON_TYPE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  string: { type: 'string' }, number: { type: 'number' }, boolean: { type: 'boolean' }, array: { type: 'array' }, object: { type: 'object' },
  date: { type: 'string', format: 'date-time' }, buffer: { type: 'string', contentEncoding: 'base64' }, any: {},
};
const TYPE_SCRIPT: Readonly<Record<string, (s: Slot) => string>> = {
  string: (s) => enumOf(s)?.map((v) => JSON.stringify(v)).join(' | ') ?? 'string', number: (s) => enumOf(s)?.map(String).join(' | ') ?? 'number', boolean: () => 'boolean',
  array: (s) => `${({ date: 'Date', buffer: 'Buffer', any: 'unknown', object: 'Record<string, unknown>', array: 'string[]' } as Record<string, string>)[s.field.items] ?? s.field.items}[]`,
  object: () => 'Record<string, unknown>', date: () => 'Date', buffer: () => 'Buffer',
};
const NAMED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  $port: { type: 'integer', minimum: 0, maximum: 65_535 }, $positive: { exclusiveMinimum: 0 }, $integer: { type: 'integer' }, $email: { format: 'email' },
  $hostname: { format: 'hostname' }, $ipv4: { format: 'ipv4' }, $ipv6: { format: 'ipv6' }, $url: { format: 'uri' }, $httpurl: { format: 'uri' }, $uuid: { format: 'uuid' },
};

function fieldSchema(catalog: Catalog, slot: Slot): Record<string, unknown> { return schemaOfField(slot.field, candidates(catalog, slot)); }

/** JSON Schema of one field; `among`: names of the modules it may be given. */
export function schemaOfField({ type, items, description, unit, secret, default: d, validator }: Field, among: readonly string[]): Record<string, unknown> {
  const about = [description, unit === '' ? '' : `(${unit})`].filter((t) => t !== '').join(' ');
  const base = typeof type === 'string' && isBasic(type) ? JSON_TYPE[type] : { ...(among.length > 0 ? { enum: among } : {}) };
  return {
    ...base, ...(type === 'array' ? { items: JSON_TYPE[items] ?? {} } : {}), ...(secret ? {} : ruled(validator)),
    ...(about === '' ? {} : { description: about }), ...(d === undefined || typeof d === 'function' || secret ? {} : { default: plain(d) }), ...(secret ? { writeOnly: true } : {}),
  };
}

// What JSON Schema can say of a validator; the rest is checked at the start.
function ruled(v: unknown): Record<string, unknown> {
  if (typeof v === 'string') return NAMED[v] ?? {};
  if (v instanceof RegExp) return { pattern: v.source };
  if (Array.isArray(v)) return Object.assign({}, ...v.map(ruled)) as Record<string, unknown>;
  if (!isPlain(v)) return {};
  const out: Record<string, unknown> = {};
  if (Array.isArray(v['$in'])) out['enum'] = v['$in'];
  if (v['$eq'] !== undefined) out['const'] = v['$eq'];
  if (Array.isArray(v['$and'])) Object.assign(out, ruled(v['$and']));
  if (Array.isArray(v['$or'])) out['anyOf'] = v['$or'].map(ruled);
  if (v['$matches'] instanceof RegExp) out['pattern'] = v['$matches'].source;
  if (typeof v['$matches'] === 'string') out['pattern'] = v['$matches'];
  const range = v['$range'];
  const [min, max] = Array.isArray(range) ? range as unknown[] : isPlain(range) ? [range['min'], range['max']] : [];
  return { ...out, ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) };
}

const candidates = (catalog: Catalog, slot: Slot): readonly string[] => candidatesOf(catalog, slot) ?? [];

// A module that there is only one of is nothing to be chosen.
const shows = (catalog: Catalog, slot: Slot): boolean => !slot.field.hidden && (candidatesOf(catalog, slot)?.length ?? 2) > 1;

function enumOf(slot: Slot): readonly unknown[] | undefined { return isPlain(slot.field.validator) && Array.isArray(slot.field.validator['$in']) ? slot.field.validator['$in'] : undefined; }

function typeName(catalog: Catalog, slot: Slot): string {
  const { type } = slot.field;
  return enumOf(slot)?.map(String).join('|') ?? (typeof type === 'string' && isBasic(type) ? type : candidates(catalog, slot).join('|') || (typeof type === 'string' ? type : type.name));
}

function flagCell(slot: Slot, letter: string | undefined, type: string): string {
  if (slot.field.secret) return `    ${slot.env[0] ?? slot.shown} (variable)`;
  return `${letter === undefined ? '    ' : `-${letter}, `}--${slot.flags[0] ?? ''}${slot.field.type === 'boolean' ? '' : ` <${type}>`}`;
}

function aboutCell(slot: Slot): string {
  const { description, unit, default: d, secret, required } = slot.field;
  const facts = [unit, required ? 'required' : '', d === undefined || secret ? '' : `default ${text(d)}`, slot.env[0] === undefined || secret ? '' : slot.env[0]].filter((t) => t !== '');
  return [description, facts.length === 0 ? '' : `(${facts.join(', ')})`].filter((t) => t !== '').join(' ');
}

function text(value: unknown): string {
  const p = plain(value);
  return typeof p === 'string' ? p : typeof p === 'function' ? p.name : Array.isArray(p) ? p.map(String).join(',') : JSON.stringify(p) ?? '';
}
