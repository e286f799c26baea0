import type http from 'node:http';
import { isMgrError } from '../../base/errors.js';
import type { Pending } from './pending.js';
import type { Resource } from './resource.js';
import { type Bag, type HostServer, type Session, isBag } from './model.js';

/** One request on its way through the resources. */
export interface Exchange {
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  /** After `_method`. */
  readonly method: string;
  /** The path of the URL as it was sent, without the query. */
  readonly pathname: string;
  readonly query: Bag;
  readonly body: unknown;
  readonly session: Session;
  readonly server: HostServer;
  /** A fault: into the log, and `request:error` of the server. */
  readonly report: (error: unknown) => void;
  /** The client of scripts; with a run, one whose calls it waits for. */
  readonly client: (run?: Pending) => unknown;
}

/** What a resource gets of a request. `done` and `end` may be handed on as they are. */
export class Context {
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  /** The rest of the path behind that of the resource: `/` or `/12`. As it was sent, not decoded. */
  url: string;
  /** The whole path. */
  readonly pathname: string;
  body: unknown;
  query: Bag;
  readonly method: string;
  readonly session: Session;
  readonly server: HostServer;
  readonly resource: Resource | undefined;
  readonly #exchange: Exchange;
  #dpd: unknown;

  constructor(exchange: Exchange, resource?: Resource) {
    this.#exchange = exchange;
    this.resource = resource;
    this.req = exchange.req;
    this.res = exchange.res;
    this.pathname = exchange.pathname;
    this.body = exchange.body;
    this.query = exchange.query;
    this.method = exchange.method;
    this.session = exchange.session;
    this.server = exchange.server;
    const base = resource === undefined || resource.path === '/' ? '' : resource.path;
    const rest = exchange.pathname.slice(base.length);
    this.url = rest === '' ? '/' : rest;
  }

  /** The internal client: `ctx.dpd.todos.get({…})`. */
  get dpd(): unknown { return (this.#dpd ??= this.#exchange.client()); }

  readonly clientFor = (run: Pending): unknown => this.#exchange.client(run);
  readonly report = (error: unknown): void => this.#exchange.report(error);

  /**
   * Answers. An error's status is its `statusCode`, else 400; its message and `errors` are told as JSON. Without an error:
   * objects as JSON, strings as HTML, nothing as 204. Only the first call counts.
   */
  readonly done = (error?: unknown, result?: unknown): void => {
    const { res } = this;
    if (res.headersSent || res.writableEnded) return;
    if (error !== undefined && error !== null) { answerError(res, error); return; }
    noCache(res);
    if (result === undefined || result === null) {
      if (res.statusCode === 200) res.statusCode = 204;
      res.end();
    } else if (typeof result === 'string') send(res, 'text/html; charset=utf-8', result);
    else if (Buffer.isBuffer(result)) res.end(result);
    else {
      try {
        answerJson(res, result);
      } catch (e) {
        // A circle, a BigInt: the caller may be a timer, where it would end the host.
        this.report(e);
        answerError(res, { statusCode: 500, message: 'the answer is no JSON' });
      }
    }
  };

  readonly end = (...args: unknown[]): void => {
    (this.res.end as (...a: unknown[]) => void).apply(this.res, args);
  };
}

/** Any value as JSON, with the status that is set. */
export function answerJson(res: http.ServerResponse, value: unknown, status?: number): void {
  if (status !== undefined) res.statusCode = status;
  noCache(res);
  // Before the head is written: what JSON cannot say must not break an answer in the middle.
  send(res, 'application/json; charset=utf-8', JSON.stringify(value) ?? 'null');
}

export function answerError(res: http.ServerResponse, error: unknown): void {
  const status = statusOf(error);
  const told = isBag(error) || error instanceof Error ? error as Bag : { message: String(error) };
  const message = typeof told['message'] === 'string' ? told['message'] : undefined;
  // Of an Error what its author gave it: no stack, no cause.
  const rest = error instanceof Error ? {} : told;
  answerJson(res, { ...rest, ...(message !== undefined && { message }), ...(told['errors'] !== undefined && { errors: told['errors'] }), statusCode: status, status }, status);
}

const STATUS: Readonly<Record<string, number>> = { STORE_BUSY: 503, STORE_IO: 507, STORE_CORRUPT: 500 };

function statusOf(error: unknown): number {
  if (isMgrError(error)) {
    const own = error.data['status'];
    return typeof own === 'number' ? own : STATUS[error.code] ?? 400;
  }
  const own = typeof error === 'object' && error !== null ? (error as { readonly statusCode?: unknown }).statusCode : undefined;
  return typeof own === 'number' && Number.isInteger(own) && own >= 400 && own < 600 ? own : 400;
}

function send(res: http.ServerResponse, type: string, text: string): void {
  if (!res.hasHeader('Content-Type')) res.setHeader('Content-Type', type);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  if (res.statusCode !== 204 && res.statusCode !== 304) res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text); // as a text it goes out in one write with the head
}

// Answers are made for one moment; a script that knows better has said so before.
function noCache(res: http.ServerResponse): void {
  if (res.hasHeader('Cache-Control')) return;
  res.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate');
}
