import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Notes, stampOf } from '../../src/host/notes.js';
import { folder, write } from './rig.js';

function make(t: TestContext, o: { dir?: string; instance?: string; boot?: string } = {}): { notes: Notes; dir: string; at: string; clock: { ms: number } } {
  const dir = o.dir ?? folder(t);
  const clock = { ms: 1_000_000 };
  return { notes: new Notes({ dir: path.join(dir, 'n'), instance: o.instance ?? '0', boot: o.boot ?? 'b', now: () => clock.ms }), dir, at: o.dir === undefined ? write(dir, 'hits.js', 'one') : path.join(dir, 'hits.js'), clock };
}

test('the next life of the same instance reads what was being loaded, and how it ended', (t) => {
  const { notes, dir, at } = make(t);
  assert.equal(notes.left(), undefined);
  notes.announce('modules/hits.js', at);
  assert.deepEqual(make(t, { dir }).notes.left(), { file: 'modules/hits.js', stamp: stampOf(at), end: undefined });
  notes.ending('exit code 3');
  assert.equal(make(t, { dir }).notes.left()?.end, 'exit code 3');
  assert.equal(make(t, { dir, instance: '1' }).notes.left(), undefined, 'another instance has a note of its own');
  assert.equal(make(t, { dir, boot: 'after a power cut' }).notes.left(), undefined, 'what the machine interrupted is nobody\'s fault');
  notes.loaded();
  notes.ending('exit code 0');
  assert.equal(make(t, { dir }).notes.left(), undefined);
});

test('a quarantine ends when the file changes, or by hand', (t) => {
  const { notes, at, dir } = make(t);
  notes.quarantine('modules/hits.js', 'it hangs', stampOf(at));
  assert.equal(notes.quarantined('modules/hits.js', at)?.reason, 'it hangs');
  assert.deepEqual(notes.all(), ['modules/hits.js']);
  assert.equal(notes.quarantined('modules/other.js', at), undefined);
  fs.writeFileSync(at, 'another content');
  assert.equal(notes.quarantined('modules/hits.js', at), undefined);
  assert.deepEqual(notes.all(), []);
  notes.quarantine('@scope/dpd-x', 'why', stampOf(dir));
  assert.equal(notes.release('@scope/dpd-x'), true);
  assert.equal(notes.release('@scope/dpd-x'), false);
});

test('three crashes of one instance within a minute are too many; those of others do not count', (t) => {
  const { notes, dir, clock } = make(t);
  const other = make(t, { dir, instance: '1' });
  assert.equal(notes.crashed('m'), false);
  assert.equal(other.notes.crashed('m'), false);
  assert.equal(other.notes.crashed('m'), false);
  assert.equal(notes.crashed('m'), false, 'four of two');
  clock.ms += 61_000;
  assert.equal(notes.crashed('m'), false, 'those before are forgotten');
  assert.equal(notes.crashed('m'), false);
  clock.ms -= 3_600_000;
  assert.equal(notes.crashed('m'), false, 'the clock was set back');
  assert.equal(notes.crashed('m'), false);
  assert.equal(notes.crashed('m'), true);
});

test('a disk that takes nothing is told of once, and keeps no module from being loaded', (t) => {
  const said: string[] = [];
  const at = write(folder(t), 'n', 'no folder');
  const notes = new Notes({ dir: at, instance: '0', boot: 'b', now: () => 0, complain: (text) => { said.push(text); } });
  notes.announce('m', at);
  notes.ending('exit code 3');
  assert.equal(notes.crashed('m'), false);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /^it cannot be noted .*(?:EEXIST|ENOTDIR)/);
});

test('a note that somebody has torn is none', (t) => {
  const { notes, at } = make(t);
  notes.announce('m', at);
  fs.writeFileSync(notes.loadingFile, '{"file":');
  assert.equal(notes.left(), undefined);
  fs.writeFileSync(notes.hangFile, JSON.stringify({ stack: 'at x' }));
  assert.equal(notes.takeHang(), 'at x');
  assert.equal(notes.takeHang(), undefined);
});
