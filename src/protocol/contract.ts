/**
 * What may be said between a client and the daemon: the one contract. The server's handlers `satisfies` the map,
 * the client's `call` is typed by it, so a missing or an extra handler does not compile.
 */
import type { EnvRow } from '../config/explain.js';
import type { Plan, PlanWish } from '../config/plan.js';
import type { AppSpec } from '../config/spec.js';
import type { ActionReply, Applied, DaemonView, FormView, LogFile, MetricsView, ModuleView, Outcome, ProcessDetail, ProcessView, SettingsSet } from './views.js';

/** Raised when an old client could misread an answer. Additions do not raise it. */
export const PROTOCOL = 1;

/** `all`, a name, an id, a namespace or /regex/ (pm2-facts 1.2). */
export type Target = string | number;

interface Method<P, R> { readonly params: P; readonly result: R }

export interface Methods {
  'hello': Method<{ version: string; protocol: number }, DaemonView>;

  /**
   * Starts apps. Known by name: restarted with the new spec (a config file), reloaded (`parallel`, `force`: as in
   * process.reload) or refused (`ifKnown: 'refuse'`).
   * Instances are spread by the daemon. Answers when each is online or has failed.
   */
  'process.start': Method<{ apps: readonly AppSpec[]; ifKnown: 'restart' | 'reload' | 'refuse' | 'another'; parallel?: number; force?: boolean }, Outcome<ProcessView[]>[]>;
  'process.stop': Method<{ targets: readonly Target[] }, Outcome<ProcessView[]>[]>;
  /** `env`: variables laid over what was inherited (--update-env). `patch`: option changes (checked by the client). */
  'process.restart': Method<{ targets: readonly Target[]; env?: Readonly<Record<string, string>>; patch?: Partial<AppSpec> }, Outcome<ProcessView[]>[]>;
  /** What `process.apply` would do; nothing is touched. Throws BAD_USAGE when two apps have one name. */
  'process.plan': Method<{ apps: readonly AppSpec[]; wish: PlanWish }, Plan>;
  /** Makes the apps be as declared; one outcome for each that was not. */
  'process.apply': Method<{ apps: readonly AppSpec[]; wish: PlanWish }, { plan: Plan; done: Applied[] }>;
  /**
   * Replaces each process without a gap where that is possible (cluster mode, `listen`), else restarts it and says so.
   * `parallel`: processes of an app at once, default 2. `force`: a reload under way is given up for this one.
   */
  'process.reload': Method<{ targets: readonly Target[]; parallel?: number; force?: boolean; env?: Readonly<Record<string, string>>; patch?: Partial<AppSpec> }, Outcome<ProcessView[]>[]>;
  'process.delete': Method<{ targets: readonly Target[] }, Outcome<ProcessView[]>[]>;
  /** As many processes of one app as `to`, or `by` more (less: below 0). The highest ids go. The answer: all of it. */
  'process.scale': Method<{ target: Target } & ({ to: number } | { by: number }), Outcome<ProcessView[]>[]>;
  'process.reset': Method<{ targets: readonly Target[] }, Outcome<ProcessView[]>[]>;
  'process.signal': Method<{ targets: readonly Target[]; signal: string }, Outcome<ProcessView[]>[]>;
  /** Sends one message to a child's process.on('message'). */
  'process.send': Method<{ id: number; message: unknown }, { delivered: true }>;
  /**
   * Runs an action (tx2, @pm2/io) in every online process of the targets that has it, and waits for their answers.
   * One outcome a target: NOT_FOUND, NO_ACTION (nobody there has it), else one reply a process, in which one that does
   * not answer within `deadline` ms (10 s) or ends is an `error` (NO_REPLY).
   */
  /** `watch`: parts of a scoped action are told as they come, by the event `part` that bears this word. */
  'process.trigger': Method<{ targets: readonly Target[]; action: string; params?: unknown; deadline?: number; watch?: string }, Outcome<ActionReply[]>[]>;
  /** Writes to a program's standard input, as it is: the newline is the caller's. Fails with NOT_RUNNING, NO_STDIN. */
  'process.stdin': Method<{ id: number; line: string }, { delivered: true }>;
  'process.list': Method<Record<string, never>, { processes: ProcessView[]; daemon: DaemonView }>;
  /** Variables that look like secrets are masked in this and the next two, unless `secrets`. */
  'process.describe': Method<{ target: Target; secrets?: boolean }, ProcessDetail[]>;
  /** Custom metrics of those that have some. No targets: of all, modules too. */
  'process.metrics': Method<{ targets?: readonly Target[] }, MetricsView[]>;
  /**
   * PM2's records (jlist) as JSON text, ready to print. `have`: the tag of the text the client still holds;
   * when nothing changed since, `text` is absent and the client re-uses its own.
   */
  'process.jlist': Method<{ have?: string; secrets?: boolean }, { tag: string; text?: string }>;
  /** References stay references (`{secret file:…}`): their values are known to nobody but the program. */
  'process.env': Method<{ id: number; secrets?: boolean }, Readonly<Record<string, string>>>;
  /** Where each variable comes from. */
  'process.explain': Method<{ id: number; secrets?: boolean }, EnvRow[]>;

  'logs.files': Method<{ targets: readonly Target[] }, LogFile[]>;
  /** Empties log files. No target: all, and the daemon's own. */
  'logs.flush': Method<{ targets: readonly Target[] }, { files: string[] }>;
  'logs.reopen': Method<Record<string, never>, Record<string, never>>;

  /** `restart: false`: no program is restarted for it; who takes settings while running must answer. */
  'settings.set': Method<{ entries: readonly (readonly [key: string, value: string])[]; restart?: false }, SettingsSet[]>;
  /** Undefined key: everything. */
  'settings.get': Method<{ key?: string; secrets?: boolean }, { found: boolean; value?: unknown }>;
  /** What an installed module declares of its settings, and what is in force; undefined: no such module. Fails with MODULE_BAD. */
  'settings.form': Method<{ module: string; secrets?: boolean }, FormView | undefined>;
  /** `live`: the programs of `name` took it over while running. Fails with BAD_OPTION for what is required. */
  'settings.unset': Method<{ key: string }, { removed: boolean; applied?: 'live' | 'stored'; name?: string }>;

  /** Takes what was written into module_conf.json by hand, as it is done by itself a moment after the edit: what came of it. */
  'settings.reread': Method<Record<string, never>, { said: string[] }>;

  'module.list': Method<Record<string, never>, ModuleView[]>;
  /**
   * The installer's last step: swap the staged folder in by rename, start, watch until online (and `safeMs` more),
   * else swap back. Answers when it is up; fails with MODULE_START and the former version running.
   */
  'module.activate': Method<{ module: ModuleView; staged: string; apps: readonly AppSpec[]; defaults: Readonly<Record<string, unknown>>; safeMs: number }, ProcessView[]>;
  /** Changes places with the former version; the settings stay. Fails with NO_FORMER, and with MODULE_START as module.activate does. */
  'module.rollback': Method<{ name: string; safeMs: number }, { module: ModuleView; processes: ProcessView[] }>;
  'module.uninstall': Method<{ names: readonly string[] }, Outcome<{ name: string }>[]>;

  'daemon.save': Method<{ force: boolean; secrets?: boolean }, { count: number; file: string }>;
  /** Writes an empty list for `resurrect`; what stood there stays as `.bak`. */
  'daemon.clearDump': Method<Record<string, never>, { file: string }>;
  'daemon.resurrect': Method<Record<string, never>, Outcome<ProcessView[]>[]>;
  /** From now on the daemon lives only as long as this connection: when it ends, everything is stopped, as by `daemon.kill`. */
  'daemon.tether': Method<Record<string, never>, Record<string, never>>;
  /** Stops everything and ends the daemon. */
  'daemon.kill': Method<Record<string, never>, { stopped: number }>;
  /** Ends the daemon and leaves every program running: the next daemon adopts them. */
  'daemon.handover': Method<Record<string, never>, { pid: number }>;
}

export type MethodName = keyof Methods;
export type Params<M extends MethodName> = Methods[M]['params'];
export type Result<M extends MethodName> = Methods[M]['result'];

/** What a client may subscribe to. */
export interface Events {
  /** Whole lines of one program, each ended by a newline, as they stand in the file. */
  'log': { id: number; name: string; namespace: string; module?: string; stream: 'out' | 'err'; at: number; data: string };
  'process': { event: 'start' | 'online' | 'exit' | 'stop' | 'restart' | 'restart overlimit' | 'reload' | 'delete'; id: number; name: string; namespace: string; module?: string; at: number; manually: boolean };
  /** A part of the answer of a scoped action that somebody triggered with `watch`. */
  'part': { id: number; name: string; namespace: string; module?: string; watch: string; part: unknown };
}
export type EventName = keyof Events;

/** What a subscriber asks for; server-side, so that nobody is sent what he does not read. */
export interface Subscription {
  readonly events: readonly EventName[];
  /** Process ids. None of these four given: everything, modules included; else what any of them names. */
  readonly ids?: readonly number[];
  /** Also processes that come later, as the two below. */
  readonly names?: readonly string[];
  /** As everywhere, modules are in none. */
  readonly namespaces?: readonly string[];
  /** Sources of regular expressions, for names. */
  readonly patterns?: readonly string[];
}
