import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { routeOf } from '../../src/web/router.js';
import { HttpError } from '../../src/web/http-error.js';
import { flag, maybe, number, object, oneOf, text } from '../../src/web/shape.js';
import { moment, words } from '../../src/web/handlers/times.js';

const shape = object({ n: number('a count', { min: 1, max: 9, whole: true }), on: maybe(flag('a switch')), word: maybe(oneOf(['a', 'b'], 'a word')), t: maybe(text('a text', { max: 3 })) });

test('a shape reads texts of a query and JSON of a body alike', () => {
  assert.deepEqual(shape.read({ n: '3', on: 'true' }, ''), { n: 3, on: true });
  assert.deepEqual(shape.read({ n: 3, word: 'b', t: null }, ''), { n: 3, word: 'b' });
  assert.deepEqual(shape.json['required'], ['n']);
});

for (const [what, given, says] of [
  ['nothing where something must be', {}, 'n: got nothing'], ['a fraction', { n: 1.5 }, 'n: got 1.5'], ['too much', { n: 10 }, 'from 1 to 9'], ['an empty text for a number', { n: '' }, 'n: got ""'],
  ['an unknown member', { n: 1, m: 2 }, 'm: got 2, wanted one of n, on, word, t'], ['a word that is none', { n: 1, word: 'c' }, 'one of a, b'], ['a list', [1], 'body: got [1]'], ['a long text', { n: 1, t: 'abcd' }, 'at most 3'],
] as const) test(`refused: ${what}`, () => assert.throws(() => shape.read(given, ''), (e) => isMgrError(e) && e.code === 'BAD_OPTION' && e.message.includes(says)));

test('a path finds its route, a word of its own before a parameter', () => {
  assert.equal(routeOf('GET', '/api/jobs/schedules')?.name, 'schedules');
  assert.deepEqual([routeOf('GET', '/api/jobs/12')?.name, routeOf('GET', '/api/jobs/12')?.params], ['job', { id: '12' }]);
  assert.deepEqual(routeOf('PUT', '/api/hosts/h/resources/a%2Fb/files/get.js')?.params, { host: 'h', resource: 'a/b', file: 'get.js' });
  assert.equal(routeOf('HEAD', '/api/processes')?.name, 'processes');
  assert.equal(routeOf('GET', '/api/processes/'), undefined);
  assert.equal(routeOf('GET', '/index.html'), undefined);
  assert.throws(() => routeOf('PATCH', '/api/processes'), (e) => e instanceof HttpError && e.status === 405 && e.hint === 'wanted: GET, POST');
  for (const bad of ['/api/processes/%', '/api/processes/%00', '/api/processes/%ff']) assert.throws(() => routeOf('GET', bad), (e) => e instanceof HttpError && e.status === 400, bad);
});

test('moments: ms, dates and spans back', () => {
  assert.deepEqual([moment(undefined, 'from', 5000), moment('1795287650000', 'from', 0), moment('2026-01-02T03:04:05Z', 'from', 0), moment('2s', 'from', 5000)], [undefined, 1_795_287_650_000, Date.UTC(2026, 0, 2, 3, 4, 5), 3000]);
  assert.throws(() => moment('yesterday', 'from', 0), (e) => isMgrError(e) && e.code === 'BAD_OPTION');
  assert.deepEqual([words(' a, b,,'), words(''), words(undefined)], [['a', 'b'], undefined, undefined]);
});
