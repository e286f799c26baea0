import type { Target } from '../../protocol/contract.js';
import type { ProcessDescription, ProcessSummary, ProcessTarget, StartOptions, Success, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import { type Core, type Outcomes, asPm2, failOn, ids, present, summaries, usage } from './core.js';

export type WithOptions<A, T> = Verb<[A], T> & Verb<[A, StartOptions | undefined], T>;

export interface Processes {
  /**
   * Starts a script (refused when it runs already, unless `force`), a config file, one app, a list of apps or `{apps: […]}`.
   * The name of a managed app restarts it. Gives what runs now. When several apps of a list fail, the callback's error
   * is an array, as PM2's; a promise rejects with an AggregateError.
   */
  readonly start: WithOptions<string | StartOptions | readonly StartOptions[], ProcessSummary[]>;
  /** Gives the stopped processes; they stay in the list. */
  readonly stop: WithOptions<ProcessTarget, ProcessSummary[]>;
  /** `options` change the app on the way; `updateEnv: true` gives it this program's environment. A config file or app objects: as `start`. */
  readonly restart: WithOptions<ProcessTarget | StartOptions | readonly StartOptions[], ProcessSummary[]>;
  /**
   * A restart that keeps the app serving, where it has several processes or a socket that is held for it. `parallel`: so
   * many of an app at a time (2); `force`: in place of one that is under way.
   */
  readonly reload: WithOptions<ProcessTarget | StartOptions | readonly StartOptions[], ProcessSummary[]>;
  readonly gracefulReload: WithOptions<ProcessTarget | StartOptions | readonly StartOptions[], ProcessSummary[]>;
  /** Stops and forgets. Gives what was deleted. */
  readonly delete: WithOptions<ProcessTarget, ProcessSummary[]>;
  /** Sets restart counters to zero. */
  readonly reset: Verb<[target: ProcessTarget], Success>;
  /** So many processes: `4`, or `'+2'`, `'-1'` of what there is. */
  readonly scale: Verb<[name: ProcessTarget, count: number | string], Success>;
  readonly sendSignalToProcessName: Verb<[signal: string, name: ProcessTarget], ProcessDescription[]>;
  readonly sendSignalToProcessId: Verb<[signal: string, id: ProcessTarget], ProcessDescription[]>;
}

interface How { readonly parallel?: number; readonly force?: boolean }

export function processes(core: Core): Processes {
  const { session } = core;

  async function start(what: unknown, options: StartOptions = {}, reload?: How): Promise<ProcessSummary[]> {
    if (typeof what === 'string' && /^[^/.\s]+$/.test(what) && await isManaged(what)) return renew('process.restart', what, options);
    const { declaredApps } = await import('../declared.js');
    const { specs, faults, ifKnown } = await declaredApps(what, options, session.host);
    const outcomes = specs.length === 0 ? [] : await core.call('process.start', { apps: specs, ...(reload ? { ifKnown: 'reload' as const, ...reload } : { ifKnown }) });
    return core.described(outcomes, faults);
  }

  async function renew(method: 'process.restart' | 'process.reload', target: unknown, options: StartOptions = {}): Promise<ProcessSummary[]> {
    const { parallel, force, ...rest } = options;
    const how: How = { ...(typeof parallel === 'number' ? { parallel } : {}), ...(force === true ? { force } : {}) };
    const [changes, reload] = method === 'process.reload' ? [rest, how] : [options, undefined];
    if (typeof target !== 'string' && typeof target !== 'number') return start(target, changes, reload);
    const { isConfigFile } = await import('../../config/ecosystem.js');
    if (typeof target === 'string' && isConfigFile(target)) return start(target, changes, reload);
    const { patchFrom } = await import('../declared.js');
    const patch = patchFrom(changes, session.host);
    const env = options['updateEnv'] === true ? present(session.host.env) : undefined;
    return core.described(await core.call(method, { targets: [target], ...reload, ...(env ? { env } : {}), ...(patch ? { patch } : {}) }));
  }

  async function isManaged(word: string): Promise<boolean> {
    const all = await core.records();
    return word === 'all' || all.some((p) => p.name === word || p.pm2_env.namespace === word || String(p.pm_id) === word);
  }

  async function targets(target: ProcessTarget): Promise<Target[]> {
    if (typeof target === 'number' || !target.includes('.')) return [target];
    const { targetsOf } = await import('../declared.js');
    return targetsOf(target, session.host);
  }

  const signal = (unknown: (target: ProcessTarget) => string) => verb(async (name: string, target: ProcessTarget): Promise<ProcessDescription[]> => {
    try {
      failOn(await core.call('process.signal', { targets: [target], signal: name }));
    } catch (e) {
      throw asPm2(e, { NOT_FOUND: unknown(target), NOTHING_MANAGED: unknown(target), BAD_OPTION: 'Error when sending signal (signal unknown)' });
    }
    return core.records();
  });

  const reload = verb((target: unknown, options?: StartOptions) => renew('process.reload', target, options));
  return {
    start: verb((what: unknown, options?: StartOptions) => start(what, options)) as Processes['start'],
    restart: verb((target: unknown, options?: StartOptions) => renew('process.restart', target, options)) as Processes['restart'],
    reload,
    gracefulReload: reload,
    stop: verb(async (target: ProcessTarget) => core.described(known(await core.call('process.stop', { targets: await targets(target) })))) as Processes['stop'],
    delete: verb(async (target: ProcessTarget) => {
      const before = await core.records();
      const gone = ids(known(await core.call('process.delete', { targets: await targets(target) })));
      return summaries(before.filter((p) => gone.has(p.pm_id)).map((p) => ({ ...p, pid: 0, pm2_env: { ...p.pm2_env, status: 'stopped' as const } })));
    }) as Processes['delete'],
    reset: verb(async (target: ProcessTarget): Promise<Success> => {
      try {
        failOn(await core.call('process.reset', { targets: [target] }));
      } catch (e) {
        throw asPm2(e, { NOT_FOUND: 'Unknown process name' });
      }
      return { success: true };
    }),
    scale: verb(async (name: ProcessTarget, count: number | string): Promise<Success> => {
      try {
        failOn(await core.call('process.scale', { target: name, ...wishOf(count) }));
      } catch (e) {
        throw asPm2(e, { NOT_FOUND: 'App not found', NOTHING_TO_DO: 'Same process number' });
      }
      return { success: true };
    }),
    sendSignalToProcessName: signal(() => 'Unknown process name'),
    sendSignalToProcessId: signal((id) => `${id} id unknown`),
  };
}

/** Of several apps of a file those that are managed count; that none is one error. */
function known(outcomes: Outcomes): Outcomes {
  const found = outcomes.filter((o) => o.ok || o.error.code !== 'NOT_FOUND');
  return found.length > 0 ? found : outcomes.slice(0, 1);
}

function wishOf(count: number | string): { readonly to: number } | { readonly by: number } {
  const text = String(count);
  const n = Number(text);
  if (!Number.isInteger(n)) throw usage(`scale: got ${text}, wanted a number of processes, +n or -n`);
  return /^[+-]/.test(text) ? { by: n } : { to: n };
}
