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

/** A child that writes one endless line is cut off, not kept in memory. */
const LONGEST_LINE = 16 * 1024 * 1024;
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
    let rest: string[] = [];
    let length = 0;
    socket.setEncoding('utf8');
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#all.delete(socket);
      if (token !== undefined && this.#sockets.get(token) === socket) this.#sockets.delete(token);
    });
    socket.on('data', (text: string) => {
      const lines = text.split('\n');
      const last = lines.pop() ?? '';
      for (const line of lines) {
        const whole = rest.length > 0 ? rest.join('') + line : line;
        rest = [];
        length = 0;
        if (whole === '') continue;
        const record = parse(whole);
        if (!record) { socket.destroy(); return; }
        if (token === undefined) {
          token = this.#hello(socket, record);
          if (token === undefined) { socket.destroy(); return; }
          continue;
        }
        const sink = this.#sinks.get(token);
        if ('x' in record && typeof record['x'] === 'object' && record['x'] !== null) sink?.onException(record['x'] as Record<string, unknown>);
        else if ('m' in record) sink?.onMessage(record['m']);
      }
      if (last !== '') { rest.push(last); length += last.length; }
      if (length > LONGEST_LINE) socket.destroy();
    });
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

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not one of ours: the caller ends the connection
  }
}
