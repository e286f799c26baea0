/** What can go wrong in a container. A closed list: callers switch on it. */
export type ModuleErrorCode =
  | 'E_NAME' | 'E_DUPLICATE' | 'E_MAIN' | 'E_UNKNOWN' | 'E_PROVIDER_AMBIGUOUS' | 'E_PROVIDER_NONE' | 'E_PROVIDER_MISMATCH'
  | 'E_CYCLE' | 'E_CONFIG' | 'E_TIMEOUT' | 'E_LIFECYCLE' | 'E_RELOAD';

/** The steps of a module's life at which something may fail. */
export type Phase = 'construct' | 'init' | 'start' | 'main' | 'reload' | 'stop' | 'terminate';

export interface ModuleErrorFacts {
  /** Name of the module. */
  readonly module?: string | undefined;
  /** Path in the configuration, `httpServer.port`. */
  readonly path?: string | undefined;
  /** Where the value came from: `argv --port`, `env PORT`, `file ./app.json`, … */
  readonly source?: string | undefined;
  readonly phase?: Phase | undefined;
  readonly cause?: unknown;
}

// A brand instead of the prototype: two copies of the package know each other's errors.
const BRAND = Symbol.for('mgr.container.error');

/** The one error of the container. Its message is one sentence and can be shown as it is. */
export class ModuleError extends Error {
  readonly code: ModuleErrorCode;
  declare readonly module: string | undefined;
  declare readonly path: string | undefined;
  declare readonly source: string | undefined;
  declare readonly phase: Phase | undefined;

  constructor(code: ModuleErrorCode, message: string, facts: ModuleErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ModuleError';
    this.code = code;
    const { cause: _, ...rest } = facts;
    for (const [key, value] of Object.entries(rest)) if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true });
    // Of a value that was configured and of what a module threw, our own stack tells nothing; of a schema it tells who registered it.
    if ((facts.path !== undefined || facts.phase !== undefined) && facts.source !== 'schema') this.stack = `${this.name}: ${message}`;
  }

  get [BRAND](): true { return true; }
  static override [Symbol.hasInstance](value: unknown): boolean { return isBranded(value); }
}

/**
 * What `run()` rejects with: every failure, the one that began it first. Code, module, path, source and phase are those of
 * the first; `cause` is what a module threw.
 */
export class RunError extends AggregateError {
  declare readonly errors: [ModuleError, ...ModuleError[]];

  constructor(errors: readonly [ModuleError, ...ModuleError[]]) {
    const [first] = errors;
    super(errors, errors.map((e) => e.message).join('\n'), first.phase === undefined ? undefined : { cause: first.cause ?? first });
    this.name = 'RunError';
    this.stack = `${this.name}: ${this.message}`; // the stacks that tell something are those of the causes
  }

  // Getters, so that node prints each failure once.
  get code(): ModuleErrorCode { return this.errors[0].code; }
  get module(): string | undefined { return this.errors[0].module; }
  get path(): string | undefined { return this.errors[0].path; }
  get source(): string | undefined { return this.errors[0].source; }
  get phase(): Phase | undefined { return this.errors[0].phase; }
  get [BRAND](): true { return true; }
}

/** Throws one error as itself, several together; returns when there is none. */
export function throwAll(errors: readonly ModuleError[]): void {
  const [first, ...rest] = errors;
  if (first !== undefined) throw new RunError([first, ...rest]);
}

/** The text of anything thrown, on one line. */
export function reasonOf(e: unknown): string {
  const text = e instanceof Error ? e.message : String(e);
  return text.split('\n')[0] ?? text;
}

/** Gives container errors as they are; anything else thrown in `phase` of `module` as E_LIFECYCLE with it as the cause. */
export function failed(module: string, phase: Phase, e: unknown): ModuleError {
  if (isBranded(e) && e instanceof Error && (e as ModuleError).module === module && (e as ModuleError).phase === phase) return e as ModuleError;
  return new ModuleError('E_LIFECYCLE', `${module}: ${phase} failed: ${reasonOf(e)}`, { module, phase, cause: e });
}

function isBranded(value: unknown): boolean { return typeof value === 'object' && value !== null && BRAND in value; }
