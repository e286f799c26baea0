import { systemClock } from '../base/clock.js';
import { isMgrError, MgrError } from '../base/errors.js';
import type { Database } from './database.js';
import { patient, type Patience } from './patience.js';

/**
 * Does `work` in a transaction as soon as the writer's lock is free (see patience.ts), together with what others ask for in the
 * same turn of the event loop: a commit waits for the disk, and so many wait once. Each is whole or not at all by itself: what
 * one of them throws is told to it alone. Resolves when it is on the disk.
 */
export function together<T>(db: Database, work: () => T, patience: Patience = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const { ms = 5000, clock = systemClock } = patience;
    let queue = QUEUES.get(db);
    if (queue === undefined) QUEUES.set(db, queue = []);
    queue.push({ work, end: clock.now() + ms, clock, done: (result) => { resolve(result as T); }, failed: reject });
    if (queue.length === 1) setImmediate(() => { void drain(db, queue); });
  });
}

interface Item {
  readonly work: () => unknown;
  readonly end: number;
  readonly clock: NonNullable<Patience['clock']>;
  readonly done: (result: unknown) => void;
  readonly failed: (e: unknown) => void;
}

const QUEUES = new WeakMap<Database, Item[]>();
/** At once: between two commits the event loop stands still. */
const MOST = 100;

// The first item stays in the queue until its end is known, so that one loop at a time goes through it.
async function drain(db: Database, queue: Item[]): Promise<void> {
  for (let most = MOST, [first] = queue; first !== undefined; [first] = queue) {
    const { clock } = first;
    let items: readonly Item[] = [];
    try {
      const settle = await patient(db, () => {
        items = queue.slice(0, most);
        return db.transaction(() => all(db, items));
      }, { ms: Math.max(0, first.end - clock.now()), clock });
      queue.splice(0, items.length);
      for (const each of settle) each();
      most = MOST;
    } catch (e) {
      const busy = isMgrError(e) && e.code === 'STORE_BUSY';
      if (busy || items.length <= 1) {
        // Those whose time is not over try on.
        const over = busy ? queue.filter((i) => i === first || i.end <= clock.now()) : [first];
        queue.splice(0, queue.length, ...queue.filter((i) => !over.includes(i)));
        for (const { failed } of over) failed(e);
      } else {
        most = 1; // a full disk for instance: what there is room for may be done nevertheless
      }
    }
    // Others get their turn.
    if (queue.length > 0) await new Promise((resolve) => { setImmediate(resolve); });
  }
}

function all(db: Database, items: readonly Item[]): (() => void)[] {
  const [only] = items;
  if (only !== undefined && items.length === 1) {
    const result = only.work();
    return [() => { only.done(result); }];
  }
  return items.map((item) => {
    db.run('SAVEPOINT one');
    try {
      const result = item.work();
      db.run('RELEASE one');
      return () => { item.done(result); };
    } catch (e) {
      // What is wrong with the file is wrong for all of them.
      if (e instanceof MgrError && e.code.startsWith('STORE_')) throw e;
      db.run('ROLLBACK TO one');
      db.run('RELEASE one');
      return () => { item.failed(e); };
    }
  });
}
