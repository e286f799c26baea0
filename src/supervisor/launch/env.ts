import type { AppSpec } from '../../config/spec.js';
import type { LogPaths } from '../log-paths.js';

/** Whose variables they are: a ManagedProcess. */
export interface Who {
  readonly id: number;
  readonly instance: number;
  readonly uniqueId: string;
  readonly spec: AppSpec;
  readonly paths: LogPaths;
  readonly pidPath: string;
  readonly restarts: number;
}

/** What only the moment of the spawn knows. */
export interface Moment {
  readonly home: string;
  /** Wall-clock ms. */
  readonly now: number;
  /** Settings section of the app or module (pm2-facts 4.4), already flat. */
  readonly settings: Readonly<Record<string, string>>;
  /** Carries the message channel and marks the run, see child/preload.ts. */
  readonly channel: string;
}

/**
 * The variables of a managed process. Later wins: inherited < what PM2's apps rely on (pm2-facts 4.3; the few that
 * are facts about the process, not a copy of every attribute) < declared < settings < the channel.
 */
export function spawnEnv(who: Who, moment: Moment): Record<string, string> {
  const { spec } = who;
  const env: Record<string, string> = {
    ...spec.env.inherited,
    name: spec.name,
    namespace: spec.namespace,
    pm_id: String(who.id),
    pm_exec_path: spec.exec_path,
    pm_cwd: spec.cwd,
    pm_pid_path: who.pidPath,
    exec_mode: spec.exec_mode === 'cluster' ? 'cluster_mode' : 'fork_mode',
    exec_interpreter: spec.interpreter,
    unique_id: who.uniqueId,
    username: spec.username,
    restart_time: String(who.restarts),
    pm_uptime: String(moment.now),
    status: 'launching',
    [spec.instance_var]: String(who.instance),
    PM2_HOME: moment.home,
    MGR_HOME: moment.home,
    PWD: spec.cwd,
  };
  if (who.paths.out !== undefined) env['pm_out_log_path'] = who.paths.out;
  if (who.paths.err !== undefined) env['pm_err_log_path'] = who.paths.err;
  if (spec.user_home !== undefined) env['HOME'] = spec.user_home;
  if (spec.module !== undefined) env['pmx_module'] = 'true';
  Object.assign(env, spec.env.declared);
  if (spec.increment_var !== undefined) {
    const base = Number(env[spec.increment_var] ?? 0);
    env[spec.increment_var] = String((Number.isFinite(base) ? base : 0) + who.instance);
  }
  Object.assign(env, moment.settings);
  env['MGR_CHANNEL'] = moment.channel;
  return env;
}
