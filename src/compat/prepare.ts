/** PM2's records of apps -> our declarations. Loaded when a PM2 client starts something: reading declarations is no part of a boot. */
import { type Pm2Bag, fromPm2Record, variablesOf } from '../config/pm2-record.js';
import { toPatch } from '../config/plain.js';
import { unmaskEnv } from '../config/secrets-mask.js';
import type { AppEnv, AppSpec } from '../config/spec.js';
import { systemCtx } from '../config/system.js';
import { toSpecs } from '../config/validate.js';

/** Where the records are made use of. */
export interface Place {
  /** Node that runs apps for which PM2 says `node`, and its version without `v`. */
  readonly execPath: string;
  readonly version: string;
  readonly logs: string;
  readonly pids: string;
}

/** The checked declaration of a `prepare`, or of an entry of dump.pm2. Throws SCRIPT_NOT_FOUND, BAD_OPTION and their kin. */
export function specOf(record: Pm2Bag, place: Place): AppSpec {
  const from = fromPm2Record(record, place);
  const ctx = systemCtx({ cwd: from?.cwd ?? '/', env: from?.env ?? {}, execPath: place.execPath, version: place.version });
  // Without a script the check says what is missing.
  const [spec] = toSpecs(from?.declared ?? {}, ctx).specs;
  if (!spec) throw new Error('one declaration gave no app');
  return { ...spec, env: withOurs(spec.env, record['mgr']), ...(from?.stopped ? { autostart: false } : {}), ...(from?.module ? { module: spec.name } : {}) };
}

// An entry of our own dump, which PM2 reads and gives back: what is masked in its part stands in ours.
function withOurs(env: AppEnv, mgr: unknown): AppEnv {
  const own = (mgr as Partial<AppSpec> | null | undefined)?.env;
  if (typeof own?.inherited !== 'object' || typeof own.declared !== 'object') return env;
  return { ...unmaskEnv(env, { inherited: { ...own.inherited, ...own.declared }, declared: {} }), ...(own.secrets && { secrets: own.secrets }) };
}

// What a restart may change. PM2's clients send their defaults along, of which these are none.
const CHANGED = [
  'name', 'namespace', 'args', 'node_args', 'max_memory_restart', 'cron_restart', 'ignore_watch', 'kill_timeout', 'autorestart', 'stop_exit_codes', 'max_restarts', 'min_uptime',
  'restart_delay', 'exp_backoff_restart_delay', 'treekill', 'wait_ready', 'listen_timeout', 'shutdown_with_message', 'log_date_format', 'log_type',
];

/**
 * `env` of a restart or reload: variables (flat) and `current_conf` (options) laid over what the app has. Undefined:
 * nothing changes. The variables are the client's whole environment only when it was asked for (--update-env, a config file).
 */
export function changeOf(env: unknown): ((spec: AppSpec) => AppSpec) | undefined {
  if (typeof env !== 'object' || env === null) return undefined;
  const conf = (env as Pm2Bag)['current_conf'];
  const options = typeof conf === 'object' && conf !== null ? conf as Pm2Bag : {};
  const given = Object.fromEntries(CHANGED.filter((key) => options[key] !== undefined && options[key] !== null).map((key) => [key, options[key]]));
  // `start <name>` sends watch: false by itself; a config file, which has a script, means it.
  if (options['watch'] === true || Array.isArray(options['watch']) || (options['watch'] === false && options['script'] !== undefined)) given['watch'] = options['watch'];
  return (spec) => {
    const variables = variablesOf(env, spec.name);
    const { patch } = toPatch(given, { cwd: spec.cwd, env: {} });
    return { ...spec, ...patch, env: Object.keys(variables).length === 0 ? spec.env : { ...spec.env, inherited: { ...spec.env.inherited, ...variables } } };
  };
}
