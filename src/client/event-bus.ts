import { EventEmitter } from 'node:events';
import { systemClock } from '../base/clock.js';
import { type BusConnection, subscribePm2 } from '../rpc/bus-client.js';

/** Gets what the `*` of the pattern matched, one argument each, then the payload. */
export type BusHandler = (...args: never[]) => void;

/** The connection below the bus: tells `connect`, `close` and `reconnect attempt`. */
export class BusSocket extends EventEmitter {
  readonly #close: () => void;

  constructor(close: () => void) {
    super();
    this.#close = close;
  }

  close(): void { this.#close(); }
}

/** PM2's bus: `on('process:msg', packet => …)`, `on('log:*', (type, packet) => …)`, `on('*', (event, packet) => …)`. */
export class EventBus {
  readonly #socket: string;
  readonly #handlers: { readonly pattern: string; readonly match: (topic: string) => readonly string[] | undefined; readonly fn: (...args: unknown[]) => void }[] = [];
  #connection: BusConnection | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  readonly socket: BusSocket;

  private constructor(socket: string) {
    this.#socket = socket;
    this.socket = new BusSocket(() => this.close());
  }

  static async open(socket: string): Promise<EventBus> {
    const bus = new EventBus(socket);
    await bus.#connect();
    return bus;
  }

  on(pattern: string, fn: BusHandler): this {
    this.#handlers.push({ pattern, match: matcher(pattern), fn: fn as (...args: unknown[]) => void });
    return this;
  }

  /** Takes off all handlers of this pattern, or the one. */
  off(pattern: string, fn?: BusHandler): this {
    for (let i = this.#handlers.length - 1; i >= 0; i--) {
      const h = this.#handlers[i];
      if (h?.pattern === pattern && (fn === undefined || h.fn === fn)) this.#handlers.splice(i, 1);
    }
    return this;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#connection?.close();
  }

  async #connect(): Promise<void> {
    const connection = await subscribePm2(this.#socket, (topic, payload) => this.#deliver(topic, payload), () => { this.socket.emit('close'); this.#again(100); });
    this.#connection = connection;
    this.socket.emit('connect');
    if (this.#closed) connection.close();
  }

  #deliver(topic: string, payload: unknown): void {
    for (const h of this.#handlers.slice()) {
      const captured = h.match(topic);
      if (captured) h.fn(...captured, payload);
    }
  }

  // The daemon was replaced: its successor publishes on the same socket.
  #again(delay: number): void {
    if (this.#closed) return;
    this.#cancel = systemClock.after(delay, () => {
      this.socket.emit('reconnect attempt');
      this.#connect().catch(() => this.#again(Math.min(delay * 1.5, 5000)));
    });
  }
}

/** Topic -> what the stars stand for (one character at least each), or undefined. */
export function matcher(pattern: string): (topic: string) => readonly string[] | undefined {
  const re = new RegExp(`^${pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}/-]/g, '\\$&')).join('(.+)')}$`, 's');
  return (topic) => re.exec(topic)?.slice(1);
}
