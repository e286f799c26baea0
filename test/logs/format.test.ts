import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatter, type Format } from '../../src/logs/format.js';
import { Recent } from '../../src/logs/recent.js';

const at = Date.UTC(2026, 2, 1, 12, 0, 0, 5);
const wall = (): number => at;
const raw: Format = { id: 3, name: 'a"b', type: 'raw', date: '' };
const dated: Format = { ...raw, date: '[D$&$]YYYY' };
const json: Format = { ...raw, type: 'json' };

/** Everything the formatter gives for these chunks and the end. */
function all(format: Format, ...chunks: (string | Buffer)[]): Buffer {
  const f = formatter(format, 'err', wall);
  const out = chunks.map((c) => Buffer.from(f.feed(Buffer.from(c))));
  return Buffer.concat([...out, Buffer.from(f.end())]);
}

const notUtf8 = Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x00, 0x80]);

test('raw passes bytes as they are and ends the last line', () => {
  assert.equal(all(raw, 'one\ntw', 'o').toString(), 'one\ntwo\n');
  assert.equal(all(raw, 'one\n').toString(), 'one\n');
  assert.deepEqual(all(raw, notUtf8), Buffer.concat([notUtf8, Buffer.from('\n')]));
});

test('dated stamps each line once, wherever chunks end, and decodes nothing', () => {
  const d = 'D$&$2026: ';
  assert.equal(all(dated, 'one\ntw', 'o\n', '\n', 'x').toString(), `${d}one\n${d}two\n${d}\n${d}x\n`);
  assert.equal(all(dated, 'é'.slice(0), Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])).toString(), `${d}éé\n`);
  assert.deepEqual(all(dated, notUtf8), Buffer.concat([Buffer.from(d), notUtf8.subarray(0, 4), Buffer.from(d), notUtf8.subarray(4), Buffer.from('\n')]));
});

test('dated text that is not ASCII is written as UTF-8', () => {
  assert.equal(all({ ...dated, date: '[märz]' }, 'ü\n').toString(), 'märz: ü\n');
});

test('dated in mid-line goes on without a stamp', () => {
  const f = formatter(dated, 'out', wall);
  f.resumeInLine();
  assert.equal(f.feed(Buffer.from('rest\nnext\n')).toString(), 'rest\nD$&$2026: next\n');
});

test('json: one object per line', () => {
  const got = all(json, 'a "quoted" \\n line\nplain', ' € end\n\nlast').toString();
  const rows = got.trimEnd().split('\n').map((l) => JSON.parse(l) as Record<string, unknown>);
  assert.deepEqual(rows.map((r) => r['message']), ['a "quoted" \\n line', 'plain € end', '', 'last']);
  assert.deepEqual(rows[0], { message: 'a "quoted" \\n line', timestamp: '2026-03-01T12:00:00.005Z', type: 'err', process_id: 3, app_name: 'a"b' });
});

test('json of many chunks equals json of one, whatever the cut', () => {
  const text = 'x€\t\u001b[1m\n"q"\n$& $1\n\n😀\n';
  const whole = all(json, text).toString();
  assert.equal(whole.trimEnd().split('\n').length, 5);
  const bytes = Buffer.from(text);
  for (let cut = 1; cut < bytes.length; cut++) assert.equal(all(json, bytes.subarray(0, cut), bytes.subarray(cut)).toString(), whole);
});

test('json keeps bytes that are not UTF-8 beside the readable text', () => {
  const rows = all(json, Buffer.concat([Buffer.from('ok\n'), notUtf8])).toString().trimEnd().split('\n').map((l) => JSON.parse(l) as Record<string, unknown>);
  assert.equal(rows.length, 3);
  assert.equal(rows[0]?.['message_base64'], undefined);
  assert.equal(rows[1]?.['message'], 'a\ufffd\ufffd');
  assert.deepEqual(Buffer.from(String(rows[1]?.['message_base64']), 'base64'), notUtf8.subarray(0, 3));
});

test('a note is a whole line of the format', () => {
  assert.equal(formatter(raw, 'out', wall).note('n').toString(), 'n\n');
  assert.equal(formatter(dated, 'out', wall).note('n').toString(), 'D$&$2026: n\n');
  assert.equal((JSON.parse(formatter(json, 'out', wall).note('n').toString()) as { message: string }).message, 'n');
});

test('recent keeps the last lines, cut, whatever the chunks', () => {
  const text = Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n');
  for (const step of [1, 3, 7, 64, 1000]) {
    const recent = new Recent(20, 6);
    for (let i = 0; i < text.length; i += step) recent.feed(Buffer.from(text.slice(i, i + step)));
    assert.deepEqual(recent.lines(), Array.from({ length: 20 }, (_, i) => `line ${i + 30}`.slice(0, 6)), `step ${step}`);
    recent.end();
    recent.feed(Buffer.from('é€ after\n'));
    assert.deepEqual(recent.lines().slice(-2), ['line 4', 'é€ aft']);
    assert.equal(recent.lines().length, 20);
  }
  const empty = new Recent();
  empty.feed(Buffer.from('\n'));
  assert.deepEqual(empty.lines(), ['']);
});
