import type { ProcessDescription, ProcessTarget, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import type { Core } from './core.js';

export interface Looking {
  /** Everything that is managed. What you get is yours to change. */
  readonly list: Verb<[], ProcessDescription[]>;
  /** The processes of this name or id; none is no error. */
  readonly describe: Verb<[target: ProcessTarget], ProcessDescription[]>;
  readonly getProcessIdByName: Verb<[name: string], number[]>;
  /** Of this name or id; without one of all. 0: it does not run. */
  readonly getPID: Verb<[], number[]> & Verb<[name: ProcessTarget | undefined], number[]>;
  /** The variables a process was started with. */
  readonly env: Verb<[id: ProcessTarget], Readonly<Record<string, string>>>;
  /** Facts about the daemon, for reports of faults. */
  readonly report: Verb<[], Readonly<Record<string, unknown>>>;
}

export function looking(core: Core): Looking {
  const named = async (target: ProcessTarget): Promise<ProcessDescription[]> => {
    const all = await core.records();
    const found = all.filter((p) => p.name === String(target));
    return found.length > 0 ? found : all.filter((p) => String(p.pm_id) === String(target));
  };
  return {
    list: verb(() => core.records()),
    describe: verb(named),
    getProcessIdByName: verb(async (name: string) => (await core.records()).filter((p) => p.name === name).map((p) => p.pm_id)),
    getPID: verb(async (name?: ProcessTarget) => (await (name === undefined ? core.records() : named(name))).map((p) => p.pid ?? 0)) as Looking['getPID'],
    env: verb((id: ProcessTarget) => core.call('process.env', { id: Number(id) })),
    report: verb(async () => await core.steadily('process.jlist', (client) => client.pm2Call('getReport', {})) as Readonly<Record<string, unknown>>),
  };
}
