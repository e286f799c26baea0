/**
 * What an app is, whole and checked: every option has its value, every path is absolute.
 * Option names are the ones people write (snake_case, as in an ecosystem file); the table is fields.ts.
 * Made once at the door (validate.ts); inside nothing is checked again.
 */
import type { Right } from './permissions.js';

/** Where an app's variables come from, each layer removable. At the spawn the later layer wins. */
export interface AppEnv {
  /** The environment of the command that started it, after `filter_env`. */
  readonly inherited: Readonly<Record<string, string>>;
  /** `env` of the file, with `env_<name>` over it when that name was chosen; flags last. */
  readonly declared: Readonly<Record<string, string>>;
  /** Declared too, but kept by reference: name -> `file:<absolute path>` or `cmd:<command>` (config/secrets.ts). Resolved at each spawn. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where a declared variable comes from, when that is not `env`: `env_production`, `port`, `python`, `deploy.<name>.env`. */
  readonly from?: Readonly<Record<string, string>>;
  /** Names of `declared` that were written as numbers or switches: PM2's records show them so. Programs get text. */
  readonly typed?: readonly string[];
  /** Declared values that a later one covers, for `mgr env --explain`. */
  readonly covered?: readonly CoveredVar[];
  /** Names that `filter_env` kept out. */
  readonly filtered?: readonly string[];
}

/** It has a value, or a secret's reference. */
export interface CoveredVar { readonly name: string; readonly from: string; readonly value?: string; readonly secret?: string }

/** What a module that declares its permissions is held to (permissions.ts). */
export interface Guard {
  readonly rights: readonly Right[];
  /** It is started under Node's permission model: what it reads and writes, absolute, and the version of the Node that runs it. */
  readonly sandbox?: { readonly read: readonly string[]; readonly write: readonly string[]; readonly node: string };
}

/** A socket that is held for an app: a port, or a path with the permissions of its file. */
export type ListenAt = { readonly port: number; readonly host?: string } | { readonly path: string; readonly mode?: number };

/** What is waited for of an app that another one needs. */
export type Condition = 'started' | 'ready' | 'healthy' | 'completed';
/** Name of an app -> what is waited for. */
export type DependsOn = Readonly<Record<string, Condition>>;

/** Of the file watcher; ms. */
export interface WatchOptions {
  readonly usePolling?: boolean;
  readonly interval?: number;
  readonly binaryInterval?: number;
  readonly followSymlinks?: boolean;
  readonly depth?: number;
  readonly awaitWriteFinish?: boolean | { readonly stabilityThreshold?: number; readonly pollInterval?: number };
  readonly ignored?: readonly string[];
}

/** How an app is asked whether it is well. Exactly one of `http`, `tcp`, `exec`. */
export interface HealthCheck {
  /** A whole URL; healthy: 200 to 399. */
  readonly http?: string;
  /** `host:port`; healthy: it accepts. */
  readonly tcp?: string;
  /** A shell line in the app's folder and with its variables; healthy: exit code 0. */
  readonly exec?: string;
  /** ms between two checks. */
  readonly interval: number;
  /** ms one check may take. */
  readonly timeout: number;
  /** Failures in a row after which it is restarted. */
  readonly retries: number;
  /** ms after a start in which failures do not count, and within which it must be healthy once if that is longer than listen_timeout. */
  readonly start_period: number;
}

export interface AppSpec {
  readonly name: string;
  readonly namespace: string;
  /** As written. */
  readonly script: string;
  /** What is run: an absolute path; for a shell line the shell's path. */
  readonly exec_path: string;
  readonly cwd: string;
  readonly args: readonly string[];
  /** Absolute path or `none`: run exec_path itself. */
  readonly interpreter: string;
  readonly interpreter_args: readonly string[];
  readonly exec_mode: 'fork' | 'cluster';
  readonly instances: number;
  /** Never empty. */
  readonly listen?: readonly ListenAt[];
  readonly env: AppEnv;
  /** Name of the chosen env_<name>, if any. */
  readonly env_name?: string;
  readonly filter_env: boolean | readonly string[];
  /** The config file it was started from, absolute: `plan` and `apply` know by it what was removed from the file. */
  readonly origin?: string;
  /** Version in the nearest package.json. */
  readonly version?: string;
  /** Name of the user who runs the command, for the table. */
  readonly username: string;
  /** Set for installed modules: the module's name. */
  readonly module?: string;
  /** Undefined: it may do all that its user may. */
  readonly guard?: Guard;

  readonly autostart: boolean;
  readonly autorestart: boolean;
  readonly stop_exit_codes: readonly number[];
  /** ms */
  readonly min_uptime: number;
  readonly max_restarts: number;
  /** ms */
  readonly restart_delay: number;
  /** ms, 0 = off */
  readonly exp_backoff_restart_delay: number;
  /** bytes, 0 = off */
  readonly max_memory_restart: number;
  /** ms */
  readonly kill_timeout: number;
  readonly kill_signal: NodeJS.Signals;
  readonly treekill: boolean;
  readonly shutdown_with_message: boolean;
  readonly wait_ready: boolean;
  readonly health_check?: HealthCheck;
  /** ms a replaced run may take to finish its connections. Undefined: 10 s. */
  readonly drain_timeout?: number;
  /** May a reload run two at once? Undefined: in cluster mode and with `listen`. */
  readonly overlap?: boolean;
  /** ms */
  readonly listen_timeout: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Home folder of `uid`, when uid is set. */
  readonly user_home?: string;

  /** Absolute path, or 'NULL' for none. Undefined: `<logs>/<name>-out.log`. */
  readonly out_file?: string;
  readonly error_file?: string;
  /** Combined file; undefined = none, true = `<logs>/<name>.log`. */
  readonly log_file?: string | true;
  readonly pid_file?: string;
  readonly merge_logs: boolean;
  readonly disable_logs: boolean;
  readonly log_type: 'raw' | 'json';
  /** dayjs format; empty = no date. */
  readonly log_date_format: string;
  /** bytes, 0 = never by size. Undefined: the setting mgr:log_max_size. */
  readonly log_max_size?: number;
  /** Rotated files kept per log file. Undefined: mgr:log_keep. */
  readonly log_keep?: number;
  readonly log_compress?: boolean;
  /** ms between rotations by time, 0 = never. Undefined: mgr:log_rotate_interval. */
  readonly log_rotate_interval?: number;

  readonly instance_var: string;
  readonly increment_var?: string;
  /** true: the working directory; a list: these paths, relative to it. */
  readonly watch: boolean | readonly string[];
  readonly ignore_watch: readonly string[];
  /** ms */
  readonly watch_delay: number;
  readonly watch_options?: WatchOptions;
  /** Only files with these extensions, without the dots. */
  readonly ext?: readonly string[];
  readonly cron_restart?: string;
  /** Undefined: the machine's. */
  readonly cron_timezone?: string;
  /** Also when it was stopped. */
  readonly cron_start?: boolean;
  readonly depends_on?: DependsOn;
  /** ms. Undefined: 5 minutes. */
  readonly depends_timeout?: number;
  readonly vizion: boolean;
  readonly automation: boolean;
  readonly pmx: boolean;
  readonly source_map_support: boolean;
  /** Other declared keys that mean nothing yet but belong to the record (post_update, io, …). */
  readonly extra: Readonly<Record<string, unknown>>;
}
