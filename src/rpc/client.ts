/** The asking side: typed by the contract, one connection, no reconnect (a lost daemon is the caller's to handle). */
import type net from 'node:net';
import { MgrError } from '../base/errors.js';
import type { MethodName, Params, Result } from '../protocol/contract.js';
import type { ErrorRecord } from '../protocol/views.js';
import { fromRecord } from '../protocol/wire.js';
import { CLIENT_LIMITS, attach, dial } from './transport.js';
import type { Channel } from './transport.js';

export interface CallOptions {
  /** Aborting abandons the wait, not the act. */
  readonly signal?: AbortSignal;
  /** ms; 0 = none. Default 30 s. */
  readonly deadline?: number;
}

const DEADLINE = 30_000;

interface Pending { readonly method: string; readonly fail: (error: unknown) => void }

export class RpcClient {
  readonly #conn: net.Socket;
  readonly #channel: Channel;
  readonly #pending = new Set<Pending>();
  #closed = false;
  /** The connection ended and it was not us: called once. */
  onLost?: () => void;

  private constructor(conn: net.Socket) {
    this.#conn = conn;
    this.#channel = attach(conn, 'req', CLIENT_LIMITS);
    conn.once('close', () => this.#ended());
  }

  /** Fails with DAEMON_DOWN, NO_PERMISSION or CONNECTION_LOST. An open client keeps the process alive. */
  static async connect(path: string): Promise<RpcClient> {
    return new RpcClient(await dial(path));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Fails with the daemon's error, CALL_TIMEOUT, CONNECTION_LOST (`unsent` in its data: the daemon cannot have it), or the signal's reason. */
  call<M extends MethodName>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
    return this.#ask({ mgr: 1, method, params }, method, (head, text) => unwrap(head, text) as Result<M>, options);
  }

  /** A call in PM2's words (compat/methods.ts). Fails with an Error that has the daemon's sentence. */
  pm2Call(method: string, argument: unknown, options: CallOptions = {}): Promise<unknown> {
    return this.#ask({ type: 'call', method, args: [argument] }, method, pm2Answer, options);
  }

  #ask<R>(body: object, method: string, read: (head: unknown, text: unknown) => R, options: CallOptions): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const signal = options.signal;
      if (signal?.aborted) return reject(asError(signal.reason));
      if (this.#closed || this.#conn.destroyed) return reject(new MgrError('CONNECTION_LOST', { method, unsent: true }));
      const ms = options.deadline ?? DEADLINE;
      const timer = ms > 0 ? setTimeout(() => pending.fail(new MgrError('CALL_TIMEOUT', { method, ms })), ms) : undefined;
      const onAbort = (): void => pending.fail(asError(signal?.reason));
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(pending);
        // axon keeps a callback until its answer comes, which may be never.
        if (answer.id !== undefined) delete this.#channel.callbacks?.[answer.id];
      };
      const pending: Pending = { method, fail: (e) => { settle(); reject(asError(e)); } };
      // axon hangs the request's id on the callback.
      const answer: ((head: unknown, text?: unknown) => void) & { id?: string } = (head, text) => {
        settle();
        try {
          resolve(read(head, text));
        } catch (e) {
          reject(asError(e));
        }
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.add(pending);
      this.#channel.send(body, answer);
    });
  }

  /** Ends the connection; calls under way fail with CONNECTION_LOST. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.destroy();
    this.#failAll();
  }

  #ended(): void {
    const lost = !this.#closed;
    this.#closed = true;
    this.#failAll();
    if (lost) this.onLost?.();
  }

  #failAll(): void {
    for (const p of this.#pending) p.fail(new MgrError('CONNECTION_LOST', { method: p.method }));
  }
}

// The forms of server.ts: {ok}, {error}, {raw} + JSON text, {ok, put} + a string of the answer.
function unwrap(head: unknown, text: unknown): unknown {
  if (typeof head !== 'object' || head === null) throw new MgrError('INTERNAL', { reason: 'an answer that is no record' });
  if ('error' in head) throw isRecord(head.error) ? fromRecord(head.error) : new MgrError('FOREIGN_DAEMON');
  if ('raw' in head && typeof text === 'string') return JSON.parse(text);
  if ('put' in head && 'ok' in head && typeof head.put === 'string') return { ...(head.ok as object), [head.put]: text };
  return 'ok' in head ? head.ok : undefined;
}

function pm2Answer(head: unknown): unknown {
  if (typeof head !== 'object' || head === null) throw new MgrError('INTERNAL', { reason: 'an answer that is no record' });
  if ('error' in head) throw new Error(typeof head.error === 'string' ? head.error : JSON.stringify(head.error));
  return 'args' in head && Array.isArray(head.args) ? head.args[0] as unknown : undefined;
}

// PM2's daemon answers what it does not know with a text, or with a record of another form.
function isRecord(error: unknown): error is ErrorRecord {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && 'data' in error;
}

function asError(e: unknown): Error {
  return e instanceof Error ? e : new Error(String(e));
}
