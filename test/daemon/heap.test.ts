import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepHeapSmall } from '../../src/daemon/heap.js';

test('the heap is bounded after the first answers, and collected when a burst has left much behind', () => {
  const told: string[] = [];
  const due: { ms: number; then: () => void }[] = [];
  let held = 10e6;
  keepHeapSmall({ after: (ms, then) => { due.push({ ms, then }); return () => {}; } }, {
    held: () => held,
    bound: () => { told.push('bound'); },
    collect: () => { told.push(`collect at ${held / 1e6}`); held -= 12e6; },
  });
  const pass = (): number => { const next = due.shift(); next?.then(); return next?.ms ?? 0; };
  assert.deepEqual(told, [], 'nothing before the first answers');
  assert.ok(pass() > 0);
  assert.deepEqual(told, ['bound']);
  held = 15e6;
  pass();
  assert.deepEqual(told, ['bound'], 'within its room');
  held = 30e6;
  pass();
  pass();
  assert.deepEqual(told, ['bound', 'collect at 30']);
  // What stays after a collection is needed: the room begins there.
  held = 23e6;
  pass();
  assert.equal(told.length, 2);
  held = 25e6;
  pass();
  assert.equal(told.at(-1), 'collect at 25');
});

test('with the real heap: what a burst leaves behind is given back', async () => {
  const due: (() => void)[] = [];
  keepHeapSmall({ after: (_ms, then) => { due.push(then); return () => {}; } });
  due.shift()?.();
  const waste: unknown[] = [];
  for (let i = 0; i < 400_000; i++) waste.push({ i });
  const before = process.memoryUsage().heapTotal;
  waste.length = 0;
  due.shift()?.();
  assert.ok(process.memoryUsage().heapTotal < before - 5e6, `${before} -> ${process.memoryUsage().heapTotal}`);
});
