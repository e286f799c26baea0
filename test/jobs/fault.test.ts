// Four programs, a thousand jobs, SIGKILL and SIGSTOP at random: nothing is lost, and never has a job two valid holders.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from './stage.js';

const JOBS = 1000;
/** ms. Only a machine that does nothing else needs it. */
const LIMIT = 180_000;

test('four programs are killed at random while they do a thousand jobs', async (t) => {
  const stage = new Stage(t);
  const names = ['a', 'b', 'c', 'd'];
  const wish = { define: { unit: { lease: 500, retries: 1000, concurrency: 3, keep: { count: JOBS * 2 } } } };
  await stage.jobs.transaction((tx) => { for (let i = 0; i < JOBS; i++) tx.add('unit', { first: i % 40, then: i % 7 }, { key: `unit-${i}` }); });
  await Promise.all(names.map((name) => stage.start(name, wish)));
  const began = performance.now();
  const counts = async (): Promise<Readonly<Record<string, number>>> => (await stage.jobs.names())[0]?.counts ?? {};
  const seed = (Math.random() * 2 ** 31) | 0;
  let state = seed;
  const chance = (n: number): number => { state = (state * 1_103_515_245 + 12_345) & 0x7fffffff; return (state >> 8) % n; };
  t.diagnostic(`seed ${seed}`);
  const ready = new Set(names);
  const again: Promise<void>[] = [];
  const faults = { kills: 0, sleeps: 0 };
  // Faults come with the work that is done, not with time, so that a slow machine has as many.
  for (let next = 20 + chance(60); ;) {
    const { done = 0, queued = 0, running = 0 } = await counts();
    if (queued + running === 0) break;
    assert.ok(performance.now() - began < LIMIT, `${queued + running} jobs left after ${LIMIT} ms, ${JSON.stringify(faults)}`);
    const name = [...ready][chance(Math.max(1, ready.size))];
    if (done < next || name === undefined) { await new Promise((r) => { setTimeout(r, 5); }); continue; }
    next = done + 20 + chance(60);
    ready.delete(name);
    if (chance(4) === 0) {
      // As good as dead for longer than its lease, then back with what it believes to hold.
      faults.sleeps++;
      stage.signal(name, 'SIGSTOP');
      setTimeout(() => { stage.signal(name, 'SIGCONT'); ready.add(name); }, 700);
    } else {
      faults.kills++;
      await stage.kill(name);
      again.push(stage.start(name, wish).then(() => { ready.add(name); }));
    }
  }
  await Promise.all(again);
  t.diagnostic(`${JSON.stringify(faults)} in ${Math.round(performance.now() - began)} ms`);
  assert.ok(faults.kills >= 5, JSON.stringify(faults));

  // Nothing is lost, and what a completion wrote is there once for each.
  const all = await stage.jobs.list({ name: 'unit', limit: JOBS * 2 });
  assert.deepEqual([all.length, all.filter((j) => j.state !== 'done').map((j) => j.id)], [JOBS, []]);
  const effects = stage.effects();
  assert.equal(effects.length, JOBS);
  assert.equal(new Set(effects.map((e) => e.id)).size, JOBS);

  // The journal, in the order of what happened: nobody completes after somebody else has begun, and nobody begins after the
  // end but one who slept between his claim and his first line.
  const last = new Map<string, number>();
  const ended = new Map<string, number>();
  let twice = 0;
  for (const l of stage.lines()) {
    if (l.what === 'ready') continue;
    const known = last.get(l.id) ?? 0;
    if (l.what === 'start') {
      assert.notEqual(l.fence, known, `job ${l.id}: fence ${l.fence} twice`);
      assert.ok(l.fence < (ended.get(l.id) ?? Infinity), `job ${l.id} was begun after its end`);
      if (known > 0) twice++;
      last.set(l.id, Math.max(known, l.fence));
    } else if (l.what === 'end') {
      assert.equal(l.fence, known, `job ${l.id} was completed by somebody who did not hold it`);
      assert.ok(!ended.has(l.id), `job ${l.id} was completed twice`);
      ended.set(l.id, l.fence);
    }
  }
  assert.equal(new Set([...last.values()]).size, JOBS);
  for (const e of effects) assert.equal(e.fence, last.get(e.id), `job ${e.id}: its effect is of another claim`);
  t.diagnostic(`${twice} jobs were begun again`);
});
