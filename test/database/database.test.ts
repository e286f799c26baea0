import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { migrate, openDatabase } from '../../src/database/database.js';
import { inFolder } from './rig.js';

test('values come back as they were put in, and what cannot be stored is refused', () => inFolder((dir) => {
  const db = openDatabase(path.join(dir, 'a.db'));
  db.run('CREATE TABLE t (a, b)');
  const back = (value: Parameters<typeof db.run>[1] extends readonly (infer P)[] | undefined ? P : never): unknown => {
    db.run('DELETE FROM t');
    assert.deepEqual(db.run('INSERT INTO t VALUES (?, 1)', [value]), { changes: 1 });
    const [row] = db.all('SELECT a FROM t');
    assert.deepEqual(db.get('SELECT a FROM t'), row);
    return row?.['a'];
  };
  for (const value of ['', 'é🎉', 5, -1.5, 2 ** 53 - 1, 2 ** 60, null, Infinity]) assert.equal(back(value), value);
  assert.equal(back(undefined), null);
  assert.equal(back(true), 1);
  assert.equal(back(false), 0);
  assert.equal(back(12n), 12);
  assert.deepEqual(back(new Uint8Array([1, 0, 2])), new Uint8Array([1, 0, 2]));
  assert.equal(db.get('SELECT typeof(?) AS t', [5])?.['t'], 'integer');
  assert.throws(() => back('a\0b'), /NUL/);
  assert.equal(db.get('SELECT a FROM t WHERE 0'), undefined);
  assert.throws(() => db.run('selec'), /syntax error/);
  db.close();
  db.close();
  assert.throws(() => db.get('SELECT 1'), /was closed/);
}));

test('the file and those beside it are for its user alone', () => inFolder((dir) => {
  const db = openDatabase(path.join(dir, 'a.db'));
  db.run('CREATE TABLE t (a)');
  for (const f of fs.readdirSync(dir)) assert.equal(fs.statSync(path.join(dir, f)).mode & 0o777, 0o600, f);
  assert.deepEqual(fs.readdirSync(dir).sort(), ['a.db', 'a.db-shm', 'a.db-wal']);
  db.close();
}));

test('a transaction is whole or not at all, and one inside another is part of it', () => inFolder((dir) => {
  const db = openDatabase(path.join(dir, 'a.db'));
  db.run('CREATE TABLE t (a)');
  const count = (): unknown => db.get('SELECT count(*) AS n FROM t')?.['n'];
  assert.equal(db.transaction(() => { db.run('INSERT INTO t VALUES (1)'); return db.transaction(() => { db.run('INSERT INTO t VALUES (2)'); return 'done'; }); }), 'done');
  assert.equal(count(), 2);
  assert.throws(() => db.transaction(() => { db.run('INSERT INTO t VALUES (3)'); throw new Error('no'); }), /no/);
  assert.equal(count(), 2);
  assert.throws(() => db.transaction(async () => { db.run('INSERT INTO t VALUES (4)'); await Promise.resolve(); }), /asynchronous/);
  assert.equal(count(), 2);
  db.run('INSERT INTO t VALUES (5)');
  assert.equal(count(), 3);
  db.close();
}));

test('steps are done once, in order, whole; a file of a newer version is refused', () => inFolder((dir) => {
  const db = openDatabase(path.join(dir, 'a.db'));
  const first = 'CREATE TABLE m_a (a);\nCREATE INDEX m_i ON m_a (a)';
  migrate(db, 'm', [first]);
  migrate(db, 'm', [first]);
  assert.throws(() => { migrate(db, 'm', [first, 'ALTER TABLE m_a ADD COLUMN b;\nselec']); });
  assert.equal(db.all('PRAGMA table_info(m_a)').length, 1, 'half a step was left');
  migrate(db, 'm', [first, 'ALTER TABLE m_a ADD COLUMN b']);
  db.run('INSERT INTO m_a VALUES (1, 2)');
  migrate(db, 'other', ['CREATE TABLE o (a)']);
  assert.throws(() => { migrate(db, 'm', [first]); }, { code: 'STORE_NEWER' });
  db.close();
}));
