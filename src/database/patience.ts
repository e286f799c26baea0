import { systemClock, type Clock } from '../base/clock.js';
import type { Database } from './database.js';
import { isBusy } from './faults.js';

export interface Patience {
  /** How long to try again, ms from the call on. Default 5000. */
  readonly ms?: number;
  readonly clock?: Clock;
}

/**
 * Does what needs the writer's lock as soon as it is free: `work` (a `run` or a `transaction`) is tried again while it ends
 * with STORE_BUSY, and the event loop stands still for one try at a time only (`busyMs`). Calls for one database go one after
 * the other in their order, so that a hundred of them do not each wait by themselves. Rejects with what `work` throws.
 */
export function patient<T>(db: Database, work: () => T, { ms = 5000, clock = systemClock }: Patience = {}): Promise<T> {
  const end = clock.now() + ms;
  const before = QUEUES.get(db);
  const mine = before === undefined ? attempt(work, end, clock) : before.then(() => attempt(work, end, clock));
  const done = mine.then(nothing, nothing).then(() => { if (QUEUES.get(db) === done) QUEUES.delete(db); });
  QUEUES.set(db, done);
  return mine;
}

const QUEUES = new WeakMap<Database, Promise<void>>();
function nothing(): void { /* whoever called it is told */ }

async function attempt<T>(work: () => T, end: number, clock: Clock): Promise<T> {
  for (let wait = 10; ; wait = Math.min(wait * 2, 100)) {
    try {
      return work();
    } catch (e) {
      if (!isBusy(e) || clock.now() + wait > end) throw e;
    }
    // Two that wait for one another's end must not keep step.
    const pause = wait * (0.5 + Math.random());
    await new Promise<void>((resolve) => { clock.after(pause, resolve); });
  }
}
