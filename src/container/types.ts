import type { AnyClass, ConfigOf, SchemaSpec } from './config-of.js';

export type MaybePromise<T = unknown> = T | Promise<T>;

/** How one module is managed. Each is also a static `module<Name>` of the class and a member of its static `moduleInfo`. */
export interface ModuleInfo<S extends SchemaSpec = SchemaSpec> {
  /** Default: the name of the class, in kebab-case. */
  readonly name?: string;
  readonly schema?: S;
  /** Assign the configuration to the fields of the instance. Default: true for a class without `init`. */
  readonly inject?: boolean;
  /** New configuration can be taken while running. Default false. */
  readonly reload?: boolean;
  /** Call the lifecycle methods. Default true. */
  readonly lifecycle?: boolean;
  /** The entry point. Default: true for a class with `main`. */
  readonly isMain?: boolean;
  /** Further modules to register with this one. */
  readonly definitions?: readonly Definition[];
  /** Name of the interface it implements. */
  readonly provides?: string;
  /** `full`: `init` receives the configuration of the whole application. Default `own`. */
  readonly initConfig?: 'own' | 'full';
  /** Names of the methods. Defaults: init, start, main, stop, terminate, reload. */
  readonly lifecycleInit?: string;
  readonly lifecycleStart?: string;
  readonly lifecycleMain?: string;
  readonly lifecycleStop?: string;
  readonly lifecycleTerminate?: string;
  readonly lifecycleReload?: string;
}

/** What `register` takes besides the class. */
export interface ModuleOptions<S extends SchemaSpec = SchemaSpec> extends ModuleInfo<S> {
  /** Class with a constructor that needs no argument. */
  readonly ModuleClass?: new () => object;
  /** The singleton itself, when it exists already. */
  readonly instance?: unknown;
}

/** Anything that says what a module is: a class, its settings with `ModuleClass` or `instance`, or what `defineModule` made. */
export type Definition = (new () => object) | ModuleOptions | ModuleDefinition;

export const DEFINITION = Symbol.for('mgr.container.definition');
/** A module without a class, from `defineModule`. */
export interface ModuleDefinition<S extends SchemaSpec = SchemaSpec, M extends object = object> {
  readonly [DEFINITION]: true;
  readonly info: ModuleInfo;
  readonly ModuleClass: new () => M & ConfigOf<S>;
}

/** The last argument of each lifecycle method. */
export interface Ctx {
  /** Aborts when the run is to end and when the time of this call is over. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Why it ends, for `stop` and `terminate`. */
  readonly reason?: string;
}

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** The methods a module may have. All optional. */
export interface Lifecycle<C = Record<string, unknown>> {
  init?(config: C, ctx: Ctx): MaybePromise;
  start?(ctx: Ctx): MaybePromise;
  /** Returns the exit code; nothing is 0. */
  main?(ctx: Ctx): MaybePromise<number | void>;
  reload?(config: C, change: Change<C>, ctx: Ctx): MaybePromise;
  stop?(ctx: Ctx): MaybePromise;
  terminate?(ctx: Ctx): MaybePromise;
}

/** What a reload changes: the configuration before, and the paths within the module's own that differ. */
export interface Change<C = Record<string, unknown>> { readonly previous: C; readonly changed: string[] }

/** Longest time of each call in milliseconds; `Infinity`: none. */
export interface Timeouts { init: number; start: number; reload: number; stop: number; terminate: number }

/** A value of a field whose type is `name`: from what was configured, the module's other values, and the name. */
export type Resolver = (value: unknown, config: Readonly<Record<string, unknown>>, type: string) => unknown;

/** Configuration with parts left out: by module (`{httpServer: {port: 80}}`), or fields of the application's own module at the top. */
export type PartialConfig = Readonly<Record<string, unknown>>;

/** One module as it stands. */
export interface GraphNode {
  readonly name: string;
  readonly kind: 'class' | 'instance' | 'constant' | 'resolver' | 'alias';
  readonly main: boolean;
  readonly provides: string | undefined;
  /** Names of the modules it is given, as far as they can be told. */
  readonly dependencies: readonly string[];
  /** Reached from the main module, an instance, or a root. */
  readonly active: boolean;
  readonly constructed: boolean;
  /** File and line of its registration. */
  readonly site: string;
}

export type Ref<T extends object = object> = string | AnyClass<T> | T;
