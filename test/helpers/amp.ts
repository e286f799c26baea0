import net from 'node:net';

type Bag = Readonly<Record<string, unknown>>;

/** PM2's req socket: `[body, id]`, answered by `[{args | error}, id]`. */
export class Pm2Client {
  readonly #socket: net.Socket;
  readonly #waiting = new Map<string, (answer: Bag) => void>();
  #last = 0;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    frames(socket, ([answer, id]) => {
      this.#waiting.get(String(id))?.(answer as Bag);
      this.#waiting.delete(String(id));
    });
  }

  static open(file: string): Promise<Pm2Client> {
    const socket = net.connect(file);
    return new Promise((resolve, reject) => { socket.once('error', reject).once('connect', () => resolve(new Pm2Client(socket))); });
  }

  /** The whole answer. */
  ask(body: Bag): Promise<Bag> {
    const id = `77:${this.#last++}`;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.write(frame([`j:${JSON.stringify(body)}`, `s:${id}`]));
    });
  }

  /** Its result; an error in the answer throws. */
  async call(method: string, ...args: unknown[]): Promise<unknown> {
    const answer = await this.ask({ type: 'call', method, args });
    if (answer['error'] !== undefined) throw new Error(JSON.stringify(answer['error']));
    return (answer['args'] as unknown[])[0];
  }

  /** Resolves when the other side has ended the connection. */
  closed(): Promise<void> {
    return new Promise((resolve) => { this.#socket.once('close', () => resolve()); });
  }

  close(): void { this.#socket.destroy(); }
}

/** PM2's sub socket: connects, never sends a byte. */
export function pm2Subscriber(file: string, on: (topic: string, payload: Bag) => void): { close(): void } {
  const socket = net.connect(file);
  frames(socket, ([topic, payload]) => on(String(topic), payload as Bag));
  return { close: () => { socket.destroy(); } };
}

export function frame(args: readonly string[]): Buffer {
  const parts = args.flatMap((a) => { const bytes = Buffer.from(a); const n = Buffer.alloc(4); n.writeUInt32BE(bytes.length); return [n, bytes]; });
  return Buffer.concat([Buffer.from([0x10 | args.length]), ...parts]);
}

/** Calls `on` with the arguments of each whole frame. */
export function frames(socket: net.Socket, on: (args: unknown[]) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const count = (rest[0] ?? 0) & 0xf;
      let at = 1;
      const args: unknown[] = [];
      while (args.length < count && rest.length >= at + 4) {
        const end = at + 4 + rest.readUInt32BE(at);
        if (rest.length < end) break;
        const text = rest.toString('utf8', at + 4, end);
        args.push(text.startsWith('j:') ? JSON.parse(text.slice(2)) as unknown : text.startsWith('s:') ? text.slice(2) : text);
        at = end;
      }
      if (rest.length === 0 || args.length < count) return;
      rest = rest.subarray(at);
      on(args);
    }
  });
}
