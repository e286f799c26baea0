/**
 * The only file that knows axon. Theory of operation: axon gives the messages (AMP frames, request ids, replies);
 * the sockets are ours. axon's own bind and connect are never used: they swallow errors and crash on reconnect
 * (axon#163 and kin). Each connection gets an axon socket of its own, so a message names its sender, and a guard
 * in front of axon's parser, so a peer can make us hold only what the limits say.
 */
import axon from 'axon';
import type { AxonSocket } from 'axon';
import fs from 'node:fs';
import net from 'node:net';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { Budget, FrameGuard } from './frame-guard.js';

export type Channel = AxonSocket;

export interface Limits {
  /** Bytes of one inbound frame. */
  readonly maxFrame: number;
  /** ms a half frame may stay unfinished; undefined = no limit. */
  readonly halfFrameMs?: number;
  readonly budget?: Budget;
}

/** Bytes queued to a peer that does not read, above which it is given up. */
export const MAX_QUEUED = 4 * 1024 ** 2;
export const MAX_CONNECTIONS = 1024;
/** Client side: an answer may be large, and the daemon is trusted. */
export const CLIENT_LIMITS: Limits = { maxFrame: 256 * 1024 ** 2 };

/** Puts axon on a connected socket. Listen to 'message' on the result; such a listener must not throw. */
export function attach(conn: net.Socket, kind: 'req' | 'rep' | 'pub' | 'sub', limits: Limits): Channel {
  const channel = axon.socket(kind);
  const decode = channel.onmessage.bind(channel);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a method of axon that is replaced, no event
  channel.onmessage = (c) => {
    const deliver = decode(c);
    return (frame) => {
      if (c.destroyed) return;
      try {
        deliver(frame);
      } catch {
        // Only decoding throws here (listeners do not): broken JSON ends this connection and no other.
        c.destroy();
      }
    };
  };
  // A peer that goes away (ECONNRESET, EPIPE) is no event of interest; 'close' follows and is listened to.
  conn.on('error', () => {});
  guard(conn, limits);
  feedDirectly(conn);
  channel.addSocket(conn);
  return channel;
}

// axon pipes the socket into its parser, which parses synchronously and never pushes back: a stream's machinery between
// the two only costs (2 ms at the start of a command, and some of each call).
function feedDirectly(conn: net.Socket): void {
  const pipe = (parser: { _write(chunk: Buffer, encoding: string, done: () => void): void }): void => {
    conn.on('data', (chunk: Buffer) => { parser._write(chunk, 'buffer', () => {}); });
  };
  Object.defineProperty(conn, 'pipe', { value: pipe, configurable: true });
}

let packer: Channel | undefined; // made for who sends to many: the command line never does

/** One message as bytes, for sending the same to many. */
export function pack(...args: readonly unknown[]): Buffer {
  return (packer ??= axon.socket('pub')).pack(args);
}

/** Connects. Fails with DAEMON_DOWN where nobody listens, NO_PERMISSION where we may not. */
export async function dial(path: string): Promise<net.Socket> {
  for (let tries = 0; ; tries++) {
    try {
      return await dialOnce(path);
    } catch (e) {
      const code = errno(e);
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') throw new MgrError('DAEMON_DOWN', {}, e);
      if (code === 'EACCES' || code === 'EPERM') throw new MgrError('NO_PERMISSION', { path, reason: reasonOf(e) }, e);
      // Of Node itself, in a sandbox (supervisor/launch/sandbox.ts).
      if (code === 'ERR_ACCESS_DENIED') throw new MgrError('NO_PERMISSION', { path, reason: 'this program may make no connections', fix: 'a module that calls mgr declares "read" or "control" in mgr.permissions of its package.json' }, e);
      // EAGAIN: the daemon's backlog is full at this moment.
      if (code !== 'EAGAIN' || tries >= 50) throw new MgrError('CONNECTION_LOST', {}, e);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  }
}

/** Listens on a Unix socket with mode 0600. A stale file (nobody listens) is replaced; a living listener is an error. */
export async function listen(path: string, accept: (conn: net.Socket) => void): Promise<net.Server> {
  try {
    return await listenOnce(path, accept);
  } catch (e) {
    if (errno(e) !== 'EADDRINUSE') throw e;
    const living = await dialOnce(path).catch((refused: unknown) => {
      if (errno(refused) !== 'ECONNREFUSED' && errno(refused) !== 'ENOENT') throw refused;
      return undefined;
    });
    living?.destroy();
    if (living) throw e;
    fs.rmSync(path, { force: true });
    return await listenOnce(path, accept);
  }
}

function dialOnce(path: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const conn = net.connect(path);
    conn.once('error', reject);
    conn.once('connect', () => {
      conn.off('error', reject);
      resolve(conn);
    });
  });
}

function listenOnce(path: string, accept: (conn: net.Socket) => void): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer(accept);
    server.maxConnections = MAX_CONNECTIONS;
    server.once('error', reject);
    // bind() happens inside listen(), so the file never exists with another mode.
    const before = process.umask(0o177);
    server.listen(path);
    process.umask(before);
    server.once('listening', () => {
      server.off('error', reject);
      // From here on only accept() fails (EMFILE): that connection is lost, the server is not.
      server.on('error', () => {});
      resolve(server);
    });
  });
}

// The first 'data' listener: it sees every byte before axon's parser does.
function guard(conn: net.Socket, limits: Limits): void {
  const frames = new FrameGuard(limits.maxFrame, limits.budget ?? new Budget(limits.maxFrame * 2));
  let timer: NodeJS.Timeout | undefined;
  let watched: number | undefined;
  const overdue = (frame: number): void => {
    // What came while we were busy is read before the immediate: only a frame that is still short counts.
    setImmediate(() => { if (frames.unfinished === frame) conn.destroy(); });
  };
  conn.on('data', (chunk: Buffer) => {
    if (conn.destroyed) return;
    if (frames.feed(chunk) !== undefined) {
      conn.destroy();
      return;
    }
    const open = frames.unfinished;
    if (open === watched) return;
    clearTimeout(timer);
    watched = open;
    if (open !== undefined && limits.halfFrameMs !== undefined) timer = setTimeout(overdue, limits.halfFrameMs, open).unref();
  });
  conn.once('close', () => {
    clearTimeout(timer);
    frames.release();
  });
}
