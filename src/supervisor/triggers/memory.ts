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

export interface MemoryGuardOptions<P extends Guarded> {
  readonly clock: Clock;
  readonly stats: Pick<Stats, 'of'>;
  /** The descendants of a process: a shell, npm or a master of workers is small, what it runs is not. */
  readonly below: (pid: number) => readonly { readonly pid: number }[];
  /**
   * Bytes of these processes with what they share counted once; undefined where the system does not tell.
   * Asked only when their sum is over the bound: it is dear, and a master and its forked workers share most.
   */
  readonly exact: (pids: readonly number[]) => number | undefined;
  readonly onOver: (process: P, memory: number) => void;
  /** ms between two looks. */
  readonly every?: number;
}

/** `max_memory_restart`, of a process and all below it: wakes up only while a process with a bound is online. */
export class MemoryGuard<P extends Guarded> {
  readonly #o: MemoryGuardOptions<P>;
  readonly #bounded = new Set<P>();
  #armed = false;

  constructor(options: MemoryGuardOptions<P>) { this.#o = options; }

  /** Call when a process changed. */
  follow(p: P): void {
    if (p.spec.max_memory_restart > 0 && p.state.name === 'online') this.#bounded.add(p); else this.#bounded.delete(p);
    this.#arm();
  }

  #arm(): void {
    if (this.#armed || this.#bounded.size === 0) return;
    this.#armed = true;
    this.#o.clock.after(this.#o.every ?? EVERY, () => this.#look());
  }

  #look(): void {
    this.#armed = false;
    const watched = [...this.#bounded].filter((p) => p.state.name === 'online' && p.pid > 0);
    // The measure belongs to the process it was taken of: who was replaced meanwhile is looked at next time.
    const of = new Map(watched.map((p) => [p, [p.pid, ...this.#o.below(p.pid).map((k) => k.pid)]]));
    void this.#o.stats.of([...of.values()].flat()).then((usage) => {
      for (const [p, tree] of of) {
        if (p.state.name !== 'online' || p.pid !== tree[0]) continue;
        const bound = p.spec.max_memory_restart;
        const sum = tree.reduce((bytes, pid) => bytes + usage(pid).memory, 0);
        if (sum <= bound) continue;
        const memory = tree.length > 1 ? this.#o.exact(tree) ?? sum : sum;
        if (memory > bound) this.#o.onOver(p, memory);
      }
    }).finally(() => { this.#arm(); });
  }
}

const EVERY = 5000;
