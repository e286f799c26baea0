import type { Clock } from '../base/clock.js';
import type { Event, Timer } from './machine.js';

const DUE = { wait: 'waitOver', kill: 'killDue', ready: 'readyDue', heir: 'heirDue', drain: 'drained' } as const satisfies Record<Timer, Event['type']>;

/** The timers of one process, one of each name. */
export class Timers {
  readonly #clock: Clock;
  readonly #armed = new Map<Timer, () => void>();

  constructor(clock: Clock) { this.#clock = clock; }

  arm(timer: Timer, ms: number, due: (event: Event) => void): void {
    this.#armed.get(timer)?.();
    this.#armed.set(timer, this.#clock.after(ms, () => due({ type: DUE[timer] })));
  }

  disarm(): void {
    for (const cancel of this.#armed.values()) cancel();
    this.#armed.clear();
  }
}
