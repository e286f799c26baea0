import type http from 'node:http';
import type { LiveEvent, LiveEvents } from '../api-types.js';

/** Bytes that may wait for a reader who does not read. */
const MUCH = 1024 * 1024;
/** At this many he is given up: his page connects again and gets everything whole. */
const TOO_MUCH = 4 * MUCH;

/** One page that listens, by server-sent events. */
export class Watcher {
  readonly #res: http.ServerResponse;
  readonly topics: ReadonlySet<LiveEvent>;
  readonly metrics: readonly string[];
  /** Changes were left out: the next `processes` must be whole. */
  behind = true;

  constructor(res: http.ServerResponse, topics: ReadonlySet<LiveEvent>, metrics: readonly string[]) {
    this.#res = res;
    this.topics = topics;
    this.metrics = metrics;
    res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    // How soon a browser connects again, and a first byte, so that it knows it is connected.
    res.write('retry: 1000\n\n');
  }

  /** He reads too slowly for what may be left out. */
  get slow(): boolean { return this.#res.writableLength > MUCH; }
  get gone(): boolean { return this.#res.destroyed || this.#res.writableEnded; }

  send<E extends LiveEvent>(event: E, data: LiveEvents[E]): void { this.sendText(event, JSON.stringify(data)); }

  /** `json`: without newlines, as JSON.stringify gives it. */
  sendText(event: LiveEvent, json: string): void {
    if (this.gone || !this.topics.has(event)) return;
    this.#res.write(`event: ${event}\ndata: ${json}\n\n`);
    if (this.#res.writableLength > TOO_MUCH) this.#res.destroy();
  }

  /** A comment keeps proxies from closing a quiet connection. */
  beat(): void { if (!this.gone && !this.slow) this.#res.write(': \n\n'); }

  /** The page is told to go elsewhere: the server ends. */
  end(): void { this.#res.end(); }

  onClose(fn: () => void): void { this.#res.once('close', fn); }
}
