import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { grep, lineDateParser, linesSince } from '../../src/logs/search.js';
import { tailLines } from '../../src/logs/tail.js';
import { tempDir } from './rig.js';

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const got: string[] = [];
  for await (const line of lines) got.push(line);
  return got;
}

test('tail: whole lines, long ones too, with and without a last newline', async (t) => {
  const file = path.join(tempDir(t), 'x.log');
  assert.deepEqual(await tailLines(file, 5), []);
  fs.writeFileSync(file, '');
  assert.deepEqual(await tailLines(file, 5), []);
  const long = 'é'.repeat(200_000);
  fs.writeFileSync(file, `a\n${long}\n\nlast`);
  assert.deepEqual(await tailLines(file, 1), ['last']);
  assert.deepEqual(await tailLines(file, 3), [long, '', 'last']);
  assert.deepEqual(await tailLines(file, 99), ['a', long, '', 'last']);
  fs.appendFileSync(file, '\n');
  assert.deepEqual(await tailLines(file, 2), ['', 'last']);
  assert.deepEqual(await tailLines(file, 0), []);
  fs.writeFileSync(file, Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(''));
  assert.deepEqual(await tailLines(file, 10_000), Array.from({ length: 10_000 }, (_, i) => `line ${i + 40_000}`));
});

test('tail at every block boundary', async (t) => {
  const file = path.join(tempDir(t), 'x.log');
  for (const size of [65_535, 65_536, 65_537, 131_072]) {
    fs.writeFileSync(file, `${'a'.repeat(size - 1)}\nb\n`);
    assert.deepEqual((await tailLines(file, 1)), ['b']);
    assert.equal((await tailLines(file, 2))[0]?.length, size - 1);
    fs.writeFileSync(file, `z\n${'a'.repeat(size - 1)}\n`);
    assert.deepEqual((await tailLines(file, 1)).map((l) => l.length), [size - 1]);
  }
});

test('tail goes on into rotated files', async (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'x__2026-01-01_00-00-00.log.gz'), zlib.gzipSync('1\n2\n3\n'));
  fs.writeFileSync(path.join(dir, 'x__2026-01-02_00-00-00.log'), '4\n5\n');
  fs.writeFileSync(path.join(dir, 'x.log'), '6\n');
  assert.deepEqual(await tailLines(path.join(dir, 'x.log'), 4), ['3', '4', '5', '6']);
});

test('since: dated, in a large file, over rotated ones', async (t) => {
  const dir = tempDir(t);
  const start = Date.UTC(2026, 0, 1);
  const line = (i: number): string => `${new Date(start + i * 1000).toISOString()}: line ${i}\n  its second line\n`;
  const text = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => line(from + i)).join('');
  fs.writeFileSync(path.join(dir, 'x__2026-01-01_00-00-00.log.gz'), zlib.gzipSync(text(0, 100)));
  fs.writeFileSync(path.join(dir, 'x__2026-01-01_01-00-00.log'), text(100, 200));
  fs.writeFileSync(path.join(dir, 'x.log'), text(200, 30_000));
  const file = path.join(dir, 'x.log');
  for (const from of [0, 50, 150, 199, 200, 201, 15_000, 29_999, 30_001]) {
    const got = await all(linesSince(file, start + from * 1000));
    assert.equal(got.length, Math.max(0, 30_000 - from) * 2, `from ${from}`);
    if (got.length > 0) assert.equal(`${got[0]}\n${got[1]}\n`, line(from));
  }
  fs.utimesSync(path.join(dir, 'x__2026-01-01_00-00-00.log.gz'), 0, 0);
  assert.equal((await all(linesSince(file, 1))).length, 29_900 * 2);
});

test('since: lines without any time count by the file\'s', async (t) => {
  const file = path.join(tempDir(t), 'x.log');
  fs.writeFileSync(file, 'a\nb\n');
  fs.utimesSync(file, 1000, 1000);
  assert.deepEqual(await all(linesSince(file, 999_000)), ['a', 'b']);
  assert.deepEqual(await all(linesSince(file, 1_001_000)), []);
});

test('the time of a line', () => {
  const own = lineDateParser('DD.MM.YYYY HH:mm');
  assert.equal(own('01.02.2026 03:04: text'), new Date(2026, 1, 1, 3, 4).getTime());
  assert.equal(own('2026-02-01T03:04:05Z x'), Date.UTC(2026, 1, 1, 3, 4, 5));
  assert.equal(own('{"message":"m","timestamp":"01.02.2026 03:04","type":"out"}'), new Date(2026, 1, 1, 3, 4).getTime());
  assert.equal(lineDateParser()('{"message":"m","timestamp":"2026-02-01T03:04:05.000Z"}'), Date.UTC(2026, 1, 1, 3, 4, 5));
  assert.equal(lineDateParser()('2026-02-01 03:04:05,250 INFO'), new Date(2026, 1, 1, 3, 4, 5, 250).getTime());
  for (const none of ['', 'hello: world', '{"a":1}', '{']) assert.equal(own(none), undefined);
});

test('grep does not remember the last match', async () => {
  assert.deepEqual(await all(grep(['ab', 'xa', 'b', 'a'], /a/g)), ['ab', 'xa', 'a']);
});
