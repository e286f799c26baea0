import type { Config } from './config.js';

/** PM2's options of a module's interface, all optional; kept as they are for dashboards. */
export interface Widget {
  readonly type?: string;
  readonly logo?: string;
  readonly theme?: readonly string[];
  readonly el?: Readonly<Record<string, boolean>>;
  readonly block?: Readonly<Record<string, unknown>>;
  readonly pid?: number | null;
  readonly [key: string]: unknown;
}

export interface ModuleOptions {
  /** The program that is really meant, when the module only looks after it: its pid is shown (`resolvePidPaths`). */
  readonly pid?: number | null | undefined;
  readonly widget?: Widget;
  readonly [key: string]: unknown;
}

/** What is known of the module besides its configuration; hidden members of what `initModule` gives. */
export interface ModuleFacts {
  readonly isModule: boolean;
  readonly module_name: string;
  readonly module_version: string;
  readonly description: string;
  readonly widget: Widget;
  /** The configuration as it may be shown: passwords and the like masked. */
  readonly module_conf: Readonly<Record<string, unknown>>;
}

/** The configuration, by key; as a promise it gives itself. */
export type ModuleConfig<C extends object = Config> = C & ModuleFacts & PromiseLike<C & ModuleFacts>;

const SECRET = /pass(?:word|wd|phrase)?$|secret|token|api_?key|private_?key|credential/i;

/** The values by key, what looks like a secret masked. */
export function maskedConf(values: Readonly<Record<string, unknown>>, secrets: readonly string[] = [], above = ''): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [key, secrets.includes(above + key) ? '********' : maskedConf(value as Record<string, unknown>, secrets, `${above}${key}:`)];
    return [key, (SECRET.test(key) || secrets.includes(above + key)) && value !== '' && value !== null ? '********' : value];
  }));
}

/**
 * Lets `await initModule()` and `initModule().then(…)` work on the object that `initModule()` gives at once. It gives
 * itself, which a promise would take for one more promise: while it does, it has no `then`.
 */
export function alsoPromise<T extends object>(value: T): T & PromiseLike<T> {
  let giving = 0;
  const then = <A, B>(ok?: ((v: T) => A | PromiseLike<A>) | null, failed?: ((e: unknown) => B | PromiseLike<B>) | null): Promise<T | A | B> => {
    const hidden = <R>(deed: () => R): R => { giving++; try { return deed(); } finally { giving--; } };
    return hidden(() => Promise.resolve(value)).then(ok ? (v) => hidden(() => ok(v)) : undefined, failed);
  };
  return Object.defineProperty(value, 'then', { get: () => (giving > 0 ? undefined : then), enumerable: false, configurable: true }) as T & PromiseLike<T>;
}
