import { createHash, randomBytes } from 'node:crypto';
import type { Store } from '../database/documents.js';

/** What is kept of a visitor between two requests. */
export interface Session {
  readonly sid: string;
  readonly data: Record<string, unknown>;
  /** It was used for the first time in a day: the visitor's browser should keep it longer, too. */
  readonly renewed: boolean;
  isNew(): boolean;
  /** Lays values over `data`; kept by `save`. */
  set(values: Readonly<Record<string, unknown>>): this;
  /** Durable when it resolves. Rejects when it was removed in the meantime, by a logout elsewhere: that must stay. */
  save(): Promise<this>;
  remove(): Promise<void>;
}

/** Who is not seen for so long is forgotten, ms. */
export const SESSION_AGE = 30 * 24 * 3600_000;
const DAY = 24 * 3600_000;
/** Time between two looks for those that are over, ms. */
const CLEAN = 3600_000;
/** No resource can have this name, so that a Collection does not show them. */
export const SESSIONS = '.sessions';

/** The least of Deployd's sessions: kept in the store, found by their id. Nobody is logged in by them. */
export class Sessions {
  readonly #store: () => Store;
  readonly #now: () => number;
  #cleaned = Number.NEGATIVE_INFINITY;

  /** `now`: wall-clock ms. */
  constructor(store: () => Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** The session of this id, else a new one. `callback` is called as well as the promise resolved. */
  async createSession(sid?: string, callback?: (error: Error | null, session?: Session) => void): Promise<Session> {
    const session = (sid === undefined ? undefined : await this.find(sid)) ?? this.fresh();
    callback?.(null, session);
    return session;
  }

  /** Undefined: there is none of this id, or it is over. */
  async find(sid: string): Promise<Session | undefined> {
    const now = this.#now();
    const found = await this.#store().first({ id: keyOf(sid) });
    const [at, data] = [found?.['at'], found?.['data']];
    if (typeof at !== 'number' || at <= now - SESSION_AGE) return undefined;
    let renewed = at < now - DAY;
    // Where it fails the next visit does it: he is the one who he is.
    if (renewed) await this.#store().update(keyOf(sid), { at: now }).catch(() => { renewed = false; });
    return this.#session(sid, typeof data === 'object' && data !== null ? Object.fromEntries(Object.entries(data)) : {}, { kept: true, renewed });
  }

  /** One that nothing is kept of before it is saved. Its id cannot be chosen: who knew it would share it. */
  fresh(): Session { return this.#session(randomBytes(32).toString('hex'), {}, { kept: false, renewed: false }); }

  #session(sid: string, data: Record<string, unknown>, { kept, renewed }: { kept: boolean; readonly renewed: boolean }): Session {
    const [id, store, now, clean] = [keyOf(sid), this.#store, this.#now, () => { this.#clean(); }];
    return {
      sid, data, renewed,
      isNew: () => !kept,
      set(values) { Object.assign(data, values); return this; },
      async save() {
        const known = kept;
        kept = true;
        if (!known) await store().insert({ id, at: now(), data }).catch((e: unknown) => { kept = false; throw e; });
        else if ((await store().update(id, { at: now(), data })).count === 0) throw new Error('the session is over: it was removed');
        clean();
        return this;
      },
      async remove() {
        await store().remove(id);
        kept = false;
      },
    };
  }

  #clean(): void {
    const now = this.#now();
    if (now - this.#cleaned < CLEAN) return;
    this.#cleaned = now;
    // Where it fails the next hour does it: what is over is not found anyway.
    this.#store().remove({ at: { $lte: now - SESSION_AGE } }).catch(() => {});
  }
}

// Who reads the store, or a copy of it, must not have the ids by which visitors are known.
function keyOf(sid: string): string { return createHash('sha256').update(sid).digest('hex').slice(0, 32); }
