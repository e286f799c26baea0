import path from 'node:path';
import type { Declared } from './declare.js';

/** What PM2 calls `pm2_env`: attributes and environment in one bag. */
export type Pm2Bag = Readonly<Record<string, unknown>>;

/** One process of PM2 (an entry of its dump, a `prepare` of its clients) as a declaration and the environment it inherits. */
export interface FromPm2 {
  readonly declared: Declared;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** It was stopped when it was written down: known, not started. */
  readonly stopped: boolean;
  /** An installed module's process. */
  readonly module: boolean;
}

// The flat environment lies in the same bag, so only these names are attributes: `user` or `log` may be variables.
const SAME = [
  'name', 'namespace', 'args', 'node_args', 'exec_interpreter', 'exec_mode', 'instances', 'instance_var', 'increment_var', 'autostart', 'autorestart', 'stop_exit_codes',
  'min_uptime', 'max_restarts', 'restart_delay', 'exp_backoff_restart_delay', 'max_memory_restart', 'cron_restart', 'watch', 'ignore_watch', 'watch_delay', 'watch_options',
  'kill_timeout', 'treekill', 'shutdown_with_message', 'wait_ready', 'listen_timeout', 'merge_logs', 'disable_logs', 'log_type', 'log_date_format', 'vizion', 'automation', 'pmx',
  'source_map_support', 'disable_source_map_support', 'uid', 'gid', 'post_update', 'io',
] as const;

/** Undefined: it names no script. `home`: folders whose default file names need not be declared. */
export function fromPm2Record(bag: Pm2Bag, home: { readonly logs: string; readonly pids: string }): FromPm2 | undefined {
  const script = bag['pm_exec_path'];
  if (typeof script !== 'string' || script === '') return undefined;
  const cwd = text(bag['pm_cwd']) ?? path.dirname(script);
  const declared: Record<string, unknown> = { script, cwd };
  for (const key of SAME) if (bag[key] !== undefined && bag[key] !== null && bag[key] !== '') declared[key] = bag[key];
  const name = text(bag['name']) ?? path.parse(script).name;
  declared['name'] = name;
  // A record that has been started has the process's number in its file names; a new one is put in again.
  const merged = bag['merge_logs'] === true;
  const started = typeof bag['status'] === 'string';
  const file = (key: string, dir: string, ending: string, numbered: boolean): string | undefined => {
    const given = text(bag[key]);
    if (given === undefined) return undefined;
    const bare = started && numbered ? given.replace(/-\d+(\.[^./]*)?$/, '$1') : given;
    return bare === path.join(dir, `${fileName(name)}${ending}`) ? undefined : bare;
  };
  put(declared, 'out_file', file('pm_out_log_path', home.logs, '-out.log', !merged));
  put(declared, 'error_file', file('pm_err_log_path', home.logs, '-error.log', !merged));
  put(declared, 'log_file', file('pm_log_path', home.logs, '.log', !merged));
  put(declared, 'pid_file', file('pm_pid_path', home.pids, '.pid', true));
  return { declared, env: variablesOf(bag['env'], name), cwd, stopped: bag['status'] === 'stopped', module: bag['pmx_module'] === true };
}

// Marks of the client, and PM2's settings of the app (ours are put in at the spawn).
const NOT_OF_THE_APP = new Set(['PM2_USAGE', 'PM2_JSON_PROCESSING', 'PM2_INTERACTOR_PROCESSING', 'PM2_PROGRAMMATIC', 'PM2_SILENT', 'unique_id', 'updateEnv', 'current_conf']);

/** Variables of a PM2 record: texts, and what PM2 makes texts of. `name`: the app's. */
export function variablesOf(env: unknown, name: string): Record<string, string> {
  if (typeof env !== 'object' || env === null) return {};
  const kept: [string, string][] = [];
  for (const [key, value] of Object.entries(env)) {
    if (key === '' || key === name || key.includes('=') || NOT_OF_THE_APP.has(key)) continue;
    if (typeof value === 'string') kept.push([key, value]);
    else if (typeof value === 'number' || typeof value === 'boolean') kept.push([key, String(value)]);
    else if (typeof value === 'object' && value !== null) kept.push([key, JSON.stringify(value)]);
  }
  return Object.fromEntries(kept);
}

function put(into: Record<string, unknown>, key: string, value: unknown): void {
  if (value !== undefined) into[key] = value;
}

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);
const fileName = (name: string): string => name.replace(/[^A-Za-z0-9.\-\\]/g, '-');
