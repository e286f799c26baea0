import { health } from './health.js';
import { listen } from './listen.js';
import * as k from './kinds.js';
import type { Kind } from './kinds.js';
import * as t from './trigger-kinds.js';

/**
 * THE table: one row per option of an app. From it come the type, the validation (declare.ts), the flags of `mgr start`,
 * the table in the README and the JSON Schema (options.ts). To add an option, add a row here and its place in spec.ts.
 */
export interface Field {
  readonly kind: Kind<unknown>;
  /** Other spellings. camelCase of the key and of each alias is understood as well. */
  readonly aliases?: readonly string[];
  readonly def?: unknown;
  /** Commander's syntax, PM2's letters. */
  readonly flags?: readonly string[];
  /** Default from the environment: MGR_<env>, then PM2_<env>. */
  readonly env?: string;
  readonly unit?: 'ms' | 'bytes';
  readonly doc: string;
  /** PM2's; means nothing here, kept for the record. */
  readonly inert?: true;
}

export const FIELDS = {
  // What runs
  script: { kind: k.text, aliases: ['exec', 'cmd', 'command'], doc: 'file, command in PATH, or shell line in one text' },
  name: { kind: k.text, flags: ['-n, --name <name>'], doc: 'name; default: the file name of the script' },
  name_prefix: { kind: k.text, doc: 'put before the name as `prefix:name`' },
  namespace: { kind: k.text, def: 'default', flags: ['--namespace <namespace>'], doc: 'group that commands can name' },
  cwd: { kind: k.path, flags: ['--cwd <path>'], doc: 'working directory; relative paths start there' },
  args: { kind: k.words, def: [], aliases: ['script_args'], doc: 'arguments of the script' },
  interpreter: { kind: k.text, aliases: ['exec_interpreter'], flags: ['--interpreter <interpreter>'], doc: 'program that runs the script; `none` runs it itself; default: by extension, else by its first line' },
  interpreter_args: { kind: k.words, def: [], aliases: ['node_args'], flags: ['--interpreter-args <arguments>', '--node-args <arguments>'], doc: 'arguments of the interpreter' },
  exec_mode: { kind: k.choice('fork', 'cluster', 'fork_mode', 'cluster_mode'), doc: 'cluster shares ports between Node processes; default: cluster when `instances` is given' },
  execute_command: { kind: k.onOff, def: false, flags: ['-x, --execute-command'], doc: 'always fork mode' },
  instances: { kind: k.instances, flags: ['-i, --instances <number>'], doc: 'how many; 0 or `max`: one per core; -1: one per core less one' },
  listen: { kind: listen, flags: ['--listen <sockets>'], doc: 'sockets held open for the app over restarts: a port, host:port or path, `{port, host}`, `{path, mode}`, or a list; given as LISTEN_FDS; a Node program just listens on them' },
  instance_var: { kind: k.text, def: 'NODE_APP_INSTANCE', env: 'PROCESS_INSTANCE_VAR', doc: 'variable that holds the number of the instance' },
  increment_var: { kind: k.text, doc: 'variable that is one higher in each instance' },
  // Environment
  env: { kind: k.vars, doc: 'variables; `env_<name>` lies over it with `--env <name>`; a value `{secret: "file:…"}` or `{secret: "cmd:…"}` is looked up at each start' },
  filter_env: { kind: k.filter, def: false, flags: ['--filter-env [name]'], doc: 'variables not inherited: true all, a text that one, a list those whose name contains an item' },
  append_env_to_name: { kind: k.onOff, def: false, doc: 'name becomes `name-<env>` with `--env`' },
  port: { kind: k.text, doc: 'sets PORT' },
  uid: { kind: k.user, aliases: ['user'], flags: ['-u, --user <user>', '--uid <user>'], doc: 'user it runs as (root only)' },
  gid: { kind: k.user, aliases: ['group'], flags: ['--gid <group>'], doc: 'group it runs as (root only); default: of the user' },
  // Restarts
  autostart: { kind: k.onOff, def: true, flags: ['--no-autostart'], doc: 'false: registered as stopped' },
  autorestart: { kind: k.onOff, def: true, flags: ['--no-autorestart'], doc: 'start again after an exit' },
  stop_exit_codes: { kind: k.codes, def: [], flags: ['--stop-exit-codes <codes...>'], doc: 'exit codes after which it stays stopped' },
  min_uptime: { kind: k.span, def: 1000, unit: 'ms', flags: ['--min-uptime <ms>'], doc: 'a shorter run counts as unstable' },
  max_restarts: { kind: k.count, def: 16, flags: ['--max-restarts [number]'], doc: 'unstable runs in a row before it is given up' },
  restart_delay: { kind: k.span, def: 0, unit: 'ms', flags: ['--restart-delay <ms>'], doc: 'wait before a restart' },
  exp_backoff_restart_delay: { kind: k.span, def: 0, unit: 'ms', flags: ['--exp-backoff-restart-delay <ms>'], doc: 'first wait, growing by half each time up to 15 s; 0 = off' },
  max_memory_restart: { kind: k.size, def: 0, unit: 'bytes', flags: ['--max-memory-restart <size>'], doc: 'restart when it and all it has started hold more memory; 0 = off' },
  cron_restart: { kind: k.cron, aliases: ['cron'], flags: ['-c, --cron <pattern>', '--cron-restart <pattern>'], doc: 'restart at these times, what ended by itself too; 0 = off' },
  cron_timezone: { kind: t.timezone, flags: ['--cron-timezone <zone>'], doc: 'time zone of `cron_restart`; default: the machine\'s' },
  cron_start: { kind: k.onOff, flags: ['--cron-start'], doc: '`cron_restart` starts the app also when it was stopped' },
  watch: { kind: k.switchOrList, def: false, flags: ['--watch [path]'], doc: 'restart when files change: true the working directory, or a list of paths' },
  ignore_watch: { kind: k.words, def: ['.*', 'node_modules'], flags: ['--ignore-watch <list>'], doc: 'names, paths or patterns that are not watched; `node_modules` and `.git` never are' },
  watch_delay: { kind: k.span, def: 0, unit: 'ms', flags: ['--watch-delay <seconds>'], doc: 'quiet after a change before the restart, at least 250 ms (the flag takes seconds, or `4000ms`)' },
  watch_options: { kind: t.watchOptions, doc: 'of the file watcher: `usePolling`, `interval`, `followSymlinks`, `depth`, `awaitWriteFinish`, `ignored`' },
  ext: { kind: t.extensions, flags: ['--ext <extensions>'], doc: 'watch only files with these extensions' },
  // Start and stop
  depends_on: { kind: t.dependsOn, doc: 'apps that come first, each with what is waited for: `started`, `ready` (also of a plain list), `healthy`, `completed` (ended with exit code 0); stopped in reverse order' },
  depends_timeout: { kind: k.span, unit: 'ms', doc: 'longest wait for one of them; default: 5 minutes' },
  wait_ready: { kind: k.onOff, def: false, flags: ['--wait-ready'], doc: 'online only after process.send(\'ready\')' },
  listen_timeout: { kind: k.span, def: 3000, unit: 'ms', env: 'GRACEFUL_LISTEN_TIMEOUT', flags: ['--listen-timeout <ms>'], doc: 'longest wait for ready or listening' },
  health_check: { kind: health, flags: ['--health-check <check>'], doc: 'asks the app whether it is well: `http`, `tcp` or `exec`, with interval (10 s), timeout (3 s), retries (3), start_period; online and reloaded only when healthy, restarted when it fails' },
  drain_timeout: { kind: k.span, def: 10_000, unit: 'ms', flags: ['--drain-timeout <ms>'], doc: 'time for a replaced process to finish its connections' },
  overlap: { kind: k.onOff, doc: 'a reload runs the new process beside the old one until it is ready; default: in cluster mode and with `listen`' },
  kill_timeout: { kind: k.span, def: 1600, unit: 'ms', env: 'KILL_TIMEOUT', flags: ['-k, --kill-timeout <ms>'], doc: 'from the signal to SIGKILL' },
  kill_signal: { kind: k.signal, def: 'SIGINT', env: 'KILL_SIGNAL', flags: ['--kill-signal <signal>'], doc: 'first signal of a stop' },
  treekill: { kind: k.onOff, def: true, flags: ['--no-treekill'], doc: 'stop the children as well' },
  shutdown_with_message: { kind: k.onOff, def: false, env: 'KILL_USE_MESSAGE', flags: ['--shutdown-with-message'], doc: 'stop with process.send(\'shutdown\') instead of a signal' },
  // Logs
  out_file: { kind: k.path, aliases: ['out', 'output', 'out_log'], flags: ['-o, --output <path>'], doc: 'file of stdout; `NULL` for none' },
  error_file: { kind: k.path, aliases: ['error', 'err', 'err_file', 'err_log'], flags: ['-e, --error <path>'], doc: 'file of stderr; `NULL` for none' },
  log_file: { kind: k.pathOrSwitch, aliases: ['log'], flags: ['-l, --log [path]'], doc: 'one more file with both; true: `<name>.log` in the logs folder' },
  pid_file: { kind: k.path, aliases: ['pid'], flags: ['-p, --pid <path>'], doc: 'file that holds the pid' },
  merge_logs: { kind: k.onOff, aliases: ['combine_logs'], flags: ['--merge-logs'], doc: 'no `-<id>` in the names of log files; default: true for one process in fork mode' },
  disable_logs: { kind: k.onOff, def: false, flags: ['--disable-logs'], doc: 'write no log files' },
  log_type: { kind: k.choice('raw', 'json'), def: 'raw', flags: ['--log-type <type>'], doc: 'json: one object per line' },
  log_date_format: { kind: k.format, def: '', flags: ['--log-date-format <format>'], doc: 'date before each line, in the tokens of dayjs' },
  time: { kind: k.onOff, def: false, flags: ['--time'], doc: 'the same as log_date_format `YYYY-MM-DDTHH:mm:ss`' },
  log_max_size: { kind: k.size, unit: 'bytes', flags: ['--log-max-size <size>'], doc: 'rotate a larger file; 0 = never; default: the setting mgr:log_max_size' },
  log_keep: { kind: k.count, flags: ['--log-keep <number>'], doc: 'rotated files that are kept; default: mgr:log_keep' },
  log_compress: { kind: k.onOff, flags: ['--log-compress'], doc: 'gzip rotated files; default: mgr:log_compress' },
  log_rotate_interval: { kind: k.span, unit: 'ms', flags: ['--log-rotate-interval <span>'], doc: 'rotate after this time; 0 = never; default: mgr:log_rotate_interval' },
  // Node
  source_map_support: { kind: k.onOff, def: true, flags: ['--source-map-support'], doc: 'stack traces in the source language' },
  disable_source_map_support: { kind: k.onOff, def: false, flags: ['--disable-source-map-support'], doc: 'the opposite' },
  vizion: { kind: k.onOff, def: true, flags: ['--no-vizion'], doc: 'read the git facts of the folder' },
  automation: { kind: k.onOff, def: true, flags: ['--no-automation'], doc: 'false turns pmx off' },
  pmx: { kind: k.onOff, def: true, flags: ['--no-pmx'], doc: 'take metrics and actions from the program' },
  // PM2's, without a meaning here
  post_update: { kind: k.anything, inert: true, doc: 'commands after `pull`' },
  io: { kind: k.anything, inert: true, doc: 'settings of PM2\'s agent' },
  trace: { kind: k.anything, flags: ['--trace'], inert: true, doc: 'PM2 Plus' },
  disable_trace: { kind: k.anything, flags: ['--disable-trace'], inert: true, doc: 'PM2 Plus' },
  v8: { kind: k.anything, flags: ['--v8'], inert: true, doc: 'PM2 Plus' },
  event_loop_inspector: { kind: k.anything, flags: ['--event-loop-inspector'], inert: true, doc: 'PM2 Plus' },
  deep_monitoring: { kind: k.anything, flags: ['--deep-monitoring'], inert: true, doc: 'PM2 Plus' },
  kill_retry_time: { kind: k.anything, inert: true, doc: 'ends are seen as events, nothing is polled' },
  windowsHide: { kind: k.anything, inert: true, doc: 'Windows only' },
  username: { kind: k.anything, inert: true, doc: 'computed' },
  force: { kind: k.anything, inert: true, doc: 'a matter of the command: `--force`' },
  write: { kind: k.anything, inert: true, doc: 'internal to PM2' },
  install_url: { kind: k.anything, inert: true, doc: 'internal to PM2' },
} as const satisfies Readonly<Record<string, Field>>;

type Table = typeof FIELDS;
export type Key = keyof Table;
type ValueOf<K extends Key> = Table[K]['kind'] extends Kind<infer T> ? T : never;

/** What was given, read and checked; absent = not given. */
export type Options = { readonly [K in Key]?: ValueOf<K> };

/** With the defaults in: only what has none may be absent. */
export type Settled = { readonly [K in Key as Table[K] extends { def: unknown } ? K : never]: ValueOf<K> } & Options;

export const KEYS = Object.keys(FIELDS) as readonly Key[];
export const fieldOf = (key: Key): Field => FIELDS[key];

/** `max_restarts` -> `maxRestarts`. */
export const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** Every way to write one option, the key first. */
export function spellings(key: Key): string[] {
  const names = [key, ...(fieldOf(key).aliases ?? [])];
  return [...new Set([...names, ...names.map(camel)])];
}
