import type pidusage from 'pidusage';
import type { Clock } from '../base/clock.js';

/** cpu: percent of one core since the former look. memory: resident bytes. */
export interface Usage { readonly cpu: number; readonly memory: number }

const NONE: Usage = { cpu: 0, memory: 0 };

/** ms. Whom nobody asked for in this time is forgotten. */
const FORGOTTEN = 60_000;

/**
 * CPU and memory of the managed processes, measured when somebody asks. The one caller of pidusage, whose CPU figure
 * is since *its* former call: two callers would disturb each other. Questions within `maxAge` ms share one look,
 * also when they ask for different pids: only what is not known is looked at.
 */
export class Stats {
  readonly #clock: Clock;
  readonly #maxAge: number;
  readonly #last = new Map<number, { readonly usage: Usage; readonly at: number }>();
  #looking: Promise<void> | undefined;

  /** Default: a page that looks each second sees each second's figures. */
  constructor(clock: Clock, maxAge = 900) {
    this.#clock = clock;
    this.#maxAge = maxAge;
  }

  /** Raised by one with each look: what was computed from an older look is stale. */
  looks = 0;

  async of(pids: readonly number[]): Promise<(pid: number) => Usage> {
    // Two looks at once would measure a pid twice, the second time over no time at all.
    while (this.#looking) await this.#looking;
    const now = this.#clock.now();
    const stale = [...new Set(pids)].filter((p) => now - (this.#last.get(p)?.at ?? -Infinity) > this.#maxAge);
    if (stale.length > 0) {
      this.#looking = this.#look(stale).finally(() => { this.#looking = undefined; });
      await this.#looking;
    }
    return (pid) => this.#last.get(pid)?.usage ?? NONE;
  }

  async #look(pids: number[]): Promise<void> {
    // Loaded by the first question: a daemon that nobody asks does without.
    const { default: measure } = await import('pidusage');
    // A pid that ended meanwhile is simply absent; when none is left pidusage rejects.
    const found: Record<string, pidusage.Status | null | undefined> = await measure(pids).catch(() => ({}));
    const at = this.#clock.now();
    for (const pid of pids) {
      const s = found[String(pid)];
      this.#last.set(pid, { at, usage: s ? { cpu: Math.round(s.cpu * 10) / 10, memory: s.memory } : NONE });
    }
    for (const [pid, { at: seen }] of this.#last) if (at - seen > FORGOTTEN) this.#last.delete(pid);
    this.looks++;
  }
}
