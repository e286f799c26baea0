import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';

/** What http, https and http2 servers have besides. */
type Web = Server & { closeIdleConnections?: () => void; updateSettings?: unknown };

/** ms an idle connection is left for its next request, which is then answered with `Connection: close`. */
const IDLE = 1000;
/** Part of the time after which connections that were taken over by another protocol are ended. */
const RUNS_OUT = 0.75;
/** ms after its time in which a drained program ends by itself: whoever asked may be gone. */
const FORSAKEN = 5000;
const LOOK = 20;

/**
 * Takes no new connection any more and finishes those there are; calls back with true when none is left, with false
 * after `ms`. The program is kept alive meanwhile; then `signal` comes from outside, or from here when nobody is left.
 * Its own shutdown code still works: closing a server again is no error.
 */
export function drain(known: Iterable<Server>, ms: number, signal: NodeJS.Signals, done: (all: boolean) => void): void {
  const servers = new Set(known);
  const sockets: Socket[] = [];
  const { Server: Net, Socket: Stream } = require('node:net') as typeof import('node:net');
  // Servers that began to listen before anybody watched, and the responses under way.
  for (const handle of (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()) {
    if (handle instanceof Net) servers.add(handle);
    else if (handle instanceof Stream) sockets.push(handle);
  }
  askedToEnd();
  const end = (): void => { process.kill(process.pid, signal); };
  const mine = { over: false, alone: false, end, timer: setTimeout(end, ms + FORSAKEN) };
  under = mine;
  const sessions: { close(): void }[] = [];
  for (const server of servers) { refuse(server); part(server, sockets, sessions); }
  for (const session of sessions) session.close();
  const steps: [at: number, (socket: Taken) => void][] = [[Math.min(IDLE, ms / 2), goAway], [ms * RUNS_OUT, hangUp]];
  const begun = Date.now();
  const look = (): void => {
    void left(servers).then((n) => {
      const ran = Date.now() - begun;
      if (n === 0 || ran >= ms) {
        mine.over = true;
        done(n === 0);
        if (mine.alone) end();
        return;
      }
      if (ran >= Math.min(IDLE, ms / 2)) for (const server of servers) (server as Web).closeIdleConnections?.();
      for (const [, step] of steps.splice(0, steps.filter(([at]) => ran >= at).length)) for (const server of servers) for (const one of upgraded.get(server) ?? []) step(one);
      setTimeout(look, LOOK);
    });
  };
  look();
}

/** The drain that is under way, or over while nobody has asked the program to end yet. */
let under: { readonly timer: NodeJS.Timeout; readonly end: () => void; over: boolean; alone: boolean } | undefined;

/** Somebody asks it to end now: its own shutdown code may take its time. */
export function askedToEnd(): void {
  clearTimeout(under?.timer);
  under = undefined;
}

/** Who asked for the drain is gone. The next one finds a program that serves nobody, so it ends as soon as it is drained. */
export function leftAlone(): void {
  if (!under) return;
  under.alone = true;
  if (under.over) under.end();
}

/** Closes what listens, not the server: the app closes that when it is asked to end. */
function refuse(server: Server): void {
  (server as unknown as { _handle?: { close(): void } | null })._handle?.close();
}

/** Each connection ends with its next or present response. */
function part(server: Server, sockets: readonly Socket[], sessions: { close(): void }[]): void {
  if (!isWeb(server)) return;
  (server as HttpServer).prependListener('request', (_request, response) => { response.shouldKeepAlive = false; });
  for (const socket of [...sockets, ...connectionsOf(server)]) {
    const response = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;
    if (response && !response.headersSent) response.shouldKeepAlive = false;
  }
  sessions.push(...(h2.get(server) ?? []));
}

function isWeb(server: Web): boolean { return server.closeIdleConnections !== undefined || server.updateSettings !== undefined; }

/** The connections of a server over TLS are not among the active handles; http keeps a list of its own. */
function connectionsOf(server: Server): Socket[] {
  const key = Object.getOwnPropertySymbols(server).find((s) => s.description === 'http.server.connections');
  const list = key === undefined ? undefined : (server as unknown as Record<symbol, { all?: () => { socket?: Socket }[] } | undefined>)[key];
  return list?.all?.().flatMap((c) => c.socket ?? []) ?? [];
}

/** Sessions of http2 servers, for those that are watched from their first listen on. */
const h2 = new WeakMap<Server, Set<{ close(): void }>>();
export function watchSessions(server: Server): void {
  if (!('updateSettings' in server) || h2.has(server)) return;
  const sessions = new Set<{ close(): void }>();
  h2.set(server, sessions);
  server.on('session', (session: { close(): void; once(event: 'close', f: () => void): void }) => { sessions.add(session); session.once('close', () => { sessions.delete(session); }); });
}

/** A connection of an HTTP server that speaks something else now. `word`: what it was asked for, `websocket`. */
interface Taken { readonly socket: Socket; readonly word: string }
const upgraded = new WeakMap<Server, Set<Taken>>();

/** Knows which connections are upgraded from now on; only where the program takes such. */
export function watchUpgrades(server: Server): void {
  if (!isWeb(server) || upgraded.has(server)) return;
  const all = new Set<Taken>();
  upgraded.set(server, all);
  for (const event of ['upgrade', 'connect']) {
    const note = (request: IncomingMessage, socket: Socket): void => {
      const one = { socket, word: event === 'upgrade' ? String(request.headers.upgrade).toLowerCase() : 'connect' };
      all.add(one);
      socket.once('close', () => { all.delete(one); });
    };
    // Without a listener of the program's own there is no upgrade: ours alone must not make one.
    const come = (): void => { if (!server.listeners(event).includes(note)) server.prependListener(event, note); };
    server.on('newListener', (name, listener) => { if (name === event && listener !== note) come(); });
    server.on('removeListener', (name, listener) => { if (name === event && listener !== note && server.listenerCount(event) === 1) server.off(event, note); });
    if (server.listenerCount(event) > 0) come();
  }
}

/** Of WebSockets the server says that it goes away (RFC 6455, 7.4.1: 1001); the other end closes then, and comes again. */
function goAway({ socket, word }: Taken): void {
  if (word === 'websocket' && socket.writable) quietly(socket).write(Buffer.from([0x88, 0x02, 0x03, 0xe9]));
}

function hangUp({ socket }: Taken): void {
  if (!socket.destroyed) quietly(socket).end();
}

/** What the program writes after that is nothing it need fall over. */
function quietly(socket: Socket): Socket { return socket.on('error', () => {}); }

async function left(servers: Iterable<Server>): Promise<number> {
  const counts = await Promise.all([...servers].map((s) => new Promise<number>((resolve) => { s.getConnections((e, n) => resolve(e ? 0 : n)); })));
  return counts.reduce((a, b) => a + b, 0);
}
