import { isBasic, plain } from './coerce.js';
import { CHECKS } from './checks.js';
import { isPlain, type Field } from './schema.js';
import { isStandard } from './validators.js';
import { candidatesOf, type Catalog, type Slot } from './catalog.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * The schema of a whole container as one list in JSON, as package.json could have it: the fields of the application's own
 * module at the top, those of the others in groups of their names, the choices of providers as fields. What JSON cannot
 * say, a function that checks for instance, is left out: the container checks everything itself.
 */
export function toldForm(catalog: Catalog): Row[] {
  const own = catalog.slots.filter((s) => s.module === catalog.app);
  const others = catalog.modules.filter((m) => m !== catalog.app).flatMap((m): Row[] => {
    const rows = rowsOf(catalog, catalog.slots.filter((s) => s.module === m), 0);
    return rows.length === 0 ? [] : [{ child: m.key, configurables: rows }];
  });
  const fields = rowsOf(catalog, own, 0);
  const taken = new Set([...fields, ...others].map((r) => r['field'] ?? r['child']));
  const choices = catalog.choices.filter((c) => c.providers.length > 1 && !taken.has(c.key));
  return [...fields, ...others, ...choices.map((c) => ({ field: c.key, type: 'string', validator: { $in: [...c.providers] }, description: `which module provides ${c.name}` }))];
}

function rowsOf(catalog: Catalog, slots: readonly Slot[], depth: number): Row[] {
  const keys = [...new Set(slots.map((s) => s.field.path[depth]))];
  return keys.flatMap((key) => {
    const below = slots.filter((s) => s.field.path[depth] === key);
    const [slot] = below;
    if (slot === undefined) return [];
    if (slot.field.path.length > depth + 1) {
      const rows = rowsOf(catalog, below, depth + 1);
      return rows.length === 0 ? [] : [{ child: key, configurables: rows }];
    }
    return rowOf(catalog, slot);
  });
}

function rowOf(catalog: Catalog, { field, ...slot }: Slot): Row[] {
  if (field.system) return [];
  const { type, items, description, unit, required, hidden, secret } = field;
  const base = { field: field.path.at(-1), ...(description !== '' && { description }), ...(unit !== '' && { unit }), ...(hidden && { hidden }), ...(secret && { secret }) };
  const among = candidatesOf(catalog, { ...slot, field });
  // A module of which there is only one is nothing to be set.
  if (among !== undefined) return among.length < 2 ? [] : [{ ...base, type: 'string', validator: { $in: [...among] } }];
  const basic = typeof type === 'string' && isBasic(type);
  const validator = basic ? told(field.validator) : undefined;
  return [{ ...base, type: basic ? type : 'any', ...(type === 'array' && { items }), ...(required && { required }), ...defaultOf(field), ...(validator !== undefined && { validator }) }];
}

function defaultOf({ default: d, secret }: Field): Row {
  return d === undefined || typeof d === 'function' || secret ? {} : { default: plain(d) };
}

/** A validator as far as JSON can say it; what is left out makes it weaker, never stronger. */
function told(v: unknown): unknown {
  if (typeof v === 'string') return Object.hasOwn(CHECKS, v.replace(/^\$/, '')) ? v : undefined;
  if (v instanceof RegExp) return v.flags === '' ? { $matches: v.source } : undefined;
  if (Array.isArray(v)) {
    const parts = v.map(told).filter((p) => p !== undefined);
    return parts.length === 0 ? undefined : parts;
  }
  if (!isPlain(v) || isStandard(v)) return undefined;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(v)) {
    const part = key === '$and' || key === '$matches' ? told(value) : key === '$or' ? either(value) : key === '$not' || key === '$each' ? whole(value) : isData(value) ? value : undefined;
    if (part !== undefined) out[key] = key === '$matches' && isPlain(part) ? part['$matches'] : part;
    else if (key === '$matches' && typeof value === 'string') out[key] = value;
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

// One way that cannot be told makes the others too few.
function either(value: unknown): unknown {
  return Array.isArray(value) && value.every((v) => whole(v) !== undefined) ? value.map(told) : undefined;
}

function whole(v: unknown): unknown { const part = told(v); return isData(v) && part !== undefined ? part : undefined; }

function isData(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isData);
  if (isPlain(value)) return Object.values(value).every(isData);
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
