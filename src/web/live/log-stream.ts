import type { Clock } from '../../base/clock.js';
import { isMgrError } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import { follow } from '../../client/follow.js';
import type { Events, Subscription } from '../../protocol/contract.js';
import type { LogLine } from '../api-types.js';
import type { DaemonLink } from '../daemon-link.js';
import { lineReader } from '../log-text.js';
import type { Watcher } from './watcher.js';

/** ms in which lines are gathered: a burst is one event, and a page draws ten times a second at most. */
const GATHER = 100;
/** Lines of one event; more in that time are left out and counted. A page cannot show them anyway. */
const MOST = 2000;
/** Characters of one line, and of one event. */
const LONGEST = 20_000;
const MOST_TEXT = 1_000_000;

type Reader = ReturnType<typeof lineReader>;

/** The log lines of some programs for one page. Ends with the page; a daemon that is replaced is followed again. */
export class LogStream {
  readonly #home: Home;
  readonly #link: DaemonLink;
  readonly #clock: Clock;
  readonly #watcher: Watcher;
  readonly #subscription: Subscription;
  #readers = new Map<string, Reader>();
  #lines: LogLine[] = [];
  #text = 0;
  #dropped = 0;
  #cancel: (() => void) | undefined;
  #bus: { close(): void } | undefined;
  #opening = false;
  #ended = false;

  constructor(home: Home, link: DaemonLink, clock: Clock, watcher: Watcher, targets: readonly string[]) {
    this.#home = home;
    this.#link = link;
    this.#clock = clock;
    this.#watcher = watcher;
    this.#subscription = subscriptionOf(targets);
    watcher.onClose(() => this.end());
  }

  /** Also when the daemon is back. */
  async open(): Promise<void> {
    if (this.#bus || this.#opening || this.#ended) return;
    this.#opening = true;
    try {
      await this.#learn();
      const bus = await follow(this.#home, this.#subscription, {
        on: (e) => { if (e.event === 'log') this.#take(e.payload); },
        lost: () => { this.#bus = undefined; },
        dropped: (n) => { this.#dropped += n; this.#plan(); },
      });
      if (this.#ended) bus.close();
      else this.#bus = bus;
    } catch (e) {
      if (!isMgrError(e)) throw e; // the daemon is away: `open` is called again when it is back
    } finally {
      this.#opening = false;
    }
  }

  end(): void {
    this.#ended = true;
    this.#cancel?.();
    this.#bus?.close();
    this.#bus = undefined;
  }

  // How lines stand in which file.
  async #learn(): Promise<void> {
    const files = await this.#link.call('logs.files', { targets: ['all'] });
    this.#readers = new Map(files.filter((f) => f.stream !== 'all').map((f) => [`${f.id}/${f.stream}`, lineReader(f)]));
  }

  #take(e: Events['log']): void {
    let read = this.#readers.get(`${e.id}/${e.stream}`);
    if (!read) {
      // It came after we asked; its first lines may show their date twice.
      this.#readers.set(`${e.id}/${e.stream}`, read = lineReader(undefined));
      this.#learn().catch(() => {}); // tried again with the next stranger
    }
    for (const line of (e.data.endsWith('\n') ? e.data.slice(0, -1) : e.data).split('\n')) {
      if (this.#lines.length >= MOST || this.#text >= MOST_TEXT || this.#watcher.slow) { this.#dropped++; continue; }
      const text = read(line).text.slice(0, LONGEST);
      this.#text += text.length;
      this.#lines.push({ id: e.id, name: e.name, stream: e.stream, at: e.at, text });
    }
    this.#plan();
  }

  #plan(): void {
    this.#cancel ??= this.#clock.after(GATHER, () => {
      this.#cancel = undefined;
      if (this.#watcher.slow) return this.#plan();
      const lines = this.#lines;
      const dropped = this.#dropped;
      this.#lines = [];
      this.#text = 0;
      this.#dropped = 0;
      if (lines.length > 0 || dropped > 0) this.#watcher.send('log', { lines, ...(dropped > 0 && { dropped }) });
    });
  }
}

export function subscriptionOf(targets: readonly string[]): Subscription {
  if (targets.includes('all')) return { events: ['log'] };
  const patterns = targets.flatMap((t) => (t.length > 2 && t.startsWith('/') && t.endsWith('/') ? [t.slice(1, -1)] : []));
  const words = targets.filter((t) => !(t.length > 2 && t.startsWith('/') && t.endsWith('/')));
  return { events: ['log'], ids: words.filter((t) => /^\d+$/.test(t)).map(Number), names: words, namespaces: words, patterns };
}
