/**
 * The publishing side (pub.sock). A connection gets every PM2 topic as `[topic, payload]` (PM2's clients filter
 * themselves and never send a byte) until it sends `[{mgr:1, subscribe}]`: from then on it gets our events, only
 * those it asked for, as `[{event}, payload]`.
 */
import type net from 'node:net';
import type { EventName, Events, Subscription } from '../protocol/contract.js';
import { Budget } from './frame-guard.js';
import { attach, listen, pack } from './transport.js';
import type { Limits } from './transport.js';

/** Whom an event is about. */
export interface Subject { readonly id: number; readonly name: string; readonly namespace: string; readonly module?: string }

/** Bytes queued to one subscriber; beyond it misses events until it has read all of them. */
const MAX_BEHIND = 2 * 1024 ** 2;

interface Subscriber {
  readonly conn: net.Socket;
  /** Undefined: a PM2 client. */
  wants?: { readonly events: ReadonlySet<string>; readonly about: (of: Subject) => boolean };
  /** Lines of logs, and other events, that are missing. */
  dropped: number;
}

export class Bus {
  readonly #subscribers = new Map<net.Socket, Subscriber>();
  readonly #limits: Limits;
  #server: net.Server | undefined;
  #announced = false;
  /** Who listens to what has changed: ask `wantsLogs` and `hasPm2Listeners` again. Calls are gathered per turn. */
  onDemandChanged?: () => void;

  private constructor(halfFrameMs: number) {
    this.#limits = { maxFrame: 1024 ** 2, halfFrameMs, budget: new Budget(16 * 1024 ** 2) };
  }

  static async listen(path: string, options: { readonly halfFrameMs?: number } = {}): Promise<Bus> {
    const bus = new Bus(options.halfFrameMs ?? 30_000);
    bus.#server = await listen(path, (conn) => bus.#accept(conn));
    return bus;
  }

  /** One more place to listen at. `mute`: who comes there is told nothing. */
  async also(path: string, mute: boolean): Promise<{ close(): Promise<void> }> {
    const here = new Set<net.Socket>();
    const server = await listen(path, (conn) => {
      here.add(conn);
      conn.once('close', () => here.delete(conn));
      // PM2's clients say nothing and wait; our own ask, and are to know that nothing will come.
      if (mute) conn.on('error', () => { /* its end is no event */ }).on('data', () => { conn.destroy(); });
      else this.#accept(conn);
    });
    return { close: () => new Promise((resolve) => { server.close(() => resolve()); for (const conn of here) conn.destroy(); }) };
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  get hasPm2Listeners(): boolean {
    for (const s of this.#subscribers.values()) if (!s.wants) return true;
    return false;
  }

  /** Does anybody read the lines of this process? PM2's clients read all. */
  wantsLogs(of: Subject): boolean {
    for (const s of this.#subscribers.values()) if (!s.wants || wants(s, 'log', of)) return true;
    return false;
  }

  publish<E extends EventName>(event: E, payload: Events[E]): void {
    let frame: Buffer | undefined;
    for (const s of this.#subscribers.values()) {
      if (wants(s, event, payload)) write(s, frame ??= pack({ event }, payload), payload);
    }
  }

  /** `payload` is called once, and only if a PM2 client listens. */
  publishPm2(topic: string, payload: () => unknown): void {
    let frame: Buffer | undefined;
    for (const s of this.#subscribers.values()) {
      if (!s.wants) write(s, frame ??= pack(topic, payload()));
    }
  }

  /** Sends what is queued to those who read, at most 200 ms, then ends all connections and removes the socket file. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#server) return resolve();
      this.#server.close(() => resolve());
      for (const conn of this.#subscribers.keys()) {
        conn.end();
        const timer = setTimeout(() => conn.destroy(), 200);
        conn.once('finish', () => conn.destroy());
        conn.once('close', () => clearTimeout(timer));
      }
    });
  }

  #accept(conn: net.Socket): void {
    const subscriber: Subscriber = { conn, dropped: 0 };
    this.#subscribers.set(conn, subscriber);
    conn.once('close', () => {
      this.#subscribers.delete(conn);
      this.#changed();
    });
    conn.on('drain', () => caughtUp(subscriber));
    attach(conn, 'pub', this.#limits).on('message', (body: unknown) => {
      const asked = asSubscription(body);
      if (!asked) return; // Nobody else has anything to say here; what he says is not kept.
      subscriber.wants = { events: new Set(asked.events), about: matcher(asked) };
      write(subscriber, pack({ event: 'subscribed' }, {}));
      this.#changed();
    });
    this.#changed();
  }

  #changed(): void {
    if (this.#announced) return;
    this.#announced = true;
    setImmediate(() => {
      this.#announced = false;
      this.onDemandChanged?.();
    });
  }
}

function wants(s: Subscriber, event: EventName, of: Subject): boolean {
  return s.wants !== undefined && s.wants.events.has(event) && s.wants.about(of);
}

function matcher({ ids, names, namespaces, patterns }: Subscription): (of: Subject) => boolean {
  if (!ids && !names && !namespaces && !patterns) return () => true;
  const [byId, byName, bySpace] = [new Set(ids), new Set(names), new Set(namespaces)];
  const like = (patterns ?? []).flatMap((source) => regexOf(source) ?? []);
  return ({ id, name, namespace, module }) => byId.has(id) || byName.has(name) || (module === undefined && bySpace.has(namespace)) || like.some((re) => re.test(name));
}

function regexOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source);
  } catch {
    return undefined; // our own client has tried it; from others it matches nothing
  }
}

// Once behind, a subscriber misses everything until its queue is empty: one gap, told at its place.
function write(s: Subscriber, frame: Buffer, payload: object = {}): void {
  if (s.conn.destroyed || s.conn.writableEnded) return;
  if (s.dropped > 0 || s.conn.writableLength > MAX_BEHIND) s.dropped += linesIn(payload);
  else s.conn.write(frame);
}

function linesIn(payload: object): number {
  if (!('data' in payload) || typeof payload.data !== 'string') return 1;
  let lines = 0;
  for (let at = payload.data.indexOf('\n'); at >= 0; at = payload.data.indexOf('\n', at + 1)) lines++;
  return Math.max(lines, 1);
}

function caughtUp(s: Subscriber): void {
  const count = s.dropped;
  s.dropped = 0;
  if (count > 0 && s.wants) write(s, pack({ event: 'dropped' }, { count }));
}

function asSubscription(body: unknown): Subscription | undefined {
  if (typeof body !== 'object' || body === null || !('mgr' in body) || !('subscribe' in body)) return undefined;
  const s = body.subscribe;
  if (typeof s !== 'object' || s === null || !('events' in s) || !Array.isArray(s.events)) return undefined;
  const events = s.events.filter((e: unknown): e is EventName => e === 'log' || e === 'process' || e === 'part');
  const ids = listIn(s, 'ids')?.filter((n) => typeof n === 'number');
  const [names, namespaces, patterns] = (['names', 'namespaces', 'patterns'] as const).map((key) => listIn(s, key)?.filter((t) => typeof t === 'string'));
  return { events, ...(ids && { ids }), ...(names && { names }), ...(namespaces && { namespaces }), ...(patterns && { patterns }) };
}

function listIn(of: object, key: string): readonly unknown[] | undefined {
  const list = (of as Readonly<Record<string, unknown>>)[key];
  return Array.isArray(list) ? list : undefined;
}
