import { isMgrError } from '../../base/errors.js';
import { type Bag, type Done, type External, isBag, isThenable } from './model.js';
import { Context, type Exchange, answerError, answerJson } from './context.js';
import type { Resource } from './resource.js';

/** The longest path first; of equals the first in the alphabet. */
export function inOrder(resources: Iterable<Resource>): Resource[] {
  const depth = (r: Resource): number => r.path.split('/').filter((p) => p !== '').length;
  return [...resources].sort((a, b) => depth(b) - depth(a) || (a.path < b.path ? -1 : 1));
}

/**
 * Takes a request through the resources (in order): first the `handleSession` of all, then each whose path begins that of
 * the URL, until one does not call `next`. Nobody left: 404. Settles when a resource has it; what it throws is answered.
 */
export async function route(resources: readonly Resource[], exchange: Exchange): Promise<void> {
  try {
    for (const r of resources) if (r.handleSession !== undefined) await session(r, exchange);
    for (const r of resources) {
      if (exchange.res.headersSent || exchange.res.writableEnded) return;
      if (isBelow(r.path, exchange.pathname) && !(await given(r, exchange))) return;
    }
    if (!exchange.res.headersSent) notFound(exchange);
  } catch (e) {
    failed(exchange, e);
  }
}

/** Is this path that of the resource, or below it? `/todo` is not above `/todos`. */
export function isBelow(base: string, pathname: string): boolean {
  return base === '/' || pathname === base || (pathname.startsWith(base) && pathname[base.length] === '/');
}

/** Answers with what went wrong; an error that is no answer is a fault, told in the log. */
export function failed(exchange: Pick<Exchange, 'res' | 'report' | 'server'>, error: unknown): void {
  const answer = isMgrError(error) || (typeof error === 'object' && error !== null && 'statusCode' in error);
  if (!answer) exchange.report(error);
  if (exchange.res.headersSent) { exchange.res.destroy(); return; }
  const told = exchange.server.options.env === 'development' && error instanceof Error ? error.message : 'internal error';
  answerError(exchange.res, answer ? error : { statusCode: 500, message: told });
}

function notFound({ res, pathname }: Exchange): void {
  answerJson(res, { message: 'resource not found', path: pathname, statusCode: 404, status: 404 }, 404);
}

function session(r: Resource, exchange: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    const next: Done = (e) => { if (e === undefined || e === null) resolve(); else reject(e); };
    const returned = r.handleSession?.(new Context(exchange), next);
    if (isThenable(returned)) returned.then(() => resolve(), reject);
    else if ((r.handleSession?.length ?? 0) < 2) resolve();
  });
}

/** True: it gave the request on. False: it has it. */
function given(r: Resource, exchange: Exchange): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const ctx = new Context(exchange, r);
    const own = externalOf(r, ctx.url);
    const next = (): void => resolve(true);
    const returned: unknown = own === undefined ? r.handle(ctx, next) : own.call(r, ctx.method === 'GET' ? ctx.query : ctx.body, ctx, ctx.done);
    const { res } = exchange;
    const settle = (): void => {
      // Answered later, by whom it called: a late `next` still counts.
      if (res.writableEnded || res.destroyed) resolve(false);
      else res.once('close', () => resolve(false)).once('finish', () => resolve(false));
    };
    if (isThenable(returned)) returned.then(settle, reject);
    else settle();
  });
}

function externalOf(r: Resource, url: string): External | undefined {
  const name = /^\/([^/]+)\/?$/.exec(url)?.[1];
  if (name === undefined) return undefined;
  for (const table of [r.external, (r.constructor as { readonly external?: unknown }).external] as (Bag | undefined)[]) {
    if (isBag(table) || typeof table === 'object') {
      const fn = table !== undefined && table !== null && Object.hasOwn(table, name) ? table[name] : undefined;
      if (typeof fn === 'function') return fn as External;
    }
  }
  return undefined;
}
