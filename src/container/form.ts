import type { SchemaSpec } from './config-of.js';
import { coerceBasic, isBasic, plain } from './coerce.js';
import { schemaOfField } from './describe.js';
import { compileSchema, isPlain, type Field } from './schema.js';
import { validate } from './validators.js';
import { constantCase } from '../base/constant-case.js';
import { nearest } from '../base/nearest.js';

type Bag = Readonly<Record<string, unknown>>;

/** What a module's package.json tells of its settings: plain defaults in `config`, a schema in `mgr.schema`, or both. */
export interface ModuleForm {
  /** There is a schema: values are checked. Else they are texts, as in PM2. */
  readonly typed: boolean;
  readonly fields: readonly Field[];
  readonly groups: readonly (readonly string[])[];
}

/** A value that cannot be used. `got` is masked when it is a secret. */
export interface Fault { readonly path: readonly string[]; readonly got: string; readonly wanted: string }

export interface Checked {
  /** The section with the types of the schema, without what is at fault. */
  readonly values: Record<string, unknown>;
  readonly faults: readonly Fault[];
  /** Keys that the schema does not have, with what may have been meant. */
  readonly unknown: readonly { readonly path: readonly string[]; readonly near?: string }[];
}

export const MASK = '********';

/** Throws E_CONFIG for a schema that is none. Defaults of `config` stand over those of the schema. */
export function formOf(pkg: unknown, module: string): ModuleForm {
  const own = isPlain(pkg) && isPlain(pkg['config']) ? plainDefaults(pkg['config']) : {};
  const schema = isPlain(pkg) && isPlain(pkg['mgr']) ? pkg['mgr']['schema'] : undefined;
  const compiled = compileSchema(schema === undefined ? [own] : [spelled(schema) as SchemaSpec, own], module);
  return { typed: schema !== undefined, ...compiled };
}

/** Reads a section of module_conf.json by the form: texts become what their fields are. Never throws for a value. */
export async function checkSection(form: ModuleForm, section: Bag, cwd: string): Promise<Checked> {
  const faults: Fault[] = [];
  const unknown: { path: readonly string[]; near?: string }[] = [];
  const walk = async (bag: Bag, above: readonly string[]): Promise<Record<string, unknown>> => {
    const values: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(bag)) {
      const path = [...above, key];
      const field = form.fields.find((f) => same(f.path, path));
      if (field !== undefined) {
        const checked = await checkValue(field, value, cwd);
        if (checked.ok) values[key] = checked.value;
        else faults.push({ path, got: field.secret ? MASK : shown(value), wanted: checked.wanted });
      } else if (form.groups.some((g) => same(g, path))) {
        if (isPlain(value)) values[key] = await walk(value, path);
        else faults.push({ path, got: shown(value), wanted: 'a group of settings, each with a key of its own' });
      } else {
        const near = nearest(path.join(':'), form.fields.map((f) => f.path.join(':')));
        unknown.push({ path, ...(near !== undefined && { near }) });
        values[key] = value;
      }
    }
    return values;
  };
  return { values: await walk(section, []), faults, unknown };
}

/** The value of one field, read and checked. Relative paths begin at `cwd`. */
export async function checkValue(field: Field, value: unknown, cwd: string): Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly wanted: string }> {
  if (field.secret && value === MASK) return { ok: false, wanted: 'the secret itself, not what stands for it' };
  const { type } = field;
  if (typeof type !== 'string' || !isBasic(type)) return { ok: true, value };
  const read = coerceBasic(type, value, field.items);
  if (!read.ok) return read;
  if (field.validator !== undefined) {
    let verdict;
    try { verdict = await validate(field.validator, read.value, { cwd }); } catch (e) { return { ok: false, wanted: `a validator that exists (${e instanceof Error ? e.message : String(e)})` }; }
    if (!verdict.ok) return { ok: false, wanted: verdict.reason.replace(/^wanted /, '') };
  }
  // Bytes are kept as they were written.
  return { ok: true, value: type === 'buffer' ? value : plain(read.value) };
}

/** JSON Schema (2020-12) of one module's section. */
export function sectionSchema(form: ModuleForm): Record<string, unknown> {
  interface Group { type: 'object'; properties: Record<string, unknown>; required?: string[] }
  const root: Group = { type: 'object', properties: {} };
  for (const field of form.fields) {
    let at = root;
    for (const key of field.path.slice(0, -1)) at = (at.properties[key] ??= { type: 'object', properties: {} }) as Group;
    const key = field.path.at(-1) ?? '';
    at.properties[key] = schemaOfField(field, []);
    if (field.required && field.default === undefined) at.required = [...(at.required ?? []), key];
  }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...root };
}

/** The variable that sets a field, as mgr/module reads it: `LOG_ROTATE_MAX_SIZE`. */
export const variableOf = (module: string, field: Field): string => [module, ...field.path].map(constantCase).join('_');

/** The value of a variable as the field has it; what it cannot read stays a text. */
export async function readAs(field: Field, text: string, cwd: string): Promise<unknown> {
  const read = await checkValue(field, text, cwd);
  return read.ok ? read.value : text;
}

/** `number`, or the members of an enum: `info|debug`. */
export function typeName({ type, validator, items }: Field): string {
  const members = (Array.isArray(validator) ? validator as unknown[] : [validator]).flatMap((v) => (isPlain(v) && Array.isArray(v['$in']) ? [v['$in'] as unknown[]] : []))[0];
  if (members !== undefined) return members.map(String).join('|');
  return type === 'array' ? `list of ${items}` : typeof type === 'string' ? type : type.name;
}

// `enum` is how most write it in JSON.
function spelled(spec: unknown): unknown {
  const one = (raw: unknown): unknown => {
    if (!isPlain(raw)) return raw;
    if ('configurables' in raw) return { ...raw, configurables: spelled(raw['configurables']) };
    const { enum: members, validator, ...rest } = raw;
    if (members === undefined) return raw;
    const among = { $in: Array.isArray(members) ? members : [members] };
    return { ...rest, validator: validator === undefined ? among : [among, validator] };
  };
  if (Array.isArray(spec)) return spec.map(one);
  return isPlain(spec) ? Object.fromEntries(Object.entries(spec).map(([key, raw]) => [key, one(raw)])) : spec;
}

// In `config` everything is a value: objects are groups, and none of it is a field's description.
function plainDefaults(config: Bag): SchemaSpec {
  return Object.fromEntries(Object.entries(config).filter(([key, v]) => v !== null && v !== undefined && key !== '__proto__').map(([key, v]) => [key, isPlain(v) ? { configurables: plainDefaults(v) } : { default: v }]));
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((k, i) => k === b[i]);
const shown = (v: unknown): string => (typeof v === 'string' ? `\`${v}\`` : JSON.stringify(v) ?? String(v));
