/**
 * Theory of operation. One object per program (module.ts) that speaks PM2's messages, so that a module runs here and
 * under PM2 and its metrics and actions are seen by both. All of it is safe to call where no manager is: then the
 * configuration is what package.json and the environment say, and the rest does nothing.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { asError } from '../base/thrown.js';
import { VERSION } from '../base/version.js';
import { type ActionHandler, type ActionOptions, Actions } from './actions.js';
import { type Config, type ConfigChange, LiveConfig } from './config.js';
import { type ModuleConfig, type ModuleFacts, type ModuleOptions, alsoPromise, maskedConf } from './init.js';
import { mergeLayers } from './layers.js';
import { Link } from './link.js';
import { type Container, layersOf, renew, runContained } from './contained.js';
import { Metrics } from './metrics.js';
import { type PackageFacts, isBag, readPackage, withSchema } from './package-file.js';
import type { Program } from './program.js';
import { Reloading } from './reloading.js';
import { Stop } from './stop.js';

const NO_PACKAGE: PackageFacts = { name: undefined, version: undefined, description: undefined, dir: undefined, config: {} };

export class Sdk {
  readonly link: Link;
  readonly metrics: Metrics;
  readonly actions: Actions;
  readonly stop: Stop;
  readonly reloading: Reloading;
  readonly #program: Program;
  readonly #config = new LiveConfig();
  #package: PackageFacts;
  #settings: Readonly<Record<string, unknown>>;
  /** Why package.json could not be read: told by initModule. */
  readonly #trouble: Error | undefined;

  constructor(program: Program) {
    this.#program = program;
    this.link = new Link(program);
    this.metrics = new Metrics(this.link);
    this.actions = new Actions(this.link);
    this.stop = new Stop(program, this.link);
    let found = NO_PACKAGE;
    try {
      found = readPackage(program.script);
    } catch (e) {
      this.#trouble = asError(e);
    }
    this.#package = found;
    this.#settings = sectionOf(program.env, this.#section);
    this.#apply(this.#settings);
    this.reloading = new Reloading(this.link, this.config, (values) => {
      const [before, settings] = [{ ...this.config }, this.#settings];
      const undo = (): void => { this.#settings = settings; this.#config.replace(before); };
      return { ...this.#apply(values), undo, taken: () => this.link.tell('axm:option:configuration', { module_conf: maskedConf(this.config, this.#package.secrets) }) };
    });
  }

  get config(): Config { return this.#config.values; }

  /** Of the module: its name in package.json; of another program: the name it was started by. */
  get name(): string {
    return this.#package.name ?? this.#program.env['name'] ?? path.parse(this.#program.script ?? 'module').name;
  }

  initModule<C extends object = Config>(options: ModuleOptions = {}, callback?: (error: Error | null, config?: C & ModuleFacts) => void): ModuleConfig<C> {
    const { pid, widget = {} } = options;
    const config = this.config as C;
    const show = (): ModuleFacts => ({
      isModule: true, module_name: this.name, module_version: this.#package.version ?? '', description: this.#package.description ?? '',
      widget: { type: 'generic', ...widget }, module_conf: maskedConf(this.config, this.#package.secrets),
    });
    for (const key of ['isModule', 'module_name', 'module_version', 'description', 'widget', 'module_conf'] as const) {
      // A key of the configuration of that name is what the module means.
      if (!Object.hasOwn(config, key)) Object.defineProperty(config, key, { get: () => show()[key], enumerable: false, configurable: true });
    }
    if (this.#trouble && !callback) throw this.#trouble;
    const shown = pid ?? widget.pid;
    this.link.tell('axm:option:configuration', { ...show(), apm: { type: 'node', version: VERSION }, ...(typeof shown === 'number' && { pid: shown }) });
    if (callback) process.nextTick(() => { if (this.#trouble) callback(this.#trouble); else callback(null, config as C & ModuleFacts); });
    return alsoPromise(config) as unknown as ModuleConfig<C>;
  }

  action(name: string, first: ActionHandler | ActionOptions, second?: ActionHandler): void {
    if (typeof first === 'function') this.actions.add(name, first, {});
    else this.actions.add(name, second as ActionHandler, first);
  }

  async runContainer(container: Container, options?: ModuleOptions): Promise<void> {
    const schema = container.settings();
    const { config } = this.#package;
    this.#package = withSchema(this.#package, schema);
    this.#apply(this.#settings);
    this.initModule(options);
    this.link.send({ t: 'config-schema', schema });
    this.link.tell('axm:option:configuration', { container: true });
    this.link.hear(({ t, v }) => t === 'config-layers' && (this.link.send({ t, v, layers: layersOf(container, schema) }), true));
    this.reloading.add(() => renew(container));
    this.#program.onSignal('SIGHUP', () => { container.reload().catch((e: unknown) => this.#program.warn(asError(e).message)); });
    let stopping = false;
    const running = runContained(container, { program: this.#program, packageConfig: config, settings: () => this.#settings, up: () => this.link.send('ready') });
    this.stop.add(async (reason) => {
      stopping = true;
      await container.stop(reason);
      // What failed was told.
      if (await running !== 0) this.#program.fail();
    });
    const status = await running;
    // Asked to end, what else is to be done before that is done first.
    if (!stopping) this.#program.end(status);
  }

  emit(name: string, data: unknown = {}): void {
    this.link.tell('human:event', { ...(isBag(data) ? data : { data }), __name: name });
  }

  notifyError(error: unknown, context: Readonly<Record<string, unknown>> = {}): void {
    const e = asError(error);
    this.link.tell('process:exception', { message: e.message, stack: e.stack, name: e.name, ...(Object.keys(context).length > 0 && { metadata: context }) });
  }

  dataDir(): string {
    const { env } = this.#program;
    const home = env['MGR_HOME'] ?? env['PM2_HOME'];
    const base = this.link.up && home !== undefined ? path.join(home, 'module-data') : env['XDG_DATA_HOME'] ?? path.join(env['HOME'] ?? os.homedir(), '.local', 'share');
    const dir = path.join(base, this.#section.replaceAll('/', '+'));
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    return dir;
  }

  get #section(): string {
    const { env } = this.#program;
    return env['pmx_module'] === 'true' || !this.link.up ? this.name : env['name'] ?? this.name;
  }

  #apply(settings: Readonly<Record<string, unknown>>): ConfigChange {
    this.#settings = settings;
    return this.#config.replace(mergeLayers({ defaults: this.#package.config, env: this.#program.env, name: this.#package.name, settings, kinds: this.#package.kinds, typed: this.#package.typed }));
  }
}

/** The settings as the manager gave them: a variable named like the module (pm2-facts 4.4). */
function sectionOf(env: Program['env'], name: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(env[name] ?? '{}');
    return isBag(value) ? value : {};
  } catch {
    return {}; // a variable that happens to have this name
  }
}

/** The pid in the first of these files that holds one; null: none does. */
export function resolvePidPaths(files: readonly string[]): number | null {
  for (const file of files) {
    try {
      const pid = Number(fs.readFileSync(file, 'utf8').trim());
      if (Number.isInteger(pid) && pid > 0) return pid;
    } catch { /* not there, or not ours to read: the next one */ }
  }
  return null;
}
