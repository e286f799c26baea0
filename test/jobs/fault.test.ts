// Four programs, a thousand jobs, SIGKILL and SIGSTOP at random: nothing is lost, and never has a job two valid holders.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from './stage.js';

const JOBS = 1000;
/** ms. Killing ends after this; who lives then does the rest. */
const KILLING = 12_000;
const LIMIT = 45_000;

test('four programs are killed at random while they do a thousand jobs', async (t) => {
  const stage = new Stage(t);
  const names = ['a', 'b', 'c', 'd'];
  const wish = { define: { unit: { lease: 500, retries: 1000, concurrency: 3, keep: { count: JOBS * 2 } } } };
  await stage.jobs.transaction((tx) => { for (let i = 0; i < JOBS; i++) tx.add('unit', { first: i % 40, then: i % 7 }, { key: `unit-${i}` }); });
  await Promise.all(names.map((name) => stage.start(name, wish)));
  const began = performance.now();
  const end = began + LIMIT;
  const left = async (): Promise<number> => { const c = (await stage.jobs.names())[0]?.counts; return (c?.queued ?? 0) + (c?.running ?? 0); };
  let kills = 0;
  let sleeps = 0;
  const seed = (Math.random() * 2 ** 31) | 0;
  let state = seed;
  const chance = (n: number): number => { state = (state * 1_103_515_245 + 12_345) & 0x7fffffff; return (state >> 8) % n; };
  t.diagnostic(`seed ${seed}`);
  while (await left() > 0) {
    assert.ok(performance.now() < end, `${await left()} jobs left after ${LIMIT} ms and ${kills} kills`);
    const name = names[chance(names.length)] ?? 'a';
    if (performance.now() > began + KILLING) { await new Promise((r) => { setTimeout(r, 100); }); continue; }
    await new Promise((r) => { setTimeout(r, 50 + chance(200)); });
    if (chance(4) === 0) {
      // As good as dead for longer than its lease, then back with what it believes to hold.
      stage.signal(name, 'SIGSTOP');
      await new Promise((r) => { setTimeout(r, 700); });
      stage.signal(name, 'SIGCONT');
      sleeps++;
      continue;
    }
    await stage.kill(name);
    kills++;
    await stage.start(name, wish);
  }
  t.diagnostic(`${kills} kills and ${sleeps} sleeps in ${Math.round(performance.now() - began)} ms`);
  assert.ok(kills >= 3, `only ${kills} kills: nothing was shown`);

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
  let again = 0;
  for (const l of stage.lines()) {
    if (l.what === 'ready') continue;
    const known = last.get(l.id) ?? 0;
    if (l.what === 'start') {
      assert.notEqual(l.fence, known, `job ${l.id}: fence ${l.fence} twice`);
      assert.ok(l.fence < (ended.get(l.id) ?? Infinity), `job ${l.id} was begun after its end`);
      if (known > 0) again++;
      last.set(l.id, Math.max(known, l.fence));
    } else if (l.what === 'end') {
      assert.equal(l.fence, known, `job ${l.id} was completed by somebody who did not hold it`);
      assert.ok(!ended.has(l.id), `job ${l.id} was completed twice`);
      ended.set(l.id, l.fence);
    }
  }
  assert.equal(new Set([...last.values()]).size, JOBS);
  for (const e of effects) assert.equal(e.fence, last.get(e.id), `job ${e.id}: its effect is of another claim`);
  t.diagnostic(`${again} jobs were begun again`);
});
