import type { Database } from './database.js';
import type { Patience } from './patience.js';
import { planOf, type Plan, type Query } from './query.js';
import { refuse } from './refuse.js';
import { bodyOf, type Document, fresh, keyOf, nameOf, newId, newKey, prepareDocuments, put } from './rows.js';
import { everyPage, first, ordered } from './scan.js';
import { together } from './together.js';
import { changeOf, type Changes } from './update.js';
import { isObject } from './value.js';

export type { Query } from './query.js';
export type { Document } from './rows.js';
export type { Changes } from './update.js';

/** As Deployd calls back: `err` is null when all went well. */
export type Callback<T> = (err: Error | null, result?: T) => void;

/**
 * Documents of one namespace, after Deployd's Store: every method takes a callback, gives a promise, or both. What was
 * acknowledged is on disk. All processes of a home share it; each document is changed whole or not at all.
 *
 * A wrong query or update is refused with BAD_OPTION (got, wanted). A lock is waited for without holding the event loop, up to
 * five seconds, then STORE_BUSY. On a full disk writes are refused with STORE_IO and reads go on.
 */
export interface Store {
  readonly namespace: string;
  /** 16 hex digits. */
  createUniqueIdentifier(): string;
  /** Gives what was handed in (an object or each of a list) an `id` unless it has one; an `_id` becomes the `id`. */
  identify<T extends object>(given: T): T;
  /** One or a list of them; a list is put in whole or not at all. An `id` may be given (a text) unless it is taken. */
  insert(object: readonly object[], fn?: Callback<Document[]>): Promise<Document[]>;
  insert(object: object, fn?: Callback<Document>): Promise<Document>;
  count(query?: Query, fn?: Callback<number>): Promise<number>;
  /** With an id as a text: that document or undefined. Else a list, in the order of insertion or by `$sort`. */
  find(query: Query & { readonly id: string }, fn?: Callback<Document | undefined>): Promise<Document | undefined>;
  find(query?: Query, fn?: Callback<Document[]>): Promise<Document[]>;
  first(query?: Query, fn?: Callback<Document | undefined>): Promise<Document | undefined>;
  /** `query` may be an id. All that match are changed. */
  update(query: Query | string, changes: Changes, fn?: Callback<Changed>): Promise<Changed>;
  /** `query` may be an id; `{}` removes all. */
  remove(query: Query | string, fn?: Callback<Changed>): Promise<Changed>;
  /** The new name must not hold documents. This store is the renamed one from then on. */
  rename(namespace: string, fn?: Callback<void>): Promise<void>;
}

export interface Changed { readonly count: number }

/** The store `namespace` of `db`; it need not have been there before. Throws BAD_OPTION for a name that cannot be one. */
export function createStore(db: Database, namespace: string, patience: Patience = {}): Store {
  prepareDocuments(db);
  return new Documents(db, nameOf(namespace, 'namespace'), patience);
}

/** One row for each namespace that holds documents: their number and the bytes of their texts. */
export function storesOf(db: Database): { readonly name: string; readonly documents: number; readonly bytes: number }[] {
  prepareDocuments(db);
  const rows = db.all('SELECT s.name, count(*) AS n, sum(length(CAST(d.body AS BLOB))) AS bytes FROM doc_stores AS s JOIN doc_items AS d ON d.store = s.key GROUP BY s.key ORDER BY s.name');
  return rows.map((row) => ({ name: String(row['name']), documents: Number(row['n']), bytes: Number(row['bytes']) }));
}

/** A list of documents is put in by one transaction. */
const MOST_AT_ONCE = 10_000;

class Documents implements Store {
  namespace: string;
  readonly #db: Database;
  readonly #patience: Patience;

  constructor(db: Database, namespace: string, patience: Patience) {
    this.#db = db;
    this.namespace = namespace;
    this.#patience = patience;
  }

  createUniqueIdentifier(): string { return newId(); }

  identify<T extends object>(given: T): T {
    for (const object of Array.isArray(given) ? given : [given]) {
      if (!isObject(object)) refuse('object', object, 'an object');
      const it = object as { id?: unknown; _id?: unknown };
      it.id ??= it._id ?? this.createUniqueIdentifier();
      delete it._id;
    }
    return given;
  }

  insert(object: readonly object[], fn?: Callback<Document[]>): Promise<Document[]>;
  insert(object: object, fn?: Callback<Document>): Promise<Document>;
  insert(object: object | readonly object[], fn?: Callback<never>): Promise<Document | Document[]> {
    return told(fn as Callback<Document | Document[]> | undefined, async () => {
      const many = Array.isArray(object);
      if (many && object.length > MOST_AT_ONCE) refuse('object', `a list of ${object.length}`, `at most ${MOST_AT_ONCE} at once`);
      const docs = (many ? object as unknown[] : [object]).map((o, i) => fresh(o, many ? `object[${i}]` : 'object'));
      await this.#write(() => {
        const key = keyOf(this.#db, this.namespace) ?? newKey(this.#db, this.namespace);
        for (const doc of docs) put(this.#db, key, this.namespace, doc);
      });
      return many ? docs : docs[0] as Document;
    });
  }

  count(query?: Query, fn?: Callback<number>): Promise<number> {
    return told(fn, async () => {
      const plan = planOf(query ?? {});
      const key = keyOf(this.#db, this.namespace);
      if (key === undefined) return 0;
      let n = 0;
      if (plan.exact) n = Number(this.#db.get(`SELECT count(*) AS n FROM doc_items WHERE store = ? AND ${plan.where}`, [key, ...plan.params])?.['n'] ?? 0);
      else await everyPage(this.#db, key, plan, (page) => { n += page.length; });
      return Math.min(Math.max(0, n - plan.skip), plan.limit ?? Infinity);
    });
  }

  find(query: Query & { readonly id: string }, fn?: Callback<Document | undefined>): Promise<Document | undefined>;
  find(query?: Query, fn?: Callback<Document[]>): Promise<Document[]>;
  find(query?: Query, fn?: Callback<never>): Promise<Document | Document[] | undefined> {
    return told(fn as Callback<Document | Document[] | undefined> | undefined, async () => {
      const plan = planOf(query ?? {});
      const key = keyOf(this.#db, this.namespace);
      if (plan.id !== undefined) return key === undefined ? undefined : first(this.#db, key, plan);
      return key === undefined ? [] : ordered(this.#db, key, plan);
    });
  }

  first(query?: Query, fn?: Callback<Document | undefined>): Promise<Document | undefined> {
    return told(fn, async () => {
      const plan = planOf(query ?? {});
      const key = keyOf(this.#db, this.namespace);
      return key === undefined ? undefined : first(this.#db, key, plan);
    });
  }

  update(query: Query | string, changes: Changes, fn?: Callback<Changed>): Promise<Changed> {
    return told(fn, async () => {
      const plan = this.#all(query, 'update');
      const change = changeOf(changes);
      return this.#each(plan, (seq, doc) => { this.#db.run('UPDATE doc_items SET body = ? WHERE seq = ?', [bodyOf(change(doc), 'update'), seq]); });
    });
  }

  remove(query: Query | string, fn?: Callback<Changed>): Promise<Changed> {
    return told(fn, async () => {
      const plan = this.#all(query, 'remove');
      return this.#each(plan, (seq) => { this.#db.run('DELETE FROM doc_items WHERE seq = ?', [seq]); });
    });
  }

  rename(namespace: string, fn?: Callback<void>): Promise<void> {
    return told(fn, async () => {
      const to = nameOf(namespace, 'namespace');
      await this.#write(() => {
        const held = this.#db.get('SELECT s.key, EXISTS (SELECT 1 FROM doc_items WHERE store = s.key) AS full FROM doc_stores AS s WHERE name = ?', [to]);
        if (held !== undefined && held['key'] !== keyOf(this.#db, this.namespace) && held['full'] === 1) refuse('namespace', to, 'a name without documents');
        if (to === this.namespace) return;
        this.#db.run('DELETE FROM doc_stores WHERE name = ?', [to]);
        this.#db.run('UPDATE doc_stores SET name = ? WHERE name = ?', [to, this.namespace]);
      });
      this.namespace = to;
    });
  }

  #write<T>(work: () => T): Promise<T> { return together(this.#db, work, this.#patience); }

  #all(query: Query | string, verb: string): Plan {
    const plan = planOf(typeof query === 'string' ? { id: query } : query);
    if (plan.limit !== undefined || plan.skip > 0) refuse('query.$limit', plan.limit ?? plan.skip, `no $limit and no $skip: ${verb} takes all that match`);
    return plan;
  }

  // A page is one transaction: a large store is not locked for all others while it is gone through.
  async #each(plan: Plan, act: (seq: number, doc: Document) => void): Promise<Changed> {
    const key = keyOf(this.#db, this.namespace);
    let count = 0;
    if (key === undefined) return { count };
    // The work of a transaction may be done twice: what it counts holds when it is on the disk.
    let done = 0;
    await everyPage(this.#db, key, plan, (page) => { for (const { seq, doc } of page) act(seq, doc); done = page.length; }, async (work) => {
      const after = await this.#write(work);
      count += done;
      return after;
    });
    return { count };
  }
}

/** The promise of `work`, and `fn` called with its end. A callback that throws is the caller's uncaught exception. */
function told<T>(fn: Callback<T> | undefined, work: () => Promise<T>): Promise<T> {
  if (fn !== undefined && typeof fn !== 'function') refuse('callback', fn, 'a function');
  const promise = work();
  if (fn !== undefined) promise.then((result) => { setImmediate(fn, null, result); }, (e: unknown) => { setImmediate(fn, e as Error); });
  return promise;
}
