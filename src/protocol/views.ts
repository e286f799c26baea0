/** Plain records that cross the socket. No class, no Date, no undefined inside arrays: JSON must give back what went in. */
import type { AppSpec } from '../config/spec.js';

/** Public words for where a process is: PM2's (pm2-facts 3.5). Made in supervisor/view.ts alone. */
export type Status = 'online' | 'stopping' | 'stopped' | 'launching' | 'errored' | 'waiting restart' | 'one-launch-status';

/** One line of `list`. */
export interface ProcessView {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  readonly version?: string;
  readonly mode: 'fork' | 'cluster';
  /** 0 when there is no process. */
  readonly pid: number;
  readonly status: Status;
  readonly restarts: number;
  readonly unstable: number;
  /** Wall-clock ms of the last start; undefined when it never ran. */
  readonly startedAt?: number;
  /** Percent of one core. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  readonly user: string;
  readonly watching: boolean;
  /** Name of the module, for an installed module. */
  readonly module?: string;
  /** Why it is where it is, when that is not plain ("16 exits in 15 s", "disk full: logs are not written"). */
  readonly note?: string;
}

/** How one run ended. */
export interface ExitRecord {
  /** Wall-clock ms. */
  readonly at: number;
  readonly pid: number;
  /** ms it ran. */
  readonly ran: number;
  /** Undefined when nobody saw it (it ended while no daemon lived). */
  readonly code?: number;
  readonly signal?: string;
  /** It did not end of its own: "the primary of its app ended". */
  readonly why?: string;
  /** What followed: "restarted", "restart in 400 ms", "stopped: asked", "gave up: 16 exits in 16 s". */
  readonly then: string;
}

export interface LogFile {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  readonly stream: 'out' | 'err' | 'all';
  readonly path: string;
  readonly type: 'raw' | 'json';
  readonly date: string;
  /** Why it is not written at present. */
  readonly trouble?: string;
}

export interface ProcessDetail extends ProcessView {
  readonly spec: AppSpec;
  readonly instance: number;
  readonly uniqueId: string;
  readonly createdAt: number;
  readonly outPath?: string;
  readonly errPath?: string;
  readonly logPath?: string;
  readonly pidPath: string;
  /** Wall-clock ms of the next `cron_restart`. */
  readonly nextRestart?: number;
  readonly nodeVersion?: string;
  readonly exits: readonly ExitRecord[];
  readonly stderrTail: readonly string[];
  /** PM2's messages from the child (pm2-facts 4). */
  readonly actions: readonly Readonly<Record<string, unknown>>[];
  readonly metrics: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What one program measures of itself, as it told it. */
export interface MetricsView { readonly id: number; readonly metrics: ProcessDetail['metrics'] }

/** What an action gave: `data` is PM2's axm:reply data, `return` what the action handed to its reply function. */
export interface ActionReply {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  /** Wall-clock ms. */
  readonly at: number;
  readonly data?: { readonly return?: unknown; readonly action_name: string; readonly [key: string]: unknown };
  /** Instead of `data`. */
  readonly error?: ErrorRecord;
}

export interface DaemonView {
  readonly version: string;
  readonly protocol: number;
  readonly pid: number;
  readonly node: string;
  readonly home: string;
  /** Wall-clock ms. */
  readonly startedAt: number;
  /** Sentences the user should see: a full disk, a state file that was set aside. */
  readonly notices: readonly string[];
}

export interface ModuleView {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly integrity?: string;
  readonly linked: boolean;
  readonly dir: string;
  /** Exactly what was fetched: the tarball's address, or the commit. */
  readonly resolved?: string;
  /** Who asked for this version. */
  readonly by?: string;
  /** When it was put in place, ms since 1970. */
  readonly at?: number;
  /** Install scripts were allowed. */
  readonly scripts?: boolean;
  /** What it declares of its permissions; undefined: nothing, it may do all that its user may. */
  readonly permissions?: string;
  /** The version before this one; it lies ready for `module.rollback`. */
  readonly former?: string;
}

/** One setting of a module, as `mgr conf` shows it. */
export interface SettingRow {
  /** Below the module, `tls:port`. */
  readonly key: string;
  readonly type: string;
  /** In force, with where it comes from. Undefined: not set. Masked when secret. */
  readonly value?: unknown;
  readonly from?: string;
  readonly default?: unknown;
  readonly unit?: string;
  readonly description?: string;
  readonly secret?: boolean;
  readonly required?: boolean;
  /** The environment variable that sets it. */
  readonly variable?: string;
  /** Set, but nothing the module declares. */
  readonly unknown?: boolean;
  /** Every source that has a value, the lowest first. */
  readonly layers: readonly { readonly from: string; readonly value: unknown }[];
}
/** What came of settings that were saved, by section. */
export interface SettingsSet {
  readonly section: string;
  /** `live`: in use by what runs. `restarted`: what runs has it after a restart. `stored`: counts from the next start. */
  readonly applied: 'restarted' | 'stored' | 'live';
  /** The module or app it is for. */
  readonly name?: string;
  /** `live`: how long it took, ms. */
  readonly ms?: number;
  /** `restarted`: pids before and after; 0: none. */
  readonly pids?: readonly (readonly [before: number, after: number])[];
  /** Why it could not be taken over while running, in the program's words. */
  readonly why?: string;
  /** Keys as given, whose values nobody shows. */
  readonly secret?: readonly string[];
  /** Sentences for who typed it. */
  readonly warnings?: readonly string[];
}

/** `typed`: the module has a schema. `schema`: JSON Schema of its section. */
export interface FormView { readonly module: string; readonly typed: boolean; readonly rows: readonly SettingRow[]; readonly schema: Readonly<Record<string, unknown>> }

/** A batch verb answers one outcome per target. */
export type Outcome<T> =
  | { readonly target: string; readonly ok: true; readonly value: T; readonly said?: string }
  | { readonly target: string; readonly ok: false; readonly error: ErrorRecord };

/** What `apply` did with an app. `changed`: another declaration, the program was not touched. */
export type Deed = 'started' | 'changed' | 'scaled' | 'restarted' | 'reloaded' | 'removed' | 'failed';
export type Applied = Outcome<ProcessView[]> & { readonly did: Deed };

export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}
