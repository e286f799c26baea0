import { MgrError, asError } from '../base/errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { viewOf } from '../supervisor/view.js';
import type { ModuleHost } from './modules.js';
import type { ModuleWatch } from './module-watch.js';

/** The supervisor as modules.ts sees it. `before`: what is to be done before a module starts. */
export function moduleHost(supervisor: Supervisor, watch: ModuleWatch, before: (module: string) => Promise<void>): ModuleHost {
  const of = (module: string): number[] => [...supervisor.processes.values()].filter((p) => p.spec.module === module).map((p) => p.id);
  return {
    has: (module) => of(module).length > 0,
    remove: async (module) => {
      for (const result of await supervisor.remove(of(module))) if (result.error !== undefined) throw asError(result.error);
    },
    startAndWatch: async (specs, ms) => {
      for (const module of new Set(specs.flatMap((spec) => spec.module ?? []))) await before(module);
      const results = await supervisor.start(specs, 'restart');
      for (const result of results) if (result.error !== undefined) throw asError(result.error);
      const processes = results.flatMap((r) => r.processes);
      // It must not only come up but stay: an end within the time is a failure, however often it is restarted.
      await Promise.all(processes.map(async (p) => {
        const run = p.runNumber;
        if (ms > 0 && await p.until(() => p.runNumber !== run || p.state.name !== 'online', ms)) {
          throw new MgrError('START_FAILED', { name: p.spec.name, reason: `it ended within ${ms} ms: ${p.exits.at(-1)?.then ?? p.state.name}` });
        }
      }));
      await watch.all();
      return processes.map((p) => viewOf(p, { cpu: 0, memory: 0 }));
    },
  };
}
