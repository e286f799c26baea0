import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { openDriver, type Driver } from '../../src/database/driver.js';
import { isTaken, storeFault } from '../../src/database/faults.js';
import { inFolder } from './rig.js';

const fault = (fn: () => unknown): unknown => {
  try { fn(); } catch (e) { return (storeFault(e, 'f', 1) as { code?: unknown }).code; }
  return undefined;
};

for (const engine of ['libsql', 'node:sqlite'] as const) {
  test(`${engine} does what a driver must`, (t) => inFolder((dir) => {
    const file = path.join(dir, 'a.db');
    let db: Driver;
    try {
      db = openDriver(file, 20, engine);
    } catch (e) {
      assert.ok(engine === 'node:sqlite', String(e));
      t.skip('this Node has none');
      return;
    }
    assert.equal(db.engine, engine);
    db.prepare('PRAGMA journal_mode=WAL').all([]);
    db.exec('CREATE TABLE t (a PRIMARY KEY, b); CREATE TABLE u (a)');
    const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
    assert.equal(insert.run([1, new Uint8Array([0, 7])]), 1);
    assert.equal(insert.run([false, 2.5]), 1);
    const taken = (): unknown => { try { return insert.run([1, null]); } catch (e) { return isTaken(e); } };
    assert.equal(taken(), true);
    const rows = [{ a: 1, b: new Uint8Array([0, 7]) }, { a: 0, b: 2.5 }];
    assert.deepEqual(db.prepare('SELECT a, b FROM t').all([]).map((r) => ({ ...r })), rows);
    assert.deepEqual({ ...db.prepare('SELECT a, b FROM t').get([]) }, rows[0]);
    assert.equal(db.prepare('SELECT a FROM t WHERE a = ?').get([9]), undefined);
    assert.deepEqual(db.prepare('INSERT INTO u VALUES (1), (2) RETURNING a').all([]).map((r) => r['a']), [1, 2]);
    assert.equal(db.prepare('SELECT typeof(?) AS t').get([5])?.['t'], 'integer');

    const other = openDriver(file, 20, engine);
    assert.equal(db.inTransaction(), false);
    db.exec('BEGIN IMMEDIATE');
    assert.equal(db.inTransaction(), true);
    assert.equal(fault(() => { other.exec('BEGIN IMMEDIATE'); }), 'STORE_BUSY');
    assert.deepEqual(other.prepare('SELECT count(*) AS n FROM t').get([])?.['n'], 2);
    db.exec('INSERT INTO t VALUES (3, 3)');
    db.exec('COMMIT');
    // Nothing of the failed beginning is left.
    assert.deepEqual(other.prepare('SELECT count(*) AS n FROM t').get([])?.['n'], 3);
    other.exec('BEGIN IMMEDIATE');
    other.exec('ROLLBACK');
    other.close();
    db.close();
    assert.equal(fault(() => openDriver(dir, 20, engine)), 'STORE_IO');
  }));
}
