// The store does not take anything for a while: a full disk, somebody who holds it. Programs go on, and nothing is done twice.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MgrError } from '../../src/base/errors.js';
import { type Database, openDatabase } from '../../src/database/database.js';
import { openJobs } from '../../src/jobs/jobs.js';
import { waitFor } from '../helpers/wait.js';

test('what ends while the store takes nothing is written when it does; it is told of once', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-j-'));
  const db = openDatabase(path.join(dir, 'store.db'));
  let broken = false;
  let refused = 0;
  const fault = (): void => { if (broken) { refused++; throw new MgrError('STORE_IO', { file: db.file, act: 'write', reason: 'database or disk is full' }); } };
  const half: Database = {
    file: db.file, engine: db.engine, notices: [], get: (s, p) => db.get(s, p), all: (s, p) => db.all(s, p), close: () => { db.close(); },
    run: (s, p) => { fault(); return db.run(s, p); }, transaction: (w) => { fault(); return db.transaction(w); },
  };
  const lines: string[] = [];
  const jobs = openJobs({ database: half, log: (l) => { lines.push(l); } });
  t.after(async () => { await jobs.close({ grace: 0 }); db.close(); fs.rmSync(dir, { recursive: true, force: true }); });
  let runs = 0;
  let end = (): void => undefined;
  jobs.define('work', () => new Promise<void>((resolve) => { runs++; end = resolve; }), { lease: 6000 });
  const { id } = await jobs.add('work');
  const { id: next } = await jobs.add('work');
  await waitFor('it runs', () => runs === 1);
  broken = true;
  end();
  await waitFor('it was tried several times', () => refused > 5);
  await assert.rejects(jobs.add('work'), (e) => e instanceof MgrError && e.code === 'STORE_IO');
  jobs.define('late', () => 'late'); // it is told to the store later
  assert.equal((await jobs.get(id)).state, 'running', 'reading goes on');
  broken = false;
  await waitFor('its end is written', async () => (await jobs.get(id)).state === 'done');
  await waitFor('the next one runs', () => runs === 2);
  end();
  await waitFor('the next one is done', async () => (await jobs.get(next)).state === 'done');
  assert.equal(runs, 2);
  const { id: late } = await jobs.add('late');
  await waitFor('the late name', async () => (await jobs.get(late)).state === 'done' && jobs.known('late'));
  assert.ok(lines.filter((l) => l.startsWith('jobs wait')).length <= 1, lines.join('\n'));
});

test('the store is taken away: what the program has asked for goes on in the one that comes in its place', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-j-'));
  const file = path.join(dir, 'store.db');
  const lines: string[] = [];
  const jobs = openJobs({ file, log: (l) => { lines.push(l); } });
  t.after(async () => { await jobs.close({ grace: 0 }); fs.rmSync(dir, { recursive: true, force: true }); });
  let runs = 0;
  jobs.schedule('tick', { every: 100 }, () => { runs++; });
  jobs.schedule('gone', { every: 100 });
  await waitFor('some runs', () => runs >= 2);
  await jobs.unschedule('gone');
  for (const end of ['', '-wal', '-shm']) fs.renameSync(file + end, `${file}.aside${end}`);
  await waitFor('the new file', () => lines.some((l) => /was taken away or set aside/.test(l)));
  const before = runs;
  await waitFor('more runs', () => runs >= before + 2);
  assert.deepEqual((await jobs.schedules()).map((s) => s.name), ['tick']);
  assert.ok(jobs.known('tick'));
});
