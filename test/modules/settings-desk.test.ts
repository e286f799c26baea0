import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { SettingsDesk } from '../../src/daemon/settings.js';
import { Settings } from '../../src/store/settings.js';

let dir: string;
let desk: SettingsDesk;
let told: unknown[];
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'md-'));
  told = [];
  desk = new SettingsDesk({
    settings: new Settings(path.join(dir, 'c.json')),
    restart: (name) => { told.push(['restart', name]); return Promise.resolve(name === 'runs' ? [[7, 8] as const] : []); },
    onLive: (key, value) => { told.push([key, value]); },
  });
});
afterEach(() => fs.rmSync(dir, { recursive: true }));

test('saved and applied are two facts, one restart per section', async () => {
  assert.deepEqual(await desk.set({ entries: [['runs:a', '1'], ['runs:b', ''], ['idle:a', '1'], ['runs', 'x'], ['mgr:log_keep', '0']] }).catch((e: unknown) => e), [
    { section: 'runs', applied: 'restarted', name: 'runs', pids: [[7, 8]] }, { section: 'idle', applied: 'stored', name: 'idle' }, { section: 'mgr', applied: 'live' },
  ]);
  assert.deepEqual(told, [['log_keep', 0], ['restart', 'runs'], ['restart', 'idle']]);
  assert.deepEqual(await desk.set({ entries: [['top', '1']] }), [{ section: 'top', applied: 'stored' }]);
  assert.deepEqual(desk.get({ key: 'idle:a' }), { found: true, value: '1' });
});

test('live settings have base types and units', async () => {
  await desk.set({ entries: [['mgr:log_max_size', '10M'], ['mgr:log_compress', 'false'], ['mgr.log_rotate_interval', '1d'], ['mgr:log_total', '0']] });
  assert.deepEqual(told, [['log_max_size', 10 * 1024 ** 2], ['log_compress', false], ['log_rotate_interval', 86_400_000], ['log_total', 0]]);
  assert.deepEqual(desk.live(), { log_max_size: 10 * 1024 ** 2, log_compress: false, log_rotate_interval: 86_400_000, log_total: 0 });
  told = [];
  assert.deepEqual(await desk.unset({ key: 'mgr:log_compress' }), { removed: true });
  assert.deepEqual(told, [['log_compress', undefined]]);
  assert.deepEqual(await desk.unset({ key: 'mgr:log_compress' }), { removed: false });
});

for (const [key, value, code] of [['mgr:log_keep', '-1', 'BAD_OPTION'], ['mgr:log_max_size', 'big', 'BAD_OPTION'], ['mgr:log_compress', '1', 'BAD_OPTION'], ['mgr:log_rotate_interval', 'daily', 'BAD_OPTION'], ['mgr:log_kep', '1', 'UNKNOWN_OPTION'], ['mgr:log_keep:x', '1', 'UNKNOWN_OPTION'], ['mgr', '1', 'UNKNOWN_OPTION'], ['a:__proto__', '1', 'BAD_KEY']] as const) {
  test(`refused whole: ${key} ${value}`, async () => {
    await assert.rejects(desk.set({ entries: [['ok:a', '1'], [key, value]] }), (e) => isMgrError(e) && e.code === code);
    assert.deepEqual([desk.get({}).value, told], [{}, []]);
  });
}

test('a hand-written value that cannot be used counts as not set', () => {
  fs.writeFileSync(path.join(dir, 'c.json'), '{"mgr": {"log_keep": 5, "log_total": "lots", "other": 1}}');
  const said: string[] = [];
  assert.deepEqual(desk.live((text) => { said.push(text); }), { log_keep: 5 });
  assert.match(said.join(), /mgr:log_total: got "lots"/);
});

test('unset is taken back from who takes settings while running; what is required stays', async () => {
  const settings = new Settings(path.join(dir, 'c.json'));
  const given: unknown[] = [];
  let takes = true;
  const hot = new SettingsDesk({
    settings, restart: () => Promise.reject(new Error('nobody is restarted')), onLive: () => {},
    hot: (changes) => { given.push(...changes); return Promise.resolve({ live: takes ? new Map([['m', 1]]) : new Map<string, number>(), wanted: new Map<string, string>() }); },
    lacking: (name, section = settings.section(name)) => (name === 'm' && section['db'] === undefined ? 'a required setting has no value: mgr set m:db <string>' : undefined),
  });
  fs.writeFileSync(path.join(dir, 'c.json'), '{"m": {"db": "x", "a": 1, "b": 2}}');
  assert.deepEqual(await hot.unset({ key: 'm:a' }), { removed: true, name: 'm', applied: 'live' });
  assert.deepEqual(given, [['m', { before: { db: 'x', a: 1, b: 2 }, after: { db: 'x', b: 2 }, keys: ['a'] }]]);
  takes = false;
  assert.deepEqual(await hot.unset({ key: 'm:b' }), { removed: true, name: 'm', applied: 'stored' });
  assert.deepEqual(await hot.unset({ key: 'm:b' }), { removed: false });
  for (const key of ['m:db', 'm']) await assert.rejects(hot.unset({ key }), (e) => isMgrError(e) && e.code === 'BAD_OPTION' && /nothing was removed; .*mgr set m:db/.test(e.hint ?? ''), key);
  assert.deepEqual(settings.section('m'), { db: 'x' });
  // All of it is meant, whatever it is.
  assert.deepEqual(await hot.unset({ key: 'all' }), { removed: true });
});
