import type { Clock } from '../base/clock.js';
import type { AppSpec } from '../config/spec.js';
import type { ProcessLog } from '../logs/process-log.js';
import type { Succession } from './heir.js';
import type { Exit } from './policy.js';
import type { LiveRun } from './run.js';

/** ms. How often a group is looked at whose leader is gone but some member is not. */
export const GROUP_LOOK = 10;
/** ms. A drain that does not tell its end within its time has ended. */
const DRAIN_GRACE = 300;
/** ms. What SIGKILL does not end is stuck in the kernel. */
const AFTER_KILL = 2000;

export interface Leave {
  /** Its declaration: how it is asked, how long it is waited for. */
  readonly spec: AppSpec;
  /** ms it is given to finish its connections; 0: none. */
  readonly drain: number;
  /** ms it is given to connect before it is told so: after the death of a daemon. */
  readonly patience?: number;
  /** What its end is on record as. */
  readonly then: string;
  readonly clock: Clock;
  readonly succession: Succession | undefined;
  readonly onGone: (leaving: Leaving, exit: Exit) => void;
  /** It is still there after SIGKILL. */
  readonly onStuck: (leaving: Leaving) => void;
}

/**
 * A run beside the living one on its way out: replaced, or never taken. Drained, asked, killed, seen to be gone with
 * its whole group. It runs by its own timers: the process it belonged to has another run now.
 */
export class Leaving {
  readonly run: LiveRun;
  readonly log: ProcessLog;
  readonly then: string;
  /** Nobody waits for it any more. */
  stuck = false;
  readonly #o: Leave;
  #cancel: (() => void) | undefined;
  #asked = false;
  #over = false;

  constructor(run: LiveRun, options: Leave) {
    this.run = run;
    this.log = run.log;
    this.then = options.then;
    this.#o = options;
  }

  begin(): void {
    if (this.#o.drain <= 0) { this.hurry(); return; }
    const { clock, drain, patience = 0, spec } = this.#o;
    this.#cancel = clock.after(patience + drain + DRAIN_GRACE, () => this.hurry());
    void this.run.takedown.connected(patience).then(() => this.run.takedown.drain(drain, spec.kill_signal)).then(() => this.hurry());
  }

  /** No more draining: it is asked to end now. */
  hurry(): void {
    if (this.#asked || this.#over) return;
    this.#asked = true;
    this.#cancel?.();
    this.run.takedown.ask(this.#o.spec);
    this.#cancel = this.#o.clock.after(this.#o.spec.kill_timeout, () => this.kill());
  }

  kill(): void {
    if (this.#over) return;
    this.#asked = true;
    this.#cancel?.();
    this.run.takedown.signalAll('SIGKILL', this.#o.spec.treekill);
    this.#cancel = this.#o.clock.after(AFTER_KILL, () => { this.stuck = true; this.#o.onStuck(this); });
  }

  /** The leader is gone. */
  gone(exit: Exit): void {
    if (this.#over) return;
    if (this.#o.spec.treekill && this.run.takedown.leavesSome()) {
      this.hurry();
      this.#o.clock.after(GROUP_LOOK, () => this.gone(exit));
      return;
    }
    this.#over = true;
    this.#cancel?.();
    this.#o.onGone(this, exit);
  }

  /** The daemon goes; the next one ends it. */
  release(): void {
    this.#over = true;
    this.#cancel?.();
    if (this.#o.succession) this.#o.succession.left = true;
    this.run.release();
  }
}
