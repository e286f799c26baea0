import type { Program } from './program.js';
import { isBag } from './package-file.js';

type Bag = Readonly<Record<string, unknown>>;
/** One kind of message; true: it was meant for this one. */
export type Hearer = (message: Bag) => boolean;

/**
 * The way to the manager, in the words of PM2's libraries (`axm:*` records over process.send), so that a module runs under both.
 * Without a manager nothing is sent, nothing listened to, and nothing kept alive.
 */
export class Link {
  readonly #program: Program;
  readonly #hearers: Hearer[] = [];
  #listening = false;

  constructor(program: Program) { this.#program = program; }

  get up(): boolean { return this.#program.send !== undefined; }

  send(message: unknown): void { this.#program.send?.(message); }
  tell(type: string, data: unknown): void { this.send({ type, data }); }

  /**
   * From now on messages are listened to, which keeps the program alive as long as the manager is there. `quiet`: that
   * is not wanted for these alone; they are heard once there are others.
   */
  hear(hearer: Hearer, quiet = false): void {
    if (!this.up) return;
    this.#hearers.push(hearer);
    if (quiet || this.#listening) return;
    this.#listening = true;
    // PM2 sends an action without parameters, and `shutdown`, as a bare word.
    this.#program.onMessage((message) => {
      const record = typeof message === 'string' ? { msg: message } : message;
      if (isBag(record)) this.#hearers.some((h) => h(record));
    });
  }
}
