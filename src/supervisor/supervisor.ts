/**
 * The set of managed processes and the verbs on it. Takes specs, gives outcomes, tells a listener; knows no socket,
 * no store, no module. Every verb on many processes acts on all of them side by side and answers per target.
 */
import { MgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { Target } from '../protocol/contract.js';
import type { ProcessRecord } from '../protocol/records.js';
import { endOthers, fateOf, findByToken } from './adopt.js';
import { Dependencies, isDown } from './dependencies.js';
import { Instances } from './instances.js';
import { type Ends, Turns, together } from './order.js';
import type { Ports } from './ports.js';
import { ManagedProcess } from './process.js';
import { type Selectable, select, wholeApp } from './select.js';
import { type Reload, Rolling, restartedWords } from './rolling.js';
import { type Result, forTarget } from './result.js';
import { standing } from './standing.js';

export type IfKnown = 'restart' | 'reload' | 'refuse' | 'another';

export class Supervisor {
  readonly #ports: Ports;
  readonly #processes = new Map<number, ManagedProcess>();
  readonly #rolling = new Rolling((p) => this.#processes.get(p.id) === p);
  readonly #instances: Instances;
  readonly #needs: Dependencies;
  #ending = false;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#needs = new Dependencies(this.#processes, (ids) => this.restart(ids));
    this.#instances = new Instances(this.#processes, ports);
  }

  get processes(): ReadonlyMap<number, ManagedProcess> { return this.#processes; }

  /** Processes a target names. Throws NOT_FOUND, NOTHING_MANAGED. */
  find(target: Target): ManagedProcess[] {
    return select(target, this.#selectables()).flatMap((id) => this.#processes.get(id) ?? []);
  }

  /**
   * After a start of the daemon: living runs are adopted, dead ones judged by their policy, runs of another boot
   * left stopped (`resurrect` brings them back). Gives the processes that were up before a reboot.
   */
  adopt(records: Iterable<ProcessRecord>): ManagedProcess[] {
    const interrupted: ManagedProcess[] = [];
    const after: (() => void)[] = [];
    const starts: ManagedProcess[] = [];
    for (const record of records) {
      const p = new ManagedProcess(record, this.#ports);
      this.#processes.set(p.id, p);
      if (record.primary) this.#ports.primaries.adopt(p.id, record.spec, record.primary);
      after.unshift(...endOthers(p, record, this.#ports.boot));
      const run = record.live;
      if (!run) { if (record.want === 'up' && record.failed === undefined && record.stopped === undefined) starts.push(p); continue; }
      const fate = fateOf(run, this.#ports.boot, findByToken);
      if (fate.is === 'alive') {
        if (run.pid === undefined) this.#ports.keeper.patch(p.id, { live: fate.run });
        p.adopt(fate.run);
      } else if (fate.is === 'gone') after.push(() => p.bury(run));
      else if (fate.is === 'never') { if (record.want === 'up') starts.push(p); }
      else {
        this.#ports.keeper.patch(p.id, { live: undefined, stopped: 'the machine was restarted' });
        if (record.want === 'up') interrupted.push(p);
      }
    }
    // Only when every living run has its pipes again may a new process be spawned.
    for (const go of after) go();
    if (starts.some((p) => p.spec.depends_on !== undefined)) void this.startAgain(starts.map((p) => p.id));
    else for (const p of starts) p.start();
    return interrupted;
  }

  /**
   * Starts apps, all side by side but for `depends_on`: each when what it needs is as it wishes; whose need fails is not
   * started. One result an app. `how`: of a reload of what is known.
   */
  async start(apps: readonly AppSpec[], ifKnown: IfKnown, how: Reload = {}): Promise<Result[]> {
    this.#refuseAtEnd();
    if (apps.length === 0) return [];
    // Three FIFOs a process, made at once for all: one helper process instead of one each.
    const fifos = this.#ports.fifos.ready(3 * apps.reduce((n, a) => n + a.instances, 0));
    return Promise.all(apps.map(async (spec) => this.#needs.during(spec.name, async (issued) => {
      await fifos;
      return this.#startApp(spec, ifKnown, how, issued);
    })));
  }

  /** Who needs others is stopped before them. */
  stop(targets: readonly Target[]): Promise<Result[]> {
    return this.#inTurns(targets, 'down', (app) => together(app, (p) => this.#instances.end(p)));
  }

  /** `change`: the new declaration of each, when it changes. */
  async restart(targets: readonly Target[], change?: (spec: AppSpec) => AppSpec): Promise<Result[]> {
    this.#refuseAtEnd();
    return this.#inTurns(targets, 'up', async (app, sooner) => {
      await this.#rolling.restart(await this.#needs.before(app, sooner), async (p) => {
        if (change) p.respec(change(p.spec));
        p.restart();
        await standing(p);
        // After exit and online, as PM2's subscribers know it.
        this.#ports.listener.onProcess('restart', p, true);
      });
    });
  }

  /** Replaces each process without a gap, where that is possible, a few of an app at a time (reload.ts). */
  async reload(targets: readonly Target[], how: Reload = {}): Promise<Result[]> {
    this.#refuseAtEnd();
    // What is down is started by it, so in its turn.
    if (targets.some((t) => this.#named(t).some((p) => p.spec.depends_on !== undefined && isDown(p)))) return this.#inTurns(targets, 'up', async (app, sooner) => this.#reloadThose(app.some(isDown) ? await this.#needs.before(app, sooner) : app, how));
    return this.#all(targets, (processes) => this.#reloadThose(processes, how));
  }

  /** What is managed already, as it is declared: `restart` by another name, and told as a start. */
  async startAgain(targets: readonly Target[]): Promise<Result[]> {
    this.#refuseAtEnd();
    return this.#inTurns(targets, 'up', async (app, sooner) => {
      await together(await this.#needs.before(app, sooner), async (p) => {
        this.#ports.listener.onProcess('start', p, true);
        p.restart();
        await standing(p);
      });
    });
  }

  remove(targets: readonly Target[]): Promise<Result[]> {
    return this.#inTurns(targets, 'down', (app) => together(app, async (p) => {
      await this.#instances.end(p);
      this.#instances.forget(p);
    }));
  }

  /** As many processes of the app as wished: `by` more or less than now, or `to`. The result has all that are there then. */
  async scale(target: Target, wish: { readonly to: number } | { readonly by: number }): Promise<Result> {
    this.#refuseAtEnd();
    // Which declaration counts, and how many there are, is known at the end of a reload.
    await this.#rolling.over(this.#named(target));
    const result = await forTarget(target, (t) => wholeApp(this.find(t), this.#processes.values()), async (app) => {
      const [first] = app;
      const count = 'to' in wish ? wish.to : app.length + wish.by;
      if (!(count >= 0)) throw new MgrError('BAD_OPTION', { path: 'scale', got: 'by' in wish ? wish.by : wish.to, wanted: `to leave 0 processes or more; there are ${app.length}`, fix: `mgr scale ${first?.spec.name ?? '<app>'} 1, or mgr delete ${first?.spec.name ?? '<app>'}` });
      if (first && count > app.length) await this.#needs.met(first.spec, []);
      await this.#instances.scale(app, count);
      return undefined;
    });
    const name = result.processes[0]?.spec;
    return { ...result, processes: [...this.#processes.values()].filter((p) => p.spec.name === name?.name && p.spec.module === name.module) };
  }

  reset(targets: readonly Target[]): Promise<Result[]> { return this.#each(targets, (p) => { p.reset(); return Promise.resolve(); }); }

  signal(targets: readonly Target[], name: NodeJS.Signals): Promise<Result[]> {
    return this.#each(targets, (p) => {
      if (!p.signal(name)) throw new MgrError('NOT_RUNNING', { name: p.spec.name, status: p.state.name });
      return Promise.resolve();
    });
  }

  /** Stops every process, modules too, and forgets none. */
  async stopAll(): Promise<void> {
    this.#ending = true;
    const all = [...this.#processes.values()];
    const end = (part: readonly ManagedProcess[]): Promise<void> => together(part, (p) => this.#instances.end(p));
    await (Turns.of([all], 'down')?.run(all, end) ?? end(all)).catch(() => {}); // one that cannot be killed must not keep the rest
  }

  /** Lets go of everything and touches nothing: the next daemon adopts. */
  release(): void {
    this.#ending = true;
    for (const p of this.#processes.values()) p.release();
  }

  /** What would be started now nobody would stop, or the next daemon would not know. Throws DAEMON_ENDING. */
  #refuseAtEnd(): void { if (this.#ending) throw new MgrError('DAEMON_ENDING'); }

  async #startApp(spec: AppSpec, ifKnown: IfKnown, how: Reload, issued: () => void): Promise<Result> {
    let processes: ManagedProcess[] = [];
    const known = [...this.#processes.values()].filter((p) => p.spec.name === spec.name && p.spec.module === spec.module);
    try {
      if (known.length > 0 && ifKnown === 'refuse' && known.some((p) => p.spec.exec_path === spec.exec_path && p.want === 'up' && p.state.name !== 'failed')) {
        throw new MgrError('ALREADY_RUNNING', { name: spec.name, script: spec.script });
      }
      if (ifKnown === 'reload' && known.some((p) => p.pid > 0)) return await this.#reloadApp(known, spec, how);
      const same = ifKnown === 'another' ? [] : known.filter((p) => ifKnown === 'restart' || ifKnown === 'reload' || p.spec.exec_path === spec.exec_path);
      const runs = spec.autostart || same.length > 0;
      const waits = runs && spec.depends_on !== undefined;
      // Whoever has to wait is in the list meanwhile, and wanted up: a daemon that follows this one starts it in its turn.
      if (same.length === 0) processes = this.#instances.create(spec, spec.instances, waits ? 'up' : 'down', how.ids?.get(spec));
      const made = processes;
      for (const p of made) this.#ports.listener.onProcess('start', p, true);
      // Some are stopped or deleted while they wait.
      const off = waits ? await this.#needs.met(spec, [...made, ...same.filter(isDown)]) : [];
      processes = (same.length > 0 ? this.#instances.renew(same.filter((p) => this.#processes.get(p.id) === p), spec) : made).filter((p) => !off.includes(p));
      for (const p of processes) if (!made.includes(p)) this.#ports.listener.onProcess('start', p, true);
      // What serves already goes on serving: one half after the other.
      const done = runs ? this.#rolling.restart(processes, (p) => { p.restart(); return standing(p); }) : undefined;
      issued();
      await done;
      return { target: spec.name, processes };
    } catch (error) {
      return { target: spec.name, processes, error };
    }
  }

  /** The known processes are reloaded; when that went well, instances come and go to the new number. */
  async #reloadApp(known: readonly ManagedProcess[], spec: AppSpec, how: Reload): Promise<Result> {
    const said = await this.#reloadThose(known.toSorted((a, b) => a.instance - b.instance).slice(0, spec.instances), { ...how, change: () => spec });
    const processes = this.#instances.renew(known, spec);
    const fresh = processes.filter((p) => !known.includes(p));
    for (const p of fresh) { this.#ports.listener.onProcess('start', p, true); p.start(); }
    const words = said === undefined ? {} : { said };
    return together(fresh, standing).then(() => ({ target: spec.name, processes, ...words }), (error: unknown) => ({ target: spec.name, processes, error, ...words }));
  }

  async #reloadThose(processes: readonly ManagedProcess[], how: Reload): Promise<string | undefined> {
    const restarted = await this.#rolling.reload(processes, how);
    for (const p of processes) this.#ports.listener.onProcess('reload', p, true);
    return restarted.length === 0 ? undefined : restartedWords(restarted);
  }

  #each(targets: readonly Target[], act: (p: ManagedProcess) => Promise<void>): Promise<Result[]> { return this.#all(targets, async (processes) => { await together(processes, act); return undefined; }); }

  /** App by app, in the order of `depends_on`. */
  #inTurns(targets: readonly Target[], way: 'up' | 'down', act: (app: readonly ManagedProcess[], sooner: Ends) => Promise<string | undefined | void>): Promise<Result[]> {
    const turns = Turns.of(targets.map((t) => this.#named(t)), way);
    return this.#all(targets, async (processes) => {
      const said = new Set<string>();
      const one = async (app: readonly ManagedProcess[], sooner: Ends): Promise<void> => { const words = await act(app, sooner); if (words !== undefined) said.add(words); };
      await (turns ? turns.run(processes, one) : one(processes, new Map()));
      return said.size === 0 ? undefined : [...said].join('; ');
    });
  }

  #named(target: Target): ManagedProcess[] {
    try { return this.find(target); } catch { return []; } // the verb itself tells that there is none
  }

  #all(targets: readonly Target[], act: (processes: ManagedProcess[]) => Promise<string | undefined>): Promise<Result[]> {
    return Promise.all(targets.map((target) => forTarget(target, (t) => this.find(t), act)));
  }

  *#selectables(): Generator<Selectable> {
    for (const { id, spec: { name, namespace, exec_path, module } } of this.#processes.values()) yield { id, name, namespace, exec_path, ...(module === undefined ? {} : { module }) };
  }
}
