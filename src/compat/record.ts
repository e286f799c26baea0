/** Our three records of a process as PM2's one bag (pm2-facts 3.5). Made on the hot path for every process: only spreads. */
import path from 'node:path';
import { maskDeep, maskVars } from '../config/secrets-mask.js';
import type { AppEnv } from '../config/spec.js';
import type { ProcessDetail } from '../protocol/views.js';

/** What clients compare: new enough for every gate that modules have. */
export const PM2_VERSION = '7.0.4';

export interface Pm2Record {
  readonly pid: number;
  readonly name: string;
  readonly pm2_env: Readonly<Record<string, unknown>>;
  readonly pm_id: number;
  readonly monit: { readonly memory: number; readonly cpu: number };
}

/** One entry of `jlist`. The variables stand flat in `pm2_env` and nested in `pm2_env.env`; an attribute wins over a variable of its name. What looks like a secret is `***` unless `secrets`. */
export function pm2Record(d: ProcessDetail, secrets = false): Pm2Record {
  return { pid: d.pid, name: d.name, pm2_env: pm2Env(d, secrets), pm_id: d.id, monit: { memory: d.memory, cpu: d.cpu } };
}

function pm2Env(d: ProcessDetail, secrets: boolean): Record<string, unknown> {
  const { spec } = d;
  const variables = secrets ? asWritten({ ...spec.env.inherited, ...spec.env.declared }, spec.env) : shownVars(spec.env);
  const bag: Record<string, unknown> = {
    ...variables,
    ...spec.extra,
    ...AS_PM2_HAS_THEM,
    name: d.name,
    namespace: d.namespace,
    version: d.version ?? 'N/A',
    ...(d.nodeVersion === undefined ? {} : { node_version: d.nodeVersion }),
    pm_id: d.id,
    status: d.status,
    pm_exec_path: spec.exec_path,
    pm_cwd: spec.cwd,
    cwd: spec.cwd,
    args: spec.args,
    node_args: spec.interpreter_args,
    exec_interpreter: path.basename(spec.interpreter) === 'node' ? 'node' : spec.interpreter,
    exec_mode: spec.exec_mode === 'cluster' ? 'cluster_mode' : 'fork_mode',
    instances: spec.instances,
    instance_var: spec.instance_var,
    [spec.instance_var]: d.instance,
    env: { ...variables, unique_id: d.uniqueId },
    filter_env: spec.filter_env === false ? [] : spec.filter_env,
    unique_id: d.uniqueId,
    username: spec.username,
    pm_pid_path: d.pidPath,
    pm_uptime: d.startedAt ?? 0,
    created_at: d.createdAt,
    restart_time: d.restarts,
    unstable_restarts: d.unstable,
    merge_logs: spec.merge_logs,
    vizion: spec.vizion,
    autostart: spec.autostart,
    autorestart: spec.autorestart,
    watch: d.watching && spec.watch,
    pmx: spec.pmx,
    automation: spec.automation,
    treekill: spec.treekill,
    kill_timeout: spec.kill_timeout,
    axm_actions: d.actions,
    axm_monitor: d.metrics,
    axm_options: secrets ? d.options : maskDeep(d.options),
    axm_dynamic: {},
  };
  if (d.outPath !== undefined) bag['pm_out_log_path'] = d.outPath;
  if (d.errPath !== undefined) bag['pm_err_log_path'] = d.errPath;
  if (d.logPath !== undefined) bag['pm_log_path'] = d.logPath;
  const last = d.exits.at(-1);
  // PM2 has 0 for an end by a signal.
  if (last) bag['exit_code'] = last.code ?? 0;
  if (spec.exec_mode === 'cluster') bag['_pm2_version'] = PM2_VERSION;
  if (spec.module !== undefined) bag['pmx_module'] = true;
  if (spec.cron_restart !== undefined) bag['cron_restart'] = spec.cron_restart;
  if (spec.max_memory_restart > 0) bag['max_memory_restart'] = spec.max_memory_restart;
  if (spec.restart_delay > 0) bag['restart_delay'] = spec.restart_delay;
  if (spec.exp_backoff_restart_delay > 0) bag['exp_backoff_restart_delay'] = spec.exp_backoff_restart_delay;
  if (spec.log_date_format !== '') bag['log_date_format'] = spec.log_date_format;
  if (spec.log_type === 'json') bag['log_type'] = 'json';
  if (spec.ignore_watch.length > 0) bag['ignore_watch'] = spec.ignore_watch;
  if (spec.stop_exit_codes.length > 0) bag['stop_exit_codes'] = spec.stop_exit_codes;
  if (spec.uid !== undefined) bag['uid'] = spec.uid;
  if (spec.gid !== undefined) bag['gid'] = spec.gid;
  if (spec.wait_ready) bag['wait_ready'] = true;
  return bag;
}

// PM2 shows them, we have no such thing: constant, so that readers find the keys.
const AS_PM2_HAS_THEM = { km_link: false, vizion_running: false, windowsHide: true, kill_retry_time: 100, prev_restart_delay: 0 };

// The layers are laid over each other and masked once per environment, which never changes in place.
const merged = new WeakMap<AppEnv, Vars>();

type Vars = Readonly<Record<string, string | number | boolean>>;

function shownVars(env: AppEnv): Vars {
  let all = merged.get(env);
  if (!all) {
    all = asWritten(maskVars({ ...env.inherited, ...env.declared }), env);
    merged.set(env, all);
  }
  return all;
}

/** `PORT: 80` of a file is a number in PM2's records too. */
function asWritten(vars: Readonly<Record<string, string>>, { typed = [] }: AppEnv): Vars {
  if (typed.length === 0) return vars;
  const all: Record<string, string | number | boolean> = { ...vars };
  for (const name of typed) {
    const text = vars[name];
    // What is masked or covered meanwhile stays text.
    if (text === 'true' || text === 'false') all[name] = text === 'true';
    else if (text !== undefined && text !== '' && String(Number(text)) === text) all[name] = Number(text);
  }
  return all;
}
