// One program, and two that share a file: names, keys, order, retries, cancelling, pausing, history. Real time, short.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { type OpenedJobs, openJobs } from '../../src/jobs/jobs.js';
import { waitFor } from '../helpers/wait.js';

interface Place { readonly jobs: (name?: string) => OpenedJobs; readonly lines: string[] }

function place(t: TestContext): Place {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-j-'));
  const opened: OpenedJobs[] = [];
  const lines: string[] = [];
  t.after(async () => {
    for (const jobs of opened) await jobs.close({ grace: 0 });
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return { lines, jobs: (name = 'a') => { const j = openJobs({ file: path.join(dir, 'store.db'), worker: { name, pid: process.pid }, log: (l) => { lines.push(l); } }); opened.push(j); return j; } };
}

const ended = (jobs: OpenedJobs, id: string, state: string): ReturnType<OpenedJobs['get']> => waitFor(`job ${id} ${state}`, async () => { const j = await jobs.get(id); return j.state === state ? j : undefined; });

test('a job is done by another program, with what it was given, and its result is kept', async (t) => {
  const { jobs } = place(t);
  const asks = jobs('asks');
  const { id, added } = await asks.add('sum', { a: 2, b: 3 });
  assert.ok(added);
  assert.equal((await asks.get(id)).state, 'queued');
  jobs('does').define<{ a: number; b: number }>('sum', ({ payload, attempt }) => ({ sum: payload.a + payload.b, attempt }));
  const done = await ended(asks, id, 'done');
  assert.deepEqual(done.result, { sum: 5, attempt: 1 });
  assert.equal(done.worker, `does:${process.pid}`);
  assert.deepEqual((await asks.history(id)).map((a) => [a.attempt, a.outcome]), [[1, 'done']]);
});

test('one key, one job; priority and time decide the order', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  const first = await one.add('x', 1, { key: 'k' });
  assert.deepEqual(await jobs('b').add('x', 2, { key: 'k' }), { id: first.id, added: false });
  await one.add('x', 'low', { priority: -1 });
  await one.add('x', 'high', { priority: 5 });
  const { id: late } = await one.add('x', 'late', { delay: '1h', priority: 9 });
  const order: unknown[] = [];
  one.define('x', ({ payload }) => { order.push(payload); });
  await waitFor('what is due', () => order.length === 3);
  await one.run(late);
  await waitFor('all', () => order.length === 4);
  assert.deepEqual(order, ['high', 1, 'low', 'late']);
});

test('J7: a handler that always throws has its retries with growing gaps, then failed; retry revives it', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  const at: number[] = [];
  let good = false;
  one.define('bad', () => { at.push(performance.now()); if (!good) throw new Error('no luck'); return 'luck'; }, { backoff: 50 });
  const { id } = await one.add('bad');
  const failed = await ended(one, id, 'failed');
  assert.match(failed.error ?? '', /no luck/);
  assert.equal(failed.attempt, 4);
  const gaps = at.slice(1).map((x, i) => x - (at[i] ?? 0));
  assert.ok(gaps.length === 3 && gaps.every((g, i) => g >= 45 * 2 ** i), gaps.join());
  assert.deepEqual((await one.history(id)).map((a) => a.outcome), ['failed', 'failed', 'failed', 'failed']);
  good = true;
  assert.equal((await one.retry(id)).state, 'queued');
  assert.equal((await ended(one, id, 'done')).result, 'luck');
  assert.equal((await one.history(id)).length, 5);
  // Nobody pays twice because he typed the wrong number.
  await assert.rejects(() => Promise.resolve().then(() => one.retry(id)), { code: 'JOB_STATE' });
  assert.equal((await one.get(id))?.state, 'done');
});

test('an error that says so is the last; a timeout aborts the signal and frees the place', async (t) => {
  const { jobs, lines } = place(t);
  const one = jobs();
  one.define('final', () => { throw Object.assign(new Error('never'), { retry: false }); });
  assert.equal((await ended(one, (await one.add('final')).id, 'failed')).attempt, 1);
  let why: unknown;
  one.define('slow', async ({ signal, payload }) => {
    if (payload !== 1) return 'quick';
    signal.addEventListener('abort', () => { why = signal.reason; });
    await new Promise((r) => setTimeout(r, 300));
    return 'too late';
  }, { timeout: 50, retries: 0 });
  const { id } = await one.add('slow', 1);
  const failed = await ended(one, id, 'failed');
  assert.equal(failed.error, 'took longer than 50 ms');
  assert.match(String(why), /took longer/);
  assert.equal((await ended(one, (await one.add('slow', 2)).id, 'done')).result, 'quick');
  await waitFor('the late answer is refused', () => lines.some((l) => /refused: it is failed/.test(l)));
  assert.deepEqual((await one.history(id)).map((a) => a.outcome), ['timeout']);
});

test('cancel: a queued one at once, a running one through its signal, wherever it runs', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  const other = jobs('other');
  const { id: queued } = await one.add('c', null, { delay: '1h' });
  assert.equal((await one.cancel(queued)).state, 'cancelled');
  await assert.rejects(one.cancel(queued), (e) => isMgrError(e) && e.code === 'JOB_STATE' && /cannot cancel job \d+: it is cancelled/.test(e.message));
  other.define('c', ({ signal }) => new Promise((_, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error); }); }));
  const { id } = await one.add('c');
  await ended(one, id, 'running');
  assert.equal((await one.cancel(id)).cancelling, true);
  const view = await ended(one, id, 'cancelled');
  assert.match(view.error ?? '', /was cancelled/);
  assert.equal(view.attempt, 1);
});

test('run now, pause and resume of a name', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  let runs = 0;
  one.define('n', () => { runs++; });
  const { id } = await one.add('n', null, { runAt: new Date(Date.now() + 3_600_000) });
  await one.pause('n');
  await one.run(id);
  assert.equal((await one.names())[0]?.paused, true);
  // Another of this program is begun: the paused one was passed by.
  one.define('m', () => undefined);
  await ended(one, (await one.add('m')).id, 'done');
  assert.equal(runs, 0);
  await one.resume('n');
  await ended(one, id, 'done');
  await assert.rejects(one.pause('nn'), /no jobs of the name `nn`/);
  await assert.rejects(one.get('777'), (e) => isMgrError(e) && e.code === 'JOB_NOT_FOUND');
});

test('what complete writes is there with the end of the job, or not at all', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  one.define('pay', (job) => {
    return job.complete((tx) => {
      tx.database.run('CREATE TABLE IF NOT EXISTS paid (id TEXT)');
      tx.database.run('INSERT INTO paid VALUES (?)', [job.id]);
      tx.store('accounts').insert({ id: job.id, paid: true });
      tx.store('totals').update('all', { $inc: { n: 1 } });
      tx.add('receipt', { for: job.id }, { key: job.id });
      if (job.payload === 'break' && job.attempt === 1) throw new Error('after the writes');
    }, 'paid');
  }, { backoff: 1 });
  await assert.rejects(one.transaction((tx) => { tx.add('receipt', 'never'); throw new Error('no'); }), /^Error: no$/);
  one.define('receipt', () => undefined);
  await one.transaction((tx) => { tx.store('totals').insert({ id: 'all', n: 0 }); });
  const { id: good } = await one.add('pay');
  const { id: twice } = await one.add('pay', 'break');
  assert.equal((await ended(one, good, 'done')).result, 'paid');
  assert.equal((await ended(one, twice, 'done')).attempt, 2);
  await one.transaction(({ store }) => {
    assert.deepEqual(store('totals').find(), [{ id: 'all', n: 2 }]);
    assert.deepEqual(store('accounts').find({ paid: true }).map((d) => d.id), [good, twice]);
  });
  const receipts = await one.list({ name: 'receipt' });
  assert.deepEqual(receipts.map((r) => r.key).sort(), [good, twice].sort());
});

test('a schedule makes one job for each slot, over two programs; paused it makes none', async (t) => {
  const { jobs } = place(t);
  const [one, two] = [jobs('one'), jobs('two')];
  const slots: number[] = [];
  for (const j of [one, two]) j.schedule('tick', { every: 100 }, ({ slot }) => { slots.push(slot ?? 0); });
  await waitFor('some slots', () => slots.length >= 8);
  assert.equal(new Set(slots).size, slots.length);
  assert.ok(slots.every((s) => s % 100 === 0));
  await one.pause('tick', 'schedule');
  const view = (await one.schedules())[0];
  assert.deepEqual([view?.name, view?.every, view?.paused, view?.catchUp], ['tick', 100, true, 'none']);
  const made = (await one.list({ name: 'tick' })).length;
  const { id } = await two.runSchedule('tick');
  await ended(one, id, 'done');
  assert.equal((await one.list({ name: 'tick' })).length, made + 1);
  await one.unschedule('tick');
  assert.deepEqual(await one.schedules(), []);
});

test('a cron line in its zone has its next time', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  one.schedule('report', '0 9 * * 1-5', () => undefined, { tz: 'Europe/Berlin', catchUp: 'one' });
  const view = await waitFor('a next time', async () => (await one.schedules()).find((s) => s.nextAt !== undefined));
  assert.equal(new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' }).format(view.nextAt), '09:00');
  // The same again changes nothing, other times begin anew.
  jobs('b').schedule('report', '0 9 * * 1-5', { tz: 'Europe/Berlin', catchUp: 'one' });
  assert.deepEqual((await one.schedules())[0], view);
});

test('history is bounded by number and age', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  one.define('h', () => undefined, { keep: { count: 3 } });
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) ids.push((await one.add('h')).id);
  await ended(one, ids.at(-1) ?? '', 'done');
  one.prune();
  assert.deepEqual((await one.list()).map((j) => j.id), ids.slice(-3).toReversed());
  await assert.rejects(one.history(ids[0] ?? ''), /no job/);
  one.define('old', () => undefined, { keep: { age: 0 } });
  await ended(one, (await one.add('old')).id, 'done');
  await waitFor('it is gone', async () => { one.prune(); return (await one.list({ name: 'old' })).length === 0; });
  assert.equal((await one.list({ name: 'h' })).length, 3);
});

test('close gives back what does not end, and another program has it at once', async (t) => {
  const { jobs } = place(t);
  const one = jobs('one');
  let aborted = false;
  one.define('long', ({ signal, payload }) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => { aborted = true; if (payload === 'listens') reject(signal.reason as Error); });
  }), { concurrency: 2 });
  const { id } = await one.add('long');
  const { id: listens } = await one.add('long', 'listens');
  one.define('once', () => new Promise(() => undefined), { onLost: 'fail' });
  const { id: never } = await one.add('once');
  for (const job of [id, listens, never]) await ended(one, job, 'running');
  const two = jobs('two');
  await one.close({ grace: 20 });
  assert.ok(aborted);
  assert.equal((await two.get(never)).state, 'lost', 'what must not be begun twice is not given to another');
  two.define('long', ({ attempt }) => attempt);
  const done = await ended(two, id, 'done');
  assert.equal(done.result, 1, 'the attempt that was given back does not count');
  for (const job of [id, listens]) assert.deepEqual([await ended(two, job, 'done'), await two.history(job)].flat().map((a) => ('outcome' in a ? a.outcome : a.attempt)), [1, 'released', 'done']);
});

test('what has ended is not given back, also when the program ends in the same turn', async (t) => {
  const { jobs } = place(t);
  const one = jobs('one');
  const two = jobs('two');
  one.define('quick', () => {
    // After the handler has ended, and before anything else can happen.
    void (async () => { for (let i = 0; i < 50; i++) await Promise.resolve(); one.closeNow(1); })();
    return 'done';
  });
  const { id } = await two.add('quick');
  assert.deepEqual([(await ended(two, id, 'done')).result, (await two.history(id)).map((a) => a.outcome)], ['done', ['done']]);
  const three = jobs('three');
  three.define('obeys', ({ signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => { resolve('as far as I came'); }); }));
  const { id: obeys } = await two.add('obeys');
  await ended(two, obeys, 'running');
  await three.close({ grace: 0 });
  assert.equal((await two.get(obeys)).result, 'as far as I came');
});

test('a failure that cannot be told as it is: its backoff throws, its text has a NUL', async (t) => {
  const { jobs, lines } = place(t);
  const one = jobs();
  one.define('bad', () => { throw new Error('a \0 in it'); }, { retries: 1, backoff: () => { throw new Error('no backoff'); } });
  one.define('good', () => 'good');
  // They end in one turn, and so are written together.
  await one.transaction(({ add }) => { add('bad'); add('good'); });
  assert.equal((await ended(one, '2', 'done')).attempt, 1);
  const failed = await ended(one, '1', 'failed');
  assert.match(failed.error ?? '', /a \uFFFD in it/);
  assert.deepEqual((await one.history('1')).map((a) => a.outcome), ['failed', 'failed']);
  assert.match(lines.join('\n'), /its backoff threw, so the next attempt is in 1000 ms: no backoff/);
});

test('bad input: what was got, what is wanted, and a way out', async (t) => {
  const { jobs } = place(t);
  const one = jobs();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const rows: readonly (readonly [() => unknown, RegExp])[] = [
    [() => one.define('', () => undefined), /jobs\.define name: got ``, wanted a text/],
    [() => one.define('x', 5 as never), /`x`: got 5, wanted a function/],
    [() => one.define('x', () => undefined, { leaes: 5 } as never), /option: got `leaes`, wanted lease,/],
    [() => one.define('x', () => undefined, { lease: '5 parsecs' }), /lease: got `5 parsecs`, wanted a time of at least 100 ms/],
    [() => one.define('x', () => undefined, { retries: -1 }), /retries: got -1, wanted a whole number/],
    [() => one.define('x', () => undefined, { onLost: 'x' as never }), /onLost: got `x`, wanted `retry` or `fail`/],
    [() => one.define('x', () => undefined, { timeout: 1e300 }), /timeout: got 1e\+300, wanted a time .*, 36500d at most/],
    [() => one.schedule('x', 'every day', () => undefined), /got `every day`, wanted a cron line/],
    [() => one.schedule('x', '5m'), /got `5m`, wanted a cron line/],
    [() => one.schedule('x', { every: 0 }), /every: got 0, wanted a time of at least 100 ms/],
    [() => one.schedule('x', '* * * * *', { tz: 'Mars/Olympus' }), /tz: got `Mars\/Olympus`, wanted the IANA name/],
  ];
  for (const [act, says] of rows) assert.throws(act, (e) => isMgrError(e) && e.code === 'BAD_OPTION' && says.test(e.message) && typeof e.data['fix'] === 'string', String(says));
  for (const [act, says] of [
    [() => one.add('x', circle), /payload: got an object, wanted what JSON can hold/],
    [() => one.add('x', 10n), /payload: got 10, wanted what JSON can hold/],
    [() => one.add('x', 1, { delay: 5, runAt: 5 }), /wanted delay or runAt, not both/],
    [() => one.add('x', 1, { runAt: 'tomorrow' }), /runAt: got `tomorrow`, wanted a Date/],
    [() => one.add('x', 1, { runAt: 1e300 }), /runAt: got 1e\+300, wanted a Date/],
    [() => one.list({ state: 'dead' as never }), /state: got `dead`, wanted `queued` or/],
    [() => one.get('abc'), /got `abc`, wanted the number of a job/],
  ] as const) await assert.rejects(act, says);
  one.define('x', () => undefined);
  assert.throws(() => one.define('x', () => undefined), /a second handler/);
  assert.throws(() => openJobs({}), /wanted \{ file:/);
});
