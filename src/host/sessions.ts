import { randomBytes } from 'node:crypto';
import type { Store } from '../database/documents.js';

/** What is kept of a visitor between two requests. */
export interface Session {
  readonly sid: string;
  readonly data: Record<string, unknown>;
  /** Lays values over `data`; kept by `save`. */
  set(values: Readonly<Record<string, unknown>>): this;
  /** Durable when it resolves. */
  save(): Promise<this>;
  remove(): Promise<void>;
}

/** A session that was not written for so long is over, ms. */
const AGE = 30 * 24 * 3600_000;

/** The least of Deployd's sessions: kept in the store, found by their id. Nobody is logged in by them. */
export class Sessions {
  readonly #store: () => Store;
  readonly #now: () => number;

  constructor(store: () => Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** The session of this id, else a new one. `callback` is called as well as the promise resolved. */
  async createSession(sid?: string, callback?: (error: Error | null, session?: Session) => void): Promise<Session> {
    const found = sid === undefined ? undefined : await this.#store().first({ sid });
    const old = found !== undefined && typeof found['at'] === 'number' && found['at'] > this.#now() - AGE ? found : undefined;
    const session = this.#session(old === undefined || sid === undefined ? randomBytes(32).toString('hex') : sid, old);
    callback?.(null, session);
    return session;
  }

  #session(sid: string, found: Readonly<Record<string, unknown>> | undefined): Session {
    const store = this.#store;
    const now = this.#now;
    const { id: _id, sid: _sid, at: _at, ...data } = found ?? {};
    let kept = found !== undefined;
    return {
      sid, data,
      set(values) { Object.assign(data, values); return this; },
      async save() {
        const record = { ...data, sid, at: now() };
        if (kept) await store().update({ sid }, record);
        else await store().insert(record);
        kept = true;
        return this;
      },
      async remove() { await store().remove({ sid }); kept = false; },
    };
  }
}
