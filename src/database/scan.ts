import { MgrError } from '../base/errors.js';
import type { Database } from './database.js';
import type { Document } from './rows.js';
import type { Plan } from './query.js';

export interface Found { readonly seq: number; readonly doc: Document }

/**
 * Goes through what matches, in the order of insertion and in pages, and lets the event loop turn between them: neither memory
 * nor time at a stretch grows with the store. Each document is met at most once. `within` may put reading and
 * `take` of one page into one transaction.
 */
export async function everyPage(db: Database, store: number, plan: Plan, take: (page: readonly Found[], bytes: number) => boolean | void, within: (work: () => number | undefined) => Promise<number | undefined> = async (work) => work()): Promise<void> {
  const sql = `SELECT seq, body FROM doc_items WHERE store = ? AND seq > ? AND ${plan.where} ORDER BY seq LIMIT ?`;
  let size = LEAST;
  for (let after: number | undefined = 0; after !== undefined;) {
    const from: number = after;
    const asked = size;
    after = await within(() => {
      const rows = db.all(sql, [store, from, ...plan.params, asked]);
      const bytes = rows.reduce((sum, row) => sum + String(row['body']).length, 0);
      size = Math.max(LEAST, Math.min(PAGE, Math.floor(BYTES * rows.length / Math.max(1, bytes))));
      const page = rows.map((row) => ({ seq: Number(row['seq']), doc: JSON.parse(String(row['body'])) as Document }));
      const found = plan.exact ? page : page.filter(({ doc }) => plan.matches(doc));
      const enough = take(found, bytes * found.length / Math.max(1, page.length));
      return rows.length < asked || enough === true ? undefined : page.at(-1)?.seq;
    });
    if (after !== undefined) await new Promise((resolve) => { setImmediate(resolve); });
  }
}

/** All that match, in the order asked for. Throws BAD_OPTION when they would fill the memory. */
export async function ordered(db: Database, store: number, plan: Plan): Promise<Document[]> {
  const { order, limit = Infinity, skip } = plan;
  const wanted = skip + limit;
  let found: Document[] = [];
  let passed = 0;
  let held = 0;
  await everyPage(db, store, plan, (page, bytes) => {
    // What is skipped is not kept.
    const kept = order === undefined ? page.slice(Math.max(0, skip - passed)) : page;
    passed += page.length;
    held += bytes * kept.length / Math.max(1, page.length);
    found.push(...kept.map((p) => p.doc));
    if (order !== undefined && found.length > 2 * wanted + PAGE) {
      held *= wanted / found.length;
      found = found.sort(order).slice(0, wanted);
    }
    if (found.length > MOST || held > MOST_BYTES) throw new MgrError('BAD_OPTION', { path: 'query', got: `more than ${MOST} documents or ${MOST_BYTES / 1024 / 1024} MB`, wanted: '$limit, with $skip for the next ones', fix: 'a result is held in memory as a whole' });
    return order === undefined && found.length >= limit;
  });
  if (order !== undefined) found = found.sort(order).slice(skip);
  return found.slice(0, limit).map((doc) => plan.pick(doc) as Document);
}

export async function first(db: Database, store: number, plan: Plan): Promise<Document | undefined> {
  const [doc] = await ordered(db, store, { ...plan, limit: 1 });
  return doc;
}

/** Documents of a page: as many as make about so many bytes. */
const PAGE = 500;
const LEAST = 8;
const BYTES = 4 * 1024 * 1024;
/** Of a result. */
const MOST = 100_000;
const MOST_BYTES = 256 * 1024 * 1024;
