import fs from 'node:fs';
import net from 'node:net';

/**
 * The daemon's end of the children's message channel (child/preload.ts tells the wire format). A child proves which
 * run it is by the token it was given in its environment; the tokens live in the state file, so that a new daemon
 * knows the children of the old one.
 */
export interface ChannelSink {
  onMessage(message: unknown): void;
  /** An uncaught exception the child is about to die of. */
  onException(error: Readonly<Record<string, unknown>>): void;
}

/** Bytes. A longer message is passed by, not kept in memory: nobody would be told of it (compat/child.ts has the bounds). */
const LONGEST_LINE = 4 * 1024 * 1024;
/** Bytes. Who has not proved to be a child of ours has a few words only: there may be many strangers. */
const LONGEST_HELLO = 4 * 1024;
/** A child that does not read: what is queued for it stays below this. */
const MOST_QUEUED = 4 * 1024 * 1024;

export class ChannelHub {
  readonly #server = net.createServer((socket) => this.#accept(socket));
  readonly #sinks = new Map<string, ChannelSink>();
  readonly #sockets = new Map<string, net.Socket>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #all = new Set<net.Socket>();

  /** Binds the socket (0600). A file left by a dead daemon is replaced: the caller holds the home's lock. */
  async listen(path: string): Promise<void> {
    fs.rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => { fs.chmodSync(path, 0o600); resolve(); });
    });
  }

  expect(token: string, sink: ChannelSink): void { this.#sinks.set(token, sink); }

  forget(token: string): void {
    this.#sinks.delete(token);
    this.#sockets.get(token)?.destroy();
    this.#sockets.delete(token);
    this.#waiters.delete(token);
  }

  /** Sends now if the child is connected. False: it is not, or it does not read. */
  send(token: string, message: unknown): boolean {
    const socket = this.#sockets.get(token);
    if (!socket || socket.writableLength > MOST_QUEUED) return false;
    socket.write(`${JSON.stringify({ m: message })}\n`);
    return true;
  }

  /** Waits up to `ms` for a child that is just coming (a new daemon, a program that boots). */
  async sendSoon(token: string, message: unknown, ms: number): Promise<boolean> {
    if (this.send(token, message)) return true;
    await new Promise<void>((resolve) => {
      const done = (): void => { clearTimeout(timer); waiters.delete(done); resolve(); };
      const waiters = this.#waiters.get(token) ?? new Set();
      this.#waiters.set(token, waiters.add(done));
      const timer = setTimeout(done, ms);
    });
    return this.send(token, message);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#all) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    this.#all.add(socket);
    let token: string | undefined;
    const lines = new Lines();
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#all.delete(socket);
      if (token !== undefined && this.#sockets.get(token) === socket) this.#sockets.delete(token);
    });
    socket.on('data', (chunk: Buffer) => {
      for (let rest: Buffer | undefined = chunk; rest !== undefined && rest.length > 0;) {
        rest = lines.feed(rest, token === undefined ? LONGEST_HELLO : LONGEST_LINE);
        const line = lines.take();
        if (token === undefined && lines.tooLong) { socket.destroy(); return; }
        if (line === undefined || line === '') continue;
        const record = parse(line);
        if (record && token !== undefined) { this.#heard(token, record); continue; }
        token = record && this.#hello(socket, record);
        if (token === undefined) { socket.destroy(); return; }
      }
    });
  }

  #heard(token: string, record: Readonly<Record<string, unknown>>): void {
    const sink = this.#sinks.get(token);
    if ('x' in record && typeof record['x'] === 'object' && record['x'] !== null) sink?.onException(record['x'] as Record<string, unknown>);
    else if ('m' in record) sink?.onMessage(record['m']);
  }

  #hello(socket: net.Socket, record: Readonly<Record<string, unknown>>): string | undefined {
    const token = record['token'];
    if (typeof token !== 'string' || !this.#sinks.has(token)) return undefined;
    this.#sockets.get(token)?.destroy();
    this.#sockets.set(token, socket);
    for (const wake of this.#waiters.get(token) ?? []) wake();
    return token;
  }
}

/** Puts lines together from chunks, as bytes: strings of this size would wait long for the garbage collector. */
class Lines {
  #pieces: Buffer[] = [];
  #length = 0;
  #line: string | undefined;
  #tooLong = false;

  /** The line last fed is longer than it may be; its rest is passed by. */
  get tooLong(): boolean { return this.#tooLong; }

  /** Takes the chunk's first line, or all of it; gives what comes after the line's end. */
  feed(chunk: Buffer, longest: number): Buffer | undefined {
    const nl = chunk.indexOf(NL);
    const piece = nl < 0 ? chunk : chunk.subarray(0, nl);
    // A piece costs its Buffer object too: a line sent byte by byte is not cheap.
    this.#length += piece.length + (this.#length > 0 ? PIECE_COST : 0);
    this.#tooLong = this.#length > longest;
    if (this.#tooLong) this.#pieces = [];
    else this.#pieces.push(piece);
    if (nl < 0) return undefined;
    this.#line = this.#tooLong ? undefined : Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    return chunk.subarray(nl + 1);
  }

  /** The line that has become whole, once. */
  take(): string | undefined {
    const line = this.#line;
    this.#line = undefined;
    return line;
  }
}

const NL = 10;
const PIECE_COST = 128;

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not one of ours: the caller ends the connection
  }
}
