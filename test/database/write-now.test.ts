import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../src/database/database.js';
import { createStore } from '../../src/database/documents.js';
import { writesNow } from '../../src/database/write-now.js';

test('documents written inside a transaction are those of the store, and gone with it', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-w-'));
  const db = openDatabase(path.join(dir, 'store.db'));
  t.after(() => { db.close(); fs.rmSync(dir, { recursive: true, force: true }); });
  const store = createStore(db, 'a');
  await store.insert([{ id: '1', n: 1 }, { id: '2', n: 5, tags: ['x'] }]);
  db.transaction(() => {
    const now = writesNow(db, 'a');
    assert.match(now.insert({ n: 9 }).id, /^[0-9a-f]{16}$/);
    assert.equal(now.update({ n: { $gte: 5 } }, { $inc: { n: 1 } }), 2);
    assert.equal(now.remove('1'), 1);
    assert.deepEqual(now.find({ tags: 'x' }).map((d) => d.id), ['2']);
    assert.equal(writesNow(db, 'new').find().length, 0);
    assert.equal(writesNow(db, 'new').insert({ id: 'k' }).id, 'k');
  });
  assert.deepEqual((await store.find({ $sort: { n: 1 } })).map((d) => d['n']), [6, 10]);
  assert.throws(() => db.transaction(() => { writesNow(db, 'a').remove({}); throw new Error('back'); }), /back/);
  assert.equal(await store.count(), 2);
  for (const [act, says] of [
    [() => writesNow(db, 'a').insert({ id: '2' }), /object\.id: got .*2.*, wanted an id that no document/],
    [() => writesNow(db, 'a').find({ $limit: 1 }), /query\.\$limit: got 1, wanted fields and conditions only/],
    [() => writesNow(db, '').find(), /namespace: got/],
    [() => writesNow(db, 'a').update({}, { $no: 1 }), /\$no/],
  ] as const) assert.throws(() => db.transaction<unknown>(act), says);
});
