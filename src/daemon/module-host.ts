import { MgrError, asError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { viewOf } from '../supervisor/view.js';
import type { LazyDoors } from './lazy-doors.js';
import type { ModuleHost } from './modules.js';
import type { ModuleWatch } from './module-watch.js';

export interface ModuleNeeds {
  /** What is to be done before a module starts. */
  readonly before: (module: string) => Promise<void>;
  /** Why it would not start (Ports). */
  readonly lacking: (spec: AppSpec) => string | undefined;
  /** Where modules that declare what they may come in. */
  readonly doors: LazyDoors;
}

/** The supervisor as modules.ts sees it. */
export function moduleHost(supervisor: Supervisor, watch: ModuleWatch, { before, lacking, doors }: ModuleNeeds): ModuleHost {
  const processes = (module: string): { readonly id: number; readonly spec: AppSpec; readonly state: { readonly name: string } }[] => [...supervisor.processes.values()].filter((p) => p.spec.module === module);
  return {
    has: (module) => processes(module).length > 0,
    isUp: (module) => processes(module).some((p) => p.state.name === 'online'),
    remove: async (module) => {
      for (const result of await supervisor.remove(processes(module).map((p) => p.id))) if (result.error !== undefined) throw asError(result.error);
      await doors.shut(module);
    },
    startAndWatch: async (specs, ms) => {
      for (const module of new Set(specs.flatMap((spec) => spec.module ?? []))) await before(module);
      await doors.open(specs);
      const results = await supervisor.start(specs, 'restart');
      // That it waits for a setting is no failure: it is there, and starts when it has it.
      for (const result of results) if (result.error !== undefined && !(result.processes.length > 0 && result.processes.every((p) => lacking(p.spec) !== undefined))) throw asError(result.error);
      const started = results.flatMap((r) => r.processes);
      // It must not only come up but stay: an end within the time is a failure, however often it is restarted.
      await Promise.all(started.filter((p) => lacking(p.spec) === undefined).map(async (p) => {
        const run = p.runNumber;
        if (ms > 0 && await p.until(() => p.runNumber !== run || p.state.name !== 'online', ms)) {
          throw new MgrError('START_FAILED', { name: p.spec.name, reason: `it ended within ${ms} ms: ${p.exits.at(-1)?.then ?? p.state.name}` });
        }
      }));
      await watch.all();
      return started.map((p) => viewOf(p, { cpu: 0, memory: 0 }));
    },
  };
}
