import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { backupTo, examine } from '../../src/database/backup.js';
import { openDatabase } from '../../src/database/database.js';
import { createStore } from '../../src/database/documents.js';
import { child, inFolder } from './rig.js';

test('a copy is whole, of one file, for its user alone, and takes nobody\'s place', () => inFolder(async (dir) => {
  const file = path.join(dir, 'a.db');
  const writer = child('insert', file);
  await writer.said(20);
  const db = openDatabase(file);
  const before = await createStore(db, 'loop').count();
  const to = path.join(dir, 'copy.db');
  const { bytes } = backupTo(db, to);
  await writer.kill();
  assert.equal(fs.statSync(to).size, bytes);
  assert.equal(fs.statSync(to).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(dir).filter((f) => /copy|tmp/.test(f)), ['copy.db']);
  const copy = openDatabase(to);
  assert.ok(await createStore(copy, 'loop').count() >= before);
  copy.close();
  assert.throws(() => backupTo(db, to), { code: 'BAD_USAGE' });
  assert.throws(() => backupTo(db, path.join(dir, 'none/copy.db')), { code: 'STORE_IO' });
  db.close();
}));

test('who examines a database changes nothing', () => inFolder(async (dir) => {
  const file = path.join(dir, 'a.db');
  assert.deepEqual(examine(file), { bytes: undefined, fault: undefined, aside: [] });
  assert.deepEqual(fs.readdirSync(dir), []);
  const db = openDatabase(file);
  await createStore(db, 'loop').insert(Array.from({ length: 100 }, () => ({ fill: 'x'.repeat(200) })));
  db.all('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  const good = examine(file);
  assert.deepEqual([good.fault, good.aside], [undefined, []]);
  assert.equal(good.bytes, fs.statSync(file).size);
  fs.writeFileSync(path.join(dir, 'b.db'), Buffer.alloc(9000, 7));
  const bad = examine(path.join(dir, 'b.db'));
  assert.equal(bad.fault?.code, 'STORE_CORRUPT');
  assert.deepEqual(fs.readFileSync(path.join(dir, 'b.db')), Buffer.alloc(9000, 7));
  openDatabase(path.join(dir, 'b.db')).close();
  assert.equal(examine(path.join(dir, 'b.db')).aside.length, 1);
}));
