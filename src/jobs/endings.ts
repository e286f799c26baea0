import type { Clock } from '../base/clock.js';
import { isMgrError, reasonOf } from '../base/errors.js';
import type { Database } from '../database/database.js';
import type { Claim, Queue } from './queue.js';
import type { Run } from './run.js';

export interface EndingsOptions {
  readonly database: Database;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: (text: string) => void;
  /** Takes what may follow these, in the same transaction. */
  readonly claim: (ended: readonly Run[]) => Claim[];
  readonly left: (ended: readonly Run[], next: readonly Claim[]) => void;
  /** Whether it is still ours to write about. */
  readonly holds: (run: Run) => boolean;
}

interface Pending { readonly run: Run; /** False: it was refused. */ readonly write: () => boolean }

/** ms until a store that did not answer is asked again. */
const AGAIN = 100;

/**
 * Writes how attempts ended. Those that end in one turn of the loop are written together, and what follows is claimed with
 * them: one wait for the disk for all. A store that is busy or full is asked again as long as the lease lasts.
 */
export class Endings {
  readonly #o: EndingsOptions;
  /** While there are any, a look at them is under way. */
  #pending: Pending[] = [];

  constructor(options: EndingsOptions) { this.#o = options; }

  add(run: Run, write: () => boolean): void {
    this.#pending.push({ run, write });
    if (this.#pending.length === 1) setImmediate(() => { this.write(); });
  }

  /** Now: the program ends. */
  write(): void {
    const { database, queue, clock, log, claim, left, holds } = this.#o;
    const all = this.#pending.filter(({ run }) => holds(run));
    this.#pending = [];
    if (all.length === 0) return;
    const runs = all.map(({ run }) => run);
    try {
      const refused: Run[] = [];
      const next = database.transaction(() => {
        for (const { run, write } of all) if (!write()) refused.push(run);
        return claim(runs);
      });
      for (const run of refused) log(`${run.title}: completion with fence ${run.claim.fence} refused: ${queue.holder(run.claim.id)}`);
      left(runs, next);
    } catch (e) {
      const late = all.filter(({ run }) => !isMgrError(e) || clock.now() > run.leaseEnd);
      for (const { run } of late) log(`${run.title}: how it ended could not be written, so it will be taken for lost: ${reasonOf(e)}`);
      if (late.length > 0) left(late.map(({ run }) => run), []);
      const again = all.filter((p) => !late.includes(p));
      if (again.length === 0) return;
      this.#pending.unshift(...again);
      clock.after(AGAIN, () => { this.write(); });
    }
  }
}
