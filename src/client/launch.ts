/**
 * Finds the daemon or starts it. The good path has no polling: the first run of the daemon writes one line to
 * descriptor 3 when its sockets are open (or when it cannot, or when another daemon holds the home).
 * Many may do this at once, also while an old daemon dies: the daemon's lock leaves one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import type net from 'node:net';
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { MgrError, errno, isMgrError, reasonOf } from '../base/errors.js';
import { makeFolder } from '../base/folders.js';
import type { Home } from '../base/paths.js';
import { fromRecord } from '../protocol/wire.js';
import type { DaemonView, ErrorRecord } from '../protocol/views.js';
import { RpcClient } from '../rpc/client.js';
import { greet } from './greet.js';

export interface LaunchOptions {
  /** bin/daemon.js; guardian.sh lies beside it. */
  readonly entry: string;
  /** The Node to run it with. */
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller just found nobody answering: do not ask again before starting. */
  readonly down?: boolean;
  /** false: connect only. Default true. */
  readonly spawn?: boolean;
  /** ms for everything. Default 30 s. */
  readonly patience?: number;
  /** Called before a daemon is started, for a word to the user. */
  readonly onSpawn?: () => void;
  /** Who answered (see hello.ts for what to make of it). */
  readonly onHello?: (daemon: DaemonView) => void;
}

/**
 * A client that has been answered: the socket of a daemon that dies at this moment takes connections too.
 * Fails with DAEMON_START (with the last lines of its log), DAEMON_SILENT, NO_PERMISSION, or what the daemon itself reports.
 */
export async function ensureDaemon(home: Home, options: LaunchOptions): Promise<RpcClient> {
  const deadline = systemClock.now() + (options.patience ?? 30_000);
  for (let first = true; ; first = false) {
    const client = first && options.down === true ? undefined : await tryConnect(home, options);
    if (client) return client;
    // Behind a module's own door (daemon/doors.ts) there is nothing to start one for.
    if (options.spawn === false || home.rpcSocket !== path.join(home.dir, 'rpc.sock')) throw new MgrError('DAEMON_DOWN');
    options.onSpawn?.();
    const told = await startDaemon(home, options, deadline);
    if ('error' in told) throw fromRecord(told.error);
    if ('ready' in told) {
      const started = await tryConnect(home, options);
      if (started) return started;
    }
    // Another daemon won, or ours died before it could say a word and the guardian starts it again: soon somebody answers.
    const soon = 'lost' in told ? 5000 : 3000;
    const other = await connectWithin(home, options, Math.min(deadline, systemClock.now() + soon));
    if (other) return other;
    if ('died' in told) {
      told.died.kill('SIGTERM');
      throw failed(home, 'it ended before it was ready');
    }
    if (systemClock.now() >= deadline) throw failed(home, 'another daemon holds the home and does not answer');
  }
}

/**
 * V8 options of the daemon; `MGR_NODE_OPTIONS` (or `PM2_NODE_OPTIONS`) come after them. Only such as leave Node's compiled
 * code of its own library valid: what bounds the heap is set while it runs (daemon/heap.ts).
 */
export const DAEMON_FLAGS: readonly string[] = ['--single-threaded-gc'];

type Told = { readonly ready: true } | { readonly lost: number } | { readonly error: ErrorRecord } | { readonly died: ChildProcess };

async function tryConnect(home: Home, o: LaunchOptions): Promise<RpcClient | undefined> {
  let client: RpcClient | undefined;
  try {
    client = await RpcClient.connect(home.rpcSocket);
    const daemon = await greet(client, home);
    o.onHello?.(daemon);
    return client;
  } catch (e) {
    client?.close();
    if (isMgrError(e) && (e.code === 'DAEMON_DOWN' || e.code === 'CONNECTION_LOST')) return undefined;
    throw e;
  }
}

async function connectWithin(home: Home, o: LaunchOptions, deadline: number): Promise<RpcClient | undefined> {
  for (;;) {
    const client = await tryConnect(home, o);
    if (client || systemClock.now() >= deadline) return client;
    await new Promise<void>((resolve) => { systemClock.after(15, resolve); });
  }
}

async function startDaemon(home: Home, o: LaunchOptions, deadline: number): Promise<Told> {
  const log = openLog(home);
  try {
    const guardian = path.join(path.dirname(o.entry), 'guardian.sh');
    const args = [guardian, o.node, ...DAEMON_FLAGS, ...extraFlags(o.env), o.entry];
    const child = spawn('/bin/sh', args, { cwd: '/', detached: true, env: daemonEnv(home, o.env), stdio: ['ignore', log, log, 'pipe'] });
    child.unref();
    return await firstLine(home, child, deadline);
  } finally {
    fs.closeSync(log);
  }
}

function firstLine(home: Home, child: ChildProcess, deadline: number): Promise<Told> {
  const pipe = child.stdio[3] as net.Socket;
  return new Promise((resolve, reject) => {
    let text = '';
    const cancel = systemClock.after(Math.max(0, deadline - systemClock.now()), () => {
      pipe.destroy();
      reject(failed(home, 'it did not become ready in time'));
    });
    const done = (told: Told): void => {
      cancel();
      pipe.destroy();
      resolve(told);
    };
    child.once('error', (e) => {
      cancel();
      reject(failed(home, reasonOf(e)));
    });
    // ECONNRESET here is an end like any other: 'close' follows.
    pipe.on('error', () => {});
    pipe.on('data', (d: Buffer) => {
      text += String(d);
      if (text.includes('\n')) done(JSON.parse(text.slice(0, text.indexOf('\n'))) as Told);
    });
    pipe.once('close', () => done({ died: child }));
  });
}

function openLog(home: Home): number {
  try {
    makeHome(home);
    makeFolder(path.dirname(home.daemonLog));
    return fs.openSync(home.daemonLog, 'a', 0o600);
  } catch (e) {
    if (isMgrError(e)) throw e;
    if (errno(e) === 'EACCES' || errno(e) === 'EPERM' || errno(e) === 'EROFS') throw new MgrError('NO_PERMISSION', { path: home.dir, reason: reasonOf(e) }, e);
    throw new MgrError('DAEMON_START', { reason: reasonOf(e), log: home.daemonLog }, e);
  }
}

function makeHome(home: Home): void {
  try {
    makeFolder(path.dirname(home.dir));
    makeFolder(home.dir, 0o700);
  } catch (e) {
    // The folder above exists and yet there is no place in it: /proc and its kin.
    if (errno(e) === 'ENOENT') throw new MgrError('BAD_OPTION', { path: 'MGR_HOME', got: home.dir, wanted: 'a path where folders can be made', fix: 'set MGR_HOME to a folder on a disk, or unset it for ~/.mgr' }, e);
    throw e;
  }
}

// What belongs to the program we may run in (its Node options, its message channel, its cluster id) is not the daemon's.
function daemonEnv(home: Home, env: LaunchOptions['env']): Record<string, string | undefined> {
  const { NODE_OPTIONS: _o, NODE_CHANNEL_FD: _c, NODE_UNIQUE_ID: _u, ...rest } = env;
  return { ...rest, MGR_HOME: home.dir };
}

function extraFlags(env: LaunchOptions['env']): string[] {
  return (env['MGR_NODE_OPTIONS'] ?? env['PM2_NODE_OPTIONS'] ?? '').split(/\s+/).filter((f) => f !== '');
}

function failed(home: Home, why: string): MgrError {
  const tail = lastLines(home.daemonLog, 5);
  return new MgrError('DAEMON_START', { reason: tail === '' ? why : `${why}\n${tail}`, log: home.daemonLog });
}

function lastLines(file: string, count: number): string {
  try {
    const fd = fs.openSync(file, 'r');
    try {
      const { size } = fs.fstatSync(fd);
      const bytes = Buffer.alloc(Math.min(size, 4096));
      fs.readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8').trimEnd().split('\n').slice(-count).map((l) => `  ${l}`).join('\n').trimEnd();
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return ''; // the reason stands without the log
  }
}
