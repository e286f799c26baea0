// host.md D14 to D17 where the file is: processes that are killed, stopped, or meet a full disk or a damaged file.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { openDatabase, type Database } from '../../src/database/database.js';
import { createStore } from '../../src/database/documents.js';
import { damageOf } from '../../src/database/wal.js';
import { child, inFolder } from './rig.js';

const FILE = 'store.db';

async function opened<T>(file: string, fn: (db: Database) => Promise<T> | T): Promise<T> {
  const db = openDatabase(file);
  try { return await fn(db); } finally { db.close(); }
}

/** What was put in and never taken over into the main file: as a killed process leaves it. */
async function filled(file: string, count: number): Promise<readonly string[]> {
  const one = child('insert', file);
  await one.said(count);
  await one.kill();
  return one.lines;
}

test('D14: what was acknowledged is there after kill -9 in the middle, and nothing is half', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  for (let round = 0; round < 3; round++) {
    const both = [child('insert', file), child('insert', file)];
    await Promise.all(both.map((c) => c.said(60)));
    await Promise.all(both.map((c) => c.kill()));
    await opened(file, async (db) => {
      assert.deepEqual(db.notices.filter((n) => !n.includes('while it wrote')), []);
      const docs = await createStore(db, 'loop').find();
      const ids = new Set(docs.map((d) => d.id));
      for (const id of both.flatMap((c) => c.lines)) assert.ok(ids.has(id), `${id} was acknowledged`);
      for (const d of docs) assert.deepEqual([d['whole'], (d['fill'] as string).length], [true, (d['n'] as number) % 700]);
      assert.deepEqual(db.all('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
    });
  }
}));

for (const [what, harm, told] of [
  ['overwritten', (wal: string) => { const size = fs.statSync(wal).size; const fd = fs.openSync(wal, 'r+'); fs.writeSync(fd, Buffer.alloc(9000, 0xee), 0, 9000, size - 9000); fs.closeSync(fd); }, /store\.db-wal is damaged: frame .* it was kept as .*store\.db-wal\.broken-\d{8}T\d{6}/],
  ['cut', (wal: string) => { fs.truncateSync(wal, fs.statSync(wal).size - 1000); }, /store\.db-wal: it ends within frame \d+: a write was cut off/],
] as const) {
  test(`D15: the tail of the write-ahead file ${what}: all before it is there, and it is told once`, () => inFolder(async (dir) => {
    const file = path.join(dir, FILE);
    const acknowledged = await filled(file, 50);
    harm(`${file}-wal`);
    const warned: string[] = [];
    const db = openDatabase(file, { warn: (text) => { warned.push(text); } });
    assert.equal(warned.length, 1);
    assert.match(warned[0] ?? '', told);
    assert.deepEqual(db.notices, warned);
    const there = (await createStore(db, 'loop').find()).map((d) => d.id);
    assert.ok(there.length >= 40, `only ${there.length}`);
    assert.deepEqual(there, acknowledged.slice(0, there.length));
    await createStore(db, 'loop').insert({});
    db.close();
    await opened(file, (again) => { assert.deepEqual(again.notices, []); });
  }));
}

test('frames of an earlier round are no damage', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  await filled(file, 40);
  await child('round', file).end();
  assert.ok(fs.statSync(`${file}-wal`).size > 40_000, `only ${fs.statSync(`${file}-wal`).size} bytes: nothing of the round before is left`);
  await opened(file, async (db) => {
    assert.deepEqual(db.notices, []);
    assert.equal(await createStore(db, 'loop').count({ id: 'last' }), 1);
  });
}));

test('the head of a frame whose page was not written any more is the end of a killed process', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  await filled(file, 40);
  await child('round', file).end();
  const wal = fs.readFileSync(`${file}-wal`);
  const salts = wal.subarray(16, 24);
  const step = 24 + wal.readUInt32BE(8);
  let at = 32;
  while (wal.subarray(at + 8, at + 16).equals(salts)) at += step;
  assert.ok(at > 32 && at + step <= wal.length);
  salts.copy(wal, at + 8);
  for (const [size, want] of [[0, undefined], [9, false]] as const) {
    wal.writeUInt32BE(size, at + 4);
    fs.writeFileSync(`${file}-copy`, wal);
    assert.equal(damageOf(`${file}-copy`)?.sure, want);
  }
  // Behind it frames of this round: that is no end.
  wal.copy(wal, at + step, 32, 32 + step);
  fs.writeFileSync(`${file}-copy`, wal);
  assert.equal(damageOf(`${file}-copy`)?.sure, true);
}));

test('a write-ahead file whose head is damaged is told', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  await filled(file, 40);
  const fd = fs.openSync(`${file}-wal`, 'r+');
  fs.writeSync(fd, 'gone', 8);
  fs.closeSync(fd);
  await opened(file, async (db) => {
    assert.match(db.notices.join(), /its head is damaged, nothing of it could be taken; it was kept as/);
    await createStore(db, 'loop').insert({});
  });
}));

for (const [what, harm] of [
  ['whose head is overwritten', (file: string) => { const fd = fs.openSync(file, 'r+'); fs.writeSync(fd, Buffer.alloc(100, 1), 0, 100, 0); fs.closeSync(fd); }],
  ['with a page overwritten', (file: string) => { const fd = fs.openSync(file, 'r+'); fs.writeSync(fd, Buffer.alloc(4096, 1), 0, 4096, 4096 * 3); fs.closeSync(fd); }],
  ['that is cut', (file: string) => { fs.truncateSync(file, fs.statSync(file).size - 6000); }],
] as const) {
  test(`D15: a main file ${what} is set aside and named, not replaced in silence, also by two at once`, () => inFolder(async (dir) => {
    const file = path.join(dir, FILE);
    await opened(file, async (db) => {
      await createStore(db, 'loop').insert(Array.from({ length: 200 }, (_, n) => ({ n, fill: 'x'.repeat(100) })));
      db.all('PRAGMA wal_checkpoint(TRUNCATE)');
    });
    harm(file);
    const damaged = fs.readFileSync(file);
    const both = [child('once', file), child('once', file)];
    assert.deepEqual(await Promise.all(both.map((c) => c.end())), [0, 0]);
    const notices = both.flatMap((c) => c.lines).filter((line) => line.includes('is damaged'));
    assert.equal(notices.length, 1, notices.join('\n'));
    const aside = /set aside as (\S+) and a new one begun/.exec(notices[0] ?? '')?.[1] ?? '';
    assert.deepEqual(fs.readFileSync(aside), damaged);
    assert.equal(fs.readdirSync(dir).filter((f) => /broken-[^-]*$/.test(f)).length, 1);
    assert.deepEqual(fs.readdirSync(dir).filter((f) => /repair|suspect/.test(f)), []);
    await opened(file, async (db) => { assert.equal(await createStore(db, 'loop').count(), 2); });
  }));
}

test('a main file that was emptied is no new one', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  await filled(file, 20);
  const ahead = fs.readFileSync(`${file}-wal`);
  fs.truncateSync(file, 0);
  await opened(file, async (db) => {
    const aside = /it is empty.* set aside as (\S+) and/.exec(db.notices.join())?.[1] ?? '';
    assert.deepEqual(fs.readFileSync(`${aside}-wal`), ahead);
    assert.equal(await createStore(db, 'loop').count(), 0);
  });
}));

test('one that has the file open while it is set aside goes over to the new one', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  await opened(file, async (db) => {
    const store = createStore(db, 'loop');
    await store.insert({ id: 'old' });
    for (const end of ['', '-wal', '-shm']) fs.renameSync(`${file}${end}`, `${file}.broken-1${end}`);
    await store.insert({ id: 'new' });
    assert.deepEqual((await store.find()).map((d) => d.id), ['new']);
    assert.match(db.notices.join(), /went over to/);
    await opened(file, async (other) => { assert.deepEqual((await createStore(other, 'loop').find()).map((d) => d.id), ['new']); });
  });
}));

test('four that open a new file at the same time all work', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  const four = Array.from({ length: 4 }, () => child('once', file));
  assert.deepEqual(await Promise.all(four.map((c) => c.end())), [0, 0, 0, 0]);
  await opened(file, async (db) => { assert.equal(await createStore(db, 'loop').count(), 4); });
}));

test('D16: while a stopped process holds a transaction, reads go on, writes fail in time, and all is well afterwards', () => inFolder(async (dir) => {
  const file = path.join(dir, FILE);
  await opened(file, async (db) => {
    const store = createStore(db, 'loop');
    await store.insert({ id: 'before' });
    const holder = child('hold', file);
    await holder.said(1);
    let stood = 0;
    let last = performance.now();
    const beat = setInterval(() => { stood = Math.max(stood, performance.now() - last); last = performance.now(); }, 5);
    try {
      const hasty = createStore(db, 'loop', { ms: 2500 });
      const from = performance.now();
      const ends = await Promise.allSettled([hasty.insert({}), hasty.insert({}), hasty.update('before', { a: 1 })]);
      const took = performance.now() - from;
      assert.deepEqual(ends.map((e) => (e.status === 'rejected' ? (e.reason as { code: string }).code : 'done')), ['STORE_BUSY', 'STORE_BUSY', 'STORE_BUSY']);
      assert.ok(took < 15_000, `${took} ms`);
      assert.deepEqual(await store.find({ id: 'before' }), { id: 'before' });
      assert.throws(() => db.run('DELETE FROM doc_items'), { code: 'STORE_BUSY' });
      await opened(file, async (late) => { assert.equal(await createStore(late, 'loop').count(), 1); });
      last = performance.now();
      const waiting = store.insert({ id: 'after' });
      holder.process.kill('SIGCONT');
      await waiting;
    } finally {
      clearInterval(beat);
      holder.process.kill('SIGCONT');
    }
    // One try is 200 ms; the rest is what the machine was busy with besides.
    assert.ok(stood < 2000, `the event loop stood still for ${stood} ms`);
    assert.equal(await holder.end(), 0);
    assert.equal(await store.count(), 2);
  });
}));

test('D17: on a full disk writes are refused, reads go on, and with room again writes too', (t) => inFolder(async (dir) => {
  if (process.platform !== 'linux' || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', dir], { stdio: 'ignore' }).status !== 0) {
    t.skip('a small disk of its own takes Linux and root');
    return;
  }
  try {
    const filler = path.join(dir, 'filler');
    await opened(path.join(dir, FILE), async (db) => {
      const store = createStore(db, 'loop');
      await store.insert({ id: 'first' });
      try { fs.writeFileSync(filler, Buffer.alloc(1 << 21)); } catch { /* full: that is what it is for */ }
      await assert.rejects(async () => { for (let n = 0; n < 100; n++) await store.insert({ fill: 'x'.repeat(20_000) }); }, { code: 'STORE_IO' });
      const count = await store.count();
      assert.ok(count >= 1);
      assert.deepEqual(await store.find({ id: 'first' }), { id: 'first' });
      await assert.rejects(store.update({}, { big: 'x'.repeat(20_000) }), { code: 'STORE_IO' });
      assert.equal(await store.count({ big: { $exists: true } }), 0, 'a part of an update was kept');
      fs.rmSync(filler);
      await store.insert({ id: 'again' });
      assert.equal(await store.count(), count + 1);
    });
  } finally {
    spawnSync('umount', ['-l', dir]);
  }
}));

test('a file that cannot be opened is STORE_IO', () => inFolder((dir) => {
  assert.throws(() => openDatabase(path.join(dir, 'none', FILE)), { code: 'STORE_IO' });
  fs.mkdirSync(path.join(dir, 'folder'));
  assert.throws(() => openDatabase(path.join(dir, 'folder')), { code: 'STORE_IO' });
}));
