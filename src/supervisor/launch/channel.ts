import fs from 'node:fs';
import net from 'node:net';
import { reasonOf } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import { randomHex } from '../../base/random.js';
import type { DoorRecord, RunRecord } from '../../protocol/records.js';
import { type ChannelSink, type Drained, type Parent, notePath } from './channel-words.js';
import { Door, insideDoor } from './door.js';
import { Lines } from './lines.js';

/** Bytes. A longer message is passed by, not kept in memory: nobody would be told of it (compat/child.ts has the bounds). */
const LONGEST_LINE = 4 * 1024 * 1024;
/** Bytes. Who has not proved to be a child of ours has a few words only: there may be many strangers. */
const LONGEST_HELLO = 4 * 1024;
/** ms a program may be late with the word that its time is over. */
const DRAIN_SLACK = 300;
/** ms. A child that is just coming up, or whose daemon was replaced, connects within this. */
export const CHANNEL_PATIENCE = 1000;
/** A child that does not read: what is queued for it stays below this. */
const MOST_QUEUED = 4 * 1024 * 1024;

/**
 * The daemon's end of the children's message channel (child/preload.ts tells the wire format). A child proves which
 * run it is by the token it was given in its environment; the tokens live in the state file, so that a new daemon
 * knows the children of the old one. The token of a program of another user counts at that user's socket only
 * (door.ts), that of a program of ours at the home's only.
 */
export class ChannelHub {
  readonly #servers: net.Server[] = [];
  /** `via`: the token of the primary that passes on what a worker says. */
  readonly #sinks = new Map<string, { readonly sink: ChannelSink; readonly uid: number | undefined; readonly via: string | undefined }>();
  readonly #drains = new Map<string, { readonly end: (how: Drained) => void; readonly begun: () => void }>();
  readonly #sockets = new Map<string, net.Socket>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #all = new Set<net.Socket>();
  readonly #doors = new Map<string, DoorRecord>();
  readonly #admitted = new Set<number>();
  #door: Door | undefined;
  #onTrouble: (reason: string) => void = () => {};

  /** Binds the home's socket (0600). A file left by a dead daemon is replaced: the caller holds the home's lock. */
  listen(socket: string): Promise<void> { return this.#listen(socket, undefined); }

  /**
   * Lets programs of other users in, where the daemon can start such. `inUse`: notes of the runs that may live.
   * `onTrouble`: told when that is not possible; these programs then have no messages.
   */
  openDoor(dir: string, inUse: ReadonlySet<string>, onTrouble: (reason: string) => void): void {
    this.#onTrouble = onTrouble;
    try {
      this.#door = Door.open(dir, process.getuid?.());
      this.#door?.sweep(inUse);
    } catch (e) {
      onTrouble(reasonOf(e));
    }
  }

  /** For the record of a run as this user, undefined where the home's own socket will do (or nothing else is there). */
  doorFor(uid: number | undefined): DoorRecord | undefined {
    return this.#door?.isFor(uid) ? { uid, note: `n${randomHex(8)}` } : undefined;
  }

  /** What a run that has a door inherits as descriptor 3. */
  doorFd(run: RunRecord): number | undefined { return run.door && this.#door?.fd; }

  /** What a child is told of its channel: the value of MGR_CHANNEL. Makes what must be there before the child is. */
  tell(home: Home, id: number, run: RunRecord, by?: Parent): string {
    if (run.door) this.#prepare(run.token, run.door);
    const [socket, note] = run.door ? [insideDoor(String(run.door.uid), by?.doorAt), insideDoor(run.door.note, by?.doorAt)] : [by?.worker ? '' : home.childSocket, notePath(home, run)];
    return JSON.stringify([socket, id, run.run, run.token, note, by?.pid ?? process.pid, ...(by ? [by.lent] : [])]);
  }

  expect(run: Pick<RunRecord, 'token' | 'door' | 'primary' | 'worker'>, sink: ChannelSink): void {
    this.#sinks.set(run.token, { sink, uid: run.door?.uid, via: run.worker && run.primary?.token });
    if (!run.door) return;
    this.#doors.set(run.token, run.door);
    this.#admit(run.door.uid);
  }

  /** The run is over, its note read. */
  forget(token: string): void {
    this.#sinks.delete(token);
    this.#sockets.get(token)?.destroy();
    this.#sockets.delete(token);
    this.#waiters.delete(token);
    this.#drains.get(token)?.end('drained');
    const door = this.#doors.get(token);
    this.#doors.delete(token);
    if (door) this.#door?.removeNote(door);
  }

  /** Sends now if the child is connected. False: it is not, or it does not read. */
  send(token: string, message: unknown): boolean { return this.#write(token, { m: message }); }

  /** The same for what the program itself does not see. */
  control(token: string, word: object): boolean { return this.#write(token, { c: word }); }

  /**
   * Asks for no new connections and the end of those there are, within `ms` (child/drain.ts). `signal`: what ends it then, also
   * without us. `patience`: ms it has to say that it began: one that is stuck in a loop hears nothing.
   */
  drain(token: string, ms: number, signal: NodeJS.Signals, patience = ms): Promise<Drained> {
    if (!this.control(token, { drain: ms, signal })) return Promise.resolve('unsupported');
    return new Promise((resolve) => {
      const end = (how: Drained): void => { clearTimeout(timer); this.#drains.delete(token); resolve(how); };
      let timer = setTimeout(() => end('timeout'), Math.min(ms, patience) + DRAIN_SLACK);
      this.#drains.set(token, { end, begun: () => { clearTimeout(timer); timer = setTimeout(() => end('timeout'), ms + DRAIN_SLACK); } });
    });
  }

  /** Waits up to `ms` for a child that is just coming (a new daemon, a program that boots). */
  async sendSoon(token: string, message: unknown, ms: number): Promise<boolean> {
    await this.connected(token, ms);
    return this.send(token, message);
  }

  /** Resolves when the child is connected, or after `ms`. */
  connected(token: string, ms: number): Promise<void> {
    if (this.#sockets.has(this.#way(token))) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const done = (): void => { clearTimeout(timer); waiters.delete(done); resolve(); };
      const way = this.#way(token);
      const waiters = this.#waiters.get(way) ?? new Set();
      this.#waiters.set(way, waiters.add(done));
      const timer = setTimeout(done, ms);
    });
  }

  close(): void {
    // Each removes its file, the users' ones by the door's descriptor: that is closed last.
    for (const server of this.#servers) server.close();
    for (const socket of this.#all) socket.destroy();
    this.#door?.close();
    this.#door = undefined;
  }

  /** Whose connection leads to this program. */
  #way(token: string): string { return this.#sinks.get(token)?.via ?? token; }

  #write(token: string, word: object): boolean {
    const way = this.#way(token);
    const socket = this.#sockets.get(way);
    if (!socket || socket.destroyed || socket.writableLength > MOST_QUEUED) return false;
    socket.write(`${JSON.stringify(way === token ? word : { t: token, ...word })}\n`);
    return true;
  }

  #prepare(token: string, door: DoorRecord): void {
    this.#doors.set(token, door);
    try {
      this.#door?.makeNote(door);
    } catch (e) {
      this.#onTrouble(reasonOf(e)); // the program runs without
    }
  }

  #admit(uid: number): void {
    if (!this.#door || this.#admitted.has(uid)) return;
    this.#admitted.add(uid);
    this.#listen(this.#door.socket(uid), uid).catch((e: unknown) => {
      this.#admitted.delete(uid); // the next run tries again
      this.#onTrouble(reasonOf(e));
    });
  }

  async #listen(socket: string, uid: number | undefined): Promise<void> {
    fs.rmSync(socket, { force: true });
    const server = net.createServer((s) => this.#accept(s, uid));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    this.#servers.push(server);
    fs.chmodSync(socket, 0o600);
    if (uid !== undefined) fs.chownSync(socket, uid, 0);
  }

  #accept(socket: net.Socket, uid: number | undefined): void {
    this.#all.add(socket);
    let token: string | undefined;
    const lines = new Lines();
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#all.delete(socket);
      if (token === undefined || this.#sockets.get(token) !== socket) return;
      this.#sockets.delete(token);
      // Who was asked to drain by this way cannot tell its end any more.
      for (const [of, drain] of [...this.#drains]) if (this.#way(of) === token) drain.end('timeout');
      this.#sinks.get(token)?.sink.onLost?.();
    });
    socket.on('data', (chunk: Buffer) => {
      for (let rest: Buffer | undefined = chunk; rest !== undefined && rest.length > 0;) {
        rest = lines.feed(rest, token === undefined ? LONGEST_HELLO : LONGEST_LINE);
        const line = lines.take();
        if (token === undefined && lines.tooLong) { socket.destroy(); return; }
        if (line === undefined || line === '') continue;
        const record = parse(line);
        if (record && token !== undefined) { this.#heard(token, record); continue; }
        token = record && this.#hello(socket, uid, record);
        if (token === undefined) { socket.destroy(); return; }
      }
    });
  }

  #heard(from: string, record: Readonly<Record<string, unknown>>): void {
    const token = typeof record['t'] === 'string' ? record['t'] : from;
    const known = this.#sinks.get(token);
    // A program speaks for itself only, a primary for its workers.
    if (!known || (known.via ?? token) !== from) return;
    const { sink } = known;
    if ('c' in record) { this.#control(token, sink, record['c']); return; }
    if ('x' in record && typeof record['x'] === 'object' && record['x'] !== null) sink.onException(record['x'] as Record<string, unknown>);
    else if ('m' in record) sink.onMessage(record['m']);
  }

  #control(token: string, sink: ChannelSink, word: unknown): void {
    if (typeof word !== 'object' || word === null) return;
    if ('drained' in word) this.#drains.get(token)?.end(word.drained === true ? 'drained' : 'timeout');
    else if ('draining' in word) this.#drains.get(token)?.begun();
    else if ('listening' in word) sink.onListening?.();
    else sink.onControl?.(word);
  }

  #hello(socket: net.Socket, uid: number | undefined, record: Readonly<Record<string, unknown>>): string | undefined {
    const token = record['token'];
    if (typeof token !== 'string') return undefined;
    const known = this.#sinks.get(token);
    if (!known || known.uid !== uid) return undefined;
    this.#sockets.get(token)?.destroy();
    this.#sockets.set(token, socket);
    for (const wake of this.#waiters.get(token) ?? []) wake();
    known.sink.onHello?.();
    return token;
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not one of ours: the caller ends the connection
  }
}
