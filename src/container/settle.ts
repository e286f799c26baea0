import { ModuleError, reasonOf } from './errors.js';
import { coerceBasic, isBasic, type Coerced, type CustomType } from './coerce.js';
import { isReference, type Plan } from './graph.js';
import { MASK, pick, sourceOf, type Assignment } from './layers.js';
import { validate, type CheckWorld } from './validators.js';
import type { Catalog, Slot } from './catalog.js';
import type { Entry } from './registry.js';

export interface SettleWorld extends CheckWorld { readonly types: Readonly<Record<string, CustomType>> }

/** The value of each field of each active module; fields without a value are not in it. References are not either. */
export interface Settled { readonly values: ReadonlyMap<Slot, unknown>; readonly errors: readonly ModuleError[] }

/** Picks, reads and checks every value. All errors are gathered, each with path, value and source. */
export async function settle(catalog: Catalog, plan: Plan, assignments: readonly Assignment[], world: SettleWorld): Promise<Settled> {
  const active = new Set(plan.order);
  const values = new Map<Slot, unknown>();
  const errors: ModuleError[] = [];
  for (const slot of catalog.slots) {
    if (!active.has(slot.module) || isReference(slot, Object.keys(world.types))) continue;
    try {
      const value = await settleOne(slot, assignments, world);
      if (value !== undefined) values.set(slot, value);
    } catch (e) {
      if (!(e instanceof ModuleError)) throw e;
      errors.push(e);
    }
  }
  return { values, errors };
}

/** The configuration of one module: its fields, nested as declared. `give` gives each field's value; undefined is left out. */
export function sliceOf(catalog: Catalog, module: Entry, give: (slot: Slot) => unknown): Record<string, unknown> {
  const slice: Record<string, unknown> = {};
  const place = (path: readonly string[]): Record<string, unknown> => path.reduce((at, key) => (at[key] ??= {}) as Record<string, unknown>, slice);
  for (const group of module.schema.groups) place(group);
  for (const slot of catalog.slots) {
    if (slot.module !== module) continue;
    const value = give(slot);
    const { path } = slot.field;
    if (value !== undefined) place(path.slice(0, -1))[path.at(-1) ?? ''] = value;
  }
  return slice;
}

async function settleOne(slot: Slot, assignments: readonly Assignment[], world: SettleWorld): Promise<unknown> {
  const picked = pick(slot, assignments);
  const { field } = slot;
  if (picked === undefined || picked.value === undefined || picked.value === null) {
    if (!field.required) return undefined;
    throw new ModuleError('E_CONFIG', `${slot.shown}: a value is required and nothing gives one; ${howToSet(slot)}`, { module: slot.module.name, path: slot.shown });
  }
  const source = sourceOf(picked.from);
  const facts = { module: slot.module.name, path: slot.shown, source };
  const wrong = (reason: string): ModuleError => new ModuleError('E_CONFIG', `${slot.shown}: got ${field.secret ? MASK : shown(picked.value)} (from ${source}), ${reason}`, facts);
  const read = coerce(slot, picked.value, world);
  if (!read.ok) throw wrong(`wanted ${read.wanted}`);
  if (field.validator === undefined) return read.value;
  let verdict;
  try {
    verdict = await validate(field.validator, read.value, world);
  } catch (e) {
    throw new ModuleError('E_CONFIG', `${slot.shown}: ${reasonOf(e)} (from schema)`, { ...facts, source: 'schema', cause: e });
  }
  if (!verdict.ok) throw wrong(verdict.reason);
  return verdict.value;
}

function coerce(slot: Slot, value: unknown, world: SettleWorld): Coerced {
  const { type, items } = slot.field;
  const custom = typeof type === 'string' && Object.hasOwn(world.types, type) ? world.types[type] : undefined;
  if (custom === undefined) return typeof type === 'string' && isBasic(type) ? coerceBasic(type, value, items) : { ok: false, wanted: 'a known type' };
  try {
    return { ok: true, value: custom.parse(value) };
  } catch (e) {
    return { ok: false, wanted: `${custom.wanted ?? String(type)}: ${reasonOf(e)}` };
  }
}

/** Where a value can come from, as a hint. */
function howToSet(slot: Slot): string {
  const ways = [slot.flags[0] !== undefined && !slot.field.secret ? `--${slot.flags[0]}` : '', slot.env[0] ?? '', `${slot.shown} in a file`].filter((w) => w !== '');
  return `set ${ways.join(' or ')}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `\`${value}\``;
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? typeof value : text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
