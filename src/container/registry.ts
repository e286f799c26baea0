import { isDeepStrictEqual } from 'node:util';
import { camel, kebab } from './names.js';
import { ModuleError } from './errors.js';
import { compileSchema, type Schema } from './schema.js';
import { readSettings } from './settings.js';
import { DEFINITION, type Definition, type ModuleDefinition, type ModuleOptions } from './types.js';

export interface Methods { readonly init: string; readonly start: string; readonly main: string; readonly stop: string; readonly terminate: string; readonly reload: string }

/** A registered module: its settings read, checked and completed. */
export interface Entry {
  readonly kind: 'class' | 'instance';
  readonly name: string;
  /** Key in the configuration. */
  readonly key: string;
  readonly Class: (new () => object) | undefined;
  readonly instance: object | undefined;
  readonly schema: Schema;
  readonly main: boolean;
  readonly inject: boolean;
  readonly reload: boolean;
  readonly lifecycle: boolean;
  readonly methods: Methods;
  /** Interface it implements, in kebab-case. */
  readonly provides: string | undefined;
  readonly initConfig: 'own' | 'full';
  /** Registered by a call, not by the `definitions` of another. */
  readonly direct: boolean;
  readonly site: string;
}

export interface Other { readonly kind: 'constant' | 'resolver' | 'alias'; readonly name: string; readonly value: unknown; readonly site: string }

interface Identity { readonly what: object; readonly options: ModuleOptions }

/** Everything that has a name in one container. Owner of the uniqueness rules; knows nothing of configuration or life. */
export class Registry {
  readonly #modules = new Map<string, Entry>();
  readonly #others = new Map<string, Other>();
  readonly #identities = new Map<Entry, Identity>();

  get modules(): readonly Entry[] { return [...this.#modules.values()]; }
  get others(): readonly Other[] { return [...this.#others.values()]; }
  get main(): Entry | undefined { return this.modules.find((e) => e.main); }

  /**
   * Registers a class, an instance, settings with one of them, or what `defineModule` made; its `definitions` too.
   * The same again with equal options is a no-op. Throws E_NAME, E_DUPLICATE, E_MAIN, E_CONFIG; then nothing was registered.
   */
  add(definition: Definition, options: ModuleOptions, site: string, direct = true): Entry {
    const { what, ModuleClass, instance, given } = unfold(definition, options);
    const provisional = nameOf(given.name, ModuleClass);
    const settings = readSettings(ModuleClass, given, provisional);
    const name = kebab(settings.name ?? provisional);
    if (name === '') throw new ModuleError('E_NAME', `${instance === undefined ? 'a class' : 'an instance'} without a name cannot be a module (${site}): give it one with the option \`name\``);
    const old = this.#modules.get(name);
    if (old !== undefined) {
      const first = this.#identities.get(old);
      if (first?.what === what && isDeepStrictEqual(first.options, given)) return old;
      const why = first?.what === what ? 'with other options' : old.Class === ModuleClass ? 'as another instance' : `as another ${instance === undefined ? 'class' : 'instance'}`;
      throw duplicate(name, old.site, site, why);
    }
    const other = this.#others.get(name);
    if (other !== undefined) throw duplicate(name, other.site, site, `as a ${other.kind}`);
    const entry = complete(name, settings.ModuleClass ?? ModuleClass, instance ?? asInstance(settings.instance), settings, site, direct);
    const { main } = this;
    if (entry.main && main !== undefined) throw new ModuleError('E_MAIN', `\`${name}\` (${site}) cannot be the main module: a main module is already registered, \`${main.name}\` (${main.site}); set isMain: false on one`, { module: name });
    const before = [...this.#modules];
    this.#modules.set(name, entry);
    this.#identities.set(entry, { what, options: given });
    try {
      for (const d of settings.definitions ?? []) this.add(d, {}, `definitions of ${name}, ${site}`, false);
    } catch (e) {
      this.#modules.clear();
      for (const [n, m] of before) this.#modules.set(n, m);
      throw e;
    }
    return entry;
  }

  /** Registers a constant, a resolver or an alias. The same again is a no-op. Throws E_NAME, E_DUPLICATE. */
  addOther(kind: Other['kind'], text: string, value: unknown, site: string): void {
    const name = kebab(text);
    if (name === '') throw new ModuleError('E_NAME', `a ${kind} needs a name with a letter or a digit, got \`${text}\` (${site})`);
    const old = this.#others.get(name) ?? this.#modules.get(name);
    if (old !== undefined) {
      if (old.kind === kind && 'value' in old && Object.is(old.value, value)) return;
      throw duplicate(name, old.site, site, `as a ${kind}`);
    }
    this.#others.set(name, { kind, name, value, site });
  }

  module(text: string): Entry | undefined { return this.#modules.get(kebab(text)); }
  other(text: string): Other | undefined { return this.#others.get(kebab(text)); }
  byClass(Class: unknown): Entry | undefined { return this.modules.find((e) => e.Class === Class); }
  byInstance(instance: unknown): Entry | undefined { return this.modules.find((e) => e.instance === instance); }
  providers(text: string): readonly Entry[] { const name = kebab(text); return this.modules.filter((e) => e.provides === name); }
  /** Names of the interfaces that somebody provides. */
  get interfaces(): readonly string[] { return [...new Set(this.modules.flatMap((e) => (e.provides === undefined ? [] : [e.provides])))]; }

  /** Follows aliases. Throws E_CYCLE when they lead back, E_UNKNOWN when they lead nowhere. */
  followed(text: string): { readonly module?: Entry; readonly other?: Other } | undefined {
    const seen: string[] = [];
    for (let name = kebab(text); ;) {
      if (seen.includes(name)) throw new ModuleError('E_CYCLE', `aliases go in a circle: ${[...seen, name].join('→')}`);
      seen.push(name);
      const module = this.#modules.get(name);
      if (module !== undefined) return { module };
      const other = this.#others.get(name);
      if (other === undefined) return undefined;
      if (other.kind !== 'alias') return { other };
      name = kebab(String(other.value));
    }
  }
}

interface Unfolded { readonly what: object; readonly ModuleClass: (new () => object) | undefined; readonly instance: object | undefined; readonly given: ModuleOptions }

function unfold(definition: Definition, options: ModuleOptions): Unfolded {
  if (isDefinition(definition)) return { what: definition, ModuleClass: definition.ModuleClass, instance: undefined, given: options };
  const base: ModuleOptions = typeof definition === 'function' ? { ModuleClass: definition } : definition;
  const { ModuleClass, instance, ...given } = { ...base, ...options };
  const singleton = asInstance(instance);
  if (singleton !== undefined) return { what: singleton, ModuleClass: ModuleClass ?? classOf(singleton), instance: singleton, given };
  if (typeof ModuleClass !== 'function') throw new ModuleError('E_NAME', `a module is a class, or an object with \`ModuleClass\` or \`instance\`, got ${definition === null ? 'null' : typeof definition}`);
  // Arrow functions and methods cannot be constructed; a class and an old-style constructor have a prototype.
  if (typeof ModuleClass.prototype !== 'object') throw new ModuleError('E_NAME', `\`${ModuleClass.name}\` is a function, not a class; registerInstance and registerResolver take functions`);
  return { what: ModuleClass, ModuleClass, instance: undefined, given };
}

/** The object, undefined when there is none. Throws E_NAME for what cannot be an instance. */
export function asInstance(instance: unknown): object | undefined {
  if (instance === undefined || (typeof instance === 'object' && instance !== null) || typeof instance === 'function') return instance;
  throw new ModuleError('E_NAME', `an instance is an object, got ${instance === null ? 'null' : typeof instance}; registerConstant takes any value`);
}

export function isDefinition(d: unknown): d is ModuleDefinition { return typeof d === 'object' && d !== null && DEFINITION in d; }

/** A definition stands for its class. */
export function meant(ref: unknown): unknown { return isDefinition(ref) ? ref.ModuleClass : ref; }

// A plain object has no class that could name it.
function classOf(instance: object): (new () => object) | undefined {
  const proto = Object.getPrototypeOf(instance) as { constructor?: unknown } | null;
  const Class = proto?.constructor;
  return typeof Class === 'function' && Class !== Function && !(Object.getPrototypeOf(proto) === null) ? Class as new () => object : undefined;
}

function nameOf(given: unknown, Class: (new () => object) | undefined): string {
  if (typeof given === 'string') return given;
  // A static `name` of the user's own may be anything.
  const name: unknown = Class?.name;
  return typeof name === 'string' ? name : '';
}

function complete(name: string, Class: (new () => object) | undefined, instance: object | undefined, s: ReturnType<typeof readSettings>, site: string, direct: boolean): Entry {
  const methods: Methods = {
    init: s.lifecycleInit ?? 'init', start: s.lifecycleStart ?? 'start', main: s.lifecycleMain ?? 'main', stop: s.lifecycleStop ?? 'stop',
    terminate: s.lifecycleTerminate ?? 'terminate', reload: s.lifecycleReload ?? 'reload',
  };
  const shape: unknown = instance ?? Class?.prototype;
  const has = (method: string): boolean => typeof shape === 'object' && shape !== null && typeof Reflect.get(shape, method) === 'function';
  const schema = compileSchema(s.schemas, name);
  checkCollisions(name, schema, shape);
  return {
    kind: instance === undefined ? 'class' : 'instance', name, key: camel(name), Class, instance, schema, methods, site, direct,
    main: s.isMain ?? has(methods.main), inject: s.inject ?? !has(methods.init), reload: s.reload ?? false, lifecycle: s.lifecycle ?? true,
    provides: s.provides === undefined ? undefined : kebab(s.provides), initConfig: s.initConfig ?? 'own',
  };
}

// A value assigned over a method would take it away from the module, and from its callers.
function checkCollisions(name: string, schema: Schema, shape: unknown): void {
  for (const key of new Set([...schema.fields.map((f) => f.path), ...schema.groups].map((p) => p[0] ?? ''))) {
    for (let o = shape; typeof o === 'object' && o !== null; o = Object.getPrototypeOf(o) as unknown) {
      const found = Object.getOwnPropertyDescriptor(o, key);
      if (found === undefined) continue;
      const method = typeof found.value === 'function';
      if (!method && (found.get === undefined || found.set !== undefined)) break;
      throw new ModuleError('E_CONFIG', `${name}: schema field \`${key}\` has the name of a ${method ? 'method' : 'read-only property'}; rename one`, { module: name, path: `${camel(name)}.${key}`, source: 'schema' });
    }
  }
}

function duplicate(name: string, first: string, second: string, why: string): ModuleError {
  return new ModuleError('E_DUPLICATE', `\`${name}\` is registered twice, the second time ${why}: first ${first}, then ${second}`, { module: name });
}
