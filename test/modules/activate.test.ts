import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { MgrError, isMgrError } from '../../src/base/errors.js';
import type { AppSpec } from '../../src/config/spec.js';
import { Modules, type ModuleHost } from '../../src/daemon/modules.js';
import type { ProcessView } from '../../src/protocol/views.js';
import { Settings } from '../../src/store/settings.js';

/** A supervisor of names and versions. */
class FakeHost implements ModuleHost {
  readonly running = new Map<string, string>();
  readonly calls: string[] = [];
  readonly broken = new Set<string>();
  has(module: string): boolean { return this.running.has(module); }
  isUp(module: string): boolean { return this.running.has(module); }
  async startAndWatch(specs: readonly AppSpec[], ms: number): Promise<ProcessView[]> {
    const { module = '', version = '' } = specs[0] ?? {};
    this.calls.push(`start ${module} ${version} ${ms}`);
    this.running.set(module, version);
    if (this.broken.has(version)) throw new MgrError('MODULE_START', { name: module, version, reason: 'exited with code 3' });
    return [];
  }
  async remove(module: string): Promise<void> {
    this.calls.push(`remove ${module}`);
    this.running.delete(module);
  }
}

let home: string;
let dir: string;
let host: FakeHost;
let notices: string[];
let settings: Settings;
const create = (): Modules => new Modules({ dir, settings, host, uid: 7, notice: (text) => { notices.push(text); } });

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'ma-'));
  dir = path.join(home, 'modules');
  settings = new Settings(path.join(home, 'module_conf.json'));
  host = new FakeHost();
  notices = [];
});
afterEach(() => fs.rmSync(home, { recursive: true }));

let n = 0;
function staged(version: string, name = '@s/m', defaults: Record<string, unknown> = {}, safeMs = 0): Parameters<Modules['activate']>[0] {
  const folder = path.join(dir, '.staging', `s${n++}`);
  fs.mkdirSync(path.join(folder, 'node_modules', name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'node_modules', name, 'v'), version);
  const apps = [{ name, module: name, version }] as unknown as AppSpec[];
  return { module: { name, version, source: name, linked: false, dir: '/ignored' }, staged: folder, apps, defaults, safeMs };
}
const installed = (name = '@s/m'): string | undefined => {
  const file = path.join(dir, name, 'node_modules', name, 'v');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};
const rest = (): string[] => ['.old', '.staging'].flatMap((d) => (fs.existsSync(path.join(dir, d)) ? fs.readdirSync(path.join(dir, d)) : []));
const coded = (code: string, data: object) => (e: unknown): boolean => {
  assert.ok(isMgrError(e), String(e));
  assert.equal(e.code, code);
  assert.deepEqual({ ...e.data, ...data }, e.data);
  return true;
};

test('first install, update: folder switched, settings kept, order is stop then start', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0', '@s/m', { size: '10M', keep: 3 }));
  await settings.set([['@s/m:size', '1K']]);
  await modules.activate(staged('2.0.0', '@s/m', { size: '99M', extra: false }, 3000));
  assert.equal(installed(), '2.0.0');
  assert.deepEqual(settings.section('@s/m'), { size: '1K', keep: 3, extra: false });
  assert.deepEqual(host.calls, ['remove @s/m', 'start @s/m 1.0.0 0', 'remove @s/m', 'start @s/m 2.0.0 3000']);
  const at = modules.list()[0]?.at ?? 0;
  assert.ok(Math.abs(Date.now() - at) < 60_000);
  assert.deepEqual(modules.list(), [{ name: '@s/m', version: '2.0.0', source: '@s/m', linked: false, dir: path.join(dir, '@s/m'), at, former: '1.0.0' }]);
  assert.deepEqual(settings.section('module-db-v2'), { '@s/m': { uid: 7, version: '2.0.0', source: '@s/m', linked: false, at, former: '1.0.0' } });
  assert.deepEqual(rest(), []);
});

test('an update that does not stay up: the version before runs again', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0'));
  host.broken.add('2.0.0');
  await assert.rejects(modules.activate(staged('2.0.0', '@s/m', { later: 1 })), coded('MODULE_START', { restored: '@s/m 1.0.0', reason: 'exited with code 3', version: '2.0.0' }));
  assert.deepEqual([installed(), host.running.get('@s/m'), modules.list()[0]?.version], ['1.0.0', '1.0.0', '1.0.0']);
  assert.deepEqual(settings.section('@s/m'), {});
  assert.deepEqual(rest(), []);
});

test('first install that fails with --safe: nothing left', async () => {
  const modules = create();
  host.broken.add('1.0.0');
  await assert.rejects(modules.activate(staged('1.0.0', '@s/m', { a: 1 }, 3000)), coded('MODULE_START', { reason: 'exited with code 3' }));
  assert.deepEqual([installed(), host.has('@s/m'), modules.list(), settings.get().value], [undefined, false, [], {}]);
  assert.equal(fs.existsSync(path.join(dir, '@s')), false);
  assert.deepEqual(rest(), []);
});

test('first install that fails without --safe: installed and errored', async () => {
  const modules = create();
  host.broken.add('1.0.0');
  await assert.rejects(modules.activate(staged('1.0.0')), coded('MODULE_START', { kept: true }));
  assert.deepEqual([installed(), host.has('@s/m'), modules.list()[0]?.version], ['1.0.0', true, '1.0.0']);
  assert.deepEqual(rest(), []);
});

test('settings broken by hand: refused before anything is stopped', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0'));
  fs.writeFileSync(path.join(home, 'module_conf.json'), '{');
  host.calls.length = 0;
  await assert.rejects(modules.activate(staged('2.0.0')), coded('BAD_FILE', {}));
  assert.deepEqual([host.calls, installed()], [[], '1.0.0']);
});

test('a home that is reached by a link: staged below where it leads', async () => {
  const link = `${home}-link`;
  fs.symlinkSync(home, link);
  try {
    await new Modules({ dir: path.join(link, 'modules'), settings, host, notice: (text) => { notices.push(text); } }).activate(staged('1.0.0'));
    assert.equal(installed(), '1.0.0');
  } finally {
    fs.rmSync(link);
  }
});

test('a staged folder from elsewhere and a bad name are refused', async () => {
  const modules = create();
  assert.throws(() => modules.activate({ ...staged('1.0.0'), staged: home }), coded('MODULE_BAD', {}));
  assert.throws(() => modules.activate(staged('1.0.0', '../x')), coded('MODULE_NAME', {}));
});

test('uninstall: gone, settings kept, unknown names told, all', async () => {
  const modules = create();
  await modules.activate(staged('1.0.0', '@s/m', { a: 1 }));
  await modules.activate(staged('1.0.0', 'other'));
  const [first, second] = await modules.uninstall(['@s/m', 'othr']);
  assert.deepEqual([first?.ok, second?.ok === false && second.error.data], [true, { name: 'othr', near: 'other' }]);
  assert.deepEqual([installed(), host.has('@s/m'), settings.section('@s/m')], [undefined, false, { a: 1 }]);
  await modules.uninstall(['all']);
  assert.deepEqual([modules.list(), rest(), fs.readdirSync(dir).filter((f) => !f.startsWith('.'))], [[], [], []]);
});

test('start with the daemon: what is not there yet; one that fails keeps no other', async () => {
  await create().activate(staged('1.0.0', 'a'));
  await create().activate(staged('2.0.0', 'b'));
  await create().activate(staged('3.0.0', 'c'));
  await settings.update((document) => { Object.assign(document['module-db-v2'] as object, { 'by-pm2': {} }); });
  host = new FakeHost();
  host.running.set('a', '1.0.0');
  host.broken.add('2.0.0');
  const modules = create();
  await modules.recover();
  await modules.startAll();
  assert.deepEqual(host.calls.sort(), ['start b 2.0.0 0', 'start c 3.0.0 0']);
  assert.deepEqual(notices.map((t) => /by-pm2 cannot/.test(t) || /b did not start.*code 3/.test(t)), [true, true]);
});

// The daemon dies at a call: every later step of that activation is lost, what is on disk stays.
const DEATHS: readonly (readonly [what: string, at: 'remove' | 'start', update: boolean, want: string | undefined])[] = [
  ['before the renames of an update', 'remove', true, '1.0.0'],
  ['between the switch and the decision of an update', 'start', true, '1.0.0'],
  ['before the rename of a first install', 'remove', false, undefined],
  ['after the rename of a first install', 'start', false, undefined],
];
for (const [what, at, update, want] of DEATHS) {
  test(`daemon killed ${what}`, async () => {
    if (update) await create().activate(staged('1.0.0'));
    const dead = new FakeHost();
    const reached = new Promise<void>((resolve) => {
      const hang = (): Promise<never> => { resolve(); return new Promise<never>(() => {}); };
      if (at === 'remove') dead.remove = hang;
      else dead.startAndWatch = hang;
    });
    host = dead;
    void create().activate(staged('2.0.0'));
    await reached;
    // The next daemon: it may have adopted what the dead one started.
    host = new FakeHost();
    if (at === 'start') host.running.set('@s/m', '2.0.0');
    const modules = create();
    await modules.recover();
    await modules.startAll();
    assert.deepEqual([installed(), host.running.get('@s/m'), modules.list()[0]?.version], [want, want, want]);
    assert.deepEqual(rest(), []);
    assert.match(notices.join(), /interrupted/);
    await modules.activate(staged('3.0.0'));
    assert.equal(installed(), '3.0.0');
  });
}

for (const [what, disk, want] of [
  ['between the two renames', (o: string, d: string) => { fs.renameSync(d, o); }, '1.0.0'],
  ['when the old one was back already', (_o: string, _d: string) => {}, '1.0.0'],
  ['after the decision for the new one', (o: string, d: string, s: string) => { fs.renameSync(d, o); fs.renameSync(s, d); }, '2.0.0'],
] as const) {
  test(`recovery from the intent file: ${what}`, async () => {
    await create().activate(staged('1.0.0'));
    const next = staged('2.0.0');
    fs.writeFileSync(path.join(next.staged, '.mgr.json'), JSON.stringify({ module: next.module, apps: next.apps }));
    const old = path.join(dir, '.old', '@s+m-1');
    fs.mkdirSync(path.dirname(old), { recursive: true });
    fs.writeFileSync(path.join(dir, '.old', '@s+m.intent'), JSON.stringify({ name: '@s/m', staged: next.staged, old, kept: want === '2.0.0' }));
    disk(old, path.join(dir, '@s/m'), next.staged);
    const modules = create();
    await modules.recover();
    assert.deepEqual([installed(), modules.list()[0]?.version, rest()], [want, want, []]);
    await modules.recover();
    assert.equal(installed(), want);
  });
}
