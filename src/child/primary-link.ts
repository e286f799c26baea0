import net, { type Socket } from 'node:net';

export type Row = Readonly<Record<string, unknown>>;

export interface LinkEnds {
  /** A daemon that knows us is there. */
  onWelcome(): void;
  onLost(): void;
  onRow(row: Row): void;
}

/** Bytes. A daemon that does not read: what is said to it meanwhile is kept like what is said to none. */
const MOST_QUEUED = 4 * 1024 * 1024;

/** The primary's end of its connection to whatever daemon lives. One JSON value per line. */
export class Link {
  readonly #path: string;
  readonly #token: string;
  readonly #ends: LinkEnds;
  #socket: Socket | undefined;
  #welcome = false;
  #delay = 20;

  constructor(path: string, token: string, ends: LinkEnds) {
    this.#path = path;
    this.#token = token;
    this.#ends = ends;
  }

  connect(): void {
    const socket = net.connect(this.#path);
    this.#socket = socket;
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${JSON.stringify({ token: this.#token, pid: process.pid })}\n`));
    socket.on('data', (text: string) => {
      rest += text;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#row(JSON.parse(line) as Row);
    });
    socket.on('error', () => {}); // 'close' follows and tries again
    socket.on('close', () => {
      const was = this.#welcome;
      this.#welcome = false;
      if (was) this.#ends.onLost();
      setTimeout(() => this.connect(), this.#delay);
      this.#delay = Math.min(500, this.#delay * 2);
    });
  }

  get up(): boolean { return this.#welcome; }

  /** False: no daemon is there, or it does not read. */
  tell(row: Row): boolean {
    if (!this.#welcome || !this.#socket || this.#socket.writableLength > MOST_QUEUED) return false;
    this.#socket.write(`${JSON.stringify(row)}\n`);
    return true;
  }

  #row(row: Row): void {
    if ((row['c'] as { do?: unknown } | undefined)?.do !== 'welcome') { this.#ends.onRow(row); return; }
    this.#welcome = true;
    this.#delay = 20;
    this.#ends.onWelcome();
  }
}
