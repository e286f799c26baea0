/** Types of the JavaScript API: PM2's shapes (pm2-facts 6). */
import type { Declared } from '../config/declare.js';

/** Node's way: `err` is null when all went well, `result` is only there then. */
export type Callback<T> = (err: Error | null, result: T) => void;

/** With a callback: calls it later. Without: a promise. */
export interface Verb<A extends unknown[], T> {
  (...args: [...A, Callback<T>]): void;
  (...args: A): Promise<T>;
}

/** A name, an id, a namespace, /regex/ as a string, or `all`. */
export type ProcessTarget = string | number;

/** Options of an app as in a config file (`name`, `args`, `env`, `max_restarts`, …), in snake_case or camelCase. */
export type StartOptions = Declared;

export interface ProcessDescription {
  readonly name: string;
  /** 0 or undefined when there is no process. */
  readonly pid?: number;
  /** Number of the process in the manager. */
  readonly pm_id: number;
  /** Bytes, and percent of one core. */
  readonly monit?: { readonly memory: number; readonly cpu: number };
  readonly pm2_env: Pm2Env;
}

export interface Pm2Env {
  readonly pm_id: number;
  readonly name: string;
  readonly namespace: string;
  readonly status: 'online' | 'stopping' | 'stopped' | 'launching' | 'errored' | 'waiting restart' | 'one-launch-status';
  /** Wall-clock ms of the last start. */
  readonly pm_uptime: number;
  readonly created_at: number;
  readonly restart_time: number;
  readonly unstable_restarts: number;
  readonly pm_exec_path: string;
  readonly pm_cwd: string;
  readonly pm_out_log_path?: string;
  readonly pm_err_log_path?: string;
  readonly exec_interpreter: string;
  readonly exec_mode: 'fork_mode' | 'cluster_mode';
  readonly instances: number;
  readonly env: Readonly<Record<string, string>>;
  /** Every other attribute, and each variable of the environment. */
  readonly [key: string]: unknown;
}

/** PM2's names for the same. */
export type Proc = ProcessSummary;
export interface Monit { readonly memory?: number; readonly cpu?: number }
export type ErrCallback = (err: Error | null) => void;
export type ErrProcCallback = Callback<ProcessSummary[]>;
export type ErrProcDescCallback = Callback<ProcessDescription[]>;
export type ErrResultCallback = Callback<unknown>;

/** What start, stop, restart, reload and delete give per process. */
export interface ProcessSummary extends ProcessDescription {
  readonly process: { readonly pid: number };
  readonly namespace: string;
  readonly status: string;
  readonly restart_time: number;
}

export interface ConnectInfo {
  readonly daemon_mode: boolean;
  /** A daemon was started for this. */
  readonly new_pm2_instance: boolean;
  readonly rpc_socket_file: string;
  readonly pub_socket_file: string;
  readonly pm2_home: string;
}

/** For `sendDataToProcessId`: delivered as it is to the program's `process.on('message')`. */
export interface Packet {
  readonly id?: number | string;
  readonly type?: string;
  readonly topic: boolean | string;
  readonly data: unknown;
  readonly [key: string]: unknown;
}

export interface Success { readonly success: true }

/** What `sendLineToStdin` has written. */
export interface LineSent { readonly pm_id: number | string; readonly line: string }

/** An action's answer, as it is on the bus. */
export interface ActionPacket {
  readonly at: number;
  readonly data: { readonly return?: unknown; readonly action_name: string; readonly [key: string]: unknown };
  readonly process: { readonly pm_id: number; readonly name: string; readonly namespace: string; readonly rev: null };
}

export interface InstallOptions {
  /** Watch the start (3 s, or so long) and go back to the former version when it fails. */
  readonly safe?: boolean | number | string;
  /** Run install scripts of the module and its dependencies. Default false. */
  readonly allowScripts?: boolean;
  /** PM2's; a tarball is known by its name here. */
  readonly tarball?: boolean;
  readonly [key: string]: unknown;
}
