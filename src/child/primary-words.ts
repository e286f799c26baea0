import type { Link, Row } from './primary-link.js';
import { Sticky } from './sticky.js';

/** What waits for a daemon that is away: beyond that the oldest goes. */
const MOST_WAITING = 1000;

/** What one worker says to the daemon, by way of the primary. */
export class Words {
  readonly #token: string;
  readonly #link: Link;
  readonly #sticky = new Sticky();
  readonly #waiting: Row[] = [];

  constructor(token: string, link: Link) {
    this.#token = token;
    this.#link = link;
  }

  say(word: Row): void {
    const row = { t: this.#token, ...word };
    this.#sticky.note(word['m']);
    if (this.#link.tell(row)) return;
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(row);
  }

  /** A daemon is there. */
  again(): void {
    for (const m of this.#sticky.messages) this.#link.tell({ t: this.#token, m });
    for (const row of this.#waiting.splice(0)) this.#link.tell(row);
  }
}
