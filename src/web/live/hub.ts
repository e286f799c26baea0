import type http from 'node:http';
import type { LiveEvent, LiveEvents } from '../api-types.js';
import { HttpError } from '../http-error.js';
import { Watcher } from './watcher.js';

/** Pages at once. */
const MOST = 64;
/** ms without a byte after which a comment is sent. */
const QUIET = 15_000;

export const TOPICS: readonly LiveEvent[] = ['processes', 'machine', 'metrics', 'log', 'operation', 'module', 'jobs', 'daemon'];

/** All pages that listen. */
export class Hub {
  readonly #watchers = new Set<Watcher>();
  #beat = 0;
  /** The first one came. */
  onFirst: () => void = () => {};
  onCome: (w: Watcher) => void = () => {};

  get watched(): boolean { return this.#watchers.size > 0; }
  get count(): number { return this.#watchers.size; }

  /** Throws 503 when there are too many, 400 for a topic that is none. */
  add(res: http.ServerResponse, topics: readonly string[] | undefined, metrics: readonly string[]): Watcher {
    if (this.#watchers.size >= MOST) throw new HttpError(503, 'TOO_MANY', `${MOST} pages listen already`, 'close some');
    const wrong = topics?.find((t) => !(TOPICS as readonly string[]).includes(t));
    if (wrong !== undefined) throw new HttpError(400, 'BAD_OPTION', `topics: got ${JSON.stringify(wrong)}, wanted ${TOPICS.join(', ')}`);
    const w = new Watcher(res, new Set((topics as readonly LiveEvent[] | undefined) ?? TOPICS), metrics);
    this.#watchers.add(w);
    w.onClose(() => this.#watchers.delete(w));
    if (this.#watchers.size === 1) this.onFirst();
    this.onCome(w);
    return w;
  }

  of(topic: LiveEvent): Watcher[] { return [...this.#watchers].filter((w) => w.topics.has(topic)); }

  /** To all of the topic; what comes every second is left out for those who do not read. */
  publish<E extends LiveEvent>(event: E, data: LiveEvents[E]): void {
    if (!this.watched) return;
    const text = JSON.stringify(data);
    for (const w of this.#watchers) if (!(w.slow && event === 'machine')) w.sendText(event, text);
  }

  beat(now: number): void {
    if (now - this.#beat < QUIET) return;
    this.#beat = now;
    for (const w of this.#watchers) w.beat();
  }

  end(): void { for (const w of this.#watchers) w.end(); }
}
