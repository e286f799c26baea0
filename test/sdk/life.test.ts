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

test('a handler that asks for a restart: all is as it was, and the manager is told why', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  const seen: unknown[] = [];
  sdk.reloading.add((c) => { seen.push(c['every']); });
  sdk.reloading.add((c) => (c['every'] === 13 ? { restart: 'the door must be shut for that' } : c['every'] === 14 ? 'restart' : undefined));
  assert.deepEqual(await set(fake, 1, { every: '13' }), { t: 'config-ack', v: 1, ok: false, error: 'the door must be shut for that', restart: true });
  assert.deepEqual([sdk.config['every'], seen], [500, [13, 500]]);
  assert.deepEqual(await set(fake, 2, { every: '14' }), { t: 'config-ack', v: 2, ok: false, error: 'it cannot take that while it runs', restart: true });
}));

/** What a container says to a reload, by the value it finds. */
class FakeContainer {
  readonly seen: unknown[] = [];
  #end: (status: { exitCode: number }) => void = () => {};
  context: { readonly store?: () => { every?: string }; readonly up?: () => void; readonly packageConfig?: object } = {};
  run(context: object = {}): Promise<{ exitCode: number }> { this.context = context; this.context.up?.(); return new Promise((resolve) => { this.#end = resolve; }); }
  stop(reason?: string): Promise<void> { this.seen.push(reason); this.#end({ exitCode: 0 }); return Promise.resolve(); }
  settings(): Record<string, unknown>[] { return [{ field: 'every', type: 'number', default: 5 }, { field: 'pw', secret: true }]; }
  explain(path: string): object[] { return [{ source: 'default', detail: '', value: path }]; }
  reload(): Promise<void> {
    const every = this.context.store?.().every;
    this.seen.push(every);
    const fails = (outcome: string, reason: string): Error => Object.assign(new Error(`${outcome}: ${reason}`), { code: 'E_RELOAD', report: { outcome, reasons: [reason] } });
    if (every === '13') throw fails('restart', 'other modules take part');
    if (every === '14') throw fails('rolled back', 'no');
    if (every === '15') throw fails('failed', 'no way back');
    return Promise.resolve();
  }
}

test('a container: its schema, the store it reads, what becomes of a reload, its end', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  const container = new FakeContainer();
  const running = sdk.runContainer(container);
  assert.deepEqual(fake.sent.filter((m) => m['t'] === 'config-schema'), [{ t: 'config-schema', schema: container.settings() }]);
  assert.ok(fake.sent.some((m) => (m as unknown) === 'ready'));
  assert.deepEqual([{ ...sdk.config }, fake.of('axm:option:configuration')[0]?.['module_conf'], container.context.packageConfig], [{ every: 500, pw: 'x' }, { every: 500, pw: '********' }, { every: 500 }]);
  fake.say({ t: 'config-layers', v: 9 });
  assert.deepEqual(fake.sent.find((m) => m['t'] === 'config-layers'), { t: 'config-layers', v: 9, layers: { every: [{ source: 'default', detail: '', value: 'every' }], pw: [{ source: 'default', detail: '', value: 'pw' }] } });
  for (const [v, every, more] of [[1, '20', { ok: true }], [2, '13', { ok: false, error: 'other modules take part', restart: true }], [3, '14', { ok: false, error: 'rolled back: no' }], [4, '15', { ok: false, error: 'failed: no way back', stuck: true }]] as const) {
    assert.deepEqual(await set(fake, v, { every }), { t: 'config-ack', v, ...more });
  }
  assert.deepEqual(container.seen, ['20', '13', '20', '14', '20', '15', '20'], 'after each failure it reads what was before');
  assert.equal(sdk.config['every'], 20);
  // As a container that is a program of its own: its files are read again.
  fake.signal('SIGHUP');
  await waitFor('the reload', () => container.seen.length > 7 || undefined);
  fake.signal('SIGINT');
  await running;
  await waitFor('the end', () => fake.ended.length > 0 || undefined);
  assert.deepEqual([container.seen.at(-1), fake.ended], ['SIGINT', [0]]);
}, undefined, { env: { mod: '{"pw":"x"}' } }));

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
