import { moduleDoor } from '../../base/module-door.js';
import type { EnvLayer } from '../../config/explain.js';
import type { AppSpec } from '../../config/spec.js';
import type { LogPaths } from '../log-paths.js';
import { listenEnv } from './listen.js';
import { dropsNetwork, guardEnv } from './sandbox.js';

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
  /** Values of the app's secrets (secrets.ts). */
  readonly secrets?: Readonly<Record<string, string>>;
}

/**
 * The variables of a managed process. Later wins: inherited < what PM2's apps rely on (pm2-facts 4.3; the few that
 * are facts about the process, not a copy of every attribute) < declared < settings < the channel.
 */
export function spawnEnv(who: Who, moment: Moment): Record<string, string> {
  const env: Record<string, string> = { ...who.spec.env.inherited };
  Object.assign(env, addedVars(who, moment), who.spec.env.declared, moment.secrets);
  Object.assign(env, incremented(who, env), moment.settings);
  env['MGR_CHANNEL'] = moment.channel;
  const { guard, module = '' } = who.spec;
  if (guard !== undefined) guardEnv(guard, env, moduleDoor(moment.home, module), who.spec.env.inherited, dropsNetwork(who.spec));
  return env;
}

/** The same, each layer by itself and told where it comes from, without what is only ours; for `mgr env --explain`. */
export function layersOf(who: Who, moment: Omit<Moment, 'channel' | 'secrets'>): EnvLayer[] {
  const { env } = who.spec;
  const layers: EnvLayer[] = [{ from: 'shell', vars: env.inherited }, { from: 'mgr', vars: { ...addedVars(who, moment), ...listenEnv(who.spec.listen) } }];
  for (const c of env.covered ?? []) layers.push({ from: c.from, covered: true, vars: c.value === undefined ? {} : { [c.name]: c.value }, ...(c.secret === undefined ? {} : { secrets: { [c.name]: c.secret } }) });
  for (const from of new Set(['env', ...Object.values(env.from ?? {})])) {
    const here = (vars: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(vars).filter(([name]) => (env.from?.[name] ?? 'env') === from));
    layers.push({ from, vars: here(env.declared), secrets: here(env.secrets ?? {}) });
  }
  layers.push({ from: 'increment_var', vars: incremented(who, { ...env.inherited, ...env.declared }) });
  layers.push({ from: 'settings', vars: moment.settings });
  return layers;
}

function addedVars(who: Who, moment: Pick<Moment, 'home' | 'now'>): Record<string, string> {
  const { spec } = who;
  return {
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
    instances: String(spec.instances),
    pm_uptime: String(moment.now),
    status: 'launching',
    [spec.instance_var]: String(who.instance),
    PM2_HOME: moment.home,
    MGR_HOME: moment.home,
    PWD: spec.cwd,
    ...(who.paths.out === undefined ? {} : { pm_out_log_path: who.paths.out }),
    ...(who.paths.err === undefined ? {} : { pm_err_log_path: who.paths.err }),
    ...(spec.user_home === undefined ? {} : { HOME: spec.user_home }),
    ...(spec.module === undefined ? {} : { pmx_module: 'true' }),
    ...(spec.shutdown_with_message ? { shutdown_with_message: 'true' } : {}),
  };
}

function incremented({ spec, instance }: Who, env: Readonly<Record<string, string>>): Record<string, string> {
  if (spec.increment_var === undefined) return {};
  const base = Number(env[spec.increment_var] ?? 0);
  return { [spec.increment_var]: String((Number.isFinite(base) ? base : 0) + instance) };
}
