import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ewma } from '../../src/sdk/ewma.js';
import { makeHistogram } from '../../src/sdk/kinds.js';
import { Reservoir } from '../../src/sdk/reservoir.js';
import { withFake } from './fake.js';

test('a steady rate is told exactly from the beginning, and a new one within its time', () => {
  const rate = new Ewma(60_000, 0);
  let now = 0;
  const run = (seconds: number, perSecond: number): number => {
    for (let i = 0; i < seconds * 10; i++) { now += 100; rate.add(perSecond / 10, now); }
    return rate.rate(now);
  };
  assert.ok(Math.abs(run(2, 10) - 10) < 0.1, String(rate.rate(now)));
  assert.ok(Math.abs(run(600, 10) - 10) < 0.1);
  // After one time constant, 1/e of the way is left.
  assert.ok(Math.abs(run(60, 0) - 10 / Math.E) < 0.1, String(rate.rate(now)));
  assert.ok(run(600, 0) < 0.001);
});

test('percentiles: exact while all is kept, near after that, and of the newer values', () => {
  const few = new Reservoir();
  for (let i = 1; i <= 99; i++) few.add(i, 0);
  assert.deepEqual(few.percentiles([0.5, 0.25, 0.95, 0, 1]), [50, 25, 95, 1, 99]);
  assert.deepEqual(new Reservoir().percentiles([0.5]), [0]);
  // A generator with a fixed seed: the same sample each time.
  let seed = 1;
  const random = (): number => { seed = (seed * 48_271) % 2_147_483_647; return seed / 2_147_483_647; };
  const many = new Reservoir(random);
  for (let i = 0; i < 50_000; i++) many.add(i % 1000, i / 10);
  const [p50 = 0, p95 = 0] = many.percentiles([0.5, 0.95]);
  assert.ok(Math.abs(p50 - 500) < 50 && Math.abs(p95 - 950) < 25, `${p50} ${p95}`);
  // An hour later everything is about 10: the old thousand is all but gone.
  for (let i = 0; i < 1000; i++) many.add(10, 3_600_000 + i * 100);
  assert.ok((many.percentiles([0.9])[0] ?? 0) <= 10);
});

test('a histogram: count, sum, mean, variance, extremes', () => {
  const h = makeHistogram('p75', () => 0);
  assert.deepEqual(h.results(), { count: 0, sum: 0, mean: 0, min: 0, max: 0, variance: 0, p50: 0, p75: 0, p95: 0, p99: 0, p999: 0 });
  for (const v of [2, 4, 4, 4, 5, 5, 7, 9]) h.update(v);
  const { count, sum, mean, min, max, variance, p50 } = h.results();
  assert.deepEqual([count, sum, mean, min, max, p50], [8, 40, 5, 2, 9, 4.5]);
  assert.ok(Math.abs(variance - 32 / 7) < 1e-12);
  assert.equal(h.val(), 6.5);
});

test('only what changed is sent, and all of it now and then; a failing value does not stop the others', () => withFake((fake) => {
  const { metrics } = fake.sdk();
  const count = metrics.counter({ name: 'jobs', unit: 'jobs' });
  const queue = metrics.gauge<number>('queue');
  let broken = true;
  metrics.gauge('own', () => { if (broken) throw new Error('not yet'); return 'fine'; });
  metrics.histogram({ name: 'time', measurement: 'p95', unit: 'ms' }).update(3);
  queue.set(4);
  metrics.look();
  assert.deepEqual(fake.of('axm:monitor'), [{
    jobs: { value: 0, type: 'custom', historic: true, agg_type: 'sum', unit: 'jobs' }, queue: { value: 4, type: 'custom', historic: true, agg_type: 'avg' },
    own: { value: 'failed: not yet', type: 'custom', historic: true, agg_type: 'avg' }, time: { value: 3, type: 'custom', historic: true, agg_type: 'avg', unit: 'ms' },
  }]);
  metrics.look();
  assert.equal(fake.sent.length, 1, 'nothing new');
  count.inc(3);
  count.dec();
  broken = false;
  metrics.look();
  assert.deepEqual(Object.entries(fake.of('axm:monitor')[1] ?? {}).map(([k, v]) => [k, (v as { value: unknown }).value]), [['jobs', 2], ['own', 'fine']]);
  for (let i = 0; i < 8; i++) metrics.look();
  assert.deepEqual(Object.keys(fake.of('axm:monitor')[2] ?? {}), ['jobs', 'queue', 'own', 'time']);
}));
