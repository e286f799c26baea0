/**
 * The composition root: the only place where the rooms meet. Order is code, and each line's reason stands beside it.
 * The daemon holds nothing that a SIGKILL may take: what it must know again is in the state journal before the deed,
 * what the programs write waits in their FIFOs.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type Clock, systemClock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { bootId, startTime } from '../base/proc.js';
import { randomHex } from '../base/random.js';
import { VERSION } from '../base/version.js';
import { daemonLogTopic } from '../compat/bus.js';
import { FifoPool } from '../logs/fifo-pool.js';
import { LogFiles } from '../logs/files.js';
import { PROTOCOL } from '../protocol/contract.js';
import { runsOf } from '../protocol/records.js';
import type { DaemonView } from '../protocol/views.js';
import { Bus } from '../rpc/bus.js';
import { type Legacy, type RpcServer, type ServeOptions, serve } from '../rpc/server.js';
import { Settings } from '../store/settings.js';
import { settingsOf } from '../store/settings-env.js';
import { StateStore } from '../store/state.js';
import { fifosOf } from '../supervisor/launch/birth.js';
import { ChannelHub } from '../supervisor/launch/channel.js';
import { TreeLook } from '../supervisor/launch/kill.js';
import { Primaries } from '../supervisor/launch/primary.js';
import { PidFiles } from '../supervisor/pid-files.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Ports } from '../supervisor/ports.js';
import { Stats } from '../supervisor/stats.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { Actions } from './actions.js';
import type { Applying } from './applying.js';
import { Ending } from './ending.js';
import { makeFolders } from './folders.js';
import { takeHomeBack } from './foreign.js';
import { living } from './fresh.js';
import { handlers } from './handlers.js';
import { Edits } from './edits.js';
import { Forms } from './forms.js';
import { HotSettings } from './hot-settings.js';
import { LazyDoors } from './lazy-doors.js';
import { acquire, type Lock } from './lock.js';
import { moduleHost } from './module-host.js';
import { ModuleWatch } from './module-watch.js';
import { Modules } from './modules.js';
import { Publisher, type Tap } from './publisher.js';
import { Records } from './records.js';
import { Revival } from './revival.js';
import { SavedApps } from './saved.js';
import { type LiveSettings, SettingsDesk, limitsOf } from './settings.js';
import { Triggers } from './triggers.js';

export interface DaemonOptions {
  readonly home: Home;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly node: string;
  readonly preload: string;
  /** A line for the daemon's log. */
  readonly say: (text: string) => void;
  readonly exit: (code: number) => void;
  /** Told all news directly, in the process the daemon is in. */
  readonly tap?: Tap;
  /** Programs of former sessions that do not live any more are forgotten instead of judged. */
  readonly fresh?: boolean;
  /** Exit status after a handover; see Ending. */
  readonly handoverStatus?: number;
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
  readonly forms: Forms;
  readonly settingsDesk: SettingsDesk;
  readonly modules: Modules;
  readonly publisher: Publisher;
  readonly actions: Actions;
  readonly revival: Revival;
  readonly ending: Ending;
  readonly #options: DaemonOptions;
  readonly #lock: Lock;
  readonly #state: StateStore;
  readonly #fifos: FifoPool;
  readonly #bus: Bus;
  readonly #triggers: Triggers;
  readonly #primaries: Primaries;
  readonly #pidFiles = new PidFiles(systemClock);
  readonly #watch: ModuleWatch;
  readonly hot: HotSettings;
  readonly #edits: Edits;
  readonly #answers: ServeOptions;
  readonly #doors = new LazyDoors(() => ({ home: this.home, bus: this.#bus, say: this.#options.say, ...this.#answers }));
  #applying: Promise<Applying> | undefined;
  #legacy: Promise<Legacy> | undefined;
  readonly #notices: string[] = [];
  #server: RpcServer | undefined;

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
    const say = (text: string): void => {
      options.say(text);
      const { topic, payload } = daemonLogTopic(systemClock.wall(), text);
      bus.publishPm2(topic, payload);
    };
    const daemon = new Daemon({ ...options, say }, lock, bus);
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
    this.#fifos = new FifoPool(home.run);
    this.settings = new Settings(home.moduleConf);
    this.forms = new Forms(home.modules);
    this.files = new LogFiles({
      clock: this.clock,
      onTrouble: (file, reason) => options.say(`log ${file} is not written: ${reason}; the program runs on`),
      onRecovered: (file, dropped) => options.say(`log ${file} is written again; ${dropped} lines were not kept`),
    });
    this.stats = new Stats(this.clock);
    this.publisher = new Publisher({ ...(options.tap && { tap: options.tap }), bus, clock: this.clock, say: options.say, reveal: () => this.records.reveal, touch: () => this.records.touch(), changed: (p) => this.#triggers.follow(p), replied: (p, topic, data) => this.actions.replied(p, topic, data), heard: (p, message) => this.hot.heard(p, message) });
    this.#primaries = new Primaries({
      clock: this.clock, home, boot: bootId(), channels: this.channels, node: options.node, program: path.join(path.dirname(options.preload), 'primary.cjs'),
    });
    const lacking = this.forms.lackingWith(this.settings);
    const ports: Ports = {
      clock: this.clock, home, boot: bootId(), preload: options.preload, keeper: this.#state, fifos: this.#fifos, files: this.files,
      channels: this.channels, primaries: this.#primaries, tree: new TreeLook(), pidFiles: this.#pidFiles, listener: this.publisher,
      settingsOf: (spec) => settingsOf(this.settings, spec), lacking,
    };
    this.supervisor = new Supervisor(ports);
    this.records = new Records(this.supervisor, this.stats, this.clock, randomHex(4));
    this.hot = new HotSettings({
      supervisor: this.supervisor, channels: this.channels, lacking, clock: this.clock, firstVersion: this.clock.wall(), schema: (module, schema) => { if (this.forms.told(module, schema)) void this.#edits.recheck(module); },
    });
    this.actions = new Actions({ supervisor: this.supervisor, channels: this.channels, clock: this.clock, part: (part) => bus.publish('part', part) });
    this.#triggers = new Triggers({ clock: this.clock, stats: this.stats, tree: ports.tree, supervisor: this.supervisor, home: home.dir, say: options.say, state: this.#state });
    this.#watch = new ModuleWatch(this.supervisor, options.say);
    this.modules = new Modules({
      dir: home.modules, settings: this.settings, host: moduleHost(this.supervisor, this.#watch, { before: (module) => this.#edits.recheck(module), lacking, doors: this.#doors }),
      ...(typeof process.getuid === 'function' ? { uid: process.getuid() } : {}), ...(typeof process.getgid === 'function' ? { gid: process.getgid() } : {}),
      notice: (text) => this.#notice(text),
    });
    const using = { settings: this.settings, forms: this.forms, ...this.hot.tools() };
    this.settingsDesk = new SettingsDesk({ ...using, recheck: (name) => this.#edits.recheck(name), reread: () => this.#edits.reread(), onLive: () => this.#useLive() });
    this.#edits = new Edits({ ...using, file: home.moduleConf, desk: this.settingsDesk, live: () => this.#useLive(), say: options.say });
    this.revival = new Revival(this.supervisor, this.#state, new SavedApps(home.dump, { execPath: options.node, version: process.versions.node, logs: home.logs, pids: home.pids }, (text) => this.#notice(text)));
    this.ending = new Ending({
      supervisor: this.supervisor, publisher: this.publisher, say: options.say, exit: options.exit, ...(options.handoverStatus !== undefined && { handoverStatus: options.handoverStatus }),
      remember: () => this.revival.remember(), forget: (id) => this.#state.remove(id), close: () => this.#close(),
    });
    this.#answers = { methods: handlers(this), legacy: async (body, reply) => (await this.#calls())(body, reply), onBug: (e, method) => this.publisher.onBug(method, e) };
  }

  async #begin(): Promise<void> {
    const all = this.#state.open();
    const kept = this.#options.fresh === true ? living(all, (id) => this.#state.remove(id)) : all;
    for (const text of this.#state.notices) this.#notice(text);
    this.#fifos.sweep(new Set(kept.flatMap((r) => runsOf(r).flatMap((run) => fifosOf(run, this.home)))));
    this.#useLive();
    // The children's messages before the children are adopted: they reconnect at once.
    await this.channels.listen(this.home.childSocket);
    this.channels.openDoor(this.home.door, new Set(kept.flatMap((r) => runsOf(r).flatMap((run) => run.door?.note ?? []))), (reason) => this.#notice(`programs of other users have no message channel: ${reason}`));
    const interrupted = this.supervisor.adopt(kept);
    // Of an adopted process there is no news that would tell the triggers of it.
    for (const p of this.supervisor.processes.values()) this.#triggers.follow(p, !interrupted.includes(p));
    this.revival.interrupted(interrupted);
    this.#bus.onDemandChanged = () => this.publisher.demand(this.supervisor.processes.values());
    // Callers come last: whatever they ask now has its answer.
    this.#server = await serve(this.home.rpcSocket, this.#answers);
    await this.#doors.adopt([...this.supervisor.processes.values()]).catch((e: unknown) => this.#notice(`modules: ${reasonOf(e)}`));
    if (interrupted.length > 0) this.#notice(`${interrupted.length} programs ran before the machine was restarted; \`mgr resurrect\` starts them`);
    // Nobody waits for the spare FIFOs and the modules.
    void this.#fifos.ready(24).catch((e: unknown) => this.#notice(`cannot make FIFOs in ${this.home.run}: ${reasonOf(e)}`));
    void this.modules.recover().then(() => this.#edits.start(this.modules.list().map((m) => m.name))).then(() => this.modules.startAll()).then(() => this.#watch.all()).catch((e: unknown) => this.#notice(`modules: ${reasonOf(e)}`));
  }

  view(): DaemonView {
    const notices = [...this.#notices, ...this.#edits.notices(), ...this.files.troubles().map((t) => `log ${t.path} is not written: ${t.reason}`)];
    if (this.#state.trouble !== undefined) notices.push(`the state is not saved: ${this.#state.trouble}`);
    return { version: VERSION, protocol: PROTOCOL, pid: process.pid, node: process.version, home: this.home.dir, startedAt: this.startedAt, notices };
  }

  /** A process was given another declaration without a restart. */
  redeclared(p: ManagedProcess): void {
    this.records.touch();
    this.#triggers.follow(p);
  }

  reopenLogs(): void { this.files.reopen(); }

  /** Plans and carries out config files. A piece of the program that most daemons never need, as are PM2's calls. */
  applying(): Promise<Applying> {
    return this.#applying ??= import('./applying.js').then((m) => new m.Applying(this.supervisor, (p) => this.redeclared(p)));
  }

  #calls(): Promise<Legacy> {
    return this.#legacy ??= import('./legacy.js').then((m) => m.legacyCalls(this));
  }

  /** What the daemon holds, in the order in which nobody misses it. */
  async #close(): Promise<void> {
    this.#state.close();
    this.#pidFiles.flush();
    this.#edits.close();
    await Promise.allSettled([this.#server?.close(), this.#doors.close(), this.#bus.close(), this.#watch.close(), this.#triggers.close()]);
    this.#primaries.close();
    this.channels.close();
    this.files.close();
    for (const file of [this.home.pidFile, this.home.childSocket]) fs.rmSync(file, { force: true });
    this.#lock.release();
  }

  #notice(text: string): void {
    this.#options.say(text);
    this.#notices.push(text);
    if (this.#notices.length > 20) this.#notices.shift();
  }

  #useLive(): void {
    const live: Partial<LiveSettings> = this.settingsDesk.live((text) => this.#options.say(text));
    this.records.reveal = live.mask_secrets === false;
    this.records.touch();
    this.files.setDefaults(limitsOf(live));
  }
}
