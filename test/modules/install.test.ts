import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { install } from '../../src/modules/install.js';
import { lockModule, openStaging } from '../../src/modules/staging.js';
import { Rig } from './registry.js';

let rig: Rig;
beforeEach(async () => { rig = await new Rig().open(); });
afterEach(() => rig.close());

const coded = (code: string, text: RegExp) => (e: unknown): boolean => {
  assert.ok(isMgrError(e), String(e));
  assert.equal(`${e.code} ${text.test(e.message)}`, `${code} true`, e.message);
  return true;
};
async function refused(spec: string, code: string, text: RegExp, more = {}): Promise<void> {
  await assert.rejects(install(rig.request(spec, more), rig.report, process.pid), coded(code, text));
  assert.deepEqual(rig.left(), { modules: [], staging: [], locks: [] });
}
const RUN = 'setInterval(() => {}, 1000)';

test('a package with a dependency: staged in PM2\'s layout, specs point at the final folder', async () => {
  rig.publish({ name: 'leaf', version: '1.2.0' }, { 'index.js': '' });
  rig.publish({ name: 'mod', version: '1.0.0', dependencies: { leaf: '^1.0.0' }, config: { size: '10M', keep: 3 }, apps: [{ script: 'run.js', merge_logs: true, max_memory_restart: '200M' }] } as never, { 'run.js': RUN });
  const done = await install(rig.request('mod'), rig.report, process.pid);
  const { prepared } = done;
  const final = path.join(rig.modules, 'mod');
  assert.deepEqual({ ...prepared.module, integrity: '' }, { name: 'mod', version: '1.0.0', source: 'mod', integrity: '', resolved: `${rig.url}t/mod-1.0.0.tgz`, linked: false, dir: final, by: 'me' });
  assert.match(prepared.module.integrity ?? '', /^sha512-/);
  assert.deepEqual(prepared.defaults, { size: '10M', keep: 3 });
  assert.equal(prepared.packages, 2);
  const [app] = prepared.apps;
  assert.equal(prepared.apps.length, 1);
  assert.deepEqual([app?.name, app?.module, app?.version, app?.cwd, app?.exec_path, app?.max_memory_restart, app?.env.inherited['MARK'], app?.watch],
    ['mod', 'mod', '1.0.0', path.join(final, 'node_modules/mod'), path.join(final, 'node_modules/mod/run.js'), 200 * 1024 ** 2, 'mine', false]);
  assert.equal(JSON.stringify(prepared.apps).includes('.staging'), false);
  for (const file of ['package.json', 'package-lock.json', 'node_modules/mod/run.js', 'node_modules/leaf/index.js']) assert.ok(fs.existsSync(path.join(prepared.staged, file)), file);
  assert.deepEqual(rig.events.map((e) => (e.type === 'progress' ? e.step : e.type)), ['manifest', 'dependencies', 'check']);
  await assert.rejects(install(rig.request('mod'), rig.report, process.pid), coded('INSTALL_BUSY', /mod/));
  await done.close();
  assert.deepEqual(rig.left(), { modules: [], staging: [], locks: [] });
});

test('a scope, a version, a range, a tag', async () => {
  rig.publish({ name: '@s/m', version: '1.0.0' }, { 'index.js': RUN });
  rig.publish({ name: '@s/m', version: '1.1.0' }, { 'index.js': RUN });
  rig.publish({ name: '@s/m', version: '2.0.0' }, { 'index.js': RUN });
  for (const [spec, version] of [['@s/m', '2.0.0'], ['@s/m@1.0.0', '1.0.0'], ['@s/m@^1', '1.1.0'], ['@s/m@latest', '2.0.0']] as const) {
    const done = await install(rig.request(spec), rig.report, process.pid);
    assert.deepEqual([done.prepared.module.version, done.prepared.apps[0]?.name, done.prepared.module.dir], [version, '@s/m', path.join(rig.modules, '@s/m')]);
    await done.close();
  }
});

test('a tarball and an address of one', async () => {
  const bytes = rig.tarball({ name: 'tar-mod', version: '3.0.0' }, { 'index.js': RUN });
  fs.writeFileSync(path.join(rig.dir, 'x.tgz'), bytes);
  rig.publish({ name: 'tar-mod', version: '3.0.0' }, { 'index.js': RUN });
  for (const spec of ['x.tgz', './x.tgz', `${rig.url}t/tar-mod-3.0.0.tgz`]) {
    const done = await install(rig.request(spec), rig.report, process.pid);
    assert.deepEqual([done.prepared.module.name, done.prepared.module.version, done.prepared.module.source], ['tar-mod', '3.0.0', spec.endsWith('x.tgz') ? path.join(rig.dir, 'x.tgz') : spec]);
    assert.match(done.prepared.module.integrity ?? '', /^sha512-/);
    await done.close();
  }
});

test('a git repository', async () => {
  const dir = rig.folder('repo', { name: 'git-mod', version: '0.1.0' }, { 'index.js': RUN });
  const git = (...args: string[]): void => { assert.equal(spawnSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]).status, 0); };
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'x');
  const done = await install(rig.request(`git+file://${dir}`), rig.report, process.pid);
  assert.equal(done.prepared.module.version, '0.1.0');
  assert.ok(fs.existsSync(path.join(done.prepared.staged, 'node_modules/git-mod/index.js')));
  await done.close();
});

test('a folder is linked, watched and run where it lies', async () => {
  const dir = rig.folder('work', { name: 'lmod', version: '1.0.0', dependencies: { gone: '1' }, apps: [{ script: 'a.js' }, { script: 'b.js', watch: false }] }, { 'a.js': RUN, 'b.js': RUN });
  const done = await install(rig.request('.', { cwd: dir }), rig.report, process.pid);
  const { prepared } = done;
  assert.deepEqual(prepared.module, { name: 'lmod', version: '1.0.0', source: dir, resolved: dir, linked: true, dir: path.join(rig.modules, 'lmod'), by: 'me' });
  assert.equal(fs.readlinkSync(path.join(prepared.staged, 'node_modules/lmod')), dir);
  assert.deepEqual(prepared.apps.map((a) => [a.name, a.watch, a.cwd, a.exec_path]), [['lmod', true, dir, path.join(dir, 'a.js')], ['lmod:b', false, dir, path.join(dir, 'b.js')]]);
  assert.match(rig.warnings().join(), /gone is not installed/);
  await done.close();
  assert.ok(fs.existsSync(path.join(dir, 'a.js')));
});

test('what is made for a module host is told so before it is started', async () => {
  const dir = rig.folder('hosted', { name: 'hosted', version: '1.0.0' }, { 'index.js': "const Resource = require('deployd/lib/resource');" });
  await (await install(rig.request('.', { cwd: dir }), rig.report, process.pid)).close();
  assert.match(rig.warnings().join(), /hosted is made for a module host \(it needs deployd\/lib\/resource\); here it gets a process of its own, without process\.server\n  → in the folder of a host: npm install \/\S+, then mgr host start \./);
});

test('install scripts: off and told, on when allowed', async () => {
  const script = { scripts: { postinstall: 'node -e "require(\'fs\').writeFileSync(\'ran\',\'\')"' } };
  rig.publish({ name: 'wants', version: '1.0.0', ...script }, { 'index.js': '' });
  rig.publish({ name: 'smod', version: '1.0.0', dependencies: { wants: '1.0.0' } } as never, { 'index.js': RUN });
  for (const allowScripts of [false, true]) {
    const done = await install(rig.request('smod', { allowScripts }), rig.report, process.pid);
    assert.equal(fs.existsSync(path.join(done.prepared.staged, 'node_modules/wants/ran')), allowScripts);
    assert.deepEqual([done.prepared.scriptsSkipped, done.prepared.module.scripts], allowScripts ? [[], true] : [['wants@1.0.0'], undefined]);
    await done.close();
  }
  assert.deepEqual(rig.warnings(), [], "the command says it, once and with the cure");
});

test('a token and a scope\'s registry from ~/.npmrc', async () => {
  rig.publish({ name: '@priv/m', version: '1.0.0' }, { 'index.js': RUN });
  const host = new URL(rig.url).host;
  fs.writeFileSync(path.join(rig.dir, '.npmrc'), `@priv:registry=${rig.url}\n//${host}/:_authToken=\${TOKEN}\n`);
  const done = await install(rig.request('@priv/m', { env: { npm_config_registry: 'http://127.0.0.1:1/', TOKEN: 'abc' } }), rig.report, process.pid);
  await done.close();
  assert.ok(rig.asked.some((line) => line === '/@priv/m Bearer abc'), rig.asked.join('\n'));
});

test('not found, no such version, refused names, no folder', async () => {
  rig.publish({ name: 'mod', version: '1.0.0' }, { 'index.js': RUN });
  await refused('nope-nope', 'MODULE_FETCH', /not found/);
  await refused('mod@9', 'MODULE_FETCH', /No matching version found for mod@9/);
  await refused('./nowhere', 'MODULE_FETCH', /not a folder/);
  await refused('./nowhere.tgz', 'MODULE_FETCH', /does not exist/);
  await refused('.hidden', 'MODULE_NAME', /dot/);
  await refused('', 'BAD_USAGE', /empty/);
});

test('a dependency that is not there names itself', async () => {
  rig.publish({ name: 'mod', version: '1.0.0', dependencies: { 'missing-dep': '1' } } as never, { 'index.js': RUN });
  await refused('mod', 'MODULE_FETCH', /missing-dep.*not found/);
});

test('what came is not what was announced', async () => {
  rig.publish({ name: 'mod', version: '1.0.0' }, { 'index.js': RUN }, { integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}` });
  await refused('mod', 'MODULE_FETCH', /integrity/);
});

test('no network: an answer in seconds, nothing left', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => { server.once('listening', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  await refused('mod', 'MODULE_FETCH', /offline.*ECONNREFUSED/, { env: { npm_config_registry: `http://127.0.0.1:${port}/` } });
});

test('a registry that accepts and says nothing is given up', async () => {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => { sockets.add(socket.on('error', () => {})); }).listen(0, '127.0.0.1');
  await new Promise((resolve) => { server.once('listening', resolve); });
  const { port } = server.address() as AddressInfo;
  try {
    await refused('mod', 'MODULE_FETCH', /offline.*127\.0\.0\.1/, { env: { npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_fetch_timeout: '300' } });
    assert.equal(sockets.size, 2);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test('a package that runs nothing, a script that is not there, a bad option, broken JSON', async () => {
  rig.publish({ name: 'lib', version: '1.0.0' }, { 'README.md': '' });
  rig.publish({ name: 'gone', version: '1.0.0', apps: [{ script: 'x.js' }] } as never);
  rig.publish({ name: 'opt', version: '1.0.0', apps: [{ script: 'x.js', max_restarts: 'many' }] } as never, { 'x.js': RUN });
  await refused('lib', 'MODULE_BAD', /no entry point/);
  await refused('gone', 'MODULE_BAD', /no entry point.*x\.js/);
  await refused('opt', 'BAD_OPTION', /max_restarts/);
  rig.folder('bad', '{"name": ');
  await refused('./bad', 'MODULE_BAD', /not JSON/);
  rig.folder('anon', {});
  await refused('./anon', 'MODULE_BAD', /no name/);
});

test('a name that would leave the modules folder is refused', async () => {
  for (const name of ['../../evil', '.staging', '@a/../b', '__proto__', 'node_modules', 'a/b']) {
    rig.folder('evil', { name, version: '1.0.0' }, { 'index.js': RUN });
    await refused('./evil', 'MODULE_NAME', /./);
  }
});

test('lock and staging of an installer that is gone are taken over', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  fs.mkdirSync(path.join(rig.modules, '.lock'), { recursive: true });
  fs.writeFileSync(path.join(rig.modules, '.lock', '@s+m'), `${gone}-1`);
  fs.mkdirSync(path.join(rig.modules, '.staging', `${gone}-1-abcd`), { recursive: true });
  const both = await Promise.allSettled([lockModule(rig.modules, '@s/m', process.pid), lockModule(rig.modules, '@s/m', process.pid)]);
  assert.deepEqual(both.map((r) => r.status).sort(), ['fulfilled', 'rejected']);
  const dir = await openStaging(rig.modules, process.pid);
  assert.deepEqual(rig.left().staging, [path.basename(dir)]);
  for (const r of both) if (r.status === 'fulfilled') await r.value.release();
  assert.deepEqual(rig.left().locks, []);
});

test('a pid that was given to another process holds no lock', async () => {
  fs.mkdirSync(path.join(rig.modules, '.lock'), { recursive: true });
  fs.writeFileSync(path.join(rig.modules, '.lock', 'm'), `${process.pid}-1`);
  await (await lockModule(rig.modules, 'm', process.pid)).release();
});
