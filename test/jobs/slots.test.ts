import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCron } from '../../src/config/croner.js';
import { DEFAULT_GAPS, gapAfter } from '../../src/jobs/backoff.js';
import { chooseSlots, everyTime, MOST_SLOTS } from '../../src/jobs/slots.js';
import type { CatchUp } from '../../src/jobs/views.js';

const T = 1_800_000_000_000; // a multiple of a second, a minute and an hour

test('slots of an interval are the same for all who count', () => {
  const next = everyTime(1000);
  assert.deepEqual([T - 1, T, T + 1, T + 999].map(next), [T, T + 1000, T + 1000, T + 1000]);
});

test('what is due runs, what was missed is up to catchUp', () => {
  const rows: readonly (readonly [what: string, last: number, now: number, catchUp: CatchUp, run: readonly number[], last: number])[] = [
    ['nothing is due', 0, 900, 'all', [], 0],
    ['on time', 0, 1003, 'none', [1000], 1000],
    ['half a gap late', 0, 1500, 'none', [1000], 1000],
    ['more than that', 0, 1501, 'none', [], 1000],
    ['missed, none', 0, 10_700, 'none', [], 10_000],
    ['missed, but the newest is fresh', 0, 10_100, 'none', [10_000], 10_000],
    ['missed, one', 0, 10_700, 'one', [10_000], 10_000],
    ['missed, all', 7000, 10_700, 'all', [8000, 9000, 10_000], 10_000],
    ['the clock was set back a little: nothing twice', 10_000, 4000, 'all', [], 10_000],
  ];
  for (const [what, last, now, catchUp, run, then] of rows) {
    const choice = chooseSlots({ last: T + last, now: T + now, catchUp, next: everyTime(1000) });
    assert.deepEqual([choice.run.map((t) => t - T), choice.last - T, (choice.next ?? 0) - T, choice.dropped], [run, then, then + 1000, false], what);
  }
  const back = chooseSlots({ last: T + 4 * 3_600_000, now: T, catchUp: 'none', next: everyTime(1000) });
  assert.deepEqual(back, { run: [], last: T, next: T + 1000, dropped: false }, 'the clock was far ahead once: counted anew');
});

test('a year away costs nothing, and fills nothing', async () => {
  const began = performance.now();
  const year = 365 * 86_400_000;
  for (const next of [everyTime(1000), (await loadCron())('* * * * * *', { zone: 'UTC', once: true })]) {
    assert.deepEqual(chooseSlots({ last: T, now: T + year + 700, catchUp: 'none', next }).run, []);
    assert.deepEqual(chooseSlots({ last: T, now: T + year + 700, catchUp: 'one', next }).run, [T + year]);
    const all = chooseSlots({ last: T, now: T + year, catchUp: 'all', next });
    assert.deepEqual([all.run.length, all.run.at(-1), all.dropped], [MOST_SLOTS, T + year, true]);
  }
  assert.ok(performance.now() - began < 20_000);
});

test('a schedule over both changes of the clock', async () => {
  const next = (await loadCron())('30 2 * * *', { zone: 'Europe/Berlin', once: true });
  const runs: string[] = [];
  let last = Date.parse('2027-03-26T12:00Z');
  for (const now of ['2027-03-27T01:30Z', '2027-03-28T00:30Z', '2027-03-28T01:00Z', '2027-03-29T00:30Z', '2027-10-31T00:30Z', '2027-10-31T01:30Z', '2027-11-01T01:30Z']) {
    const choice = chooseSlots({ last, now: Date.parse(now), catchUp: 'none', next });
    last = choice.last;
    runs.push(...choice.run.map((t) => new Date(t).toISOString().slice(0, 16)));
  }
  assert.deepEqual(runs, ['2027-03-27T01:30', '2027-03-28T01:00', '2027-03-29T00:30', '2027-10-31T00:30', '2027-11-01T01:30']);
});

test('gaps grow, to a limit, with some chance in them', () => {
  const at = (chance: number): number[] => [1, 2, 3, 4].map((n) => gapAfter(n, DEFAULT_GAPS, chance));
  assert.deepEqual(at(0), [1000, 2000, 4000, 8000]);
  assert.deepEqual(at(1), [1100, 2200, 4400, 8800]);
  assert.equal(gapAfter(100, DEFAULT_GAPS, 0), 3_600_000);
  assert.equal(gapAfter(3, { first: 0, factor: 2, most: 10, jitter: 0 }, 0.5), 0);
});
