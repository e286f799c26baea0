import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { ProcessLog } from '../../src/logs/process-log.js';
import { DEFAULT_LIMITS, rotatedName, rotatedOf, tidy } from '../../src/logs/rotate.js';
import { HandClock, linesOf, logFiles, target, tempDir } from './rig.js';

const day = 24 * 3_600_000;
const lines = (n: number): Buffer => Buffer.from('0123456789abcde\n'.repeat(n));

test('rotated names are found by the whole name, never by a part of it', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'api-out.log');
  const mine = ['api-out__2026-01-02_03-04-05.log', 'api-out__2026-01-02_03-04-05-2.log.gz', 'api-out__2026-01-02_03-04-05-10.log', 'api-out__2025-12-31_00-00-00.log.gz'];
  const others = ['api-out.log', 'my-api-out__2026-01-02_03-04-05.log', 'api-out-1__2026-01-02_03-04-05.log', 'api-out__notes.log', 'api-out__2026-01-02_03-04-05.txt', 'api-out__2026-01-02_03-04-05.log.bak'];
  for (const f of [...mine, ...others]) fs.writeFileSync(path.join(dir, f), '');
  assert.deepEqual((await rotatedOf(file)).map((r) => path.basename(r.path)), [mine[3], mine[0], mine[1], mine[2]]);
  await tidy(file, { ...DEFAULT_LIMITS, keep: 1, compress: false });
  assert.deepEqual(fs.readdirSync(dir).sort(), [mine[2] ?? '', ...others].sort());
});

test('a file without extension keeps none', () => {
  assert.match(rotatedName('/a/b', 0, 3), /^\/a\/b__\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-3$/);
  assert.equal(rotatedName('/a/b.log', new Date(2026, 2, 1, 3, 4, 59).getTime(), 0), '/a/b__2026-03-01_03-04-59.log', 'local time');
});

test('by size: at a line boundary, the newest kept, compressed, the rest readable', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'o.log');
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out, limits: { maxSize: 160, keep: 3 } }), files, clock);
  for (let i = 0; i < 60; i++) { log.write('out', Buffer.from('0123456789')); log.write('out', Buffer.from('abcde\n')); }
  await files.idle();
  const rotated = await rotatedOf(out);
  assert.equal(rotated.length, 3);
  assert.equal(fs.statSync(out).size, 160);
  for (const r of rotated) assert.equal(zlib.gunzipSync(fs.readFileSync(r.path)).toString(), lines(10).toString());
  assert.equal(fs.statSync(rotated[0]?.path ?? '').mode & 0o777, 0o600);
});

test('all rotated files together stay under the total', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'o.log');
  for (let i = 1; i <= 5; i++) fs.writeFileSync(path.join(dir, `o__2026-01-0${i}_00-00-00.log`), Buffer.alloc(1000));
  await tidy(file, { ...DEFAULT_LIMITS, compress: false, total: 2500 });
  assert.deepEqual(fs.readdirSync(dir).sort(), ['o__2026-01-04_00-00-00.log', 'o__2026-01-05_00-00-00.log']);
});

test('what a killed daemon left half compressed is made anew', async (t) => {
  const dir = tempDir(t);
  const name = path.join(dir, 'o__2026-01-01_00-00-00.log');
  fs.writeFileSync(name, 'whole\n');
  fs.writeFileSync(`${name}.gz.tmp`, 'half');
  await tidy(path.join(dir, 'o.log'), DEFAULT_LIMITS);
  assert.deepEqual(fs.readdirSync(dir), ['o__2026-01-01_00-00-00.log.gz']);
  assert.equal(zlib.gunzipSync(fs.readFileSync(`${name}.gz`)).toString(), 'whole\n');
});

test('by time: a chosen interval always, the default one only when the file is worth it', async (t) => {
  const dir = tempDir(t);
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const [a, c] = [path.join(dir, 'a.log'), path.join(dir, 'c.log')];
  const chosen = new ProcessLog(target({ out: a, limits: { interval: 3_600_000, compress: false } }), files, clock);
  const plain = new ProcessLog(target({ out: c }), files, clock);
  for (const log of [chosen, plain]) log.write('out', Buffer.from('one\n'));
  clock.pass(day + 1);
  for (const log of [chosen, plain]) log.write('out', Buffer.from('two\n'));
  assert.equal((await rotatedOf(a)).length, 1);
  assert.deepEqual(linesOf(a), ['two']);
  assert.deepEqual(linesOf(c), ['one', 'two']);
});

test('an outside copy-and-truncate is noticed, nothing is rotated for old size', async (t) => {
  const out = path.join(tempDir(t), 'o.log');
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out, limits: { maxSize: 160 } }), files, clock);
  log.write('out', lines(10));
  fs.truncateSync(out);
  log.write('out', lines(1));
  assert.equal((await rotatedOf(out)).length, 0);
  assert.equal(fs.readFileSync(out).length, 16);
});

test('an outside rename is not renamed again', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'o.log');
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out, limits: { maxSize: 160 } }), files, clock);
  log.write('out', lines(10));
  fs.renameSync(out, `${out}.1`);
  fs.writeFileSync(out, 'theirs\n');
  log.write('out', lines(1));
  assert.equal((await rotatedOf(out)).length, 0);
  assert.deepEqual(linesOf(out), ['theirs', '0123456789abcde']);
});

test('when renaming fails the old file goes on and the trouble is told once', (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'o.log');
  const clock = new HandClock();
  const { files, told } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out, limits: { maxSize: 16 } }), files, clock);
  log.write('out', lines(2));
  const rename = fs.renameSync;
  let broken = true;
  t.mock.method(fs, 'renameSync', (from: string, to: string) => {
    if (!broken) return rename(from, to);
    throw Object.assign(new Error('EACCES: permission denied, rename'), { code: 'EACCES' });
  });
  log.write('out', lines(1));
  log.write('out', lines(1));
  assert.match(told.troubles.join(), /^cannot rotate: EACCES/);
  assert.equal(linesOf(out).length, 4);
  broken = false;
  clock.pass(61_000);
  log.write('out', lines(1));
  assert.deepEqual(told.recovered, [0]);
  assert.equal(linesOf(out).length, 1);
});

test('settings reach open files', async (t) => {
  const out = path.join(tempDir(t), 'o.log');
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out }), files, clock);
  log.write('out', lines(2));
  files.setDefaults({ ...DEFAULT_LIMITS, maxSize: 16, compress: false });
  log.write('out', lines(1));
  assert.equal((await rotatedOf(out)).length, 1);
});
