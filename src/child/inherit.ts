import type { Server } from 'node:net';
import { watchSessions, watchUpgrades } from './drain.js';

/** A socket the manager holds for this app, and our descriptors of it: the first to use, the others to use again. */
export interface Lent { readonly port?: number; readonly host?: string; readonly path?: string; readonly fds: number[] }

/**
 * Knows which servers of this program listen, and lets an unchanged `server.listen(3000)` use the socket that the
 * manager holds for that port. `onListening`: some server listens.
 */
export function watchListen(lent: readonly Lent[], onListening: () => void): ReadonlySet<Server> {
  const servers = new Set<Server>();
  const { Server: Net } = require('node:net') as typeof import('node:net');
  // eslint-disable-next-line typescript/unbound-method -- it is called with the server it belongs to
  const { listen } = Net.prototype;
  Net.prototype.listen = function listenHere(this: Server, ...args: unknown[]): Server {
    if (!servers.has(this)) {
      servers.add(this);
      this.once('listening', onListening);
      this.once('close', () => { servers.delete(this); });
      watchSessions(this);
      watchUpgrades(this);
    }
    const borrowed = borrow(lent, args);
    return borrowed ? bySelf(() => listen.apply(this, borrowed as never)) : listen.apply(this, args as never);
  } as typeof listen;
  return servers;
}

/** A worker of a cluster has its primary listen for it, on descriptors too; here it is to do so by itself, as `exclusive` has it for ports. */
function bySelf<T>(listen: () => T): T {
  const cluster = require('node:cluster') as { isPrimary: boolean };
  const before = cluster.isPrimary;
  cluster.isPrimary = true;
  try {
    return listen();
  } finally {
    cluster.isPrimary = before;
  }
}

/** The arguments with the lent descriptor in place of the port or path; undefined: none is lent for it. */
function borrow(lent: readonly Lent[], args: readonly unknown[]): unknown[] | undefined {
  if (lent.length === 0) return undefined;
  const [first, ...rest] = args;
  const options = (typeof first === 'object' && first !== null ? first : typeof first === 'string' && !/^\d+$/.test(first) ? { path: first } : { port: first, host: typeof rest[0] === 'string' ? rest[0] : undefined }) as { port?: unknown; host?: unknown; path?: unknown; backlog?: unknown; signal?: unknown };
  const port = options.path === undefined ? Number(options.port) : undefined;
  const same = lent.filter((l) => (options.path === undefined ? l.port === port : l.path === options.path));
  const found = same.find((l) => l.host === options.host && l.fds.length > 0) ?? same.find((l) => l.fds.length > 0);
  const fd = found?.fds.shift();
  if (fd === undefined) return undefined;
  const backlog = options.backlog ?? rest.find((a) => typeof a === 'number');
  const callback = args.findLast((a) => typeof a === 'function');
  return [{ fd, ...(backlog === undefined ? {} : { backlog }), ...(options.signal === undefined ? {} : { signal: options.signal }) }, ...(callback === undefined ? [] : [callback])];
}
