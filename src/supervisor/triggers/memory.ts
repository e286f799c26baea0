import type { Clock } from '../../base/clock.js';
import type { AppSpec } from '../../config/spec.js';
import type { State } from '../machine.js';
import type { Stats } from '../stats.js';

/** What the guard looks at of a process. */
export interface Guarded {
  readonly spec: Pick<AppSpec, 'max_memory_restart'>;
  readonly state: Pick<State, 'name'>;
  readonly pid: number;
}

/** `max_memory_restart`: wakes up only while a process with a bound is online. `every`: ms between two looks. */
export class MemoryGuard<P extends Guarded> {
  readonly #clock: Clock;
  readonly #stats: Pick<Stats, 'of'>;
  readonly #onOver: (process: P, memory: number) => void;
  readonly #every: number;
  readonly #bounded = new Set<P>();
  #armed = false;

  constructor(clock: Clock, stats: Pick<Stats, 'of'>, onOver: (process: P, memory: number) => void, every = 5000) {
    this.#clock = clock;
    this.#stats = stats;
    this.#onOver = onOver;
    this.#every = every;
  }

  /** Call when a process changed. */
  follow(p: P): void {
    if (p.spec.max_memory_restart > 0 && p.state.name === 'online') this.#bounded.add(p); else this.#bounded.delete(p);
    this.#arm();
  }

  #arm(): void {
    if (this.#armed || this.#bounded.size === 0) return;
    this.#armed = true;
    this.#clock.after(this.#every, () => this.#look());
  }

  #look(): void {
    this.#armed = false;
    const watched = [...this.#bounded].filter((p) => p.state.name === 'online' && p.pid > 0);
    // The measure belongs to the process it was taken of: who was replaced meanwhile is looked at next time.
    const of = new Map(watched.map((p) => [p, p.pid]));
    void this.#stats.of([...of.values()]).then((usage) => {
      for (const [p, pid] of of) {
        const { memory } = usage(pid);
        if (p.state.name === 'online' && p.pid === pid && memory > p.spec.max_memory_restart) this.#onOver(p, memory);
      }
    }).finally(() => { this.#arm(); });
  }
}
