import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Settings } from '../../src/store/settings.js';
import { formatKey, parseKey } from '../../src/store/settings-key.js';
import { moduleEnv } from '../../src/store/settings-env.js';
import { ModuleRegistry } from '../../src/store/modules.js';
import { parseMultiset } from '../../src/base/multiset.js';
import { isMgrError } from '../../src/base/errors.js';

async function withFile(fn: (settings: Settings, file: string) => Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ms-'));
  const file = path.join(dir, 'module_conf.json');
  try { await fn(new Settings(file), file); } finally { fs.rmSync(dir, { recursive: true }); }
}
const onDisk = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'));
const coded = (code: string, text: RegExp = /./) => (e: unknown): boolean => isMgrError(e) && e.code === code && text.test(e.message);

for (const [key, want] of [
  ['mod:key', ['mod', 'key']], ['mod.key', ['mod', 'key']], ['mod:probes:cpu:value', ['mod', 'probes', 'cpu', 'value']],
  ['a.b:c', ['a', 'b:c']], ['"a.b":c', ['a.b', 'c']], ['@scope/x:key', ['@scope/x', 'key']], ['a:"b:c"', ['a', 'b:c']], ['"a.b"."c:d"', ['a.b', 'c:d']], ['top', ['top']],
] as const) test(`key ${key}`, () => assert.deepEqual(parseKey(key), want));

for (const key of ['', '  ', 'a:', ':a', 'a::b', '"a:b', '__proto__:x', 'a:constructor', 'a.b.prototype', '"__proto__":x']) {
  test(`refused key ${JSON.stringify(key)}`, () => assert.throws(() => parseKey(key), coded('BAD_KEY')));
}
test('formatKey gives a key back', () => {
  for (const segments of [['a', 'b'], ['a.b', 'c'], ['a', 'b:c', 'd e']]) assert.deepEqual(parseKey(formatKey(segments)), segments);
});

test('multiset', () => {
  assert.deepEqual(parseMultiset(`a:b 1  c:d "two words" e:f 'it "is"' g ""`), [['a:b', '1'], ['c:d', 'two words'], ['e:f', 'it "is"'], ['g', '']]);
  assert.deepEqual(parseMultiset('"a.b":c 1'), [['"a.b":c', '1']]);
  for (const bad of ['', '  ', 'a', 'a 1 b', 'a "x']) assert.throws(() => parseMultiset(bad), coded('BAD_USAGE'));
});

test('set, get, unset: nested, strings, falsy values are values, 4-space file', () => withFile(async (s, file) => {
  assert.deepEqual(await s.set([['m:a', ''], ['m:p:q', '0'], ['top', 'x']]), [['m', 'a'], ['m', 'p', 'q'], ['top']]);
  assert.equal(fs.readFileSync(file, 'utf8').split('\n')[1], '    "m": {');
  assert.deepEqual(s.get('m:a'), { found: true, value: '' });
  assert.deepEqual(s.get('m:p:q'), { found: true, value: '0' });
  assert.deepEqual(s.get('m:zz'), { found: false });
  assert.deepEqual(s.get('m:toString'), { found: false });
  assert.deepEqual(s.get(), { found: true, value: { m: { a: '', p: { q: '0' } }, top: 'x' } });
  await s.set([['m:a:deep', '1']]);
  assert.deepEqual(s.section('m'), { a: { deep: '1' }, p: { q: '0' } });
  assert.equal(await s.unset('m:p:q'), true);
  assert.equal(await s.unset('m:p:q'), false);
  assert.deepEqual(s.section('top'), {});
}));

test('one bad key of several: nothing is written', () => withFile(async (s, file) => {
  await assert.rejects(s.set([['a:b', '1'], ['a:__proto__:x', '2']]), coded('BAD_KEY'));
  assert.equal(fs.existsSync(file), false);
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
}));

test('fifty sets at once lose nothing', () => withFile(async (s, file) => {
  await Promise.all(Array.from({ length: 50 }, (_, i) => s.set([[`m:k${i}`, String(i)]])));
  assert.equal(Object.keys((onDisk(file) as { m: object }).m).length, 50);
}));

test('a hand edit between two sets is seen and kept', () => withFile(async (s, file) => {
  await s.set([['m:a', '1']]);
  fs.writeFileSync(file, '{"m": {"a": "9", "hand": true}}');
  assert.deepEqual(s.section('m'), { a: '9', hand: true });
  await s.set([['m:b', '2']]);
  assert.deepEqual(onDisk(file), { m: { a: '9', hand: true, b: '2' } });
}));

test('a file broken by hand: told with its place, left alone, programs keep what was readable', () => withFile(async (s, file) => {
  await s.set([['m:a', '1']]);
  const broken = '{\n    "m": {\n        "a": "1",\n        b: 2\n    }\n}\n';
  fs.writeFileSync(file, broken);
  await assert.rejects(s.set([['m:b', '2']]), coded('BAD_FILE', /line 4, column 9/));
  assert.throws(() => s.get('m:a'), coded('BAD_FILE'));
  assert.equal(fs.readFileSync(file, 'utf8'), broken);
  assert.deepEqual(s.section('m'), { a: '1' });
  fs.writeFileSync(file, broken.replace('b:', '"b":'));
  await s.set([['m:c', '3']]);
  assert.deepEqual(s.section('m'), { a: '1', b: 2, c: '3' });
}));

test('broken at the first look: the copy before it serves reading', () => withFile(async (s, file) => {
  await s.set([['m:a', '1']]);
  await s.set([['m:a', '2']]);
  fs.writeFileSync(file, '{');
  const fresh = new Settings(file);
  assert.deepEqual(fresh.section('m'), { a: '1' });
  assert.equal(fresh.fault()?.code, 'BAD_FILE');
}));

test('defaults fill what is absent, with their types', () => withFile(async (s) => {
  await s.set([['m:size', '']]);
  assert.deepEqual(await s.mergeDefaults('m', { size: '10M', keep: 30, on: false, deep: { x: [1] }, ['__proto__']: 1 }), ['keep', 'on', 'deep']);
  assert.deepEqual(s.section('m'), { size: '', keep: 30, on: false, deep: { x: [1] } });
  assert.deepEqual(await s.mergeDefaults('m', { keep: 7 }), []);
}));

test('unset all keeps what is installed, and nobody sets that by hand', () => withFile(async (s, file) => {
  const registry = new ModuleRegistry(s);
  await registry.put({ name: '@s/m', version: '1.0.0', source: '@s/m', linked: false, dir: '/d' }, { uid: 1 });
  await s.set([['m:a', '1']]);
  assert.equal(await s.unset('all'), true);
  assert.deepEqual(onDisk(file), { 'module-db-v2': { '@s/m': { uid: 1, version: '1.0.0', source: '@s/m', linked: false } } });
  assert.deepEqual(registry.list(), [{ name: '@s/m', uid: 1, version: '1.0.0', source: '@s/m', linked: false }]);
  assert.deepEqual(s.get(), { found: true, value: {} });
  await assert.rejects(s.set([['module-db-v2:x', '1']]), coded('BAD_KEY'));
  await registry.remove('@s/m');
  assert.deepEqual(registry.list(), []);
}));

test('a module put there by PM2 is listed', () => withFile(async (s, file) => {
  fs.writeFileSync(file, '{"module-db-v2": {"pm2-x": {"uid": null, "gid": null}}}');
  assert.deepEqual(new ModuleRegistry(s).get('pm2-x'), { name: 'pm2-x', linked: false });
}));

test('environment of a module', () => {
  assert.deepEqual(moduleEnv({ max_size: '10M', n: 3, off: false, deep: { a: [1] }, 'a=b': 'x' }, 'pm2-m'), {
    max_size: '10M', n: '3', off: 'false', deep: '{"a":[1]}', 'pm2-m': '{"max_size":"10M","n":3,"off":false,"deep":{"a":[1]},"a=b":"x"}',
  });
  assert.deepEqual(moduleEnv({}, '@s/x'), { '@s/x': '{}' });
});

test('edits are what others wrote; what was accepted is used meanwhile', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ms-'));
  try {
    const file = path.join(dir, 'c.json');
    fs.writeFileSync(file, '{"a": {"x": 1}}');
    const settings = new Settings(file);
    assert.equal(settings.edits().size, 0);
    settings.accept('a', { x: 1 });
    fs.writeFileSync(file, '{"a": {"x": 22}, "module-db-v2": {"m": {}}}');
    // A change of ours to another section neither takes the edit nor hides it.
    await settings.set([['b:y', '2']]);
    assert.deepEqual([...settings.edits()], [['a', { before: { x: 1 }, after: { x: 22 } }]]);
    assert.deepEqual([settings.section('a'), settings.raw('a'), settings.checked()], [{ x: 1 }, { x: 22 }, ['a']]);
    assert.equal(settings.edits().size, 0);
    settings.accept('a', undefined);
    assert.deepEqual(settings.section('a'), { x: 22 });
    fs.writeFileSync(file, '{');
    assert.equal(settings.edits().size, 0);
  } finally { fs.rmSync(dir, { recursive: true }); }
});
