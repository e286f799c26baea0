import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.js';
import { ProcessLog } from '../../src/logs/process-log.js';
import { HandClock, linesOf, logFiles, target, tempDir } from './rig.js';

const b = (s: string): Buffer => Buffer.from(s);
const read = (f: string): string => fs.readFileSync(f, 'utf8');

test('a prompt is in the file at once, and the file is private, its folder made', (t) => {
  const out = path.join(tempDir(t), 'deep', 'er', 'out.log');
  const log = new ProcessLog(target({ out }), logFiles(t).files, systemClock);
  log.write('out', b('Password: '));
  assert.equal(read(out), 'Password: ');
  log.end('out');
  log.end('out');
  assert.equal(read(out), 'Password: \n');
  assert.equal(fs.statSync(out).mode & 0o777, 0o600);
});

test('out and err in one file never share a line', (t) => {
  const out = path.join(tempDir(t), 'all.log');
  const log = new ProcessLog(target({ out, err: out, date: '[d]' }), logFiles(t).files, systemClock);
  log.write('out', b('o1\no2 beg'));
  log.write('err', b('e1 be'));
  log.write('out', b('in\n'));
  log.write('err', b('gin\ne2'));
  log.end('out');
  log.end('err');
  assert.equal(read(out), 'd: o1\nd: o2 begin\nd: e1 begin\nd: e2\n');
});

test('own files and the combined one', (t) => {
  const dir = tempDir(t);
  const [out, err, all] = ['out', 'err', 'all'].map((n) => path.join(dir, n));
  const log = new ProcessLog(target({ out, err, all }), logFiles(t).files, systemClock);
  log.write('out', b('a'));
  log.write('err', b('x\n'));
  log.write('out', b('b\n'));
  assert.equal(read(out ?? ''), 'ab\n');
  assert.equal(read(err ?? ''), 'x\n');
  assert.equal(read(all ?? ''), 'x\nab\n');
});

test('a second instance joins a file whose last line is open: nothing is torn, nobody waits for ever', (t) => {
  const out = path.join(tempDir(t), 'm.log');
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const one = new ProcessLog(target({ out }), files, clock);
  one.write('out', b('first be'));
  const two = new ProcessLog(target({ id: 8, out }), files, clock);
  two.write('out', b('second\n'));
  one.write('out', b('gins and ends\nmore'));
  assert.equal(read(out), 'first begins and ends\nsecond\n');
  one.write('out', b('!\n'));
  assert.equal(read(out), 'first begins and ends\nsecond\nmore!\n');
  two.close();
  one.write('out', b('prompt: '));
  const three = new ProcessLog(target({ id: 9, out }), files, clock);
  three.write('out', b('third\n'));
  clock.pass(300);
  assert.equal(read(out).split('more!\n')[1], 'prompt: \nthird\n');
  three.write('out', b('fourth\n'));
  assert.equal(linesOf(out).at(-1), 'fourth');
  one.write('out', b('yes\n'));
  assert.equal(linesOf(out).at(-1), 'yes');
});

test('the next daemon goes on in mid-line; a new run does not', (t) => {
  const out = path.join(tempDir(t), 'o.log');
  fs.writeFileSync(out, 'd: half a li');
  const { files } = logFiles(t);
  const again = new ProcessLog(target({ out, date: '[d]' }), files, systemClock, { resumed: true });
  again.write('out', b('ne\nnext\nopen'));
  assert.equal(read(out), 'd: half a line\nd: next\nd: open');
  again.close();
  const fresh = new ProcessLog(target({ out, date: '[d]' }), files, systemClock);
  fresh.write('out', b('new\n'));
  assert.equal(read(out), 'd: half a line\nd: next\nd: open\nd: new\n');
});

test('followers get whole lines, formatted; none costs none', (t) => {
  const log = new ProcessLog(target({ date: '[d]' }), logFiles(t).files, systemClock);
  log.write('out', b('nobody hears\n'));
  const got: string[] = [];
  log.onLines = (stream, text) => got.push(`${stream}|${text.toString()}`);
  log.write('out', b('a\nb'));
  log.write('err', b('e\n'));
  log.write('out', b('b\nc'));
  assert.deepEqual(got, ['out|d: a\n', 'err|d: e\n', 'out|d: bb\n']);
  log.end('out');
  assert.equal(got.at(-1), 'out|d: c\n');
  log.onLines = undefined;
  log.write('out', b('x\n'));
  assert.equal(got.length, 4);
});

test('retarget moves to other files and another format', (t) => {
  const dir = tempDir(t);
  const [a, c] = [path.join(dir, 'a'), path.join(dir, 'c')];
  const log = new ProcessLog(target({ out: a }), logFiles(t).files, systemClock);
  log.write('out', b('one\nhalf'));
  log.retarget(target({ out: a, date: '[d]' }));
  log.write('out', b('two\n'));
  log.retarget(target({ out: c, date: '[d]' }));
  log.write('out', b('three\n'));
  assert.equal(read(a), 'one\nhalf\nd: two\n');
  assert.equal(read(c), 'd: three\n');
});

test('stderrTail is what the program wrote', (t) => {
  const log = new ProcessLog(target({ type: 'json' }), logFiles(t).files, systemClock);
  log.write('err', b('Error: boom\n  at x'));
  log.write('out', b('not this\n'));
  log.end('err');
  assert.deepEqual(log.stderrTail(), ['Error: boom', '  at x']);
});

test('a line of any length is one record', (t) => {
  const dir = tempDir(t);
  const { files } = logFiles(t);
  const long = 'é'.repeat(1_500_000);
  for (const [i, how] of ([{ date: '' }, { date: '[d]' }, { type: 'json' }, { merged: true }] as const).entries()) {
    const out = path.join(dir, `${i}.log`);
    const log = new ProcessLog(target({ out, ...('merged' in how ? { err: out } : how) }), files, systemClock);
    const bytes = b(`${long}\nshort\n`);
    for (let at = 0; at < bytes.length; at += 65_536) log.write('out', bytes.subarray(at, at + 65_536));
    const lines = linesOf(out);
    assert.equal(lines.length, 2);
    const first = 'type' in how ? (JSON.parse(lines[0] ?? '') as { message: string }).message : lines[0]?.replace('d: ', '');
    assert.ok(first === long, `variant ${i}`);
  }
});

test('bytes of every kind pass through a merged file', (t) => {
  const out = path.join(tempDir(t), 'x');
  const log = new ProcessLog(target({ out, err: out }), logFiles(t).files, systemClock);
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  log.write('out', all);
  log.end('out');
  assert.deepEqual(fs.readFileSync(out), Buffer.concat([all, b('\n')]));
});

test('truncate, reopen after a rename, and a removed file', (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'x.log');
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out }), files, clock);
  log.write('out', b('old\n'));
  files.truncate(out);
  files.truncate(path.join(dir, 'nothing'));
  log.write('out', b('new\nopen '));
  fs.renameSync(out, path.join(dir, 'moved'));
  files.reopen();
  log.write('out', b('line\nafter\n'));
  assert.equal(read(path.join(dir, 'moved')), 'new\nopen line\n');
  assert.equal(read(out), 'after\n');
  fs.rmSync(out);
  clock.pass(6000);
  log.write('out', b('again\n'));
  assert.equal(read(out), 'again\n');
});
