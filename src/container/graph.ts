import { kebab } from './names.js';
import { nearest } from '../base/nearest.js';
import { ModuleError } from './errors.js';
import { basicTypes, isBasic } from './coerce.js';
import { pick, sourceOf, type Assignment, type Picked } from './layers.js';
import { SEQUENCE } from './sources.js';
import type { AnyClass } from './config-of.js';
import { CHOICE, type Catalog, type Slot } from './catalog.js';
import type { Entry, Registry } from './registry.js';
import type { Resolver } from './types.js';

/** What a field of a module type gets. */
export type Reference =
  | { readonly kind: 'module'; readonly entry: Entry }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'resolver'; readonly name: string; readonly fn: Resolver; readonly value: unknown }
  | { readonly kind: 'none' };

/** Who takes part, in which order, and what each field of a module type gets. */
export interface Plan {
  /** Dependencies first. */
  readonly order: readonly Entry[];
  /** The same in groups whose members do not need each other. */
  readonly levels: readonly (readonly Entry[])[];
  readonly references: ReadonlyMap<Slot, Reference>;
  readonly dependencies: ReadonlyMap<Entry, readonly Entry[]>;
  /** The references as the layer of modules, for `explain`. */
  readonly assignments: readonly Assignment[];
  readonly warnings: readonly string[];
  readonly errors: readonly ModuleError[];
}

export interface PlanWishes { readonly strictCycles: boolean; readonly customTypes: readonly string[] }

/** Whether the type of a field is a module, not a value. */
export const isReference = (slot: Slot, customTypes: readonly string[]): boolean =>
  typeof slot.field.type === 'function' || (!isBasic(slot.field.type) && !customTypes.includes(slot.field.type));

/** Walks from the roots over the fields of module types. What is not reached takes no part. Never throws: errors are in the plan. */
export function planOf(registry: Registry, catalog: Catalog, assignments: readonly Assignment[], wishes: PlanWishes): Plan {
  const walk = new Walk(registry, catalog, assignments, wishes);
  for (const root of rootsOf(registry)) walk.visit(root, []);
  return walk.plan();
}

/**
 * The main module and all instances; without a main module also the classes that were registered by name. One of several
 * providers of an interface is no root: it waits to be chosen.
 */
function rootsOf(registry: Registry): readonly Entry[] {
  const { main } = registry;
  const rival = (e: Entry): boolean => e.provides !== undefined && registry.providers(e.provides).length > 1;
  return registry.modules.filter((e) => e === main || (!rival(e) && (e.kind === 'instance' || (main === undefined && e.direct))));
}

type Wanted = { readonly kind: 'interface'; readonly name: string } | Exclude<Reference, { kind: 'none' }> | { readonly kind: 'unknown' };

class Walk {
  readonly #order: Entry[] = [];
  readonly #level = new Map<Entry, number>();
  readonly #references = new Map<Slot, Reference>();
  readonly #dependencies = new Map<Entry, Entry[]>();
  readonly #chosen = new Map<string, { entry: Entry; by: string }>();
  readonly #synthetic: Assignment[] = [];
  readonly #warnings: string[] = [];
  readonly #errors: ModuleError[] = [];
  readonly #registry: Registry;
  readonly #catalog: Catalog;
  readonly #assignments: readonly Assignment[];
  readonly #wishes: PlanWishes;

  constructor(registry: Registry, catalog: Catalog, assignments: readonly Assignment[], wishes: PlanWishes) {
    this.#registry = registry;
    this.#catalog = catalog;
    this.#assignments = assignments;
    this.#wishes = wishes;
  }

  visit(entry: Entry, trail: readonly Entry[]): void {
    const again = trail.indexOf(entry);
    if (again >= 0) { this.#cycle([...trail.slice(again), entry]); return; }
    if (this.#level.has(entry)) return;
    const dependencies: Entry[] = [];
    this.#dependencies.set(entry, dependencies);
    for (const slot of this.#catalog.slots) {
      if (slot.module !== entry || !isReference(slot, this.#wishes.customTypes)) continue;
      const reference = this.#refer(slot);
      this.#references.set(slot, reference);
      if (reference.kind !== 'module') continue;
      dependencies.push(reference.entry);
      this.visit(reference.entry, [...trail, entry]);
    }
    // In a cycle the first to be finished stands before one it needs; its level is that of what is finished.
    this.#level.set(entry, 1 + Math.max(-1, ...dependencies.map((d) => this.#level.get(d) ?? -1)));
    this.#order.push(entry);
  }

  plan(): Plan {
    const levels: Entry[][] = [];
    for (const entry of this.#order) (levels[this.#level.get(entry) ?? 0] ??= []).push(entry);
    return {
      order: this.#order, levels: levels.filter((l) => l !== undefined), references: this.#references, dependencies: this.#dependencies,
      assignments: this.#synthetic, warnings: this.#warnings, errors: this.#errors,
    };
  }

  #refer(slot: Slot): Reference {
    const wanted = this.#wanted(slot);
    const picked = pick(slot, this.#assignments);
    const given = picked?.value === null ? undefined : picked?.value;
    if (wanted.kind === 'resolver') return { ...wanted, value: given };
    if (wanted.kind === 'unknown') return this.#nobody(slot);
    const assigned = given === undefined || picked === undefined ? undefined : this.#assigned(slot, given, picked, wanted);
    if (assigned === 'bad') return { kind: 'none' };
    if (wanted.kind === 'interface') return this.#provided(slot, wanted.name, assigned, picked);
    const reference: Reference = assigned === undefined ? wanted : { kind: 'module', entry: assigned };
    if (reference.kind === 'module' && assigned === undefined) this.#tell(slot, reference.entry, 'type');
    return reference;
  }

  #wanted(slot: Slot): Wanted {
    const { type } = slot.field;
    try {
      return typeof type === 'function' ? byClass(this.#registry, type) : byName(this.#registry, type);
    } catch (e) {
      if (e instanceof ModuleError) this.#errors.push(e); else throw e;
      return { kind: 'unknown' };
    }
  }

  #assigned(slot: Slot, given: unknown, picked: Picked, wanted: Wanted): Entry | undefined | 'bad' {
    const source = sourceOf(picked.from);
    const facts = { module: slot.module.name, path: slot.shown, source };
    const entry = typeof given === 'string' ? this.#registry.followed(given)?.module : this.#registry.byClass(given) ?? this.#registry.byInstance(given);
    const shown = typeof given === 'string' ? `\`${given}\`` : typeof given === 'function' ? `class ${given.name}` : typeof given;
    const candidates = wanted.kind === 'interface' ? this.#registry.providers(wanted.name).map((p) => p.name) : wanted.kind === 'module' ? [wanted.entry.name] : [];
    if (entry === undefined) {
      const near = typeof given === 'string' ? nearest(kebab(given), this.#registry.modules.map((m) => m.name)) : undefined;
      this.#errors.push(new ModuleError('E_UNKNOWN', `${slot.shown}: there is no module ${shown} (from ${source}); ${near === undefined ? `wanted one of ${candidates.join(', ')}` : `did you mean \`${near}\`?`}`, facts));
      return 'bad';
    }
    const fits = wanted.kind === 'interface' ? entry.provides === wanted.name : wanted.kind === 'module' && (entry === wanted.entry || extended(entry.Class, wanted.entry.Class));
    if (fits) return entry;
    this.#errors.push(new ModuleError('E_PROVIDER_MISMATCH', `${slot.shown}: \`${entry.name}\` (from ${source}) does not provide ${nameOfType(slot.field.type)}; wanted one of ${candidates.join(', ')}`, facts));
    return 'bad';
  }

  #provided(slot: Slot, name: string, assigned: Entry | undefined, picked: Picked | undefined): Reference {
    const entry = assigned ?? this.#choice(slot, name);
    if (entry === undefined) return { kind: 'none' };
    const by = assigned === undefined ? `${slot.shown}, by default` : `${slot.shown} = ${assigned.name} (from ${picked === undefined ? 'default' : sourceOf(picked.from)})`;
    const before = this.#chosen.get(name);
    if (before !== undefined && before.entry !== entry) {
      this.#errors.push(new ModuleError('E_PROVIDER_MISMATCH', `${name}: two providers are chosen for one interface: \`${before.entry.name}\` by ${before.by}, \`${entry.name}\` by ${by}; choose one`, { module: slot.module.name, path: slot.shown }));
      return { kind: 'none' };
    }
    this.#chosen.set(name, before ?? { entry, by });
    if (assigned === undefined) this.#tell(slot, entry, 'provider');
    return { kind: 'module', entry };
  }

  // Nothing is said at this field: the choice for the interface, what another field says, or the only provider.
  #choice(slot: Slot, name: string): Entry | undefined {
    const providers = this.#registry.providers(name);
    const choice = this.#catalog.choices.find((c) => c.name === name);
    const said = choice === undefined ? undefined : this.#assignments.filter((a) => a.path[0] === CHOICE && a.path[1] === choice.name).sort((a, b) => a.sequence - b.sequence).at(-1);
    if (said !== undefined) {
      const entry = typeof said.value === 'string' ? providers.find((p) => p.name === kebab(String(said.value))) : providers.find((p) => p.Class === said.value || p.instance === said.value);
      if (entry !== undefined) return entry;
      this.#errors.push(new ModuleError('E_PROVIDER_MISMATCH', `${name}: got ${typeof said.value === 'string' ? `\`${said.value}\`` : typeof said.value} (from ${sourceOf(said)}), wanted one of ${providers.map((p) => p.name).join(', ')}`, { module: slot.module.name, path: slot.shown, source: sourceOf(said) }));
      return undefined;
    }
    if (providers.length === 1) return providers[0];
    const elsewhere = new Set(this.#catalog.slots.filter((s) => s !== slot && isReference(s, this.#wishes.customTypes)).flatMap((s) => {
      const value = pick(s, this.#assignments)?.value;
      const entry = typeof value === 'string' ? providers.find((p) => p.name === kebab(value)) : undefined;
      return entry === undefined || kebab(nameOfType(s.field.type)) !== name ? [] : [entry];
    }));
    if (elsewhere.size === 1) return [...elsewhere][0];
    const [first] = providers;
    const flag = slot.flags[0] ?? choice?.flags[0];
    const set = `mgr set ${this.#catalog.app?.name ?? slot.module.name}:${slot.module === this.#catalog.app ? slot.field.path.join('.') : slot.shown} ${first?.name ?? ''}`;
    this.#errors.push(new ModuleError('E_PROVIDER_AMBIGUOUS', `${slot.shown}: ${providers.length} modules provide \`${name}\`: ${providers.map((p) => p.name).join(', ')}; choose one with ${flag === undefined ? '' : `--${flag} ${first?.name ?? ''} or `}\`${set}\``, { module: slot.module.name, path: slot.shown }));
    return undefined;
  }

  #nobody(slot: Slot): Reference {
    const { type } = slot.field;
    const name = nameOfType(type);
    const facts = { module: slot.module.name, path: slot.shown, source: 'schema' };
    const near = typeof type === 'string' ? nearest(name, [...basicTypes(), ...this.#wishes.customTypes, ...this.#registry.modules.map((m) => m.name)]) : undefined;
    if (near !== undefined) this.#errors.push(new ModuleError('E_UNKNOWN', `${slot.shown}: there is no type and no module \`${name}\`; did you mean \`${near}\`?`, facts));
    else if (typeof type === 'function' && !slot.field.required) this.#errors.push(new ModuleError('E_UNKNOWN', `${slot.shown}: class ${name} is not registered, and nothing provides \`${kebab(name)}\``, facts));
    else if (slot.field.required) this.#errors.push(new ModuleError('E_PROVIDER_NONE', `${slot.shown}: nothing provides \`${kebab(name)}\`; register a module of that name, or one with provides: '${name}'`, facts));
    else this.#warnings.push(`${slot.shown}: nothing provides \`${kebab(name)}\`, so it is undefined`);
    return { kind: 'none' };
  }

  #cycle(trail: readonly Entry[]): void {
    const shown = trail.map((e) => e.name).join('→');
    if (this.#wishes.strictCycles) this.#errors.push(new ModuleError('E_CYCLE', `modules need each other in a circle: ${shown}`, { module: trail[0]?.name }));
    else this.#warnings.push(`modules need each other in a circle: ${shown}; each is given the other, but which comes first is not promised`);
  }

  #tell(slot: Slot, entry: Entry, detail: string): void {
    this.#synthetic.push({ path: slot.path, value: entry.name, source: 'modules', sequence: SEQUENCE.modules, detail });
  }
}

function byName(registry: Registry, text: string): Wanted {
  const found = registry.followed(text);
  if (found?.module !== undefined) return { kind: 'module', entry: found.module };
  if (found?.other !== undefined) return asReference(found.other);
  return registry.providers(text).length > 0 ? { kind: 'interface', name: kebab(text) } : { kind: 'unknown' };
}

function byClass(registry: Registry, Class: AnyClass): Wanted {
  const entry = registry.byClass(Class);
  if (entry !== undefined) return { kind: 'module', entry };
  const constant = registry.others.find((o) => o.kind === 'constant' && typeof o.value === 'object' && o.value !== null && o.value.constructor === Class);
  if (constant !== undefined) return asReference(constant);
  return registry.providers(Class.name).length > 0 ? { kind: 'interface', name: kebab(Class.name) } : { kind: 'unknown' };
}

function asReference(other: { readonly kind: string; readonly name: string; readonly value: unknown }): Wanted {
  return other.kind === 'resolver' ? { kind: 'resolver', name: other.name, fn: other.value as Resolver, value: undefined } : { kind: 'constant', value: other.value };
}

function extended(Class: unknown, Base: unknown): boolean {
  return typeof Class === 'function' && typeof Base === 'function' && (Class === Base || Class.prototype instanceof Base);
}

const nameOfType = (type: string | AnyClass): string => (typeof type === 'string' ? type : type.name);
