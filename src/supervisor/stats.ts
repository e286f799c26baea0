import type pidusage from 'pidusage';
import type { Clock } from '../base/clock.js';

/** cpu: percent of one core since the former look. memory: resident bytes. */
export interface Usage { readonly cpu: number; readonly memory: number }

const NONE: Usage = { cpu: 0, memory: 0 };

/**
 * CPU and memory of the managed processes, measured when somebody asks. The one caller of pidusage, whose CPU figure
 * is since *its* former call: two callers would disturb each other. Questions within `maxAge` ms share one look.
 */
export class Stats {
  readonly #clock: Clock;
  readonly #maxAge: number;
  #last = new Map<number, Usage>();
  #at = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(clock: Clock, maxAge = 2000) {
    this.#clock = clock;
    this.#maxAge = maxAge;
  }

  /** Raised by one with each look: what was computed from an older look is stale. */
  looks = 0;

  async of(pids: readonly number[]): Promise<(pid: number) => Usage> {
    const known = pids.every((p) => this.#last.has(p));
    if (!known || this.#clock.now() - this.#at > this.#maxAge) {
      this.#looking ??= this.#look([...pids]).finally(() => { this.#looking = undefined; });
      await this.#looking;
    }
    return (pid) => this.#last.get(pid) ?? NONE;
  }

  async #look(pids: number[]): Promise<void> {
    const fresh = new Map<number, Usage>();
    if (pids.length > 0) {
      // Loaded by the first question: a daemon that nobody asks does without.
      const { default: measure } = await import('pidusage');
      // A pid that ended meanwhile is simply absent; when none is left pidusage rejects.
      const found: Record<string, pidusage.Status | null | undefined> = await measure(pids).catch(() => ({}));
      for (const pid of pids) {
        const s = found[String(pid)];
        if (s) fresh.set(pid, { cpu: Math.round(s.cpu * 10) / 10, memory: s.memory });
        else fresh.set(pid, NONE);
      }
    }
    this.#last = fresh;
    this.#at = this.#clock.now();
    this.looks++;
  }
}
