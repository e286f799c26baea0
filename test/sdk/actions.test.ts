import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../helpers/wait.js';
import { type Fake, withFake } from './fake.js';

async function answer(fake: Fake, message: unknown): Promise<Record<string, unknown> | undefined> {
  const before = fake.of('axm:reply').length;
  fake.say(message);
  await waitFor('an answer', () => fake.of('axm:reply').length > before || undefined);
  return fake.of('axm:reply').at(-1);
}

test('what a handler returns, resolves to, or gives to its second argument', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  sdk.action('plain', (p) => ({ p }));
  sdk.action('later', async (p) => p);
  sdk.action('called', (p, reply) => { setImmediate(() => reply([p])); });
  sdk.action('nothing', { comment: 'does it', params: '<what>' }, () => undefined);
  assert.deepEqual(fake.of('axm:action').map((a) => [a['action_name'], a['action_type'], a['arity'], a['opts']]), [
    ['plain', 'custom', 1, { call: true }], ['later', 'custom', 1, { call: true }], ['called', 'custom', 2, { call: true }], ['nothing', 'custom', 0, { comment: 'does it', params: '<what>', call: true }],
  ]);
  // As PM2 says it: a word, or a record with `opts`.
  assert.deepEqual(await answer(fake, 'plain'), { action_name: 'plain', return: {} });
  assert.deepEqual(await answer(fake, { id: 0, msg: 'plain', opts: 'a text' }), { action_name: 'plain', return: { p: 'a text' } });
  assert.deepEqual(await answer(fake, { id: 0, msg: 'later', opts: '{"a":[1]}', call: 7 }), { action_name: 'later', return: { a: [1] }, call: 7 });
  assert.deepEqual(await answer(fake, { id: 0, msg: 'called', opts: '{no json' }), { action_name: 'called', return: ['{no json'] });
  assert.deepEqual(await answer(fake, { msg: 'nothing', opts: null }), { action_name: 'nothing', return: null });
  fake.say('unknown');
  fake.say({ something: 'else' });
  assert.equal(fake.of('axm:reply').length, 5);
}));

test('errors and lateness reach the caller, once', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  let signal: AbortSignal | undefined;
  sdk.action('throws', () => { throw Object.assign(new Error('no such thing'), { code: 'ENOENT' }); });
  sdk.action('rejects', async () => { throw new Error('later'); });
  sdk.action('slow', { timeout: 20 }, (_p, call) => new Promise((resolve) => { signal = call.signal; call.signal.addEventListener('abort', () => resolve('too late')); }));
  sdk.action('twice', (_p, reply) => { reply(1); reply(2); throw new Error('after that'); });
  assert.deepEqual(await answer(fake, 'throws'), { action_name: 'throws', return: { error: 'no such thing' }, error: { message: 'no such thing', code: 'ENOENT' } });
  assert.deepEqual((await answer(fake, 'rejects'))?.['error'], { message: 'later' });
  assert.deepEqual((await answer(fake, 'slow'))?.['error'], { message: 'slow did not answer within 20 ms' });
  assert.equal(signal?.aborted, true);
  assert.equal((await answer(fake, 'twice'))?.['return'], 1);
  await new Promise((r) => setImmediate(r));
  assert.equal(fake.of('axm:reply').length, 4);
}));

test('scoped: parts as they come, then the end; called without a uuid, all together', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  sdk.action('count', { scoped: true }, async function* (p) { for (let i = 1; i <= Number(p); i++) yield i; });
  sdk.action('hand', { scoped: true }, (_p, call) => { call.send('a'); call.send('b'); call.end('c'); });
  sdk.action('breaks', { scoped: true }, function* () { yield 1; throw new Error('halfway'); });
  const scoped = async (action_name: string, opts?: string): Promise<unknown> => {
    fake.sent.length = 0;
    fake.say({ id: 0, msg: action_name, action_name, opts, uuid: 'u1' });
    await waitFor('the end', () => fake.sent.some((m) => /:(?:end|error)$/.test(m.type ?? '')) || undefined);
    assert.ok(fake.sent.every((m) => m.data?.['uuid'] === 'u1' && m.data['action_name'] === action_name));
    return fake.sent.map((m) => [m.type?.split(':').at(-1), m.data?.['data']]);
  };
  assert.deepEqual(await scoped('count', '2'), [['stream', 1], ['stream', 2], ['end', null]]);
  assert.deepEqual(await scoped('hand'), [['stream', 'a'], ['stream', 'b'], ['end', 'c']]);
  assert.deepEqual(await scoped('breaks'), [['stream', 1], ['error', { message: 'halfway' }]]);
  assert.deepEqual((await answer(fake, { msg: 'count', opts: '3' }))?.['return'], [1, 2, 3]);
  assert.deepEqual((await answer(fake, { msg: 'hand' }))?.['return'], ['a', 'b', 'c']);
}));

test('wrong use is told where it is made', () => withFake((fake) => {
  const sdk = fake.sdk();
  assert.throws(() => sdk.action('x', {}), /action x: got undefined, wanted a function/);
  assert.throws(() => sdk.action('', () => 1), /wanted a text/);
  assert.throws(() => sdk.metrics.histogram({ name: 'h', measurement: 'p42' as never }), /got "p42", wanted one of count,/);
  assert.throws(() => sdk.metrics.meter({ name: 'm', timeframe: 0 }), /timeframe: got 0/);
  assert.throws(() => sdk.metrics.histogram('h').update(NaN), /wanted a number/);
}));
