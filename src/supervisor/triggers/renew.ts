import type { ManagedProcess } from '../process.js';

/** ms. Longest wait for one process of an app before the next one's turn comes. */
const PATIENCE = 60_000;

/**
 * Renews the processes of one app because a trigger says so. Those that share their connections (cluster mode) take
 * turns, so that someone always serves; where one does not come up again the others stay as they are. What does not run
 * is started. Resolves when all are through. `since`: wall-clock ms of a change of files. What began later has read them; else it is
 * renewed also when the last reload failed a moment ago, or is under way, but one that a person asked for is waited for.
 */
export async function renewAll(processes: readonly ManagedProcess[], why: string, since?: number): Promise<void> {
  if (processes.length < 2 || processes.some((p) => p.spec.exec_mode !== 'cluster')) {
    await Promise.all(processes.map(async (p) => renewOne(p, why, since)));
    return;
  }
  for (const p of processes) {
    if (!(await renewOne(p, why, since))) return;
  }
}

/** Whether it is up again. */
async function renewOne(p: ManagedProcess, why: string, since: number | undefined): Promise<boolean> {
  if (since !== undefined && p.reloading === 'asked') await p.until(() => p.reloading !== 'asked', PATIENCE);
  if (since !== undefined && p.state.name === 'online' && (p.startedAt ?? 0) > since) return true;
  if (since !== undefined && p.canReload(p.spec)) {
    p.abandon(why);
    p.replace(p.spec, why);
  } else if (p.state.name === 'online') p.renew(why);
  else p.restart(why);
  await p.until(() => p.reloading === false && p.state.name !== 'starting' && p.state.name !== 'stopping', PATIENCE);
  return p.state.name === 'online' && p.refused === undefined;
}

/** Processes by the app they are of. */
export function byApp(processes: Iterable<ManagedProcess>): ManagedProcess[][] {
  const apps = new Map<string, ManagedProcess[]>();
  for (const p of processes) {
    const key = appKey(p);
    const list = apps.get(key);
    if (list) list.push(p); else apps.set(key, [p]);
  }
  return [...apps.values()];
}

/** Processes with the same one are one app. */
export const appKey = (p: ManagedProcess): string => JSON.stringify([p.spec.module ?? '', p.spec.name]);
