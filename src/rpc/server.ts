/**
 * The answering side. Our own calls: `[{mgr:1, method, params}, id]` -> `[{ok} | {error}, id]`, a reply goes back
 * on the connection it was asked on (PM2's clients choose ids that collide). Everything else is `legacy`.
 */
import type net from 'node:net';
import { MgrError, isMgrError } from '../base/errors.js';
import type { MethodName, Params, Result } from '../protocol/contract.js';
import { toRecord } from '../protocol/wire.js';
import { Budget } from './frame-guard.js';
import { MAX_QUEUED, attach, listen } from './transport.js';
import type { Limits } from './transport.js';

/** An answer that is JSON text already: it is not serialised again. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An answer with one long string in it, sent beside the record, so that nothing escapes and unescapes it. */
export class WithText<T extends object, K extends keyof T> {
  readonly rest: Omit<T, K>;
  readonly key: K;
  readonly text: string;

  constructor(rest: Omit<T, K>, key: K, text: string) {
    this.rest = rest;
    this.key = key;
    this.text = text;
  }
}

export interface CallContext {
  /** Aborted when the caller's connection goes. Abandon the wait, not the act. */
  readonly signal: AbortSignal;
}

type Answer<R> = R | RawJson | (R extends object ? WithText<R, keyof R> : never);
export type Handler<M extends MethodName> = (params: Params<M>, call: CallContext) => Answer<Result<M>> | Promise<Answer<Result<M>>>;
export type Handlers = { readonly [M in MethodName]: Handler<M> };

/**
 * Answers PM2's calls. Calls `reply` at most once per request, with the whole body (`{args:[…]}` or `{error}`).
 * Returns 'silent' when there will be no answer.
 */
export type Legacy = (body: unknown, reply: (body: unknown) => void) => void | 'silent' | Promise<void | 'silent'>;

export interface ServeOptions {
  readonly methods: Handlers;
  readonly legacy?: Legacy;
  /** A handler threw what is no MgrError. The caller gets INTERNAL. */
  readonly onBug?: (error: unknown, method: string) => void;
  /** Calls of one connection under way at a time; the rest waits unread. Default 64. */
  readonly maxInFlight?: number;
  /** ms a half frame may stay unfinished. Default 30 s. */
  readonly halfFrameMs?: number;
}

export interface RpcServer {
  readonly connections: number;
  /** Stops listening, removes the socket file, ends all connections. */
  close(): Promise<void>;
}

/** Listens at `path`; resolves when callers can connect. */
export async function serve(path: string, options: ServeOptions): Promise<RpcServer> {
  const limits: Limits = { maxFrame: 8 * 1024 ** 2, halfFrameMs: options.halfFrameMs ?? 30_000, budget: new Budget(16 * 1024 ** 2) };
  const open = new Set<net.Socket>();
  const server = await listen(path, (conn) => {
    open.add(conn);
    conn.once('close', () => open.delete(conn));
    new Connection(conn, options).open(limits);
  });
  return {
    get connections() { return open.size; },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const conn of open) conn.destroy();
    }),
  };
}

type Reply = (...args: unknown[]) => void;
interface OwnCall { readonly method: string; readonly params: unknown }

class Connection {
  readonly #conn: net.Socket;
  readonly #options: ServeOptions;
  readonly #max: number;
  readonly #gone = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  constructor(conn: net.Socket, options: ServeOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#max = options.maxInFlight ?? 64;
  }

  open(limits: Limits): void {
    this.#conn.once('close', () => {
      this.#waiting.length = 0;
      this.#gone.abort();
    });
    attach(this.#conn, 'rep', limits).on('message', (...args: unknown[]) => {
      const reply = args.at(-1) as Reply;
      this.#admit(args.length > 1 ? args[0] : undefined, reply);
    });
  }

  // Beyond the limit the peer is not read; what one chunk had brought already waits here.
  #admit(body: unknown, reply: Reply): void {
    if (this.#inFlight < this.#max) {
      this.#run(body, reply);
      return;
    }
    this.#waiting.push(() => this.#run(body, reply));
    this.#conn.pause();
  }

  #run(body: unknown, reply: Reply): void {
    this.#inFlight++;
    const own = asOwnCall(body);
    if (own) void this.#answer(own, reply);
    else this.#answerLegacy(body, reply);
  }

  #release(): void {
    this.#inFlight--;
    if (this.#conn.destroyed) this.#waiting.length = 0;
    while (this.#inFlight < this.#max) {
      const next = this.#waiting.shift();
      if (!next) break;
      next();
    }
    if (this.#waiting.length === 0 && this.#conn.isPaused()) this.#conn.resume();
  }

  async #answer(own: OwnCall, reply: Reply): Promise<void> {
    try {
      const answer = await this.#call(own);
      if (answer instanceof RawJson) this.#send(reply, { raw: 1 }, answer.text);
      else if (answer instanceof WithText) this.#send(reply, { ok: answer.rest, put: answer.key }, answer.text);
      else this.#send(reply, { ok: answer });
    } catch (e) {
      if (!isMgrError(e)) this.#options.onBug?.(e, own.method);
      this.#send(reply, { error: toRecord(e) });
    } finally {
      this.#release();
    }
  }

  #call({ method, params }: OwnCall): unknown {
    if (!Object.hasOwn(this.#options.methods, method)) throw new MgrError('UNKNOWN_METHOD', { method });
    // The params were typed by the contract on the other side; the handler checks what it uses.
    const handler = this.#options.methods[method as MethodName] as (params: unknown, call: CallContext) => unknown;
    return handler(params ?? {}, { signal: this.#gone.signal });
  }

  #answerLegacy(body: unknown, reply: Reply): void {
    let open = true;
    const once = (answer: unknown): void => {
      if (!open) return;
      open = false;
      this.#send(reply, answer);
      this.#release();
    };
    void this.#askLegacy(body, once).then((said) => {
      if (said !== 'silent' || !open) return;
      open = false;
      this.#release();
    }, (e: unknown) => {
      this.#options.onBug?.(e, 'legacy');
      once({ error: toRecord(e).message });
    });
  }

  async #askLegacy(body: unknown, reply: (answer: unknown) => void): Promise<void | 'silent'> {
    if (!this.#options.legacy) reply({ error: 'unknown request' });
    else return this.#options.legacy(body, reply);
  }

  #send(reply: Reply, ...args: unknown[]): void {
    if (this.#conn.destroyed) return;
    if (this.#conn.writableLength > MAX_QUEUED) {
      this.#conn.destroy();
      return;
    }
    reply(...args);
  }
}

function asOwnCall(body: unknown): OwnCall | undefined {
  if (typeof body !== 'object' || body === null || !('mgr' in body) || !('method' in body)) return undefined;
  if (typeof body.method !== 'string') return undefined;
  return { method: body.method, params: 'params' in body ? body.params : {} };
}
