import type { Clock } from '../base/clock.js';

/** Who waits for something about a process to come true. */
export class Waiters {
  readonly #clock: Clock;
  readonly #checks = new Set<() => void>();

  constructor(clock: Clock) { this.#clock = clock; }

  /** Resolves when `done` holds, looked at after each `wake`. `ms`: give up waiting (false); undefined: wait. */
  until(done: () => boolean, ms?: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (answer: boolean): void => { this.#checks.delete(check); cancel?.(); resolve(answer); };
      const check = (): void => { if (done()) end(true); };
      const cancel = ms === undefined ? undefined : this.#clock.after(ms, () => end(done()));
      this.#checks.add(check);
    });
  }

  wake(): void { for (const check of [...this.#checks]) check(); }
}
