/** The jobs of this program: the only file of this room that asks the process itself. */
import path from 'node:path';
import process from 'node:process';
import { MgrError, reasonOf } from '../base/errors.js';
import { homeAt } from '../base/paths.js';
import { type OpenedJobs, openJobs } from './open.js';

/** Opens the database of the home this program is managed in. Throws JOBS_HOME where there is none. */
export function jobsOfProgram(): OpenedJobs {
  const { env } = process;
  const home = env['MGR_HOME'];
  if (home === undefined || home === '') throw new MgrError('JOBS_HOME');
  const name = env['name'] ?? path.parse(process.argv[1] ?? 'program').name;
  const jobs = openJobs({ file: homeAt(path.resolve(home), env).database, worker: { name, pid: process.pid }, log: (text, what) => { process[what === 'said' ? 'stdout' : 'stderr'].write(`[jobs] ${text}\n`); } });
  process.once('exit', (status) => {
    try {
      jobs.closeNow(status);
    } catch (e) {
      process.stderr.write(`[jobs] what ran is not given back, its leases have to pass: ${reasonOf(e)}\n`);
    }
  });
  return jobs;
}

/** On a signal that ends the program, jobs are finished or given back first. Whoever listens too decides when it ends. */
export function endWithSignals(jobs: OpenedJobs): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const hear = (): void => {
      const alone = process.listenerCount(signal) === 1;
      void jobs.close().catch((e: unknown) => { process.stderr.write(`[jobs] ${String(e)}\n`); }).then(() => {
        if (!alone) return;
        process.removeListener(signal, hear);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, hear);
  }
}
