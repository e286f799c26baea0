import { createRequire } from 'node:module';
import type { Jobs } from '../jobs/types.js';
import type { Stop } from './stop.js';

/** `mgr/jobs`, loaded when it is first asked for something: a module without jobs has nothing of a database in it. */
export function lazyJobs(stop: Stop, load: () => Jobs = beside): Jobs {
  let loaded: Jobs | undefined;
  let stops = false;
  const jobs = (): Jobs => (loaded ??= load());
  return new Proxy({} as Jobs, {
    get(_, key) {
      if (typeof key === 'symbol' || key === 'then') return undefined; // who prints it or awaits it asks for these
      if ((key === 'define' || key === 'schedule') && !stops) {
        stops = true;
        stop.add(() => jobs().close());
      }
      return Reflect.get(jobs(), key) as unknown;
    },
    has: (_, key) => key in jobs(),
  });
}

// Both are files of dist; a bundler of the module's own must leave the require alone.
function beside(): Jobs { return (createRequire(import.meta.filename)('./jobs.cjs') as { jobs: Jobs }).jobs; }
