import type { Clock } from '../../base/clock.js';
import { isMgrError } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import { follow } from '../../client/follow.js';
import type { DaemonLink } from '../daemon-link.js';
import type { Hub } from './hub.js';
import { LogStream } from './log-stream.js';
import type { Ticker } from './ticker.js';
import type { Watcher } from './watcher.js';

/** What joins hub, ticker and log streams to the daemon's coming and going. */
export class Live {
  readonly #home: Home;
  readonly #link: DaemonLink;
  readonly #clock: Clock;
  readonly #hub: Hub;
  readonly #ticker: Ticker;
  readonly #logs = new Set<LogStream>();
  #bus: { close(): void } | undefined;
  #was = false;

  constructor(o: { readonly home: Home; readonly link: DaemonLink; readonly clock: Clock; readonly hub: Hub; readonly ticker: Ticker }) {
    this.#home = o.home;
    this.#link = o.link;
    this.#clock = o.clock;
    this.#hub = o.hub;
    this.#ticker = o.ticker;
    o.hub.onCome = (w) => {
      w.send('daemon', { state: o.link.state, at: o.clock.wall() });
      o.ticker.poke();
    };
    o.link.onChange = (state) => this.#changed(state);
  }

  async begin(): Promise<void> {
    await this.#link.begin();
    this.#ticker.begin();
  }

  /** Sends this page the log lines of these targets. */
  addLogs(watcher: Watcher, targets: readonly string[]): void {
    if (targets.length === 0) return;
    const stream = new LogStream(this.#home, this.#link, this.#clock, watcher, targets);
    this.#logs.add(stream);
    watcher.onClose(() => this.#logs.delete(stream));
    void stream.open();
  }

  end(): void {
    this.#ticker.end();
    this.#bus?.close();
    this.#hub.end();
    this.#link.close();
  }

  #changed(state: 'up' | 'gone'): void {
    const at = this.#clock.wall();
    this.#hub.publish('daemon', { state: state === 'up' && this.#was ? 'back' : state, at });
    if (state === 'gone') { this.#bus = undefined; return; }
    this.#was = true;
    this.#ticker.poke();
    for (const stream of this.#logs) void stream.open();
    // A start or an exit is seen at once, not within a second.
    follow(this.#home, { events: ['process'] }, { on: () => { if (this.#hub.watched) this.#ticker.poke(); }, lost: () => { this.#bus = undefined; } })
      .then((bus) => { this.#bus?.close(); this.#bus = bus; }, (e: unknown) => { if (!isMgrError(e)) throw e; /* it went again: the next one comes */ });
  }
}
