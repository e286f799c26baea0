import { catalogOf, locate, type Catalog } from './catalog.js';
import { asRunError, configure, type Configuration } from './configuration.js';
import { dumpOf, envTemplateOf, helpOf, jsonSchemaOf, typeScriptOf } from './describe.js';
import { ModuleError } from './errors.js';
import { layersOf, type Layer } from './layers.js';
import { TIMEOUTS } from './lifecycle.js';
import { kebab, pascal, camel } from './names.js';
import { toldForm } from './told-form.js';
import { begin, type Program } from './program.js';
import { stderrLogger } from './process.js';
import { Registry, asInstance, meant } from './registry.js';
import { Renewal } from './renewal.js';
import { live } from './session.js';
import { site } from './site.js';
import { sourcesOf, type RunContext } from './run-context.js';
import { Singletons, knownDependencies } from './singletons.js';
import type { AnyClass, ConfigOf, Modules, SchemaSpec } from './config-of.js';
import type { CustomType } from './coerce.js';
import type { ReloadReport } from './reload.js';
import type { Source } from './sources.js';
import type { Check } from './validators.js';
import type { Definition, GraphNode, Logger, ModuleDefinition, ModuleOptions, PartialConfig, Resolver, Timeouts } from './types.js';

export interface ManagerOptions {
  /** Name of the application: prefix of its variables (`SHOP_PORT`), and which module's fields stand at the top. Default: none. */
  readonly name?: string;
  /** Replaces the standard layers. */
  readonly sources?: readonly Source[];
  readonly timeouts?: Partial<Timeouts>;
  /** SIGTERM, SIGINT, SIGQUIT end the run, SIGHUP reloads. Default: when the run is the program (`run()` without a context). */
  readonly signals?: boolean;
  /** SIGUSR2 switches debug messages on and off. Default false: node's own tools use it. */
  readonly debugSignal?: boolean;
  /** A circle of modules is an error, not a warning. */
  readonly strictCycles?: boolean;
  /** init, start, stop and terminate of modules that do not need each other at once. */
  readonly parallel?: boolean;
  /** Default: stderr. */
  readonly logger?: Logger;
  /** Types of fields of one's own. */
  readonly types?: Readonly<Record<string, CustomType>>;
  /** Validators of one's own, by `$name`. */
  readonly validators?: Readonly<Record<string, Check>>;
}

export interface RunResult {
  /** What main returned, when it is a whole number; else 0. */
  readonly exitCode: number;
  readonly reason: 'main' | 'stopped' | 'help' | 'dump';
  /** Text of help or dump. */
  readonly output: string;
  readonly warnings: readonly string[];
}

/**
 * A container of modules: named singletons in a graph of dependencies.
 *
 * Theory: registering only collects. A run asks every source, checks everything, finds who is needed by whom, constructs just
 * those, and brings them up and down in order. Configuration in force is one frozen value that a reload replaces as a whole.
 */
export class ModuleManager {
  /** Aborting asks the run to end. */
  readonly abortController = new AbortController();
  readonly #o: ManagerOptions;
  readonly #registry = new Registry();
  readonly #singletons = new Singletons(this.#registry);
  readonly #logger: Logger;
  #state: 'idle' | 'starting' | 'up' | 'ending' | 'ended' = 'idle';
  #ended: Promise<unknown> = Promise.resolve();
  #reason = 'stop';
  #renewal: Renewal | undefined;

  constructor(o: ManagerOptions = {}) {
    this.#o = o;
    this.#logger = o.logger ?? stderrLogger();
    this.#registry.addOther('constant', 'module-manager', this, 'the container');
  }

  /** Registers a class, or settings with `ModuleClass` or `instance`, or a definition. Throws E_NAME, E_DUPLICATE, E_MAIN, E_CONFIG. */
  register(definition: Definition, o: ModuleOptions = {}): this {
    this.#registry.add(definition, o, site());
    return this;
  }

  /** Registers an object that exists. Throws as `register` does. */
  registerInstance(instance: object, o: ModuleOptions = {}): this {
    this.#registry.add({ instance: asInstance(instance) ?? asInstance(null) }, o, site());
    return this;
  }

  /** A value that is injected by name; `0`, `false` and `undefined` too. */
  registerConstant(name: string, value: unknown): this { this.#registry.addOther('constant', name, value, site()); return this; }

  /** A type whose values a function makes of what was configured. */
  registerResolver(name: string, fn: Resolver): this {
    if (typeof fn !== 'function') throw new ModuleError('E_UNKNOWN', `resolver \`${name}\` without a function`, { module: name });
    this.#registry.addOther('resolver', name, fn, site());
    return this;
  }

  /** Another name for something, which may be registered later. */
  registerAlias(alias: string, target: string): this { this.#registry.addOther('alias', alias, target, site()); return this; }

  /**
   * The singleton, made when it is not there yet. A module that takes no part in the run has no configuration and no lifecycle.
   * Throws E_UNKNOWN, E_PROVIDER_AMBIGUOUS, E_LIFECYCLE (its constructor failed).
   */
  resolve<K extends keyof Modules>(name: K): Modules[K];
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the name stands for
  resolve<T = unknown>(name: string): T;
  resolve<T extends object>(Class: AnyClass<T>): T;
  resolve<S extends SchemaSpec, M extends object>(definition: ModuleDefinition<S, M>): M & ConfigOf<S>;
  resolve<T extends object>(instance: T): T;
  resolve(ref: unknown): unknown { return this.#singletons.resolve(meant(ref), this.#renewal?.current); }

  /** Whether `resolve` would find it. */
  has(ref: unknown): boolean {
    try {
      return this.#singletons.find(meant(ref), this.#renewal?.current) !== undefined;
    } catch (e) {
      if (e instanceof ModuleError && e.code === 'E_PROVIDER_AMBIGUOUS') return true;
      throw e;
    }
  }

  /** All that is registered, as it stands now; the container itself is not listed. */
  graph(): GraphNode[] {
    const plan = this.#renewal?.current.plan;
    const catalog = this.#catalog();
    return [
      ...this.#registry.modules.map((e): GraphNode => ({
        name: e.name, kind: e.kind, main: e.main, provides: e.provides, active: plan?.order.includes(e) ?? false, constructed: this.#singletons.has(e), site: e.site,
        dependencies: [...new Set(plan?.dependencies.get(e)?.map((d) => d.name) ?? knownDependencies(catalog, this.#registry, e))],
      })),
      ...this.#registry.others.filter((o) => o.value !== this).map((o): GraphNode => ({
        name: o.name, kind: o.kind, main: false, provides: undefined, active: false, constructed: true, site: o.site, dependencies: o.kind === 'alias' ? [kebab(String(o.value))] : [],
      })),
    ];
  }

  /**
   * Asks the sources and checks everything, constructs nothing. `run` does it by itself; before it, this is for `explain`,
   * `dump` and tests. Rejects with RunError.
   */
  async configure(context: RunContext = {}): Promise<this> {
    const cwd = context.cwd ?? '.';
    this.#renewal = await Renewal.begin(this.#o.sources ?? sourcesOf(context), (sources) => configure(this.#registry, {
      name: this.#o.name, sources, strictCycles: this.#o.strictCycles ?? false, stdin: context.stdin,
      world: { cwd, types: this.#o.types ?? {}, checks: this.#o.validators ?? {} },
    }));
    return this;
  }

  /**
   * Brings the modules up, runs main (or until it is stopped), brings them down. Once per container.
   *
   * Without a context this is the program: command line, environment, package.json `config` and signals are the process's, the
   * exit code is set, and half a second after the end the process exits even if something is still open. With a context
   * nothing is taken from the process, unless it is made of `processContext()`. Rejects with RunError: every failure, the first one first; all that was up is down.
   */
  async run(context?: RunContext): Promise<RunResult> {
    if (this.#state !== 'idle') throw new ModuleError('E_LIFECYCLE', 'a container runs once; make another');
    this.#state = 'starting';
    const own = context === undefined || context.own === true;
    const program = begin(this, this.#logger, { own, signals: this.#o.signals ?? own, toggle: this.#o.debugSignal ?? false });
    const running = this.#run(context ?? program.context, program);
    this.#ended = running.catch(() => {}); // told by `run` itself
    return running;
  }

  /** Asks the run to end, and waits for it. What failed is told by `run`. */
  async stop(reason = 'stop'): Promise<void> {
    if (this.#state === 'idle') return;
    if (!this.abortController.signal.aborted) {
      this.#reason = reason;
      this.abortController.abort(new DOMException(reason, 'AbortError'));
    }
    await this.#ended;
  }

  /**
   * Reads all sources again, with `patch` laid on top of what was set before, checks everything, and hands what changed to
   * the modules it concerns; one at a time, in the order of the calls. Resolves when all of it is in force. Rejects with RunError
   * (not valid) or E_RELOAD (a module failed and all is as before, a restart is needed, not running): nothing has changed
   * then, and `report` of the error tells more.
   */
  async reload(patch?: PartialConfig): Promise<ReloadReport> {
    if (this.#renewal === undefined || this.#state !== 'up') throw new ModuleError('E_RELOAD', 'cannot reload: the container is not running');
    return this.#renewal.reload(patch);
  }

  /** All settings as a manager is told of them: a schema in JSON, the application's own fields at the top. */
  settings(): Readonly<Record<string, unknown>>[] { return toldForm(this.#catalog()); }
  /** JSON Schema of the configuration. */
  jsonSchema(): object { return jsonSchemaOf(this.#catalog()); }
  /** A commented `.env` file with all variables. */
  envTemplate(): string { return envTemplateOf(this.#catalog()); }
  /** Help for the command line. */
  help(o: { readonly advanced?: boolean } = {}): string { const c = this.#catalog(); return helpOf(c, this.#o.name ?? c.app?.name ?? 'program', o.advanced ?? false); }
  /** A TypeScript interface of one module's configuration. */
  typeScript(module: string): string { return typeScriptOf(this.#catalog(), kebab(module), `${pascal(camel(module))}Config`); }

  /** The configuration in force, as a config file could hold it. Secrets are masked unless `redact` is false. Throws E_CONFIG before `configure` and `run`. */
  dump(o: { readonly redact?: boolean } = {}): object { return dumpOf(this.#configured(), this.#o.types ?? {}, o.redact ?? true); }

  /** What each source says about one path, low to high, the winner marked. Throws E_CONFIG for a path that is none, and before `configure` and `run`. */
  explain(path: string): Layer[] {
    const c = this.#configured();
    const place = locate(c.catalog, path.split('.'));
    if (place?.kind !== 'field') throw new ModuleError('E_CONFIG', `${path}: there is no such field`, { path });
    return layersOf(place.slot, c.assignments);
  }

  async #run(context: RunContext, program: Program): Promise<RunResult> {
    const stop = (): void => { void this.stop('signal of the context'); };
    context.signal?.addEventListener('abort', stop, { once: true });
    if (context.signal?.aborted === true) stop();
    try {
      await this.configure(context);
      const c = this.#configured();
      for (const w of c.warnings) this.#logger.warn(w);
      const answered = await program.answer(c.asked, { help: (advanced) => this.help({ advanced }), dump: () => this.dump() }, context);
      const result = answered ?? await this.#live(context.up);
      program.end(result.exitCode);
      return { ...result, warnings: c.warnings };
    } catch (e) {
      program.end(1);
      throw asRunError(e);
    } finally {
      this.#state = 'ended';
      context.signal?.removeEventListener('abort', stop);
    }
  }

  async #live(up?: () => void): Promise<Omit<RunResult, 'warnings'>> {
    const { value, finished } = await live({
      renewal: this.#configuredRenewal(), singletons: this.#singletons, controller: this.abortController, timeouts: { ...TIMEOUTS, ...this.#o.timeouts },
      logger: this.#logger, parallel: this.#o.parallel ?? false, entered: (state) => { this.#state = state; if (state === 'up') up?.(); }, reason: () => this.#reason,
    });
    return { exitCode: Number.isInteger(value) ? Number(value) : 0, reason: finished ? 'main' : 'stopped', output: '' };
  }

  #configuredRenewal(): Renewal {
    if (this.#renewal === undefined) throw new ModuleError('E_CONFIG', 'not configured yet: await configure() or run() first');
    return this.#renewal;
  }

  #configured(): Configuration { return this.#configuredRenewal().current; }
  #catalog(): Catalog { return catalogOf(this.#registry, this.#o.name); }
}
