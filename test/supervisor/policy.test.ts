import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Intensity } from '../../src/protocol/records.js';
import { type Exit, NO_INTENSITY, afterExit } from '../../src/supervisor/policy.js';

const SPEC = { autorestart: true, stop_exit_codes: [] as number[], min_uptime: 1000, max_restarts: 16, restart_delay: 0, exp_backoff_restart_delay: 0 };
const crash: Exit = { code: 1 };

function rounds(spec: typeof SPEC, ran: number, exit = crash, most = 200): { starts: number; end: string; delays: number[] } {
  let before: Intensity = NO_INTENSITY;
  const delays: number[] = [];
  for (let starts = 1; starts <= most; starts++) {
    const d = afterExit(spec, exit, ran, before);
    if (d.do !== 'restart') return { starts, end: d.do, delays };
    delays.push(d.delay);
    before = d.intensity;
  }
  return { starts: most, end: 'restart', delays };
}

const TABLE: [what: string, spec: Partial<typeof SPEC>, ran: number, exit: Exit, want: { do: string; delay?: number }][] = [
  ['a crash', {}, 5000, crash, { do: 'restart', delay: 0 }],
  ['an end with code 0 too', {}, 5000, { code: 0 }, { do: 'restart', delay: 0 }],
  ['a signal', {}, 5000, { signal: 'SIGSEGV' }, { do: 'restart', delay: 0 }],
  ['an unseen end', {}, 5000, {}, { do: 'restart', delay: 0 }],
  ['autorestart off', { autorestart: false }, 5000, crash, { do: 'stay' }],
  ['a stop code', { stop_exit_codes: [0, 3] }, 5000, { code: 3 }, { do: 'stay' }],
  ['stop code 0 is a code', { stop_exit_codes: [0] }, 5000, { code: 0 }, { do: 'stay' }],
  ['another code', { stop_exit_codes: [0] }, 5000, crash, { do: 'restart', delay: 0 }],
  ['restart_delay', { restart_delay: 400 }, 5000, crash, { do: 'restart', delay: 400 }],
  ['back-off begins with its value', { exp_backoff_restart_delay: 100 }, 5000, crash, { do: 'restart', delay: 100 }],
  ['max_restarts 0 gives up at the first unstable end', { max_restarts: 0 }, 10, crash, { do: 'give up' }],
  ['the loss of its primary, early', { max_restarts: 0 }, 10, { why: 'the primary of its app ended' }, { do: 'restart', delay: 1000 }],
  ['the loss of its primary, later', { max_restarts: 0 }, 5000, { why: 'the primary of its app ended' }, { do: 'restart', delay: 0 }],
  ['max_restarts 0 and a stable run', { max_restarts: 0 }, 5000, crash, { do: 'restart', delay: 0 }],
];

for (const [what, spec, ran, exit, want] of TABLE) {
  test(`after ${what}: ${want.do}`, () => {
    const d = afterExit({ ...SPEC, ...spec }, exit, ran, NO_INTENSITY);
    assert.equal(d.do, want.do);
    if (d.do === 'restart') assert.equal(d.delay, want.delay);
  });
}

test('max_restarts N means N starts of a program that dies at once', () => {
  for (const n of [1, 3, 16]) assert.deepEqual(rounds({ ...SPEC, max_restarts: n }, 10), { starts: n, end: 'give up', delays: Array.from({ length: n - 1 }, () => 0) });
});

test('however often its primary is lost, that is no crash loop', () => {
  const { end, delays } = rounds(SPEC, 10, { why: 'the primary of its app ended' }, 40);
  assert.deepEqual([end, delays.every((d) => d === 1000)], ['restart', true]);
});

test('runs of at least min_uptime never add up to giving up', () => {
  assert.equal(rounds(SPEC, 1000).end, 'restart');
});

test('min_uptime 0 never gives up', () => {
  assert.equal(rounds({ ...SPEC, min_uptime: 0, max_restarts: 3 }, 0).end, 'restart');
});

test('a delay between runs does not hide a crash loop', () => {
  assert.equal(rounds({ ...SPEC, restart_delay: 3_600_000, max_restarts: 5 }, 10).end, 'give up');
});

test('unstable ends of long ago are forgotten', () => {
  let before = NO_INTENSITY;
  for (let i = 0; i < 100; i++) {
    const quick = afterExit({ ...SPEC, max_restarts: 3 }, crash, 10, before);
    assert.equal(quick.do, 'restart');
    const long = afterExit({ ...SPEC, max_restarts: 3 }, crash, 10_000, quick.intensity);
    before = long.intensity;
  }
});

test('back-off grows by half to 15 s and starts anew after a run of 30 s', () => {
  const spec = { ...SPEC, min_uptime: 0, exp_backoff_restart_delay: 100 };
  const { delays } = rounds(spec, 10, crash, 20);
  assert.deepEqual(delays.slice(0, 4), [100, 150, 225, 337]);
  assert.equal(delays.at(-1), 15_000);
  const d = afterExit(spec, crash, 30_000, { ranTotal: 0, unstableAt: [], lastDelay: 9000 });
  assert.equal(d.do === 'restart' && d.delay, 100);
});
