import type { Clock } from '../base/clock.js';
import type { Database } from '../database/database.js';
import type { Queue } from './queue.js';
import type { Run } from './run.js';

export interface LeasesOptions {
  readonly database: Database;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: (text: string) => void;
  /** Who holds the jobs of this program. */
  readonly name: string;
  readonly active: () => readonly Run[];
}

/** ms. More than this between the wall clock and the running time: somebody has set the clock, or the machine slept. */
const JUMP = 1000;
/** ms. So long nobody is taken for lost after that: who lives tells so first. */
const TRUCE = 2000;

/** The leases of this program's jobs are renewed, those of the dead swept up. */
export class Leases {
  readonly #o: LeasesOptions;
  /** Of the last look: wall-clock ms of the store, monotonic ms. */
  #before: { readonly wall: number; readonly now: number } | undefined;
  #truceEnd = 0;

  constructor(options: LeasesOptions) { this.#o = options; }

  /** Signs of life, where they are due. `wall`: the store's clock. True: that was set, so what was due when is to be seen anew. */
  beat(wall: number): boolean {
    const { clock, database, queue, log, active } = this.#o;
    const now = clock.now();
    // It may have been set before we came.
    if (this.#before === undefined) queue.clamp();
    const jump = this.#before === undefined ? 0 : wall - this.#before.wall - (now - this.#before.now);
    this.#before = { wall, now };
    const jumped = Math.abs(jump) > JUMP;
    if (jumped) {
      this.#truceEnd = now + TRUCE;
      // Leases of the dead would last until the clock is where it was.
      if (jump < 0) queue.clamp();
      log(`the clock of the store went ${jump > 0 ? 'forth' : 'back'} by ${Math.round(Math.abs(jump) / 1000)} s; leases begin anew`);
    }
    const due = active().filter((r) => r.beatAt <= now || jumped);
    if (due.length === 0) return jumped;
    const lost = database.transaction(() => due.filter((r) => !r.completed && !queue.renew(r.claim, r.definition.lease)));
    for (const run of due) if (lost.includes(run)) this.#lose(run); else run.renewed();
    return jumped;
  }

  /** Has somebody cancelled what we hold, or is it another's by now? */
  watch(): void {
    const { active, queue, name } = this.#o;
    const runs = active();
    if (runs.length === 0) return;
    const held = queue.held(name);
    for (const run of runs) {
      const cancelling = held.get(run.claim.fence);
      if (cancelling === true) run.abort(`${run.title} was cancelled`);
      if (cancelling === undefined) this.#lose(run);
    }
  }

  /** Takes from the silent what they held. Gives the wall-clock ms at which there may be more of it; undefined: nothing is held. */
  sweep(wall: number): number | undefined {
    const { queue, log, clock } = this.#o;
    const first = queue.leaseEnd();
    if (first === undefined || first >= wall) return first;
    const truce = this.#truceEnd - clock.now();
    if (truce > 0) return wall + truce;
    for (const line of queue.sweep()) log(line);
    return queue.leaseEnd();
  }

  /** ms until the next sign of life is due. */
  next(): number {
    return Math.min(Infinity, ...this.#o.active().map((r) => r.beatAt)) - this.#o.clock.now();
  }

  #lose(run: Run): void {
    if (run.lose()) this.#o.log(`${run.title}: fence ${run.claim.fence} is no longer valid: ${this.#o.queue.holder(run.claim.id)}`);
  }
}
