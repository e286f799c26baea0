import type { Clock } from '../../base/clock.js';
import { randomHex } from '../../base/random.js';

/** What a page of a resource type may do: look at one instance, and with `admin` change its configuration and scripts. Nothing else. */
export interface Ticket {
  readonly token: string;
  readonly host: string;
  readonly resource: string;
  readonly type: string;
  readonly page: string;
  readonly access: 'admin' | 'read';
}

/** ms after its last use. */
const AGE = 3_600_000;
/** The oldest goes for a new one. */
const MOST = 500;

/** Tickets of pages that are open: in memory, so a restart of this server closes them all. */
export class Tickets {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known = new Map<string, { readonly ticket: Ticket; until: number }>();

  constructor(clock: Pick<Clock, 'now'>) { this.#clock = clock; }

  issue(of: Omit<Ticket, 'token'>): Ticket {
    const now = this.#clock.now();
    for (const [token, { until }] of this.#known) if (until < now || this.#known.size >= MOST) this.#known.delete(token);
    const ticket = { ...of, token: randomHex(24) };
    this.#known.set(ticket.token, { ticket, until: now + AGE });
    return ticket;
  }

  /** Undefined: there is none, or it is over. */
  find(token: string): Ticket | undefined {
    const found = this.#known.get(token);
    if (found === undefined || found.until < this.#clock.now()) return undefined;
    found.until = this.#clock.now() + AGE;
    return found.ticket;
  }
}
