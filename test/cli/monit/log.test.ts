import assert from 'node:assert/strict';
import test from 'node:test';
import { LogBuffer } from '../../../src/cli/monit/log-buffer.js';
import { together } from '../../../src/cli/monit/history.js';
import { beginning, moved, stand, visible } from '../../../src/cli/monit/log-view.js';
import type { Hole, Place } from '../../../src/cli/monit/log-view.js';
import { lines } from './fixture.js';

const hole: Hole = { height: 3, width: 5, colour: false, fold: true };
const show = (of: ReturnType<typeof lines>, place: Place | undefined, h = hole): string[] => visible(of, place, h).map((r) => r.text.trimEnd());
const five = lines('one', 'two', 'threethree', 'four', 'five');

test('the end of the log, folded, and fewer rows than there is room for', () => {
  assert.deepEqual(show(five, undefined), ['three', 'four', 'five']);
  assert.deepEqual(show(lines('a'), undefined), ['a']);
  assert.deepEqual(show([], undefined), []);
  assert.deepEqual(show(five, undefined, { ...hole, height: 0 }), []);
});

test('scrolling goes by rows, also inside a folded line, and stops at both ends', () => {
  const up1 = moved(five, undefined, -1, hole);
  assert.deepEqual(show(five, up1), ['three', 'three', 'four']);
  const up3 = moved(five, up1, -2, hole);
  assert.deepEqual(show(five, up3), ['one', 'two', 'three']);
  assert.deepEqual(show(five, moved(five, up3, -99, hole)), ['one', 'two', 'three']);
  assert.deepEqual(show(five, moved(five, up3, 1, hole)), ['two', 'three', 'three']);
  assert.equal(moved(five, up3, 3, hole), undefined, 'the end is live');
  assert.equal(moved(five, up3, 99, hole), undefined);
  assert.deepEqual(beginning(five), { seq: 0, row: 0 });
  assert.equal(moved([], undefined, -1, hole), undefined);
});

test('a held place stands still while more comes, and is the oldest line when its own is gone', () => {
  const held = stand(five, undefined, hole);
  const more = [...five, ...lines('six', 'seven').map((l, i) => ({ ...l, seq: 5 + i }))];
  assert.deepEqual(show(more, held), ['three', 'four', 'five']);
  assert.deepEqual(show(more.slice(4), { seq: 1, row: 0 }), ['five', 'six', 'seven']);
});

test('cut instead of folded', () => {
  assert.deepEqual(show(five, undefined, { ...hole, fold: false }), ['three', 'four', 'five']);
});

test('a flood: only the last lines of a drawing are kept, the others are counted at their place', () => {
  const b = new LogBuffer();
  for (let i = 0; i < 50_000; i++) b.push('out', `line ${i}`);
  assert.equal(b.take(), true);
  assert.equal(b.came, 50_000);
  assert.equal(b.skipped, 48_000);
  assert.match(b.lines[0]?.text ?? '', /^48,000 lines are not shown here: they came faster/);
  assert.deepEqual([b.lines.length, b.lines.at(-1)?.text], [2001, 'line 49999']);
  for (let n = 0; n < 10; n++) { for (let i = 0; i < 2000; i++) b.push('out', 'x'); b.take(); }
  assert.equal(b.lines.length, 5000);
  assert.equal(b.take(), false, 'nothing new');
});

test('a line of a megabyte is kept in part', () => {
  const b = new LogBuffer();
  b.push('out', 'x'.repeat(1_000_000));
  b.take();
  assert.equal(b.lines[0]?.text, `${'x'.repeat(8192)}\u001b[0m … 991808 more characters`);
});

test('while somebody looks at older lines they stay; what comes later is counted in one word', () => {
  const b = new LogBuffer();
  b.push('out', 'first');
  b.take();
  b.held = 0;
  for (let n = 0; n < 20; n++) { for (let i = 0; i < 2000; i++) b.push('out', 'x'); b.take(); }
  assert.equal(b.lines[0]?.text, 'first');
  const words = b.lines.filter((l) => l.stream === 'note');
  assert.equal(words.length, 1);
  assert.match(words[0]?.text ?? '', /^22,000 lines are not shown here: while you looked/);
  assert.equal(b.lines.length - 1 - 1 + b.skipped, 40_000);
  b.leaveOut(5, 'somewhere else');
  assert.equal(b.lines[0]?.text, 'first', 'also when others say what is missing');
  assert.deepEqual(b.lines.map((l) => l.seq), b.lines.map((_, i) => i), 'no gap in the numbers');
  b.held = undefined;
  b.push('out', 'last');
  b.take();
  assert.deepEqual([b.lines.length, b.lines.at(-1)?.text], [5000, 'last']);
});

const date = (line: string): number | undefined => { const n = Number(line.split(' ')[0]); return Number.isNaN(n) ? undefined : n; };
const tails = (out: string[], err: string[]): string[] => together([{ stream: 'err', path: '/e', lines: err, date }, { stream: 'out', path: '/o', lines: out, date }]).map((l) => `${l.stream} ${l.text}`);

test('two files as one log: by their times, else one after the other under their names', () => {
  assert.deepEqual(tails(['1 a', '3 b', '3 c'], ['2 x', '  at y', '3 z', '9']), ['out 1 a', 'err 2 x', 'err   at y', 'err 3 z', 'out 3 b', 'out 3 c', 'err 9']);
  assert.deepEqual(tails(['a', 'b'], ['2 x']), ['note the end of /e', 'err 2 x', 'note the end of /o', 'out a', 'out b', 'note from here on as it comes']);
  assert.deepEqual(tails(['a'], []), ['out a']);
  assert.deepEqual(tails([], []), []);
  assert.deepEqual(tails(['5 a', '1 clock set back', '6 b'], ['5 x', '7 y']), ['err 5 x', 'out 5 a', 'out 1 clock set back', 'out 6 b', 'err 7 y']);
});
