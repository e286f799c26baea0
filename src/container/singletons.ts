import { ModuleError, failed } from './errors.js';
import { kebab } from './names.js';
import { nearest } from '../base/nearest.js';
import type { Catalog } from './catalog.js';
import type { Configuration } from './configuration.js';
import type { Entry, Other, Registry } from './registry.js';
import type { Resolver } from './types.js';

/** The instances: each module has one, made when it is first needed. */
export class Singletons {
  readonly #registry: Registry;
  readonly #made = new Map<Entry, object>();
  readonly #making: Entry[] = [];

  constructor(registry: Registry) { this.#registry = registry; }

  has(entry: Entry): boolean { return entry.instance !== undefined || this.#made.has(entry); }

  /** The singleton. Throws E_LIFECYCLE with the cause when its constructor throws, E_CYCLE when it asks for itself. */
  of(entry: Entry): object {
    const there = entry.instance ?? this.#made.get(entry);
    if (there !== undefined) return there;
    if (entry.Class === undefined) throw new ModuleError('E_UNKNOWN', `\`${entry.name}\` has neither a class nor an instance`, { module: entry.name });
    if (this.#making.includes(entry)) throw new ModuleError('E_CYCLE', `constructors need each other in a circle: ${[...this.#making, entry].map((e) => e.name).join('→')}`, { module: entry.name });
    this.#making.push(entry);
    try {
      const made = new entry.Class();
      this.#made.set(entry, made);
      return made;
    } catch (e) {
      throw e instanceof ModuleError ? e : failed(entry.name, 'construct', e);
    } finally {
      this.#making.pop();
    }
  }

  /** By name, class, alias, resolver, interface or the instance itself, in this order. `c` is the configuration in force, if any. */
  resolve(ref: unknown, c: Configuration | undefined): unknown {
    const target = this.find(ref, c);
    if (target === undefined) throw this.#unknown(ref);
    return isEntry(target) ? this.of(target) : valueOf(target);
  }

  /** What a reference leads to. Throws E_PROVIDER_AMBIGUOUS when several provide it and none is chosen. */
  find(ref: unknown, c: Configuration | undefined): Entry | Other | undefined {
    if (typeof ref === 'string') {
      const found = this.#registry.followed(ref);
      return found?.module ?? found?.other ?? this.#provider(ref, c);
    }
    if (typeof ref !== 'function') return this.#registry.byInstance(ref) ?? this.#madeOf(ref) ?? this.#registry.others.find((o) => o.kind === 'constant' && o.value === ref);
    return this.#registry.byClass(ref) ?? this.#registry.byInstance(ref) ?? this.#registry.others.find((o) => o.kind === 'constant' && constructorOf(o.value) === ref) ?? this.#provider(ref.name, c);
  }

  #madeOf(instance: unknown): Entry | undefined {
    for (const [entry, made] of this.#made) if (made === instance) return entry;
    return undefined;
  }

  #provider(name: string, c: Configuration | undefined): Entry | undefined {
    const providers = this.#registry.providers(name);
    if (providers.length < 2) return providers[0];
    const chosen = providers.find((p) => c?.plan.order.includes(p));
    if (chosen !== undefined) return chosen;
    throw new ModuleError('E_PROVIDER_AMBIGUOUS', `${providers.length} modules provide \`${kebab(name)}\`, and none is chosen: ${providers.map((p) => p.name).join(', ')}; choose one with --${kebab(name)} ${providers[0]?.name ?? ''}`);
  }

  #unknown(ref: unknown): ModuleError {
    const name = typeof ref === 'string' ? ref : typeof ref === 'function' ? ref.name : undefined;
    const known = [...this.#registry.modules, ...this.#registry.others].map((e) => e.name);
    const near = name === undefined ? undefined : nearest(kebab(name), known);
    const what = name === undefined ? `this ${ref === null ? 'null' : typeof ref} is` : `\`${name}\` is`;
    return new ModuleError('E_UNKNOWN', `${what} not registered${near === undefined ? '' : `; did you mean \`${near}\`?`}`, { module: name });
  }
}

/** What a constant or a resolver gives when nobody configured anything. */
function valueOf(other: Other): unknown {
  return other.kind === 'resolver' ? (other.value as Resolver)(undefined, {}, other.name) : other.value;
}

function isEntry(target: Entry | Other): target is Entry { return target.kind === 'class' || target.kind === 'instance'; }
function constructorOf(value: unknown): unknown { return typeof value === 'object' && value !== null ? value.constructor : undefined; }

/** Which of a module's fields lead to which modules, without asking any source. */
export function knownDependencies(catalog: Catalog, registry: Registry, entry: Entry): string[] {
  return catalog.slots.filter((s) => s.module === entry).flatMap((s) => {
    const { type } = s.field;
    if (typeof type === 'function') return registry.byClass(type)?.name ?? only(registry.providers(type.name)) ?? [];
    const followed = registry.module(type) ?? only(registry.providers(type));
    return followed === undefined ? [] : typeof followed === 'string' ? followed : followed.name;
  });
}

function only(entries: readonly Entry[]): string | undefined { return entries.length === 1 ? entries[0]?.name : undefined; }
