/**
 * The composition root: the only place where the rooms meet. Order is code, and each line's reason stands beside it.
 * The daemon holds nothing that a SIGKILL may take: what it must know again is in the state journal before the deed,
 * what the programs write waits in their FIFOs.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Clock, systemClock } from '../base/clock.js';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { bootId, startTime } from '../base/proc.js';
import { randomHex } from '../base/random.js';
import { showSize } from '../base/units.js';
import { VERSION } from '../base/version.js';
import type { AppSpec } from '../config/spec.js';
import { FifoPool } from '../logs/fifo-pool.js';
import { LogFiles } from '../logs/files.js';
import { DEFAULT_LIMITS } from '../logs/rotate.js';
import { PROTOCOL } from '../protocol/contract.js';
import type { DaemonView } from '../protocol/views.js';
import { Bus } from '../rpc/bus.js';
import { type RpcServer, serve } from '../rpc/server.js';
import { Settings } from '../store/settings.js';
import { settingsOf } from '../store/settings-env.js';
import { StateStore } from '../store/state.js';
import { ChannelHub } from '../supervisor/launch/channel.js';
import { spawnEnv } from '../supervisor/launch/env.js';
import { TreeLook } from '../supervisor/launch/kill.js';
import { PidFiles } from '../supervisor/pid-files.js';
import type { Ports } from '../supervisor/ports.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { Stats } from '../supervisor/stats.js';
import { type Result, Supervisor } from '../supervisor/supervisor.js';
import { MemoryGuard } from '../supervisor/triggers/memory.js';
import { pm2Record } from '../compat/record.js';
import { detailOf } from '../supervisor/view.js';
import { takeHomeBack } from './foreign.js';
import { handlers } from './handlers.js';
import { legacyCalls } from './legacy.js';
import { acquire, type Lock } from './lock.js';
import { moduleHost } from './module-host.js';
import { Modules } from './modules.js';
import { Publisher } from './publisher.js';
import { Records } from './records.js';
import { SavedApps } from './saved.js';
import { type LiveSettings, SettingsDesk } from './settings.js';
import { ModuleWatch } from './module-watch.js';

export interface DaemonOptions {
  readonly home: Home;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly node: string;
  readonly preload: string;
  /** A line for the daemon's log. */
  readonly say: (text: string) => void;
  readonly exit: (code: number) => void;
}

export class Daemon {
  readonly home: Home;
  readonly clock: Clock = systemClock;
  readonly startedAt = systemClock.wall();
  readonly supervisor: Supervisor;
  readonly channels = new ChannelHub();
  readonly files: LogFiles;
  readonly stats: Stats;
  readonly records: Records;
  readonly settings: Settings;
  readonly settingsDesk: SettingsDesk;
  readonly modules: Modules;
  readonly publisher: Publisher;
  readonly #options: DaemonOptions;
  readonly #lock: Lock;
  readonly #state: StateStore;
  readonly #saved: SavedApps;
  readonly #fifos: FifoPool;
  readonly #bus: Bus;
  readonly #memory: MemoryGuard<ManagedProcess>;
  readonly #pidFiles = new PidFiles(systemClock);
  readonly #watch: ModuleWatch;
  readonly #notices: string[] = [];
  #server: RpcServer | undefined;
  #interrupted: ManagedProcess[] = [];
  #ending = false;

  /** Takes the home, adopts what runs, answers. `heldBy`: another daemon already does. */
  static async start(options: DaemonOptions): Promise<Daemon | { heldBy: number }> {
    const { home } = options;
    makeFolders(home);
    // First the lock: everything after it may assume to be alone.
    const lock = acquire(home.lock, { pid: process.pid, start: startTime(process.pid) ?? '', boot: bootId() });
    if ('heldBy' in lock) return lock;
    await takeHomeBack(home, options.say);
    fs.writeFileSync(`${home.pidFile}.tmp`, String(process.pid), { mode: 0o600 });
    fs.renameSync(`${home.pidFile}.tmp`, home.pidFile);
    // Before the first connection: the listeners that PM2's clients probe must not answer for a daemon half up.
    const bus = await Bus.listen(home.pubSocket);
    const daemon = new Daemon(options, lock, bus);
    await daemon.#begin();
    return daemon;
  }

  private constructor(options: DaemonOptions, lock: Lock, bus: Bus) {
    const { home } = options;
    this.#options = options;
    this.#lock = lock;
    this.#bus = bus;
    this.home = home;
    this.#state = new StateStore({ state: home.state, journal: home.journal });
    this.#saved = new SavedApps(home.dump);
    this.#fifos = new FifoPool(home.run);
    this.settings = new Settings(home.moduleConf);
    this.files = new LogFiles({
      clock: this.clock,
      onTrouble: (file, reason) => options.say(`log ${file} is not written: ${reason}; the program runs on`),
      onRecovered: (file, dropped) => options.say(`log ${file} is written again; ${dropped} lines were not kept`),
    });
    this.stats = new Stats(this.clock);
    this.publisher = new Publisher({ bus, clock: this.clock, say: options.say, touch: () => this.records.touch(), changed: (p) => this.#memory.follow(p) });
    const ports: Ports = {
      clock: this.clock, home, boot: bootId(), preload: options.preload, keeper: this.#state, fifos: this.#fifos, files: this.files,
      channels: this.channels, tree: new TreeLook(), pidFiles: this.#pidFiles, listener: this.publisher,
      settingsOf: (spec) => settingsOf(this.settings, spec),
    };
    this.supervisor = new Supervisor(ports);
    this.records = new Records(this.supervisor, this.stats, this.clock, randomHex(4));
    this.#memory = new MemoryGuard<ManagedProcess>(this.clock, this.stats, (p, memory) => {
      const why = `it used ${showSize(memory)}, more than max_memory_restart (${showSize(p.spec.max_memory_restart)})`;
      options.say(`${p.spec.name} (${p.id}) is restarted: ${why}`);
      p.restart(why);
    });
    this.#watch = new ModuleWatch(this.supervisor, options.say);
    this.modules = new Modules({
      dir: home.modules, settings: this.settings, host: moduleHost(this.supervisor, this.#watch),
      ...(typeof process.getuid === 'function' ? { uid: process.getuid() } : {}), ...(typeof process.getgid === 'function' ? { gid: process.getgid() } : {}),
      notice: (text) => this.#notice(text),
    });
    this.settingsDesk = new SettingsDesk({
      settings: this.settings,
      restart: async (name) => {
        const of = [...this.supervisor.processes.values()].filter((p) => p.spec.name === name || p.spec.module === name);
        const running = of.filter((p) => p.want === 'up');
        if (running.length > 0) await this.supervisor.restart(running.map((p) => p.id));
        return running.length > 0;
      },
      onLive: () => this.#useLive(),
    });
  }

  async #begin(): Promise<void> {
    const kept = this.#state.open();
    for (const text of this.#state.notices) this.#notice(text);
    this.#fifos.sweep(new Set(kept.flatMap((r) => (r.live ? [path.join(this.home.run, r.live.out), path.join(this.home.run, r.live.err)] : []))));
    this.#useLive();
    // The children's messages before the children are adopted: they reconnect at once.
    await this.channels.listen(this.home.childSocket);
    this.channels.openDoor(this.home.door, new Set(kept.flatMap((r) => r.live?.door?.note ?? [])), (reason) => this.#notice(`programs of other users have no message channel: ${reason}`));
    this.#interrupted = this.supervisor.adopt(kept);
    this.#bus.onDemandChanged = () => this.publisher.demand(this.supervisor.processes.values());
    // Callers come last: whatever they ask now has its answer.
    this.#server = await serve(this.home.rpcSocket, { methods: handlers(this), legacy: legacyCalls(this), onBug: (e, method) => this.publisher.onBug(method, e) });
    if (this.#interrupted.length > 0) this.#notice(`${this.#interrupted.length} programs ran before the machine was restarted; \`mgr resurrect\` starts them`);
    // Nobody waits for the spare FIFOs and the modules.
    void this.#fifos.ready(16).catch((e: unknown) => this.#notice(`cannot make FIFOs in ${this.home.run}: ${reasonOf(e)}`));
    void this.modules.recover().then(() => this.modules.startAll()).then(() => this.#watch.all(), (e: unknown) => this.#notice(`modules: ${reasonOf(e)}`));
  }

  view(): DaemonView {
    const notices = [...this.#notices, ...this.files.troubles().map((t) => `log ${t.path} is not written: ${t.reason}`)];
    if (this.#state.trouble !== undefined) notices.push(`the state is not saved: ${this.#state.trouble}`);
    return { version: VERSION, protocol: PROTOCOL, pid: process.pid, node: process.version, home: this.home.dir, startedAt: this.startedAt, notices };
  }

  /** Options only root may use are refused before anything is started. */
  usable(apps: readonly AppSpec[]): readonly AppSpec[] {
    const uid = typeof process.getuid === 'function' ? process.getuid() : 0;
    for (const app of apps) {
      if (uid !== 0 && ((app.uid !== undefined && app.uid !== uid) || app.gid !== undefined)) throw new MgrError('NOT_ROOT', { option: app.uid === undefined ? 'gid' : 'uid', uid });
    }
    return apps;
  }

  /** The variables a process was or would be started with, without what is ours. */
  envOf(p: ManagedProcess): Record<string, string> {
    const { MGR_CHANNEL: _ours, ...env } = spawnEnv(p, { home: this.home.dir, now: p.startedAt ?? 0, settings: settingsOf(this.settings, p.spec), channel: '' });
    return env;
  }

  async save(force: boolean): Promise<{ count: number; file: string }> {
    const apps = [...this.supervisor.processes.values()].filter((p) => p.spec.module === undefined);
    if (apps.length === 0 && !force) throw new MgrError('NOTHING_SAVED');
    await this.#saved.write(apps.map((p) => ({ record: pm2Record(detailOf(p, { cpu: 0, memory: 0 })).pm2_env, spec: { ...p.spec, instances: 1, autostart: p.want === 'up' } })));
    return { count: apps.length, file: this.home.dump };
  }

  /** Starts what a reboot or `kill` ended, and what the saved list has and nobody else is called. */
  async resurrect(): Promise<Result[]> {
    const again = this.#interrupted.filter((p) => p.state.name === 'stopped').map((p) => p.id);
    this.#interrupted = [];
    const names = new Set([...this.supervisor.processes.values()].map((p) => p.spec.name));
    const saved = (await this.#saved.read()) ?? this.#state.ended;
    const missing = saved.filter((s) => !names.has(s.name));
    if (again.length === 0 && missing.length === 0 && names.size === 0 && saved.length === 0) throw new MgrError('NO_DUMP');
    return [...await this.supervisor.restart(again), ...await this.supervisor.start(missing, 'another')];
  }

  /** Stops everything and ends: the answer is on its way before the process is gone. */
  async kill(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.publisher.killed('pm2 has been killed by CLI');
    await this.#stopAll();
    this.#leave();
  }

  /** A signal asked for the end, apps included, as PM2's users expect of SIGTERM. */
  end(signal: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#options.say(`${signal}: stopping everything`);
    this.publisher.killed(`pm2 has been killed by SIGNAL`);
    this.#stopAll().then(() => this.#leave(), (e: unknown) => { this.#options.say(`while ending: ${reasonOf(e)}`); this.#leave(); });
  }

  /** Ends and leaves every program running: the next daemon adopts them. */
  handover(): void {
    this.#ending = true;
    this.supervisor.release();
    this.#leave();
  }

  reopenLogs(): void { this.files.reopen(); }

  async #stopAll(): Promise<void> {
    const all = [...this.supervisor.processes.values()];
    // What ran is remembered, so that `resurrect` needs no `save`; the list itself is empty afterwards, as PM2's.
    this.#state.setEnded(all.filter((p) => p.spec.module === undefined && p.want === 'up').map((p) => ({ ...p.spec, instances: 1, autostart: true })));
    await this.supervisor.stopAll();
    for (const p of all) this.#state.remove(p.id);
  }

  /** The reply of the call we are in goes out first. */
  #leave(): void {
    setImmediate(() => {
      this.#state.close();
      this.#pidFiles.flush();
      void Promise.allSettled([this.#server?.close(), this.#bus.close(), this.#watch.close()]).then(() => {
        this.channels.close();
        this.files.close();
        for (const file of [this.home.pidFile, this.home.childSocket]) fs.rmSync(file, { force: true });
        this.#lock.release();
        this.#options.exit(0);
      });
    });
  }

  #notice(text: string): void {
    this.#options.say(text);
    this.#notices.push(text);
    if (this.#notices.length > 20) this.#notices.shift();
  }

  #useLive(): void {
    const live: Partial<LiveSettings> = this.settingsDesk.live((text) => this.#options.say(text));
    this.files.setDefaults({
      maxSize: live.log_max_size ?? DEFAULT_LIMITS.maxSize, keep: live.log_keep ?? DEFAULT_LIMITS.keep, compress: live.log_compress ?? DEFAULT_LIMITS.compress,
      interval: live.log_rotate_interval ?? DEFAULT_LIMITS.interval, total: live.log_total ?? DEFAULT_LIMITS.total,
    });
  }
}

/** 0700: whoever may enter the home may run programs as its owner. */
function makeFolders(home: Home): void {
  try {
    fs.mkdirSync(home.dir, { recursive: true, mode: 0o700 });
    const { mode, uid } = fs.statSync(home.dir);
    if ((mode & 0o077) !== 0 && uid === os.userInfo().uid) fs.chmodSync(home.dir, 0o700);
    for (const dir of [home.logs, home.pids, home.modules, home.run]) fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (e) {
    throw new MgrError(errno(e) === 'EACCES' || errno(e) === 'EPERM' ? 'NO_PERMISSION' : 'DAEMON_START', { path: home.dir, reason: reasonOf(e), log: home.daemonLog }, e);
  }
}
