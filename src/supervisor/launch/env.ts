import type { AppSpec } from '../../config/spec.js';

/** What only the moment of the spawn knows. */
export interface SpawnFacts {
  readonly id: number;
  readonly instance: number;
  readonly uniqueId: string;
  readonly home: string;
  readonly outPath: string | undefined;
  readonly errPath: string | undefined;
  readonly pidPath: string;
  readonly restarts: number;
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
export function spawnEnv(spec: AppSpec, f: SpawnFacts): Record<string, string> {
  const env: Record<string, string> = {
    ...spec.env.inherited,
    name: spec.name,
    namespace: spec.namespace,
    pm_id: String(f.id),
    pm_exec_path: spec.exec_path,
    pm_cwd: spec.cwd,
    pm_pid_path: f.pidPath,
    exec_mode: spec.exec_mode === 'cluster' ? 'cluster_mode' : 'fork_mode',
    exec_interpreter: spec.interpreter,
    unique_id: f.uniqueId,
    username: spec.username,
    restart_time: String(f.restarts),
    pm_uptime: String(f.now),
    status: 'launching',
    [spec.instance_var]: String(f.instance),
    PM2_HOME: f.home,
    MGR_HOME: f.home,
    PWD: spec.cwd,
  };
  if (f.outPath !== undefined) env['pm_out_log_path'] = f.outPath;
  if (f.errPath !== undefined) env['pm_err_log_path'] = f.errPath;
  if (spec.user_home !== undefined) env['HOME'] = spec.user_home;
  if (spec.module !== undefined) env['pmx_module'] = 'true';
  Object.assign(env, spec.env.declared);
  if (spec.increment_var !== undefined) {
    const base = Number(env[spec.increment_var] ?? 0);
    env[spec.increment_var] = String((Number.isFinite(base) ? base : 0) + f.instance);
  }
  Object.assign(env, f.settings);
  env['MGR_CHANNEL'] = f.channel;
  return env;
}
