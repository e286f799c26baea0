import assert from 'node:assert/strict';
import test from 'node:test';
import { press } from '../../../src/cli/monit/keys.js';
import type { Effect } from '../../../src/cli/monit/keys.js';
import { selectedOf, shown, targetOf, withList } from '../../../src/cli/monit/model.js';
import type { State } from '../../../src/cli/monit/model.js';
import { sift } from '../../../src/cli/monit/input.js';
import { daemonView, view } from '../rig.js';
import { MIXED, lines, state } from './fixture.js';

/** The state after some keys, and the last effect. */
function keys(s: State, words: string, log = lines()): { s: State; effect: Effect | undefined } {
  let effect: Effect | undefined;
  for (const word of words.split(' ')) {
    const r = press(s, word === 'SPACE' ? ' ' : word, log);
    s = r.state;
    effect = r.effect;
  }
  return { s, effect };
}

const selected = (words: string, s = state()): number | undefined => keys(s, words).s.selected;

test('the list: arrows, vi keys, pages and ends, never beyond', () => {
  assert.equal(state().selected, 0);
  for (const [words, id] of [['down', 1], ['j j', 2], ['j j k', 1], ['up', 0], ['end', 9], ['G down', 9], ['G home', 0], ['pagedown', 7], ['G pageup', 0]] as const) {
    // A page is nine rows here, of six programs.
    assert.equal(selected(words), words === 'pagedown' ? 9 : id, words);
  }
});

test('a filter is typed, kept with Enter, taken back with Escape', () => {
  const typing = keys(state(), '/ W O r').s;
  assert.deepEqual(shown(typing).map((v) => v.id), [1, 3]);
  assert.equal(typing.selected, 1, 'who is not in sight is not selected');
  assert.equal(keys(typing, 'backspace backspace backspace x').s.filter, 'x');
  assert.equal(keys(typing, 'ctrl-u').s.filter, '');
  const kept = keys(typing, 'enter').s;
  assert.deepEqual([kept.filter, kept.mode.kind, keys(kept, 'j').s.selected], ['WOr', 'look', 3]);
  assert.equal(keys(typing, 'escape').s.filter, '');
  assert.equal(keys(kept, 'escape').s.filter, '', 'Escape later, too');
  assert.deepEqual(keys(kept, '/ q enter').s.filter, 'WOrq', 'q is a letter there');
  assert.equal(shown(keys(state(), '/ 服').s)[0]?.id, 2);
});

test('acts go to the selected program, and only where they make sense', () => {
  assert.deepEqual(keys(state(), 'j r').effect, { kind: 'act', act: { verb: 'restart', id: 1, name: 'worker', target: '1' } });
  assert.deepEqual(keys(state(), 'R').effect, { kind: 'act', act: { verb: 'reload', id: 0, name: 'api', target: '0' } });
  assert.equal(keys(state(), 's').effect?.kind, 'act');
  assert.equal(keys(state(), 'j S').effect?.kind, 'act');
  assert.match(keys(state(), 'S').s.message?.text ?? '', /runs already/);
  assert.match(keys(state(), 'j j j j s').s.message?.text ?? '', /stopped already/);
  assert.match(keys(state([]), 'r').s.message?.text ?? '', /no program is selected/);
  assert.match(keys({ ...state(), away: 'gone' }, 'r').s.message?.text ?? '', /no daemon/);
});

test('delete asks, and only y is a yes', () => {
  const asked = keys(state(), 'd');
  assert.deepEqual([asked.effect, asked.s.mode.kind], [undefined, 'confirm']);
  assert.equal(keys(asked.s, 'y').effect?.kind, 'act');
  for (const key of ['n', 'enter', 'escape', 'd', 'q']) {
    const r = keys(asked.s, key);
    assert.deepEqual([r.effect, r.s.mode.kind], [undefined, 'look'], key);
  }
  assert.deepEqual(keys(asked.s, 'ctrl-c').effect, { kind: 'quit' });
});

test('the target of an act means that process alone', () => {
  const one = view({ id: 1, name: 'b' });
  assert.equal(targetOf(one, [view({ id: 0, name: '1' }), one]), 'b', 'an id that is a name of another');
  assert.equal(targetOf(one, [view({ id: 0, namespace: '1' }), one]), 'b', 'or its namespace');
  assert.equal(targetOf(one, [view({ id: 0, name: '1' }), one, view({ id: 2, name: 'b' })]), undefined, 'no word is left');
  assert.equal(targetOf(one, [one, view({ id: 2, name: 'b' })]), '1');
});

test('panes, the log on the whole screen, hold and live', () => {
  const log = lines(...Array.from({ length: 100 }, (_, i) => `line ${i}`));
  assert.equal(keys(state(), 'tab').s.pane, 'facts');
  assert.equal(keys(state(), 'right right').s.pane, 'log');
  assert.equal(keys(state(), 'backtab').s.pane, 'log');
  assert.equal(keys(state(), 'l').s.full, true);
  assert.equal(keys(state(), 'l escape').s.full, false);
  assert.deepEqual(keys(state(), 'escape').effect, { kind: 'quit' }, 'as in PM2');
  const held = keys(state(), 'SPACE', log).s;
  assert.ok(held.place);
  assert.equal(keys(held, 'p', log).s.place, undefined);
  assert.equal(keys(state(), 'l up', log).s.place?.seq, 100 - 21 - 1);
  assert.equal(keys(state(), 'l up down', log).s.place, undefined);
  assert.equal(keys(state(), 'l g', log).s.place?.seq, 0);
  assert.equal(keys(state(), 'SPACE j', log).s.place, undefined, 'another program begins live');
});

test('another order keeps the selected one, and modules last', () => {
  const by = (words: string): unknown => { const { s } = keys(state(), words); return [s.order, shown(s).map((v) => v.id), s.selected]; };
  assert.deepEqual(by('j o'), ['name', [3, 0, 4, 1, 2, 9], 1]);
  assert.deepEqual(by('j o o'), ['cpu', [2, 0, 1, 3, 4, 9], 1]);
  assert.deepEqual(by('o o o'), ['memory', [2, 0, 1, 3, 4, 9], 0]);
  assert.deepEqual(by('o o o o'), ['restarts', [1, 0, 2, 3, 4, 9], 0]);
  assert.deepEqual(by('o o o o o'), ['id', [0, 1, 2, 3, 4, 9], 0]);
});

test('help comes and goes; quitting', () => {
  assert.equal(keys(state(), '?').s.mode.kind, 'help');
  assert.equal(keys(state(), '? q').effect, undefined);
  const low = state(MIXED, { rows: 8 });
  assert.deepEqual(keys(low, '? down').s.mode, { kind: 'help', top: 1 });
  for (const key of ['q', 'ctrl-c']) assert.deepEqual(keys(state(), key).effect, { kind: 'quit' });
  assert.deepEqual(keys(state(), 'ctrl-z').effect, { kind: 'suspend' });
  assert.equal(keys(state(), 'F1').effect, undefined);
  assert.equal(keys(state(), 'constructor').effect, undefined);
});

test('the selection stays with its program; who takes the row of a deleted one is next', () => {
  const at2 = keys(state(), 'j j').s;
  const moved = withList(at2, [view({ id: 7, name: 'new' }), ...MIXED], daemonView, 0);
  assert.equal(selectedOf(moved)?.id, 2);
  const gone = withList(at2, MIXED.filter((v) => v.id !== 2), daemonView, 0);
  assert.equal(gone.selected, 3);
  assert.equal(withList(at2, [], daemonView, 0).selected, undefined);
});

test('keys out of bytes: whole, cut in two, pasted', () => {
  const texts = (text: string, final = false): unknown => { const r = sift(text, final); return [r.units.map((u) => (u.kind === 'key' ? u.text : `paste ${u.text}`)), r.rest]; };
  assert.deepEqual(texts('ab日'), [['a', 'b', '日'], '']);
  assert.deepEqual(texts('\u001b[A\u001b[1;5Bq'), [['\u001b[A', '\u001b[1;5B', 'q'], '']);
  assert.deepEqual(texts('\u001bOH\u001b[[A\u001bx'), [['\u001bOH', '\u001b[[A', '\u001bx'], '']);
  assert.deepEqual(texts('a\u001b['), [['a'], '\u001b[']);
  assert.deepEqual(texts('\u001b'), [[], '\u001b']);
  assert.deepEqual(texts('\u001b', true), [['\u001b'], '']);
  assert.deepEqual(texts('\u001b\u001b', true), [['\u001b', '\u001b'], '']);
  assert.deepEqual(texts('\u001b[3', true), [[], ''], 'half a sequence is no key');
  assert.deepEqual(texts('\u001b[200~dy\u001b[Aq\u001b[201~x'), [['paste dy\u001b[Aq', 'x'], '']);
  assert.deepEqual(texts('\u001b[200~dy'), [[], '\u001b[200~dy']);
});
