import type { Link, Row } from './primary-link.js';

/** What waits for a daemon that is away: beyond that the oldest goes. */
const MOST_WAITING = 1000;
/** Told once by a program and needed by every daemon that comes. */
const STICKY = new Set(['axm:action', 'axm:option:configuration']);
const MOST_STICKY = 200;

/** What one worker says to the daemon, by way of the primary. */
export class Words {
  readonly #token: string;
  readonly #link: Link;
  readonly #sticky: Row[] = [];
  readonly #waiting: Row[] = [];

  constructor(token: string, link: Link) {
    this.#token = token;
    this.#link = link;
  }

  say(word: Row): void {
    const row = { t: this.#token, ...word };
    const type = (word['m'] as { type?: unknown } | null | undefined)?.type;
    if (typeof type === 'string' && STICKY.has(type) && this.#sticky.length < MOST_STICKY) this.#sticky.push(row);
    if (this.#link.tell(row)) return;
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(row);
  }

  /** A daemon is there. */
  again(): void {
    for (const row of this.#sticky) if (!this.#waiting.includes(row)) this.#link.tell(row);
    for (const row of this.#waiting.splice(0)) this.#link.tell(row);
  }
}
