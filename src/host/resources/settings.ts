import { MASK, type ModuleForm, checkSection, formOf, typeName } from '../../container/form.js';
import { schemaOfField } from '../../container/describe.js';
import type { Field } from '../../container/schema.js';
import type { FormField } from '../views.js';
import { type Bag, HttpFault, type ResourceType, isBag } from './model.js';

/** How instances of a type are configured. */
export interface TypeForm {
  readonly form: ModuleForm;
  readonly fields: readonly FormField[];
  readonly schema: Readonly<Record<string, unknown>>;
}

type Widgets = Readonly<Record<string, FormField['widget']>>;

/** From `schema`, the container's form fields; else from `basicDashboard.settings`. Throws E_CONFIG for a schema that is none. */
export function typeFormOf(type: ResourceType): TypeForm {
  const { spec, widgets } = type.schema === undefined ? translated(type.basicDashboard) : { spec: type.schema, widgets: {} };
  const form = formOf({ mgr: { schema: spec } }, type.name);
  const shown = form.fields.filter((f) => !f.hidden);
  const properties = Object.fromEntries(form.fields.map((f) => [nameOf(f), schemaOfField(f, [])]));
  const required = form.fields.filter((f) => f.required && f.default === undefined).map(nameOf);
  return { form, fields: shown.map((f) => fieldOf(f, widgets)), schema: { type: 'object', properties, ...(required.length > 0 && { required }) } };
}

/**
 * A configuration with the types of its fields (forms send texts) and their defaults; what no field is for stays as it is.
 * Throws HttpFault 400 with `errors` by field.
 */
export async function checkConfig({ form }: TypeForm, config: Bag, dir: string): Promise<Bag> {
  const isText = new Set(form.fields.filter((f) => typeName(f) === 'string').map(nameOf));
  // An input that was left empty is no number and no choice.
  const given = Object.fromEntries(Object.entries(config).filter(([k, v]) => v !== '' || isText.has(k) || !form.fields.some((f) => nameOf(f) === k)));
  const { values, faults, unknown } = await checkSection(form, given, dir);
  const errors: Record<string, string> = {};
  for (const f of faults) errors[f.path.join('.')] = `got ${f.got}, wanted ${f.wanted}`;
  for (const f of form.fields) if (f.required && f.default === undefined && at(given, f.path) === undefined) errors[nameOf(f)] ??= 'is required';
  const [first] = Object.entries(errors);
  if (first !== undefined) throw new HttpFault(400, `\`${first[0]}\`: ${first[1]}`, errors);
  const out: Bag = { ...given, ...values };
  for (const u of unknown) if (u.path.length === 1) out[u.path[0] ?? ''] = given[u.path[0] ?? ''];
  for (const f of form.fields) if (f.path.length === 1 && out[nameOf(f)] === undefined && f.default !== undefined && typeof f.default !== 'function') out[nameOf(f)] = structuredClone(f.default);
  return out;
}

/** What may be shown of a configuration. */
export function masked(type: TypeForm | undefined, config: Bag): Bag {
  return Object.fromEntries(Object.entries(config).map(([k, v]) => [k, isSecret(type, k) && v !== undefined && v !== '' ? MASK : v]));
}

/** A configuration that was shown and comes back: a mask stands for what it hides. */
export function unmasked(type: TypeForm | undefined, config: Bag, old: Bag): Bag {
  return Object.fromEntries(Object.entries(config).map(([k, v]) => [k, v === MASK && isSecret(type, k) ? old[k] : v]));
}

const isSecret = (type: TypeForm | undefined, key: string): boolean => type?.fields.some((f) => f.name === key && f.widget === 'password') === true;
const nameOf = (f: Field): string => f.path.join('.');
const at = (bag: Bag, path: readonly string[]): unknown => path.reduce<unknown>((v, key) => (isBag(v) ? v[key] : undefined), bag);

const TYPE: Readonly<Record<string, string>> = { number: 'number', numeric: 'number', checkbox: 'boolean' };
// The old form had no kind of its own for what nobody is to read over a shoulder.
const SECRET = /pass(?:word|wd|phrase)?$|secret|token$|api_?key|private_?key/i;

/** `basicDashboard.settings` as form fields. `numeric` is in published modules though the documents have `number` only. */
function translated(dashboard: unknown): { spec: Bag; widgets: Widgets } {
  const settings: unknown = isBag(dashboard) ? dashboard['settings'] : undefined;
  const spec: Bag = {};
  const widgets: Record<string, FormField['widget']> = {};
  for (const s of Array.isArray(settings) ? settings as unknown[] : []) {
    if (!isBag(s) || typeof s['name'] !== 'string' || s['name'] === '__proto__') continue;
    const kind = typeof s['type'] === 'string' ? s['type'] : 'text';
    const type = TYPE[kind] ?? 'string';
    spec[s['name']] = { type, ...(typeof s['description'] === 'string' && { description: s['description'] }), ...(type === 'string' && SECRET.test(s['name']) && { secret: true }) };
    if (kind === 'textarea') widgets[s['name']] = 'textarea';
  }
  return { spec, widgets };
}

const WIDGET: Readonly<Record<string, FormField['widget']>> = { number: 'number', boolean: 'checkbox', object: 'json', array: 'json', any: 'json' };

function fieldOf(f: Field, widgets: Widgets): FormField {
  const { enum: choices } = schemaOfField(f, []);
  const plain = typeof f.type === 'string' ? WIDGET[f.type] ?? 'text' : 'text';
  return {
    name: nameOf(f), type: typeName(f), description: f.description, required: f.required,
    widget: f.secret ? 'password' : Array.isArray(choices) ? 'select' : widgets[nameOf(f)] ?? plain,
    ...(f.default !== undefined && typeof f.default !== 'function' && !f.secret && { default: f.default }),
    ...(Array.isArray(choices) && { choices: choices as unknown[] }),
  };
}
