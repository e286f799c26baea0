import type { Clock } from '../../base/clock.js';
import type { ManagedProcess } from '../process.js';
import type { Stats } from '../stats.js';

/** How often memory is looked at while some process has a bound, ms. */
const EVERY = 5000;

/** `max_memory_restart`: wakes up only while a process with a bound is online. */
export class MemoryGuard {
  readonly #clock: Clock;
  readonly #stats: Stats;
  readonly #onOver: (process: ManagedProcess, memory: number) => void;
  readonly #bounded = new Set<ManagedProcess>();
  #armed = false;

  constructor(clock: Clock, stats: Stats, onOver: (process: ManagedProcess, memory: number) => void) {
    this.#clock = clock;
    this.#stats = stats;
    this.#onOver = onOver;
  }

  /** Call when a process changed. */
  follow(p: ManagedProcess): void {
    if (p.spec.max_memory_restart > 0 && p.state.name === 'online') this.#bounded.add(p); else this.#bounded.delete(p);
    this.#arm();
  }

  #arm(): void {
    if (this.#armed || this.#bounded.size === 0) return;
    this.#armed = true;
    this.#clock.after(EVERY, () => this.#look());
  }

  #look(): void {
    this.#armed = false;
    const watched = [...this.#bounded].filter((p) => p.state.name === 'online' && p.pid > 0);
    void this.#stats.of(watched.map((p) => p.pid)).then((of) => {
      for (const p of watched) {
        const { memory } = of(p.pid);
        if (p.state.name === 'online' && memory > p.spec.max_memory_restart) this.#onOver(p, memory);
      }
    }).finally(() => { this.#arm(); });
  }
}
