import assert from 'node:assert/strict';
import test from 'node:test';
import { spark } from '../../../src/cli/monit/facts-pane.js';
import { frame } from '../../../src/cli/monit/frame.js';
import { panes } from '../../../src/cli/monit/geometry.js';
import type { State } from '../../../src/cli/monit/model.js';
import { view } from '../rig.js';
import { MIXED, NOW, cells, detail, lines, seen, source, state } from './fixture.js';

const NASTY = lines('\u001b[2J\u001b[Hcleared', '日本語のログ行 😀'.repeat(9), '\u001b[31mred \u001b]0;t\u0007', 'tab\there', '👨‍👩‍👧‍👦🇩🇪', 'x'.repeat(500), '\u001b[?1049l');
const MANY = Array.from({ length: 100 }, (_, id) => view({ id, name: `app-${id}`, cpu: id * 1.1 }));
const FACTS = detail({
  id: 0, exits: [{ at: NOW - 5000, pid: 7, ran: 12, code: 1, then: 'restarted' }], stderrTail: ['Error: \u001b[2Jno', ''], actions: [{ action_name: 'gc\u0007' }],
  metrics: { 'Heap \u001b[2J': { value: 12.5, unit: 'MiB' }, 'p95 日本': { value: { deep: true } }, 'none': {} },
});

const STATES: readonly (readonly [string, (over: Partial<State>) => State])[] = [
  ['nobody has answered', (over) => ({ ...state([], over), processes: undefined })],
  ['nothing is managed', (over) => state([], over)],
  ['three kinds of trouble', (over) => state(MIXED, { ...over, detail: FACTS })],
  ['an errored one', (over) => state(MIXED, { ...over, selected: 1, detail: detail({ id: 1, stderrTail: ['Error: it broke'] }) })],
  ['a hundred', (over) => state(MANY, { ...over, selected: 57 })],
  ['a filter without hits', (over) => state(MANY, { ...over, filter: 'zz\u001b[2J', mode: { kind: 'filter', before: '' } })],
  ['a question', (over) => state(MIXED, { ...over, mode: { kind: 'confirm', act: { verb: 'delete', id: 4, name: 'stopped \u001b[2J one', target: '4' } } })],
  ['help', (over) => state(MIXED, { ...over, mode: { kind: 'help', top: 0 } })],
  ['the log alone', (over) => state(MIXED, { ...over, full: true })],
  ['the facts', (over) => state(MIXED, { ...over, pane: 'facts', factsTop: 99, detail: FACTS })],
  ['no daemon, a message', (over) => ({ ...state(MIXED, over), away: 'the daemon is not there', message: { text: 'a\u001b[2Jb'.repeat(60), tone: 'bad', until: NOW + 1 } })],
];
const SIZES = [[80, 24], [40, 10], [200, 60], [120, 40], [132, 16], [60, 17], [24, 5], [23, 4], [10, 3], [1, 1], [300, 8]] as const;

for (const [what, make] of STATES) {
  test(`as many rows as the screen, each as wide as it, no foreign sequence: ${what}`, () => {
    for (const [columns, rows] of SIZES) {
      for (const colour of [true, false]) {
        for (const log of [source(), source(NASTY, { skipped: 123_456, rate: 10_000, trouble: 'not written' })]) {
          const drawn = frame(make({ columns, rows, colour }), log);
          assert.equal(drawn.length, rows, `${columns}x${rows}`);
          for (const row of drawn) assert.equal(cells(row), columns, `${columns}x${rows} ${JSON.stringify(row)}`);
          // oxlint-disable-next-line no-control-regex
          if (!colour) assert.doesNotMatch(drawn.join(''), /\u001b\[[\d;]*m/);
        }
      }
    }
  });
}

const screen = (s: State, log = source()): string[] => frame(s, log).map((r) => seen(r).trimEnd());

test('80x24: what is asked of a first look', () => {
  const rows = screen(state(MIXED, { detail: FACTS }), source(lines('hello')));
  assert.match(rows[0] ?? '', /^mgr monit {2}3 online {2}1 errored {2}1 waiting {2}1 stopped +cpu \d+\.\d% {2}mem \d/);
  assert.match(rows[1] ?? '', /^━ Programs ━+$/);
  assert.match(rows[2] ?? '', /id name +.*status +cpu +mem +↺ +up$/);
  assert.match(rows[3] ?? '', /^▸ {2}0 api +.*online +0\.5% +50\.0MB +0 16m$/);
  assert.ok(rows.some((r) => /^state {5}online for 16m, pid 77, fork, 0 restarts, version 1\.2\.3, node 22\.1\.0$/.test(r)));
  assert.ok(rows.some((r) => r.startsWith('last exit exit code 1 5s ago, after 12 ms: restarted')));
  assert.ok(rows.some((r) => /^─ Log of api \(0\) ─+ live ─$/.test(r)));
  assert.ok(rows.includes('  hello'));
  assert.match(rows[23] ?? '', /^\? help {2}q quit {2}↑↓ select {2}r restart/);
});

test('why an errored program is where it is', () => {
  const text = screen(state(MIXED, { selected: 1, detail: detail({ id: 1, stderrTail: ['Error: no database', '    at x', '', 'Node.js v22'] }) })).join('\n');
  assert.match(text, /why {7}16 exits in a row/);
  assert.match(text, /stderr {4}Error: no database/);
});

test('what another program measured is not shown as this one\'s', () => {
  assert.doesNotMatch(screen(state(MIXED, { selected: 2, detail: FACTS })).join('\n'), /Heap/);
});

test('40x10 keeps list, log and the way out; the state takes the place of the log', () => {
  const small = { columns: 40, rows: 10 };
  const rows = screen(state(MIXED, small), source(lines('hello')));
  assert.ok(rows.some((r) => r.includes('api') && r.includes('online') && r.includes('0.5%')));
  assert.ok(rows.includes('  hello'));
  assert.match(rows[9] ?? '', /\? help {2}q quit/);
  assert.match(screen(state(MIXED, { ...small, pane: 'facts' })).join('\n'), /state +online/);
});

test('wide: the log beside the list, over the whole height', () => {
  const at = panes(state(MIXED, { columns: 200, rows: 60 }));
  assert.deepEqual([at.log?.height, at.log?.y, at.log?.x], [58, 1, 85]);
});

test('the selected one is in sight in a long list, the rest is counted', () => {
  for (const selected of [0, 50, 99]) {
    const rows = screen(state(MANY, { selected }));
    assert.ok(rows.some((r) => r.startsWith('▸') && r.includes(`app-${selected} `)), String(selected));
    assert.match(rows[1] ?? '', new RegExp(` ${selected + 1} of 100 `));
  }
});

test('the log tells how it stands', () => {
  const head = (s: State, log = source(NASTY)): string => screen(s, log).find((r) => r.includes('Log of')) ?? '';
  assert.match(head(state(), source(NASTY, { rate: 9990 })), / 9990\/s · live ─$/);
  assert.match(head(state(MIXED, { place: { seq: 2, row: 0 } })), / held, 4 below ─$/);
  assert.match(head(state(), source(NASTY, { skipped: 135_000 })), / 135k lines left out · live ─$/);
});

test('little curves', () => {
  assert.equal(spark([0, 5, 10], 5, 0, 10), '▁▅█  ');
  assert.equal(spark([1, 2, 3, 4], 2, 0, 4), '▇█');
  assert.equal(spark([3], 3, 3, 3), '▁  ');
  assert.equal(spark([], 2, 0, 1), '  ');
});
