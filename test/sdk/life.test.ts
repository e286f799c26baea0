// What the manager asks of a running module: other settings, and its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../helpers/wait.js';
import { type Fake, withFake } from './fake.js';

async function set(fake: Fake, v: number, values: object): Promise<object | undefined> {
  fake.say({ t: 'config', v, values, changed: [] });
  return waitFor('the answer', () => fake.sent.find((m) => m['t'] === 'config-ack' && m['v'] === v));
}

test('new settings: the same object, what it was before, in their order; the manager is answered', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  const { config } = sdk;
  const seen: unknown[] = [];
  sdk.reloading.add(async (now, { previous, changed }) => { await new Promise((r) => setImmediate(r)); seen.push([{ ...now }, previous, changed]); });
  assert.deepEqual(fake.of('axm:option:configuration'), [{ hot_reload: true }]);
  const both = [set(fake, 1, { every: '20' }), set(fake, 2, { every: '30', fresh: 'x' })];
  assert.deepEqual(await Promise.all(both), [{ t: 'config-ack', v: 1, ok: true }, { t: 'config-ack', v: 2, ok: true }]);
  assert.deepEqual(seen, [[{ every: 20 }, { every: 500 }, ['every']], [{ every: 30, fresh: 'x' }, { every: 20 }, ['every', 'fresh']]]);
  assert.deepEqual({ ...config }, { every: 30, fresh: 'x' });
  await set(fake, 3, { every: '30', fresh: 'x' });
  assert.equal(seen.length, 2, 'nothing changed');
  assert.deepEqual(fake.of('axm:option:configuration').map((o) => o['module_conf']), [undefined, { every: 20 }, { every: 30, fresh: 'x' }], 'what it has now is shown');
  await set(fake, 4, {});
  assert.deepEqual({ ...config }, { every: 500 }, 'a setting that is no more is the default again');
}));

test('a handler that throws: all is as it was, those before it too, and the reason is told', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  const seen: string[] = [];
  sdk.reloading.add((c) => { seen.push(`first ${String(c['every'])}`); });
  sdk.reloading.add((c) => { seen.push(`second ${String(c['every'])}`); if (c['every'] === 13) throw new Error('13 brings bad luck'); });
  assert.deepEqual(await set(fake, 1, { every: '13' }), { t: 'config-ack', v: 1, ok: false, error: '13 brings bad luck' });
  assert.deepEqual(seen, ['first 13', 'second 13', 'second 500', 'first 500']);
  assert.equal(sdk.config['every'], 500);
  sdk.reloading.add(() => { throw new Error('always'); });
  assert.deepEqual(await set(fake, 2, { every: '14' }), { t: 'config-ack', v: 2, ok: false, error: 'always', stuck: true });
}));

test('onStop: the last first, each awaited, then the end; a failure is told and shows in the status', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  const seen: string[] = [];
  sdk.stop.add((reason) => { seen.push(`one ${reason}`); });
  sdk.stop.add(async () => { await new Promise((r) => setImmediate(r)); seen.push('two'); });
  assert.deepEqual(fake.signals, ['SIGINT', 'SIGTERM']);
  assert.equal(fake.listens, false, 'nothing that keeps it alive');
  fake.signal('SIGINT');
  await waitFor('the end', () => fake.ended.length > 0 || undefined);
  assert.deepEqual([seen, fake.ended], [['two', 'one SIGINT'], [0]]);
}));

test('onStop that fails; a second signal; the message `shutdown`', () => withFake(async (fake) => {
  const { stop } = fake.sdk();
  stop.add(() => { throw new Error('cannot'); });
  stop.add(() => new Promise((r) => { setTimeout(r, 20); }));
  fake.say('shutdown');
  fake.signal('SIGTERM');
  assert.deepEqual(fake.ended, ['SIGTERM']);
  await waitFor('the end', () => fake.ended.length > 1 || undefined);
  assert.deepEqual(fake.ended, ['SIGTERM', 1]);
  assert.match(fake.warned[0] ?? '', /onStop failed: Error: cannot/);
}, undefined, { env: { shutdown_with_message: 'true' } }));

test('without a manager a signal is the end by that signal', () => withFake(async (fake) => {
  let done = false;
  fake.sdk().stop.add(() => { done = true; });
  fake.signal('SIGTERM');
  await waitFor('the end', () => fake.ended.length > 0 || undefined);
  assert.deepEqual([done, fake.ended], [true, ['SIGTERM']]);
}, undefined, { managed: false }));
