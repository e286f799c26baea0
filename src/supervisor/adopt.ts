import fs from 'node:fs';
import { alive, procEntries, startTime } from '../base/proc.js';
import type { ProcessRecord, RunRecord } from '../protocol/records.js';
import type { ManagedProcess } from './process.js';

/** What became of a recorded run while no daemon lived. */
export type Fate = { readonly is: 'alive'; readonly run: RunRecord } | { readonly is: 'gone' } | { readonly is: 'never' } | { readonly is: 'other boot' };

/**
 * Does the recorded run still live? Its pid counts only with the recorded kernel start time and in the same boot:
 * a recycled pid, or one from before a reboot, is nobody of ours and is never signalled.
 * A run without a pid is an intent: the daemon died between writing it and writing the pid. Its process, if it was
 * born, carries the run's token in its environment.
 */
export function fateOf(run: RunRecord, boot: string, findByToken: (token: string) => number | undefined): Fate {
  if (run.boot !== boot) return { is: 'other boot' };
  if (run.pid !== undefined) {
    // Without a start time it cannot be known again, so it is not touched.
    return run.start !== undefined && alive(run.pid, run.start) ? { is: 'alive', run } : { is: 'gone' };
  }
  const pid = findByToken(run.token);
  if (pid === undefined) return { is: 'never' };
  const start = startTime(pid);
  return { is: 'alive', run: { ...run, pid, ...(start === undefined ? {} : { start }) } };
}

/** What is to be done about the runs that were beside the living one when the daemon died. */
export function endOthers(p: Pick<ManagedProcess, 'finish' | 'unmade'>, record: Pick<ProcessRecord, 'others'>, boot: string): (() => void)[] {
  return (record.others ?? []).map((other) => {
    const fate = fateOf(other, boot, findByToken);
    if (fate.is === 'alive') return () => p.finish(fate.run, false);
    return fate.is === 'gone' ? () => p.finish(other, true) : () => p.unmade(other, fate.is === 'never');
  });
}

/**
 * Finds the process that was started with a token: the leader of its session whose environment holds it.
 * Linux only; elsewhere an intent without a pid is taken for never begun.
 */
export function findByToken(token: string): number | undefined {
  const want = Buffer.from(token);
  for (const name of procEntries()) {
    const pid = Number(name);
    if (pid === process.pid) continue;
    try {
      if (!fs.readFileSync(`/proc/${name}/environ`).includes(want)) continue;
      // Its own children inherit the variable in their environment; it alone leads the session.
      const stat = fs.readFileSync(`/proc/${name}/stat`, 'latin1');
      const session = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 4)[3]);
      if (session === pid) return pid;
    } catch {
      continue; // ended meanwhile, or another user's
    }
  }
  return undefined;
}
