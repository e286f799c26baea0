import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, capital, count, many, percent, plain, span } from '../../../src/web/pages/lib/format.js';
import { bare, fits, found, grown, MOST, NONE, older, pieces } from '../../../src/web/pages/logs/stream.js';
import { fieldOf, fieldsOf, nested, reach, read, written } from '../../../src/web/pages/parts/fields.js';
import { matches, shown } from '../../../src/web/pages/processes/shown.js';
import { view } from './data.js';

test('numbers as words', () => {
  const s = (text: string): string => text.replaceAll('\u00a0', ' ');
  assert.deepEqual([0, 1023, 1024, 1536, 104_857_600, 5e12, undefined].map((n) => s(bytes(n))), ['0 B', '1023 B', '1.0 KB', '1.5 KB', '100 MB', '4.5 TB', '–']);
  assert.deepEqual([0, 12.345, 100, undefined].map((n) => s(percent(n))), ['0.0 %', '12.3 %', '100 %', '–']);
  assert.deepEqual([0, 999, 1500, 61_000, 3_600_000, 93_600_000, 86_400_000].map(span), ['0 ms', '999 ms', '1s', '1m 1s', '1h', '1d 2h', '1d']);
  assert.deepEqual([count(48_213), count(0.123_456), count(12_345.6), many(1, 'process', 'processes'), many(3, 'process', 'processes')], ['48,213', '0.123', '12,346', '1 process', '3 processes']);
  assert.deepEqual([ago(9000, 10_000), ago(1000, 61_000), ago(20_000, 10_000), ago(undefined, 1)], ['just now', '1m ago', 'in 10s', '–']);
  assert.deepEqual([plain(null), plain(false), plain({ a: 1 }), capital('it runs')], ['–', 'false', '{"a":1}', 'It runs']);
});

test('what the filter finds, and in which order', () => {
  const v = view(3, 'worker', { namespace: 'shop', status: 'errored' });
  assert.deepEqual(['', 'work', 'SHOP err', '3', '#3', '4', 'worker online'].map((f) => matches(v, f)), [true, true, true, true, true, false, false]);
  const all = [view(0, 'b', { cpu: 1 }), view(1, 'a', { cpu: 9, status: 'errored' }), view(2, 'b', { cpu: 5, module: 'b' })];
  const ids = (sort: Parameters<typeof shown>[1]['sort'], down: boolean, group: 'none' | 'app' = 'none', modules = true) => shown(all, { filter: '', sort, down, group, modules }).map((g) => [g.key, ...g.rows.map((r) => r.id)]);
  assert.deepEqual(ids('cpu', true), [['', 1, 2, 0]]);
  assert.deepEqual(ids('status', false), [['', 1, 0, 2]]);
  assert.deepEqual(ids('uptime', true), [['', 2, 1, 0]]);
  assert.deepEqual(ids('id', false, 'app', false), [['b', 0], ['a', 1]]);
  assert.deepEqual(shown([], { filter: '', sort: 'id', down: false, group: 'none', modules: true }), []);
});

test('a form of a schema: its fields, its texts as values', () => {
  const fields = fieldsOf({ required: ['a'], properties: { a: { type: 'integer', minimum: 1 }, b: { properties: { c: { type: 'array', items: { type: 'number' } } } }, d: { enum: [1, 2] }, e: { type: 'object' }, f: { type: 'string', writeOnly: true }, g: { type: ['null', 'boolean'] } } });
  assert.deepEqual(fields.map((f) => [f.key, f.kind, f.required]), [['a', 'number', true], ['b:c', 'list', false], ['d', 'choice', false], ['e', 'json', false], ['f', 'secret', false], ['g', 'flag', false]]);
  const value = (type: object, text: string) => { const r = read(fieldOf('x', { ...type }, false), text); return r.ok ? r.value : r.wrong; };
  assert.deepEqual([value({ type: 'integer' }, '1.5'), value({ type: 'number', minimum: 1, maximum: 5 }, '9'), value({ type: 'number' }, '-0.5'), value({ type: 'number' }, '  ')], ['Got “1.5”, wanted a whole number', 'Got “9”, wanted a number from 1 up to 5', -0.5, undefined]);
  assert.deepEqual([value({ enum: [1, 2] }, '2'), value({ type: 'boolean' }, 'false'), value({ type: 'array' }, ' a \n\nb'), value({ type: 'array', items: { type: 'number' } }, '1\ntwo'), value({ type: 'object' }, '{"a":1}')], [2, false, ['a', 'b'], 'Got “1\ntwo”, wanted numbers, one a line', { a: 1 }]);
  assert.match(String(value({ type: 'object' }, '{')), /^This is no JSON/);
  assert.match(String(value({ type: 'string', pattern: '^a+$' }, 'b')), /wanted what fits/);
  assert.equal(value({ type: 'string', pattern: '(?<' }, 'b'), 'b');
  const list = fieldOf('x', { type: 'array', items: { type: 'string' } }, false);
  assert.equal(written(list, ['a', 'b']), 'a\nb');
  assert.deepEqual(nested({ 'tls:port': 1, 'tls:on': true, z: 0 }), { tls: { port: 1, on: true }, z: 0 });
  assert.equal(reach({ tls: { port: 1 } }, 'tls:port'), 1);
  assert.equal(reach(undefined, 'tls:port'), undefined);
});

test('log lines: no line twice, none without bound, the search as the server does it', () => {
  const line = (text: string, id = 0) => ({ id, name: 'a', stream: 'out' as const, text });
  const first = found([line('one'), line('two')], true, [line('two'), line('three')]);
  assert.deepEqual([first.lines.map((l) => l.text), first.more], [['one', 'two', 'three'], true]);
  assert.equal(new Set(first.lines.map((l) => l.seq)).size, 3);
  const whole = older(older(first, [line('zero')], true), [line('minus two'), line('minus one')], false).lines;
  assert.deepEqual(whole.map((l) => l.text), ['minus two', 'minus one', 'zero', 'one', 'two', 'three']);
  assert.ok(whole.every((l, i) => i === 0 || l.seq > (whole[i - 1]?.seq ?? 0)));
  const many = grown(NONE, Array.from({ length: MOST + 5 }, (_, i) => line(String(i))), 7);
  assert.deepEqual([many.lines.length, many.lines[0]?.text, many.more, many.dropped], [MOST, '5', true, 7]);
  assert.equal(grown(first, [], 0), first);
  const sieve = { grep: 'error', stream: 'all' as const, name: undefined };
  assert.deepEqual([fits(line('An ERROR'), sieve), fits(line('an error'), { ...sieve, grep: 'Error' }), fits(line('x'), { ...sieve, grep: '', stream: 'err' }), fits(line('x', 4), { ...sieve, grep: '', name: '4' })], [true, false, false, true]);
  assert.deepEqual(pieces('aXbxc', 'x'), ['a', 'X', 'b', 'x', 'c']);
  assert.deepEqual(pieces('abc', ''), ['abc']);
  assert.equal(bare('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007done'), 'red done');
});
