// J1-J6 and J8 of the acceptance list with real programs on one file; times are compressed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../helpers/wait.js';
import type { Line } from './program.js';
import { Stage } from './stage.js';

const FOUR = ['a', 'b', 'c', 'd'];
/** ms. A machine with much to do lets a program wait too: who lives must not be taken for dead. */
const LEASE = 1500;

test('J1: a schedule runs once for each slot, whoever of four does it', async (t) => {
  const stage = new Stage(t);
  await Promise.all(FOUR.map((name) => stage.start(name, { schedule: { tick: { every: 200, catchUp: 'all', payload: { first: 120 } } } })));
  const from = Math.ceil(Date.now() / 200) * 200;
  const ran = (): Line[] => stage.lines('end').filter((l) => (l.slot ?? 0) >= from && (l.slot ?? 0) <= from + 3800);
  // However late some of them are: with catchUp none is left out.
  const runs = await waitFor('4 s of slots', () => (stage.lines('end').at(-1)?.slot ?? 0) > from + 4200 && new Set(ran().map((l) => l.slot)).size === 20 && ran());
  assert.equal(runs.length, 20, 'a slot twice');
  assert.ok(new Set(runs.map((l) => l.worker)).size >= 2, 'one worker did all');
});

test('J2: the holder is killed: one retry after its lease, with a larger fence', async (t) => {
  const stage = new Stage(t);
  for (const name of ['a', 'b']) await stage.start(name, { define: { work: { lease: LEASE } } });
  const { id } = await stage.jobs.add('work', { first: 30_000 });
  const holder = await stage.holder(id);
  const began = Date.now();
  await stage.kill(holder);
  const done = await stage.ended(id, 'done');
  assert.ok(Date.now() - began > LEASE / 2, 'the lease was not waited for');
  assert.equal(done.attempt, 2);
  const [first, second, ...more] = stage.lines('start');
  assert.equal(more.length, 0);
  assert.ok((second?.fence ?? 0) > (first?.fence ?? 0) && first?.worker === holder && second?.worker !== holder);
  assert.deepEqual((await stage.jobs.history(id)).map((a) => a.outcome), ['lost', 'done']);
});

test('J3: the holder sleeps through its lease: another completes, its own completion is refused and logged', async (t) => {
  const stage = new Stage(t);
  for (const name of ['a', 'b']) await stage.start(name, { define: { work: { lease: LEASE } } });
  const { id } = await stage.jobs.add('work', { first: 2500, then: 4000 });
  const holder = await stage.holder(id);
  stage.signal(holder, 'SIGSTOP');
  await waitFor('the second holder', () => stage.lines('start').length === 2);
  // It wakes while the other is at work: nothing but the number of its claim keeps it from ending the other's attempt.
  stage.signal(holder, 'SIGCONT');
  await waitFor('the refusal', () => stage.lines('refused').length === 1 && /completion with fence \d+ refused: [ab]:\d+ holds it with fence \d+/.test(stage.said(holder)));
  const done = await stage.ended(id, 'done');
  assert.equal(done.attempt, 2);
  assert.ok(done.worker !== undefined && !done.worker.startsWith(`${holder}:`));
  assert.deepEqual(stage.effects(), [{ id, fence: done.fence }], 'what the sleeper wrote is not there');
  await waitFor('the refusal in the history', async () => (await stage.jobs.history(id)).map((a) => a.outcome).join() === 'refused,done');
});

test('J4: with onLost fail it is not run again', async (t) => {
  const stage = new Stage(t);
  for (const name of ['a', 'b']) await stage.start(name, { define: { once: { lease: LEASE, onLost: 'fail' } } });
  const { id } = await stage.jobs.add('once', { first: 30_000 });
  await stage.kill(await stage.holder(id));
  const lost = await stage.ended(id, 'lost');
  assert.match(lost.error ?? '', /was not heard of/);
  // The other one is at work, and passes it by.
  await stage.ended((await stage.jobs.add('once')).id, 'done');
  assert.equal(stage.lines('start').filter((l) => l.id === id).length, 1);
});

test('J5: four add with one key: one run', async (t) => {
  const stage = new Stage(t);
  await Promise.all(FOUR.map((name) => stage.start(name, { define: { mail: {} }, add: [{ name: 'mail', key: 'invoice-7' }, { name: 'mail' }] })));
  await waitFor('five jobs', () => stage.lines('end').length === 5);
  const all = await stage.jobs.list({ name: 'mail' });
  assert.equal(all.filter((j) => j.key === 'invoice-7').length, 1);
  assert.equal(all.length, 5);
});

test('J6: what was missed while nobody ran is up to catchUp', async (t) => {
  const stage = new Stage(t);
  const wish = { schedule: { none: { every: 200, catchUp: 'none' }, one: { every: 200, catchUp: 'one' }, all: { every: 200, catchUp: 'all' } } } as const;
  await stage.start('a', wish);
  await waitFor('each has run', () => ['none', 'one', 'all'].every((n) => stage.lines('end').some((l) => l.name === n)));
  await stage.kill('a', 'SIGTERM');
  const from = Date.now();
  await waitFor('ten slots pass', () => Date.now() >= from + 2000);
  const until = Date.now();
  await stage.start('a', wish);
  await waitFor('each runs again', () => ['none', 'one', 'all'].every((n) => stage.lines('end').some((l) => l.name === n && (l.slot ?? 0) > until + 400)));
  // The edges belong to who was there: a slot may be late by the least that is forgiven.
  const isMissed = (slot: number): boolean => slot > from && slot < until - 250;
  const missed = (name: string): number => stage.lines('end').filter((l) => l.name === name && isMissed(l.slot ?? 0)).length;
  let slots = 0;
  for (let at = Math.ceil(from / 200) * 200; at < until; at += 200) if (isMissed(at)) slots++;
  assert.equal(missed('none'), 0);
  assert.ok(missed('one') <= 1, `one: ${missed('one')}`);
  assert.equal(missed('all'), slots);
  assert.ok(slots >= 8);
  for (const name of ['none', 'one', 'all']) {
    const slots = stage.lines('end').filter((l) => l.name === name).map((l) => l.slot);
    assert.equal(new Set(slots).size, slots.length, `${name}: a slot twice`);
  }
});

test('J8: a delayed job outlives all programs, and runs once at its time', async (t) => {
  const stage = new Stage(t);
  await stage.start('a', { define: { later: {} } });
  const { id } = await stage.jobs.add('later', null, { delay: 1500 });
  const { runAt } = await stage.jobs.get(id);
  await stage.kill('a');
  await Promise.all(FOUR.map((name) => stage.start(name, { define: { later: {} } })));
  await stage.ended(id, 'done');
  const starts = stage.lines('start');
  assert.equal(starts.length, 1);
  assert.ok((starts[0]?.at ?? 0) >= runAt);
});
