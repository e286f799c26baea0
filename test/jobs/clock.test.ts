// The clock of the store is set while jobs are held: who lives keeps what he holds, who is dead does not keep it for long.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Database, openDatabase } from '../../src/database/database.js';
import { type OpenedJobs, openJobs } from '../../src/jobs/jobs.js';
import { waitFor } from '../helpers/wait.js';

const HOUR = 3_600_000;

/** Programs whose store has a clock of its own, ahead of ours by `shift`. */
function programs(t: TestContext): { shift: number; readonly open: (name: string) => OpenedJobs & { readonly db: Database } } {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-j-'));
  const all: OpenedJobs[] = [];
  const files: Database[] = [];
  t.after(async () => {
    for (const j of all) await j.close({ grace: 0 }).catch(() => { /* the dead one cannot */ });
    for (const db of files) db.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  const place = {
    shift: 0,
    open(name: string): OpenedJobs & { db: Database } {
      const db = openDatabase(path.join(dir, 'store.db'));
      const shifted: Database = {
        file: db.file, engine: db.engine, notices: [], run: (s, p) => db.run(s, p), all: (s, p) => db.all(s, p), transaction: (w) => db.transaction(w), close: () => { db.close(); },
        get: (s, p) => { const row = db.get(s, p); return s.includes('unixepoch') ? { now: Number(row?.['now']) + place.shift } : row; },
      };
      const jobs = openJobs({ database: shifted, worker: { name, pid: 1 } });
      all.push(jobs);
      files.push(db);
      return Object.assign(jobs, { db });
    },
  };
  return place;
}

test('set forth by an hour: nobody who lives loses his job', async (t) => {
  const place = programs(t);
  const [one, two] = [place.open('one'), place.open('two')];
  let end = (): void => undefined;
  for (const j of [one, two]) j.define('work', () => new Promise<void>((resolve) => { end = resolve; }), { lease: 3000 });
  const { id } = await one.add('work');
  await waitFor('it runs', async () => (await one.get(id)).state === 'running');
  place.shift = HOUR;
  await waitFor('its lease begins anew', async () => ((await one.get(id)).leaseUntil ?? 0) > Date.now() + HOUR);
  end();
  const done = await waitFor('done', async () => { const j = await one.get(id); return j.state === 'done' ? j : undefined; });
  assert.equal(done.attempt, 1);
});

for (const before of [true, false]) test(`set back by an hour ${before ? 'before the other one comes' : 'under its eyes'}: what a dead one held is free after a lease`, async (t) => {
  const place = programs(t);
  const dead = place.open('dead');
  dead.define('work', () => new Promise(() => undefined), { lease: 800 });
  const { id } = await dead.add('work');
  await waitFor('it runs', async () => (await dead.get(id)).state === 'running');
  if (before) place.shift = -HOUR;
  const two = place.open('two');
  two.define('work', () => 'done');
  two.define('sign', () => undefined);
  const { id: sign } = await two.add('sign');
  await waitFor('the other one is at work', async () => (await two.get(sign)).state === 'done');
  // As by SIGKILL: nothing is written any more.
  dead.db.close();
  place.shift = -HOUR;
  const done = await waitFor('the other one does it', async () => { const j = await two.get(id); return j.state === 'done' ? j : undefined; });
  assert.equal(done.worker, 'two:1');
});
