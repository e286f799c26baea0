import type { Database } from './database.js';
import { planOf, type Query } from './query.js';
import { refuse } from './refuse.js';
import { bodyOf, type Document, fresh, keyOf, nameOf, newKey, prepareDocuments, put } from './rows.js';
import { changeOf, type Changes } from './update.js';

/**
 * The documents of a namespace for whoever is inside a transaction of his own: every call is done when it returns, and undone
 * with the transaction. Wrong input throws BAD_OPTION. The promises of a `Store` (documents.ts) cannot be part of one.
 */
export interface WritesNow {
  insert(object: object): Document;
  /** All that match, in the order of insertion; at most 1000. */
  find(query?: Query): Document[];
  /** `query` may be an id. Gives how many were changed; more than 1000 are refused. */
  update(query: Query | string, changes: Changes): number;
  /** `query` may be an id. Gives how many are gone; more than 1000 are refused. */
  remove(query: Query | string): number;
}

/** A transaction holds the store's only lock for writing, and the event loop: what takes long does not belong into one. */
const MOST = 1000;

/** To be called inside `db.transaction`. */
export function writesNow(db: Database, namespace: string): WritesNow {
  prepareDocuments(db);
  const name = nameOf(namespace, 'namespace');
  const match = (given: Query | string): { seq: number; doc: Document }[] => {
    const query = typeof given === 'string' ? { id: given } : given;
    const plan = planOf(query);
    for (const word of ['$sort', '$orderby', '$limit', '$skip', '$fields']) if (word in query) refuse(`query.${word}`, query[word], 'fields and conditions only: inside a transaction all that match are taken');
    const key = keyOf(db, name);
    if (key === undefined) return [];
    const rows = db.all(`SELECT seq, body FROM doc_items WHERE store = ? AND ${plan.where} ORDER BY seq LIMIT ?`, [key, ...plan.params, MOST + 1]);
    if (rows.length > MOST) refuse('query', `more than ${MOST} documents`, `at most ${MOST} inside a transaction`);
    return rows.map((row) => ({ seq: Number(row['seq']), doc: JSON.parse(String(row['body'])) as Document })).filter(({ doc }) => plan.exact || plan.matches(doc));
  };
  return {
    insert(object) {
      const doc = fresh(object, 'object');
      put(db, keyOf(db, name) ?? newKey(db, name), name, doc);
      return doc;
    },
    find: (query = {}) => match(query).map(({ doc }) => doc),
    update(query, changes) {
      const change = changeOf(changes);
      const found = match(query);
      for (const { seq, doc } of found) db.run('UPDATE doc_items SET body = ? WHERE seq = ?', [bodyOf(change(doc), 'update'), seq]);
      return found.length;
    },
    remove(query) {
      const found = match(query);
      for (const { seq } of found) db.run('DELETE FROM doc_items WHERE seq = ?', [seq]);
      return found.length;
    },
  };
}
