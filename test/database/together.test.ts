import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { openDatabase, type Database } from '../../src/database/database.js';
import { openDriver } from '../../src/database/driver.js';
import { together } from '../../src/database/together.js';
import { inFolder } from './rig.js';

/** A database that counts its transactions. */
function inDatabase(fn: (db: Database, commits: () => number) => Promise<void>): Promise<void> {
  return inFolder(async (dir) => {
    const db = openDatabase(path.join(dir, 'a.db'), { busyMs: 5 });
    db.run('CREATE TABLE t (a UNIQUE)');
    let n = 0;
    const counted: Database = new Proxy(db, { get(of, key) {
      if (key === 'transaction') return (work: () => unknown) => { n++; return of.transaction(work); };
      const value: unknown = Reflect.get(of, key, of);
      return typeof value === 'function' ? value.bind(of) as unknown : value;
    } });
    try { await fn(counted, () => n); } finally { db.close(); }
  });
}

const rows = (db: Database): unknown[] => db.all('SELECT a FROM t ORDER BY a').map((r) => r['a']);

test('what is asked for at once is committed at once, and each fails by itself', () => inDatabase(async (db, commits) => {
  const put = (a: number) => together(db, () => { db.run('INSERT INTO t VALUES (?)', [a]); if (a === 3) throw new Error('three'); return a; });
  const ends = await Promise.allSettled([1, 2, 3, 2, 4].map(put));
  assert.deepEqual(ends.map((e) => (e.status === 'fulfilled' ? e.value : (e.reason as Error).message)), [1, 2, 'three', 'UNIQUE constraint failed: t.a', 4]);
  assert.deepEqual(rows(db), [1, 2, 4]);
  assert.equal(commits(), 1);
  await Promise.all(Array.from({ length: 250 }, (_, i) => put(i + 10)));
  assert.equal(commits(), 4);
  assert.equal(rows(db).length, 253);
}));

test('a lock is waited for; whose time is over is told, the others go on', () => inDatabase(async (db) => {
  const put = (a: number, ms: number): Promise<void> => together(db, () => { db.run('INSERT INTO t VALUES (?)', [a]); }, { ms });
  const holder = openDriver(db.file, 5);
  holder.exec('BEGIN IMMEDIATE');
  const first = put(1, 50);
  const ends = Promise.allSettled([first, put(2, 50), put(3, 5000)]);
  await assert.rejects(first, { code: 'STORE_BUSY' });
  holder.exec('COMMIT');
  const [, second, third] = await ends;
  assert.equal(third?.status, 'fulfilled');
  assert.deepEqual(rows(db), second?.status === 'fulfilled' ? [2, 3] : [3]);
  holder.close();
}));
