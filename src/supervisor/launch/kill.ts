import fs from 'node:fs';
import { procEntries, startTime } from '../../base/proc.js';

/** A process that cannot be mistaken for a later one with its number. */
export interface Known { readonly pid: number; readonly start: string }

/** A signal, and whether it reached anybody. ESRCH is an answer (gone), EPERM too (somebody else's). */
export function signalPid(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // ESRCH: it is gone; EPERM: it became another user's
  }
}

/** Managed processes lead their group, so the group's number is the leader's pid. */
export const signalGroup = (pid: number, signal: NodeJS.Signals | 0): boolean => signalPid(-pid, signal);

/** Does anybody of the group still run? The dead that nobody has waited for yet do not count. */
export function groupLives(leader: number): boolean {
  if (!signalGroup(leader, 0)) return false;
  const entries = procEntries();
  if (entries.length === 0) return true;
  return entries.some((name) => {
    const f = statOf(name);
    return f !== undefined && f.group === leader && f.state !== 'Z' && f.state !== 'X';
  });
}

/**
 * Descendants that left the group (a child that called setsid), found by their parents. One look at /proc serves
 * all processes that are stopped in the same moment. Only Linux has /proc; elsewhere the group is all there is.
 */
export class TreeLook {
  #children: Map<number, number[]> | undefined;

  /** Those below `pid`, itself left out. */
  below(pid: number): Known[] {
    this.#children ??= this.#look();
    const found: number[] = [];
    const open = [pid];
    for (let p = open.pop(); p !== undefined; p = open.pop()) {
      for (const child of this.#children.get(p) ?? []) { found.push(child); open.push(child); }
    }
    return found.flatMap((one) => {
      const start = startTime(one);
      return start === undefined ? [] : [{ pid: one, start }];
    });
  }

  #look(): Map<number, number[]> {
    // The answer is true for this moment only.
    setImmediate(() => { this.#children = undefined; });
    const children = new Map<number, number[]>();
    for (const name of procEntries()) {
      const parent = statOf(name)?.parent;
      if (parent === undefined) continue;
      const list = children.get(parent);
      if (list) list.push(Number(name)); else children.set(parent, [Number(name)]);
    }
    return children;
  }
}

function statOf(pid: string): { state: string; parent: number; group: number } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
    return { state: state ?? '', parent: Number(parent), group: Number(group) };
  } catch {
    return undefined; // it ended while we looked
  }
}
