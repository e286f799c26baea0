import { maskDeep, maskValue } from './secrets-mask.js';
import type { AppEnv, AppSpec } from './spec.js';

/** One option that differs. Undefined: not set. Values as they may be shown. */
export interface KeyChange {
  readonly key: string;
  readonly from?: unknown;
  readonly to?: unknown;
  /** The running program keeps the old value: it has to be replaced. */
  readonly restart: boolean;
}

/** One variable that differs, in what the program gets. `{secret …}` stands for a reference, `***` for what looks like a secret. */
export interface VarChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
  /** Removed from the file, but the shell that started the app set it too: that value counts from now on. */
  readonly inherited?: true;
}

/** Options that are ours alone: the supervisor goes by the new value at once, the program never hears of it. */
const LIVE: ReadonlySet<string> = new Set([
  'script', 'origin', 'env_name', 'autostart', 'autorestart', 'stop_exit_codes', 'min_uptime', 'max_restarts', 'restart_delay', 'exp_backoff_restart_delay',
  'max_memory_restart', 'kill_timeout', 'kill_signal', 'treekill', 'shutdown_with_message', 'wait_ready', 'listen_timeout', 'drain_timeout', 'overlap',
  'log_max_size', 'log_keep', 'log_compress', 'log_rotate_interval', 'log_type', 'log_date_format', 'disable_logs',
  'watch', 'ignore_watch', 'watch_delay', 'watch_options', 'ext', 'cron_restart', 'cron_timezone', 'cron_start', 'depends_on', 'depends_timeout', 'vizion', 'extra',
] satisfies (keyof AppSpec)[]);

/** Compared elsewhere: variables by their effect, instances by their number. */
const ELSEWHERE: ReadonlySet<string> = new Set(['env', 'instances', 'username', 'user_home', 'module', 'guard']);

/** The options that differ, in the order of the record. */
export function keyChanges(old: AppSpec, next: AppSpec, show: boolean): KeyChange[] {
  const shown = (key: string, value: unknown): unknown => (show ? value : maskDeep(value, key));
  const changes: KeyChange[] = [];
  for (const key of new Set([...Object.keys(next), ...Object.keys(old)]) as Set<keyof AppSpec>) {
    if (ELSEWHERE.has(key) || same(old[key], next[key])) continue;
    changes.push({ key, ...(old[key] === undefined ? {} : { from: shown(key, old[key]) }), ...(next[key] === undefined ? {} : { to: shown(key, next[key]) }), restart: !LIVE.has(key) });
  }
  return changes;
}

/** The variables that differ. What every shell sets anew is no change. */
export function varChanges(old: AppEnv, next: AppEnv, show: boolean): VarChange[] {
  const [before, after] = [effective(old), effective(next)];
  const changes: VarChange[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [before[name], after[name]];
    if (from === to || (RESTLESS.has(name) && next.declared[name] === undefined && old.declared[name] === undefined)) continue;
    const shown = (value: string): string => (value.startsWith(REF) ? `{secret ${value.slice(1)}}` : show ? value : maskValue(name, value));
    const fell = to !== undefined && next.declared[name] === undefined && next.secrets?.[name] === undefined;
    changes.push({ name, ...(from === undefined ? {} : { from: shown(from) }), ...(to === undefined ? {} : { to: shown(to) }), ...(fell && from !== undefined && declares(old, name) ? { inherited: true as const } : {}) });
  }
  return changes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The record of the variables differs, though the program would not see it. */
export function sameRecord(old: AppEnv, next: AppEnv): boolean {
  const { inherited: _a, ...a } = old;
  const { inherited: _b, ...b } = next;
  return same(a, b);
}

/**
 * A short mark of all that a program gets from its declaration: the same mark, the same program. Kept with each run, so
 * that a program which a restart never reached is known to run by an older declaration.
 */
export function markOf(spec: AppSpec): string {
  let mark = MARKS.get(spec);
  if (mark === undefined) {
    const told = Object.entries(spec).filter(([key]) => !LIVE.has(key) && (key === 'env' || !ELSEWHERE.has(key))).map(([key, value]) => [key, key === 'env' ? effective(spec.env) : value]);
    MARKS.set(spec, mark = hash(stable(Object.fromEntries(told))));
  }
  return mark;
}

// A declaration is a value: what changes is another one. Each run of it asks for its mark.
const MARKS = new WeakMap<AppSpec, string>();

const RESTLESS: ReadonlySet<string> = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD']);
/** No variable can hold a NUL, so a value cannot be taken for a reference. */
const REF = '\0';

function effective(env: AppEnv): Readonly<Record<string, string>> {
  return { ...env.inherited, ...env.declared, ...Object.fromEntries(Object.entries(env.secrets ?? {}).map(([name, ref]) => [name, REF + ref])) };
}

const declares = (env: AppEnv, name: string): boolean => Object.hasOwn(env.declared, name) || Object.hasOwn(env.secrets ?? {}, name);

/** Plain records, whatever the order of their keys. */
function same(a: unknown, b: unknown): boolean {
  return a === b || stable(a) === stable(b);
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'object' && v !== null && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v)) ?? '';
}

/** FNV-1a, twice 32 bits: to tell apart, not to protect. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b ^ c, 0x85ebca6b);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}
