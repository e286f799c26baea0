import type { ManagedProcess } from '../process.js';

/** ms. Longest wait for one process of an app before the next one's turn comes. */
const PATIENCE = 60_000;

/**
 * Renews the processes of one app because a trigger says so. Those that share their connections (cluster mode) take
 * turns, so that someone always serves; where one does not come up again the others stay as they are. What does not run
 * is started. Resolves when all are through. `insist`: also when the last reload failed a moment ago, or is under way: the files
 * are others now.
 */
export async function renewAll(processes: readonly ManagedProcess[], why: string, insist = false): Promise<void> {
  if (processes.length < 2 || processes.some((p) => p.spec.exec_mode !== 'cluster')) {
    await Promise.all(processes.map(async (p) => renewOne(p, why, insist)));
    return;
  }
  for (const p of processes) {
    if (!(await renewOne(p, why, insist))) return;
  }
}

/** Whether it is up again. */
async function renewOne(p: ManagedProcess, why: string, insist: boolean): Promise<boolean> {
  if (insist && p.canReload(p.spec)) {
    p.abandon(why);
    p.replace(p.spec, why);
  } else if (p.state.name === 'online') p.renew(why);
  else p.restart(why);
  await p.until(() => !p.reloading && p.state.name !== 'starting' && p.state.name !== 'stopping', PATIENCE);
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
