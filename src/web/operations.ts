import type { Clock } from '../base/clock.js';
import { MgrError } from '../base/errors.js';
import { randomHex } from '../base/random.js';
import type { Operation, OperationLine } from './api-types.js';
import { failureOf } from './http-error.js';

/** Kept after their end. */
const MOST = 50;
const MOST_LINES = 200;

export type Report = (kind: OperationLine['kind'], text: string) => void;

/** What goes on longer than a request: it is answered at once and told of as it goes on. */
export class Operations {
  readonly #clock: Clock;
  readonly #told: (o: Operation) => void;
  readonly #all = new Map<string, Operation>();

  constructor(clock: Clock, told: (o: Operation) => void) {
    this.#clock = clock;
    this.#told = told;
  }

  /** The latest first. */
  list(): Operation[] { return [...this.#all.values()].toReversed(); }
  get(id: string): Operation | undefined { return this.#all.get(id); }

  /** `work` gives the name of the module it was about. One at a time for a target: INSTALL_BUSY. */
  begin(kind: Operation['kind'], target: string, work: (report: Report) => Promise<string>): Operation {
    if ([...this.#all.values()].some((o) => o.state === 'running' && o.target === target)) throw new MgrError('INSTALL_BUSY', { name: target });
    const id = randomHex(6);
    const first: Operation = { id, kind, target, state: 'running', startedAt: this.#clock.wall(), lines: [] };
    this.#put(first);
    const report: Report = (line, text) => {
      const o = this.#all.get(id) ?? first;
      this.#put({ ...o, lines: [...o.lines, { at: this.#clock.wall(), kind: line, text: text.slice(0, 2000) }].slice(-MOST_LINES) });
    };
    work(report).then(
      (module) => this.#put({ ...this.#all.get(id) ?? first, state: 'done', endedAt: this.#clock.wall(), module }),
      (e: unknown) => this.#put({ ...this.#all.get(id) ?? first, state: 'failed', endedAt: this.#clock.wall(), error: failureOf(e).body.error }),
    );
    return first;
  }

  #put(o: Operation): void {
    this.#all.set(o.id, o);
    for (const [id, old] of this.#all) {
      if (this.#all.size <= MOST) break;
      if (old.state !== 'running') this.#all.delete(id);
    }
    this.#told(o);
  }
}
