import { camel, constant, kebab } from './names.js';
import type { Field } from './schema.js';
import type { Entry, Registry } from './registry.js';

/** One field of one module, with its addresses in every source. */
export interface Slot {
  readonly module: Entry;
  readonly field: Field;
  /** From the root of the configuration: `['httpServer', 'tls', 'cert']`. */
  readonly path: readonly string[];
  /** `httpServer.tls.cert` */
  readonly shown: string;
  /** Long flags without dashes, the one that is always there last; the first is shown. None for system fields. */
  readonly flags: readonly string[];
  /** Environment variables, the first wins and is shown. None for system fields. */
  readonly env: readonly string[];
}

/** First key of the path of a choice: no module can have this name. */
export const CHOICE = '$provider';

/** The choice of a provider for an interface, at the root of the configuration. */
export interface Choice { readonly name: string; /** At the root of a file. */ readonly key: string; readonly path: readonly string[]; readonly flags: readonly string[]; readonly env: readonly string[]; readonly providers: readonly string[] }

/** Flags that are not fields. */
export const GENERAL_FLAGS = ['help', 'config', 'dump'];

/** What can be configured, and how it is addressed. Made anew of the registry at each loading. */
export interface Catalog {
  readonly slots: readonly Slot[];
  readonly choices: readonly Choice[];
  /** The module whose fields stand at the top: `--port`, `{"port": 80}`. */
  readonly app: Entry | undefined;
  readonly modules: readonly Entry[];
  /** `PREFIX_` that only we use; undefined when the application has no name of its own. */
  readonly prefix: string | undefined;
}

/**
 * `name` is that of the application, and the prefix of its variables. The application's own module is the one of that name,
 * else the main module, else the only one with fields that provides nothing and that no other module is given.
 */
export function catalogOf(registry: Registry, name?: string): Catalog {
  const { modules } = registry;
  const given = new Set(modules.flatMap((m) => m.schema.fields.map((f) => (typeof f.type === 'function' ? registry.byClass(f.type) : registry.module(f.type)))));
  const top = modules.filter((m) => m.schema.fields.length > 0 && m.provides === undefined && !given.has(m));
  const app = (name === undefined ? undefined : registry.module(name)) ?? registry.main ?? (top.length === 1 ? top[0] : undefined);
  const prefix = name === undefined ? undefined : `${constant(name)}_`;
  const full = new Set(modules.flatMap((m) => m.schema.fields.map((f) => kebab(`${m.name}.${f.path.join('.')}`))));
  const slots = modules.flatMap((module) => module.schema.fields.map((field): Slot => {
    const path = [module.key, ...field.path];
    const tail = field.path.join('.');
    const long = kebab(`${module.name}.${tail}`);
    const short = kebab(tail);
    const brief = module === app && !full.has(short) && !GENERAL_FLAGS.includes(short) ? [short] : [];
    const env = prefix === undefined ? [constant(`${module.name}.${tail}`)]
      : [...(module === app ? [prefix + constant(tail)] : []), ...(kebab(name ?? '') === module.name ? [] : [prefix + constant(`${module.name}.${tail}`)])];
    return { module, field, path, shown: path.join('.'), flags: field.system ? [] : [...brief, long], env: field.system ? [] : env };
  }));
  const taken = new Set(slots.flatMap((s) => s.flags));
  // A bare variable such as EDITOR or SHELL belongs to others: a choice has one only below the application's prefix.
  const choices = registry.interfaces.map((i): Choice => ({
    name: i, key: camel(i), path: [CHOICE, i], flags: taken.has(i) || GENERAL_FLAGS.includes(i) ? [] : [i], env: prefix === undefined ? [] : [prefix + constant(i)],
    providers: registry.providers(i).map((p) => p.name),
  }));
  return { slots, choices, app, modules, prefix };
}

/** Names of the modules a field may get, when its type is a module, a class or an interface; else undefined. */
export function candidatesOf(catalog: Catalog, slot: Slot): readonly string[] | undefined {
  const { type } = slot.field;
  const own = catalog.modules.find((m) => (typeof type === 'function' ? m.Class === type : m.name === kebab(type)));
  if (own !== undefined) return [own.name];
  return catalog.choices.find((c) => c.name === kebab(typeof type === 'string' ? type : type.name))?.providers ?? (typeof type === 'function' ? [] : undefined);
}

/** What stands at a path. `deeper` are the keys below an object field. */
export type Place =
  | { readonly kind: 'field'; readonly slot: Slot; readonly deeper: readonly string[] }
  | { readonly kind: 'group'; readonly path: readonly string[]; readonly module: Entry }
  | { readonly kind: 'choice'; readonly choice: Choice };

/**
 * Finds a path as people write it: keys of modules and fields in any of their forms, the application's own fields also without
 * its name. Undefined when there is nothing.
 */
export function locate(catalog: Catalog, path: readonly string[]): Place | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return undefined;
  const module = catalog.modules.find((m) => m.name === kebab(head));
  const within = module === undefined ? undefined : inModule(catalog, module, rest);
  if (within !== undefined) return within;
  const own = catalog.app === undefined ? undefined : inModule(catalog, catalog.app, path);
  if (own !== undefined && !(own.kind === 'group' && own.path.length === 1)) return own;
  const choice = rest.length === 0 ? catalog.choices.find((c) => c.name === kebab(head)) : undefined;
  return choice === undefined ? undefined : { kind: 'choice', choice };
}

/** The same within one module. The module itself is a group. */
export function inModule(catalog: Catalog, module: Entry, keys: readonly string[]): Place | undefined {
  if (keys.length === 0) return { kind: 'group', path: [module.key], module };
  for (const group of module.schema.groups) if (same(group, keys)) return { kind: 'group', path: [module.key, ...group], module };
  for (const slot of catalog.slots) {
    if (slot.module !== module) continue;
    const { path, type } = slot.field;
    if (!same(path, keys.slice(0, path.length))) continue;
    if (keys.length === path.length || type === 'object' || type === 'any') return { kind: 'field', slot, deeper: keys.slice(path.length) };
  }
  return undefined;
}

// The key itself, or another spelling of it.
function same(path: readonly string[], keys: readonly string[]): boolean {
  return path.length === keys.length && path.every((p, i) => { const k = keys[i] ?? ''; return p === k || (k !== '__proto__' && kebab(p) === kebab(k)); });
}
