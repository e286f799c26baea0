import fs from 'node:fs';
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { differentContent } from '../base/content.js';
import { MgrError, isMgrError, reasonOf } from '../base/errors.js';
import { checkName, moduleDir } from '../base/module-name.js';
import { nearest } from '../base/nearest.js';
import type { AppSpec } from '../config/spec.js';
import type { Params } from '../protocol/contract.js';
import type { ModuleView, Outcome, ProcessView } from '../protocol/views.js';
import { toRecord } from '../protocol/wire.js';
import { readJson, writeJson } from '../store/json-file.js';
import { ModuleRegistry } from '../store/modules.js';
import type { Settings } from '../store/settings.js';
import { beginSwap, formerDir, recoverSwaps, removeModule, type Swap } from './module-swap.js';

/** What modules need from the supervisor. */
export interface ModuleHost {
  /** Does it hold processes of this module, in whatever state? */
  has(module: string): boolean;
  /** Is one of them online? */
  isUp(module: string): boolean;
  /** Starts them; answers when all are online and stayed so for `ms`. Rejects with the reason; they stay as they are (errored). */
  startAndWatch(specs: readonly AppSpec[], ms: number): Promise<ProcessView[]>;
  /** Stops and forgets all processes of the module; nothing to do is fine. */
  remove(module: string): Promise<void>;
}

export interface ModulesOptions {
  /** `<home>/modules` */
  readonly dir: string;
  readonly settings: Settings;
  readonly host: ModuleHost;
  readonly uid?: number;
  readonly gid?: number;
  /** A sentence for the daemon's log and the user: a module that did not come up, a file set aside. */
  readonly notice: (text: string) => void;
}

/** What lies in each module's folder beside its node_modules: the folder and what to start from it are switched as one. */
interface Installed { readonly module: ModuleView; readonly apps: readonly AppSpec[] }

interface Switch {
  readonly before: Installed | undefined;
  readonly staged: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly safeMs: number;
  /** The version that goes is not to become the former one. */
  readonly dropOld: boolean;
}

const NOTE = '.mgr.json';

/** The installed modules: activation, removal, and their start with the daemon. Changes of one module come one after the other. */
export class Modules {
  readonly #options: ModulesOptions;
  readonly #registry: ModuleRegistry;
  readonly #queues = new Map<string, Promise<unknown>>();
  /** Rolled back by `recover`: whatever runs under these names may be of the version that is gone. */
  readonly #stale = new Set<string>();

  constructor(options: ModulesOptions) {
    this.#options = options;
    this.#registry = new ModuleRegistry(options.settings);
  }

  list(): ModuleView[] {
    return this.#registry.list().map(({ uid: _uid, gid: _gid, name, version, source, ...rest }) => ({
      name, version: version ?? '?', source: source ?? name, ...rest, dir: moduleDir(this.#options.dir, name),
    }));
  }

  /**
   * Switches a staged module in. It fails (MODULE_START) when it does not come online or does not stay so for `safeMs`:
   * then the version before runs again (`restored`). Without one, `safeMs` 0 keeps it installed and errored (`kept`),
   * for a look; else nothing is left.
   */
  activate(request: Params<'module.activate'>): Promise<ProcessView[]> {
    const name = checkName(request.module.name);
    const staging = path.join(this.#options.dir, '.staging');
    // The installer knows the folder by where links in the home's path lead.
    if (![staging, real(staging)].includes(path.dirname(request.staged))) throw new MgrError('MODULE_BAD', { spec: name, reason: `${request.staged} is not below ${staging}` });
    return this.#inTurn(name, () => this.#activate(name, request));
  }

  /** Ends a switch that a killed daemon left half-way. Before `startAll`; touches no process. */
  async recover(): Promise<void> {
    for (const { name, now } of await recoverSwaps(this.#options.dir, this.#options.notice)) {
      if (now === 'new') {
        const found = await this.#read(name);
        if (found !== undefined) await this.#record(found.module);
      } else this.#stale.add(name);
      this.#options.notice(now === 'none' ? `the installation of ${name} was interrupted: nothing was installed` : `the update of ${name} was interrupted: the ${now} version is in place`);
    }
  }

  /** Starts what is installed and not there yet (adopted or restored ones are). Never rejects: a module that fails is a notice. */
  async startAll(): Promise<void> {
    const { host, notice } = this.#options;
    const installed = this.#registry.list().map((m) => m.name);
    await Promise.all([...new Set([...installed, ...this.#stale])].map((name) => this.#inTurn(name, async () => {
      if (this.#stale.delete(name)) await host.remove(name);
      if (host.has(name) || !installed.includes(name)) return;
      const found = await this.#read(name);
      if (found === undefined) notice(`module ${name} cannot be started: its folder is not one of mgr's; mgr install ${name} makes it so`);
      else await host.startAndWatch(found.apps, 0);
    }).catch((e: unknown) => { notice(`module ${name} did not start: ${reasonOf(e)}`); })));
  }

  /** Stops, forgets and removes; the settings stay. `all`: every module. */
  async uninstall(names: readonly string[]): Promise<Outcome<{ name: string }>[]> {
    const installed = this.#registry.list().map((m) => m.name);
    const wanted = names.includes('all') ? installed : names;
    return Promise.all(wanted.map((name) => this.#inTurn(name, async () => {
      if (this.#registry.get(name) === undefined) throw this.#unknown(name);
      await this.#options.host.remove(name);
      await this.#registry.remove(name);
      await removeModule(this.#options.dir, checkName(name));
      return { name };
    }).then((value) => ({ target: name, ok: true as const, value }), (e: unknown) => ({ target: name, ok: false as const, error: toRecord(e) }))));
  }

  async #activate(name: string, { module, staged, apps, defaults, safeMs }: Params<'module.activate'>): Promise<ProcessView[]> {
    const { dir } = this.#options;
    this.#checkSettings();
    const before = this.#registry.get(name) === undefined ? undefined : await this.#read(name);
    // The same once more does not push the one before it out.
    const same = before?.module.version === module.version && before.module.linked === module.linked && !differentContent(before.module, module);
    const former = same ? before.module.former : before?.module.version;
    const { former: _theirs, ...facts } = module;
    const next: Installed = { module: { ...facts, dir: moduleDir(dir, name), at: systemClock.wall(), ...(former !== undefined && { former }) }, apps };
    await writeJson(path.join(staged, NOTE), next, { backup: false });
    return this.#switch(next, { before, staged, defaults, safeMs, dropOld: same });
  }

  /** Back to the version before; done twice, it is forward again. */
  rollback({ name, safeMs }: Params<'module.rollback'>): Promise<{ module: ModuleView; processes: ProcessView[] }> {
    return this.#inTurn(checkName(name), async () => {
      const { dir } = this.#options;
      if (this.#registry.get(name) === undefined) throw this.#unknown(name);
      this.#checkSettings();
      const staged = formerDir(dir, name);
      const [before, found] = [await this.#read(name), await this.#read(name, staged)];
      if (found === undefined) throw new MgrError('NO_FORMER', { name });
      const next: Installed = { ...found, module: { ...found.module, at: systemClock.wall(), ...(before !== undefined && { former: before.module.version }) } };
      await writeJson(path.join(staged, NOTE), next, { backup: false });
      return { module: next.module, processes: await this.#switch(next, { before, staged, defaults: {}, safeMs, dropOld: false }) };
    });
  }

  #checkSettings(): void {
    const fault = this.#options.settings.fault();
    // It could not be recorded: better to know before anything stops.
    if (fault !== undefined) throw fault;
  }

  #unknown(name: string): MgrError {
    const near = nearest(name, this.#registry.list().map((m) => m.name));
    return new MgrError('MODULE_NOT_FOUND', { name, ...(near === undefined ? {} : { near }) });
  }

  async #switch(next: Installed, { before, staged, defaults, safeMs, dropOld }: Switch): Promise<ProcessView[]> {
    const { dir, settings, host } = this.#options;
    const { module, apps } = next;
    const { name } = module;
    const added = await settings.mergeDefaults(name, defaults);
    const wasUp = host.isUp(name);
    let swap: Swap | undefined;
    try {
      swap = await beginSwap(dir, name, staged, dropOld);
      await host.remove(name);
      await swap.in();
      const views = await host.startAndWatch(apps, safeMs);
      // An update must not end what worked: what the new version waits for is set first.
      const waits = wasUp ? views.find((v) => v.status === 'stopped' && v.note !== undefined) : undefined;
      if (waits !== undefined) throw new MgrError('START_FAILED', { name, reason: waits.note });
      await this.#keep(swap, next);
      return views;
    } catch (e) {
      const failed = { name, version: module.version, reason: failure(e) };
      if (swap !== undefined && before === undefined && safeMs === 0 && isMgrError(e) && host.has(name)) {
        await this.#keep(swap, next);
        throw new MgrError('MODULE_START', { ...failed, kept: true }, e);
      }
      await host.remove(name);
      await swap?.back();
      await this.#dropDefaults(name, added);
      const again = before === undefined ? {} : await this.#again(before);
      throw new MgrError('MODULE_START', { ...failed, ...again }, e);
    }
  }

  async #keep(swap: Swap, { module }: Installed): Promise<void> {
    await swap.keep();
    await this.#record(module);
    await swap.end();
  }

  async #again({ module, apps }: Installed): Promise<{ restored: string } | { hint: string }> {
    try {
      await this.#options.host.startAndWatch(apps, 0);
      return { restored: `${module.name} ${module.version}` };
    } catch (e) {
      return { hint: `${module.name} ${module.version} is back in place, but does not start either: ${failure(e)}` };
    }
  }

  #record(module: ModuleView): Promise<void> {
    const { uid, gid } = this.#options;
    return this.#registry.put(module, { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) });
  }

  async #dropDefaults(name: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#options.settings.update((document) => {
      const section = Object.entries(this.#options.settings.section(name)).filter(([key]) => !keys.includes(key));
      if (section.length === 0) delete document[name];
      else document[name] = Object.fromEntries(section);
    });
  }

  async #read(name: string, folder = moduleDir(this.#options.dir, name)): Promise<Installed | undefined> {
    const read = await readJson(path.join(folder, NOTE), isInstalled);
    if (read.notice !== undefined) this.#options.notice(read.notice);
    return isInstalled(read.value) ? read.value : undefined;
  }

  #inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(name) ?? Promise.resolve()).then(act);
    // The next one waits for the end, good or bad; the caller hears of the error.
    const end = done.then(() => undefined, () => undefined).then(() => { if (this.#queues.get(name) === end) this.#queues.delete(name); });
    this.#queues.set(name, end);
    return done;
  }
}

function real(dir: string): string {
  try { return fs.realpathSync(dir); } catch { return dir; /* not there: then nothing is staged in it */ }
}

function failure(e: unknown): string {
  return isMgrError(e) && typeof e.data['reason'] === 'string' ? e.data['reason'] : reasonOf(e);
}

function isInstalled(value: unknown): value is Installed {
  return typeof value === 'object' && value !== null && 'module' in value && typeof value.module === 'object' && 'apps' in value && Array.isArray(value.apps);
}
