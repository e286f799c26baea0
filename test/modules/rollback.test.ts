// The former version of a module: kept, brought back, and bounded.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { MgrError, isMgrError } from '../../src/base/errors.js';
import type { AppSpec } from '../../src/config/spec.js';
import { beginSwap, formerDir } from '../../src/daemon/module-swap.js';
import { Modules, type ModuleHost } from '../../src/daemon/modules.js';
import { Settings } from '../../src/store/settings.js';

let home: string;
let dir: string;
let settings: Settings;
let notices: string[];
const running = new Map<string, string>();
const broken = new Set<string>();
const host: ModuleHost = {
  has: (module) => running.has(module),
  isUp: (module) => running.has(module),
  startAndWatch: async (specs) => {
    const { module = '', version = '' } = specs[0] ?? {};
    running.set(module, version);
    if (broken.has(version)) throw new MgrError('MODULE_START', { name: module, version, reason: 'exited with code 3' });
    return [];
  },
  remove: async (module) => { running.delete(module); },
};
const create = (): Modules => new Modules({ dir, settings, host, notice: (text) => { notices.push(text); } });

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'mr-'));
  dir = path.join(home, 'modules');
  settings = new Settings(path.join(home, 'module_conf.json'));
  notices = [];
  running.clear();
  broken.clear();
});
afterEach(() => fs.rmSync(home, { recursive: true }));

let n = 0;
function staged(version: string, name = '@s/m'): Parameters<Modules['activate']>[0] {
  const folder = path.join(dir, '.staging', `s${n++}`);
  fs.mkdirSync(path.join(folder, 'node_modules', name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'node_modules', name, 'v'), version);
  const apps = [{ name, module: name, version }] as unknown as AppSpec[];
  return { module: { name, version, source: name, linked: false, dir: '/ignored', by: 'ann' }, staged: folder, apps, defaults: { keep: 1 }, safeMs: 0 };
}
const versionIn = (folder: string, name = '@s/m'): string | undefined => {
  const file = path.join(folder, 'node_modules', name, 'v');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};
const places = (modules: Modules): unknown => [versionIn(path.join(dir, '@s/m')), versionIn(formerDir(dir, '@s/m')), running.get('@s/m'), modules.list()[0]?.version, modules.list()[0]?.former];
const clean = (): void => assert.deepEqual(['.old', '.staging'].flatMap((d) => (fs.existsSync(path.join(dir, d)) ? fs.readdirSync(path.join(dir, d)) : [])), []);
const coded = (code: string, data: object = {}) => (e: unknown): boolean => {
  assert.ok(isMgrError(e), String(e));
  assert.equal(e.code, code);
  assert.deepEqual({ ...e.data, ...data }, e.data);
  return true;
};

test('there and back again, with the settings of now', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0'));
  await assert.rejects(modules.rollback({ name: '@s/m', safeMs: 0 }), coded('NO_FORMER'));
  await modules.activate(staged('2.0.0'));
  await settings.set([['@s/m:keep', '9']]);
  assert.deepEqual(places(modules), ['2.0.0', '1.0.0', '2.0.0', '2.0.0', '1.0.0']);
  const back = await modules.rollback({ name: '@s/m', safeMs: 0 });
  assert.deepEqual([back.module.version, back.module.former, back.module.by], ['1.0.0', '2.0.0', 'ann']);
  assert.deepEqual(places(modules), ['1.0.0', '2.0.0', '1.0.0', '1.0.0', '2.0.0']);
  assert.deepEqual(settings.section('@s/m'), { keep: '9' });
  await modules.rollback({ name: '@s/m', safeMs: 0 });
  assert.deepEqual(places(modules), ['2.0.0', '1.0.0', '2.0.0', '2.0.0', '1.0.0']);
  clean();
});

test('one generation; the same version once more does not push it out', async () => {
  const modules = create();
  for (const version of ['1.0.0', '2.0.0', '3.0.0', '3.0.0']) await modules.activate(staged(version));
  assert.deepEqual(places(modules), ['3.0.0', '2.0.0', '3.0.0', '3.0.0', '2.0.0']);
  assert.deepEqual(fs.readdirSync(path.join(dir, '.former')), ['@s+m']);
  clean();
});

test('the same version with another content is another one: there is a way back', async () => {
  const modules = create();
  const withHash = (integrity: string): Parameters<Modules['activate']>[0] => { const s = staged('1.0.0'); return { ...s, module: { ...s.module, integrity } }; };
  await modules.activate(withHash('sha512-a'));
  await modules.activate(withHash('sha512-b'));
  await modules.activate(withHash('sha512-b'));
  assert.deepEqual([modules.list()[0]?.former, modules.list()[0]?.integrity], ['1.0.0', 'sha512-b']);
  const { module } = await modules.rollback({ name: '@s/m', safeMs: 0 });
  assert.deepEqual([module.version, module.integrity, module.former], ['1.0.0', 'sha512-a', '1.0.0']);
  clean();
});

test('a former version that does not start any more: the present one runs again, the former one stays', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0'));
  await modules.activate(staged('2.0.0'));
  broken.add('1.0.0');
  await assert.rejects(modules.rollback({ name: '@s/m', safeMs: 0 }), coded('MODULE_START', { version: '1.0.0', restored: '@s/m 2.0.0' }));
  assert.deepEqual(places(modules), ['2.0.0', '1.0.0', '2.0.0', '2.0.0', '1.0.0']);
  clean();
});

test('a failed update leaves the former version as it was', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0'));
  await modules.activate(staged('2.0.0'));
  broken.add('3.0.0');
  await assert.rejects(modules.activate(staged('3.0.0')), coded('MODULE_START', { restored: '@s/m 2.0.0' }));
  assert.deepEqual(places(modules), ['2.0.0', '1.0.0', '2.0.0', '2.0.0', '1.0.0']);
  clean();
});

test('uninstall takes it away; an unknown name is told', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0'));
  await modules.activate(staged('2.0.0'));
  assert.deepEqual((await modules.uninstall(['@s/m'])).map((o) => o.ok), [true]);
  assert.deepEqual(fs.readdirSync(path.join(dir, '.former')), []);
  await assert.rejects(modules.rollback({ name: '@s/m', safeMs: 0 }), coded('MODULE_NOT_FOUND'));
});

// The daemon is killed between any two steps of a rollback: the next one finds one present and one former version.
for (const [when, steps, now] of [['before the first rename', 0, '2.0.0'], ['after the switch', 1, '2.0.0'], ['after the decision', 2, '1.0.0']] as const) {
  test(`a rollback that is cut off ${when}`, async () => {
    const modules = create();
    await modules.activate(staged('1.0.0'));
    await modules.activate(staged('2.0.0'));
    const swap = await beginSwap(dir, '@s/m', formerDir(dir, '@s/m'));
    if (steps > 0) await swap.in();
    if (steps > 1) await swap.keep();
    running.clear();
    const next = create();
    await next.recover();
    await next.startAll();
    const other = now === '2.0.0' ? '1.0.0' : '2.0.0';
    assert.deepEqual([versionIn(path.join(dir, '@s/m')), versionIn(formerDir(dir, '@s/m')), running.get('@s/m')], [now, other, now]);
    clean();
  });
}
