import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constant, mergeLayers } from '../../src/sdk/layers.js';
import { resolvePidPaths } from '../../src/sdk/sdk.js';
import { withFake } from './fake.js';
import fs from 'node:fs';
import path from 'node:path';

test('a text becomes what its default is, and stays a text where it does not read as that', () => {
  const defaults = { n: 1, yes: false, text: 'a', list: [1], group: { deep: 2, other: 'x' } };
  const of = (settings: Record<string, unknown>, env: Record<string, string> = {}): object => mergeLayers({ defaults, env, name: 'my-mod', settings });
  assert.deepEqual(of({}), defaults);
  assert.deepEqual(of({ n: '2.5', yes: 'true', text: '7', list: '[2,3]' }), { ...defaults, n: 2.5, yes: true, text: '7', list: [2, 3] });
  assert.deepEqual(of({ n: 'abc', yes: 'maybe', list: 'a,b' }), { ...defaults, n: 'abc', yes: 'maybe', list: 'a,b' });
  assert.deepEqual(of({ n: '', group: { deep: '3' } }), { ...defaults, n: '', group: { deep: 3, other: 'x' } });
  // Without a default: only what is nothing else than a number or a boolean.
  assert.deepEqual(of({ a: '12', b: '007', c: '1e3', d: 'false', e: '', f: '12345678901234567890' }), { ...defaults, a: 12, b: '007', c: '1e3', d: false, e: '', f: '12345678901234567890' });
  // With a schema the manager has read them: a text is one.
  assert.equal(mergeLayers({ defaults, env: {}, name: 'm', settings: { pin: '0123', code: '12' }, typed: true })['code'], '12');
  // Settings over environment over defaults.
  const env = { MY_MOD_N: '5', MY_MOD_GROUP_DEEP: '6', MY_MOD_UNKNOWN: '1', N: '9' };
  assert.deepEqual(of({ n: '7' }, env), { ...defaults, n: 7, group: { deep: 6, other: 'x' } });
  assert.deepEqual(of({}, env), { ...defaults, n: 5, group: { deep: 6, other: 'x' } });
});

test('a setting of the schema without a default is read from its variable, by its type', () => {
  const kinds = { db: '', port: 0, deep: false, hosts: [], tls: { key: '', on: false } };
  const of = (env: Record<string, string>): object => mergeLayers({ defaults: { every: 5 }, env, name: 'my-mod', settings: { every: 7 }, kinds, typed: true });
  assert.deepEqual(of({}), { every: 7 });
  assert.deepEqual(of({ MY_MOD_DB: '007', MY_MOD_PORT: '80', MY_MOD_DEEP: 'true', MY_MOD_HOSTS: '["a"]', MY_MOD_TLS_KEY: 'k', MY_MOD_OTHER: 'x' }), { every: 7, db: '007', port: 80, deep: true, hosts: ['a'], tls: { key: 'k' } });
});

test('no key reaches a prototype, and the defaults stay as they were', () => {
  const settings = JSON.parse('{"__proto__":{"bad":1},"constructor":{"bad":1},"group":{"__proto__":{"bad":1},"deep":"4"}}') as Record<string, unknown>;
  const defaults = { group: { deep: 2 }, list: [1] };
  const merged = mergeLayers({ defaults, env: {}, name: 'm', settings });
  assert.deepEqual(merged, { group: { deep: 4 }, list: [1] });
  assert.equal(({} as { bad?: number }).bad, undefined);
  assert.notEqual(merged['list'], defaults.list);
  assert.deepEqual(defaults, { group: { deep: 2 }, list: [1] });
});

test('names of variables', () => {
  assert.deepEqual(['maxSize', 'max_size', '@scope/log-rotate', 's3', 'a.b'].map(constant), ['MAX_SIZE', 'MAX_SIZE', 'SCOPE_LOG_ROTATE', 'S3', 'A_B']);
});

test('initModule gives the configuration at once, to its callback and as a promise: one object', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  assert.equal(sdk.config['every'], 20, 'before initModule too');
  const [error, called] = await new Promise<unknown[]>((resolve) => { const c = sdk.initModule({}, (...args) => resolve([...args, c])); });
  assert.equal(error, null);
  assert.equal(called, sdk.config);
  assert.equal(await sdk.initModule(), sdk.config);
  const deeper = (async () => sdk.initModule())();
  assert.equal(await deeper, sdk.config, 'given on by an async function');
  assert.equal(await sdk.initModule().then((c) => c['every']), 20);
  assert.equal(JSON.stringify(sdk.initModule()), '{"every":20,"password":"x"}');
  assert.deepEqual({ ...sdk.config }, { every: 20, password: 'x' });
}, { name: 'mod', version: '1.2.3', config: { every: 500 } }, { env: { mod: '{"every":"20","password":"x"}' } }));

test('what the manager is told: metadata, the pid meant, no secret and no name that would rename the process', () => withFake((fake) => {
  const conf = fake.sdk().initModule({ pid: 4711, widget: { logo: 'https://x/y.png', block: { cpu: true } } });
  const [told] = fake.of('axm:option:configuration');
  assert.deepEqual(told, {
    isModule: true, module_name: 'mod', module_version: '1.2.3', description: 'what it is', pid: 4711, apm: told?.['apm'],
    widget: { type: 'generic', logo: 'https://x/y.png', block: { cpu: true } }, module_conf: { smtp: { host: 'h', password: '********' }, name: 'n' },
  });
  assert.deepEqual([conf.module_name, conf.isModule, conf['name']], ['mod', true, 'n']);
}, { name: 'mod', version: '1.2.3', description: 'what it is', config: { smtp: { host: 'h', password: 'p' }, name: 'n' } }));

test('a broken package.json: thrown, or called back with', () => withFake(async (fake) => {
  assert.throws(() => fake.sdk().initModule(), /package\.json is not JSON/);
  const error = await new Promise<Error | null>((resolve) => { fake.sdk().initModule({}, resolve); });
  assert.match(String(error), /package\.json is not JSON/);
}, '{ "name": '));

test('a program that is no module reads the section of the name it was started by', () => withFake((fake) => {
  assert.equal(fake.sdk().config['every'], 7);
}, { name: 'pkg', config: { every: 500 } }, { env: { pmx_module: 'false', name: 'app-1', 'app-1': '{"every":"7"}', pkg: '{"every":"8"}' } }));

test('without a manager: defaults and environment, nothing sent, nothing listened to', () => withFake(async (fake) => {
  const sdk = fake.sdk();
  assert.deepEqual({ ...await sdk.initModule() }, { every: 9 });
  sdk.action('a', () => 1);
  sdk.reloading.add(() => undefined);
  sdk.metrics.counter('c').inc();
  sdk.metrics.look();
  sdk.emit('x');
  sdk.notifyError(new Error('x'));
  assert.deepEqual([fake.sent, fake.listens, fake.signals], [[], false, []]);
  assert.equal(sdk.dataDir(), path.join(fake.dir, '.local/share/mod'));
}, { name: 'mod', config: { every: 500 } }, { managed: false, env: { MOD_EVERY: '9' } }));

test('resolvePidPaths, dataDir', () => withFake((fake) => {
  const file = (name: string, text: string): string => { const f = path.join(fake.dir, name); fs.writeFileSync(f, text); return f; };
  assert.equal(resolvePidPaths(['/nowhere/x.pid', file('a.pid', 'no pid'), file('b.pid', ' 1234\n'), file('c.pid', '5')]), 1234);
  assert.equal(resolvePidPaths(['/nowhere/x.pid']), null);
  const dir = fake.sdk().dataDir();
  assert.equal(dir, path.join(fake.dir, 'module-data/@s+mod'));
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700);
}, { name: '@s/mod' }));
