/**
 * Preloaded into managed Node programs (`--require`): process.send, process.on('message') and process.connected over
 * a Unix socket that is found again when the daemon is replaced. Node's own IPC channel dies with its parent.
 * Nothing is opened before the program sends or listens, nothing is preloaded besides, and grandchildren and worker
 * threads are left alone: the variable that tells where the socket is leaves the environment here.
 *
 * Wire: one JSON value per line. First {id, run, token, pid}; then {m: message} both ways, {x: exception} upwards, and
 * {c: …} for what the program does not see: {c: {drain: ms | 'over' | 'alone', signal}} down, {c: {draining}}, {c: {drained}} and {c: {listening}} up.
 * A worker of a cluster has node's own channel to its primary (primary.ts): there x and c travel as {cmd: 'NODE_MGR'}.
 */
import type { Server, Socket } from 'node:net';
import { askedToEnd, drain, leftAlone } from './drain.js';
import { type Lent, watchListen } from './inherit.js';
import { startIoOfModules } from './pm2-io.js';
import { offerSdk } from './sdk.js';
import { Sticky } from './sticky.js';

/** `socket`: empty in a worker of a cluster. `lent`: sockets the manager holds for this app; undefined: nobody asks whether it listens. */
interface Channel { readonly socket: string; readonly id: number; readonly run: number; readonly token: string; readonly note: string; readonly parent: number; readonly lent: readonly Lent[] | undefined }

const VARIABLE = 'MGR_CHANNEL';
/** What waits for a daemon that is away: beyond that the oldest goes, memory is the program's. */
const MOST_WAITING = 1000;

/** `drops`: a module in a sandbox that is not to make connections. Ours stands first, and is the last (supervisor/launch/sandbox.ts). */
function install(channel: Channel, drops: boolean): void {
  const waiting: string[] = [];
  const sticky = new Sticky();
  let socket: Socket | undefined;
  let up = false;
  let delay = 20;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const wanted = (): boolean => process.listenerCount('message') > 0 || process.listenerCount('disconnect') > 0;
  // As with Node's own channel, only a program that listens is kept alive by it.
  const hold = (): void => {
    if (wanted()) { socket?.ref(); retry?.ref(); } else { socket?.unref(); retry?.unref(); }
  };

  const connect = (): void => {
    if (closed || socket) return;
    const net = require('node:net') as typeof import('node:net');
    let rest = '';
    const s = net.connect(channel.socket);
    socket = s;
    s.setEncoding('utf8');
    s.on('connect', () => {
      up = true;
      delay = 20;
      s.write(`${JSON.stringify({ id: channel.id, run: channel.run, token: channel.token, pid: process.pid })}\n`);
      for (const m of sticky.messages) s.write(`${JSON.stringify({ m })}\n`);
      for (const line of waiting.splice(0)) s.write(line);
    });
    s.on('data', (text: string) => {
      rest += text;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const word = JSON.parse(line) as { m?: unknown; c?: unknown };
        if ('c' in word) control(word.c, servers, (c) => write({ c }));
        else process.emit('message', word.m, undefined as never);
      }
    });
    s.on('error', () => {}); // 'close' follows and tries again
    s.on('close', () => {
      up = false;
      socket = undefined;
      if (closed) return;
      leftAlone();
      retry = setTimeout(connect, delay);
      delay = Math.min(1000, delay * 2);
      hold();
    });
    hold();
  };

  const write = (value: unknown): void => {
    const line = `${JSON.stringify(value)}\n`;
    if (socket && up) { socket.write(line); return; }
    if (waiting.length >= MOST_WAITING) waiting.shift();
    waiting.push(line);
    connect();
  };

  const send = (message: unknown, ...rest: unknown[]): boolean => {
    const callback = rest.find((a) => typeof a === 'function') as ((e: Error | null) => void) | undefined;
    if (message === undefined) throw new TypeError('The "message" argument must be specified');
    if (closed) {
      const error = Object.assign(new Error('Channel closed'), { code: 'ERR_IPC_CHANNEL_CLOSED' });
      if (callback) process.nextTick(callback, error); else process.nextTick(() => process.emit('error' as never, error as never));
      return false;
    }
    write({ m: message });
    sticky.note(message);
    if (callback) process.nextTick(callback, null);
    return true;
  };

  const disconnect = (): void => {
    if (closed) return;
    closed = true;
    clearTimeout(retry);
    socket?.end();
    Object.defineProperty(process, 'connected', { value: false, configurable: true, writable: true, enumerable: true });
    process.nextTick(() => process.emit('disconnect'));
  };

  const define = (name: string, value: unknown): void => { Object.defineProperty(process, name, { value, configurable: true, writable: true, enumerable: true }); };
  define('send', send);
  define('disconnect', disconnect);
  define('connected', true);
  define('channel', { ref: () => { socket?.ref(); }, unref: () => { socket?.unref(); } });

  process.on('newListener', (event: string | symbol) => { if (event === 'message' || event === 'disconnect') process.nextTick(() => { connect(); hold(); }); });
  process.on('removeListener', (event: string | symbol) => { if (event === 'message' || event === 'disconnect') process.nextTick(hold); });

  if (drops) { connect(); giveBack(); }
  const servers = channel.lent === undefined ? [] : watchListen(channel.lent, () => write({ c: { listening: true } }));
  noteEnds(channel, (x) => {
    if (!socket || !up) return false;
    socket.write(`${JSON.stringify({ x })}\n`);
    return true;
  });
}

/** The right to make connections. What cannot give it back is not let run with it. */
function giveBack(): void {
  const { permission } = process as unknown as { readonly permission?: { readonly drop?: (scope: string) => void } };
  if (permission?.drop === undefined) throw new Error(`Node ${process.version} cannot give back the right to make connections: take Node 26, or declare "network" in mgr.permissions`);
  permission.drop('net');
}

/** In a worker of a cluster: process.send and process.on('message') are node's own, and the primary passes them on. */
function installInWorker(channel: Channel): void {
  // The program may put something else in its place.
  const send = (process.send as ((m: object) => boolean) | undefined)?.bind(process);
  const tell = (word: object): boolean => process.connected && send !== undefined && send({ cmd: 'NODE_MGR', ...word });
  const lent = channel.lent ?? [];
  // Of a server that listens by its primary, node tells.
  const servers = watchListen(lent, () => { if (lent.length > 0) tell({ c: { listening: true } }); });
  (process as NodeJS.EventEmitter).on('internalMessage', (message: unknown) => {
    const { cmd, c } = message as { cmd?: unknown; c?: unknown };
    if (cmd === 'NODE_MGR') control(c, servers, (answer) => { tell({ c: answer }); });
  });
  noteEnds(channel, (x) => tell({ x }), true);
}

function control(word: unknown, servers: Iterable<Server>, answer: (word: object) => void): void {
  const { drain: ms, signal } = word as { drain?: unknown; signal?: unknown };
  if (ms === 'over') askedToEnd();
  else if (ms === 'alone') leftAlone();
  else if (typeof ms === 'number') {
    answer({ draining: true });
    drain(servers, ms, signal as NodeJS.Signals, (all) => answer({ drained: all }));
  }
}

/** `tell`: false when the daemon cannot be told now. `worker`: it ends with its parent, and its code is that of no end of its own. */
function noteEnds(channel: Channel, tell: (x: object) => boolean, worker = false): void {
  const note = (record: object): void => {
    try {
      (require('node:fs') as typeof import('node:fs')).appendFileSync(channel.note, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    } catch { /* the program's end must not fail because of a note */ }
  };
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    const e = error instanceof Error ? error : new Error(String(error));
    const record = { message: e.message, stack: e.stack, name: e.name };
    if (!tell(record)) note({ x: record });
  });
  // A daemon that adopted us cannot wait for us: leave the code where it looks. Our own parent needs no note.
  process.on('exit', (code) => { if (process.ppid !== channel.parent) note({ code, ...(worker ? { alone: true } : {}) }); });
}

const text = process.env[VARIABLE];
if (text !== undefined) {
  delete process.env[VARIABLE];
  const drops = process.env['MGR_DROP'] === 'net';
  delete process.env['MGR_DROP'];
  const at = process.execArgv.findIndex((a, i) => a === '--require' && process.execArgv[i + 1] === __filename);
  if (at >= 0) process.execArgv.splice(at, 2);
  const channel = channelOf(text);
  if (channel?.socket === '') installInWorker(channel);
  else if (channel) install(channel, drops);
  // The program itself is who is meant, not the shell that would have to say so.
  if (channel?.lent && channel.lent.length > 0) process.env['LISTEN_PID'] = String(process.pid);
  if (process.env['pmx_module'] === 'true') { startIoOfModules(); offerSdk(process.cwd()); }
}

/** The words of a daemon of another version than ours are passed by: the program runs, without messages. */
function channelOf(json: string): Channel | undefined {
  try {
    const [socket, id, run, token, note, parent, lent] = JSON.parse(json) as [string, number, number, string, string, number, Lent[]?];
    return { socket, id, run, token, note, parent, lent };
  } catch {
    return undefined;
  }
}
