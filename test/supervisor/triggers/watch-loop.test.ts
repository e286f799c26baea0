import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cause, loopIn } from '../../../src/supervisor/triggers/watch-loop.js';

const causes = (...rows: readonly (readonly [after: number, ...paths: string[]])[]): Cause[] => rows.map(([after, ...paths]) => ({ after, paths: new Set(paths) }));

test('the same file, always so long after the start: a loop', () => {
  const loop = causes([410, 'a.js', 'data/db.json'], [400, 'data/db.json'], [430, 'data/db.json'], [480, 'data/db.json', 'b'], [390, 'data/db.json']);
  assert.equal(loopIn(loop), 'data/db.json');
  assert.equal(loopIn(loop.slice(1)), undefined, 'four may be chance');
  assert.equal(loopIn(causes([8000, 'x'], [8100, 'x'], [8300, 'x'], [7900, 'x'], [8900, 'x'])), 'x', 'slow to boot');
});

test('a person who saves one file again and again is none', () => {
  assert.equal(loopIn(causes([2000, 'a.js'], [5200, 'a.js'], [1400, 'a.js'], [9000, 'a.js'], [3000, 'a.js'])), undefined);
  assert.equal(loopIn(causes([60_000, 'a.js'], [60_000, 'a.js'], [60_000, 'a.js'], [60_000, 'a.js'], [60_000, 'a.js'])), undefined);
  assert.equal(loopIn(causes([500, 'a.js'], [500, 'a.js'], [500, 'b.js'], [500, 'a.js'], [500, 'c.js'])), undefined);
});

test('at any time, but at once and ten times', () => {
  const times = [100, 2900, 400, 1500, 2000, 50, 2500, 1000, 2800, 30];
  assert.equal(loopIn(causes(...times.map((t) => [t, 'x.db'] as const))), 'x.db');
  assert.equal(loopIn(causes(...times.slice(1).map((t) => [t, 'x.db'] as const))), undefined);
});

test('ever new names: their folder, the nearest', () => {
  const names = (f: (i: number) => string): Cause[] => causes(...Array.from({ length: 10 }, (_, i) => [500, f(i)] as const));
  assert.equal(loopIn(names((i) => `var/tmp/${i}.tmp`)), 'var/tmp');
  assert.equal(loopIn(names((i) => `var/${i}/x.tmp`)), 'var');
  assert.equal(loopIn(names((i) => `${i}.tmp`)), '.');
  assert.equal(loopIn(names((i) => `src/${i % 9}.js`)), undefined, 'a person comes back to a file');
  assert.equal(loopIn(names((i) => `var/${i}`).slice(1)), undefined);
});
