import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FifoPool } from '../../src/logs/fifo-pool.js';
import { tempDir, until } from './rig.js';

test('makes spares, private, and refills by itself', async (t) => {
  const dir = path.join(tempDir(t), 'run');
  const pool = new FifoPool(dir);
  assert.equal(pool.take(), undefined);
  await Promise.all([pool.ready(2), pool.ready(20)]);
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700);
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const file = pool.take();
    assert.ok(file !== undefined && !seen.has(file));
    seen.add(file);
    const st = fs.statSync(file);
    assert.ok(st.isFIFO());
    assert.equal(st.mode & 0o777, 0o600);
  }
  await until(() => fs.readdirSync(dir).length >= 36, 'a refill');
});

test('a clean one is used again, a dirty one is gone', async (t) => {
  const pool = new FifoPool(path.join(tempDir(t), 'run'));
  await pool.ready(1);
  const a = pool.take() ?? '';
  pool.giveBack(a);
  pool.giveBack(a);
  assert.equal(pool.take(), a);
  assert.notEqual(pool.take(), a);
  pool.forget(a);
  assert.equal(fs.existsSync(a), false);
  pool.giveBack(a);
  assert.notEqual(pool.take(), a);
});

test('a new daemon sweeps what is not in use, and never hands out what is', async (t) => {
  const dir = path.join(tempDir(t), 'run');
  const old = new FifoPool(dir);
  await old.ready(4);
  const used = old.take() ?? '';
  fs.writeFileSync(path.join(dir, 'notes'), 'not ours');
  const pool = new FifoPool(dir);
  pool.claim(used);
  pool.sweep(new Set([used]));
  assert.deepEqual(fs.readdirSync(dir).sort(), [path.basename(used), 'notes']);
  await pool.ready(30);
  for (let f = pool.take(); f !== undefined; f = pool.take()) assert.notEqual(f, used);
});

test('trouble is told to whoever waits, and the next call works', async (t) => {
  const dir = tempDir(t);
  const blocked = path.join(dir, 'run');
  fs.writeFileSync(blocked, 'a file where a folder should be');
  const pool = new FifoPool(blocked);
  await assert.rejects(pool.ready(1));
  fs.rmSync(blocked);
  await pool.ready(1);
  assert.ok(pool.take());
});
