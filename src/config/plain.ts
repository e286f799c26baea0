import path from 'node:path';
import { bad, defaultsFrom, readDeclared, settle, type Declared, type Place } from './declare.js';
import type { Key, Settled } from './fields.js';
import type { AppSpec } from './spec.js';

// Options that go into the record as they are.
const SAME = [
  'namespace', 'instance_var', 'increment_var', 'autostart', 'autorestart', 'stop_exit_codes', 'min_uptime', 'max_restarts', 'restart_delay', 'exp_backoff_restart_delay',
  'max_memory_restart', 'watch', 'ignore_watch', 'watch_delay', 'watch_options', 'ext', 'cron_timezone', 'cron_start', 'depends_on', 'depends_timeout', 'wait_ready', 'listen_timeout', 'health_check', 'drain_timeout', 'overlap', 'kill_timeout', 'kill_signal', 'treekill', 'shutdown_with_message',
  'disable_logs', 'log_type', 'log_max_size', 'log_keep', 'log_compress', 'log_rotate_interval', 'vizion', 'automation',
] as const satisfies readonly (Key & keyof AppSpec)[];

type Made = 'listen' | 'cron_restart' | 'out_file' | 'error_file' | 'log_file' | 'pid_file' | 'log_date_format' | 'source_map_support' | 'pmx';
export type Plain = Pick<AppSpec, (typeof SAME)[number] | Made>;

/** The options that need nothing but themselves and the folder that relative paths start from. */
export function plainOf(o: Settled, cwd: string): Plain {
  const same: Record<string, unknown> = {};
  for (const key of SAME) if (o[key] !== undefined) same[key] = o[key];
  const log = o.log_file === true ? true : typeof o.log_file === 'string' ? file(o.log_file, cwd) : 'NULL';
  return {
    ...same as unknown as Pick<AppSpec, (typeof SAME)[number]>,
    ...(o.listen === undefined ? {} : { listen: o.listen.map((at) => ('path' in at ? { ...at, path: path.resolve(cwd, at.path) } : at)) }),
    ...(o.out_file === undefined ? {} : { out_file: file(o.out_file, cwd) }),
    ...(o.error_file === undefined ? {} : { error_file: file(o.error_file, cwd) }),
    ...(log === 'NULL' ? {} : { log_file: log }),
    ...(o.pid_file === undefined ? {} : { pid_file: path.resolve(cwd, o.pid_file) }),
    ...(o.cron_restart ? { cron_restart: o.cron_restart } : {}),
    log_date_format: o.log_date_format === '' && o.time ? ISO : o.log_date_format,
    source_map_support: o.source_map_support && !o.disable_source_map_support,
    pmx: o.pmx && o.automation,
  };
}

const ISO = 'YYYY-MM-DDTHH:mm:ss';
const file = (name: string, cwd: string): string => name === 'NULL' || name === '/dev/null' ? 'NULL' : path.resolve(cwd, name);

// What decides which program runs, and how many: a restart keeps it.
const FIXED: ReadonlySet<string> = new Set(['script', 'cwd', 'name_prefix', 'interpreter', 'exec_mode', 'execute_command', 'instances', 'uid', 'gid', 'env', 'filter_env', 'port']);

/** It becomes part of file names and of lines. Throws BAD_OPTION. */
export function checkLabel(place: Place, key: string, text: string): void {
  if (text.trim() === '' || /\p{Cc}/u.test(text)) bad(place, key, text, 'text on one line that is not empty');
}

/**
 * Options that a restart changes (`mgr restart api --max-memory-restart 300M`): only what was given, so that the rest of
 * the record stays. An empty `cron_restart` switches it off; the text 'null' puts an option back to its default.
 */
export function toPatch(flags: Declared, ctx: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>>; readonly strict?: boolean }): { readonly patch: Partial<AppSpec>; readonly warnings: readonly string[] } {
  const { options, warnings } = readDeclared(flags, { flags: true, ...(ctx.strict ? { strict: true } : {}) });
  const settled = settle(defaultsFrom(ctx.env), options);
  const given = new Set<string>(Object.keys(options));
  const reset = Object.entries(flags).filter(([, v]) => v === 'null').map(([key]) => key);
  for (const key of reset) given.add(key);
  if (given.has('time')) given.add('log_date_format');
  if (given.has('disable_source_map_support')) given.add('source_map_support');
  if (given.has('automation')) given.add('pmx');
  for (const key of ['name', 'namespace'] as const) if (given.has(key)) checkLabel({ flags: true }, key, settled[key] ?? '');
  const whole: Partial<AppSpec> = { ...(settled.name === undefined ? {} : { name: settled.name }), ...plainOf(settled, ctx.cwd), cron_restart: settled.cron_restart ?? '', args: settled.args, interpreter_args: settled.interpreter_args, ...(settled.merge_logs === undefined ? {} : { merge_logs: settled.merge_logs }) };
  const patch = Object.fromEntries(Object.entries(whole).filter(([key]) => given.has(key))) as Partial<AppSpec>;
  const fixed = [...given].filter((key) => FIXED.has(key)).map((key) => `\`${key}\` is left as it is by a restart: delete the app and start it again, or restart it from a config file`);
  return { patch, warnings: [...warnings, ...fixed] };
}
