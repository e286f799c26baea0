// Modules as their users meet them: the real command, the real daemon, a registry on loopback.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, type Rig, type Row, alive, within as withRig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';
import { Rig as Registry } from '../modules/registry.js';

/** Tells what it got: its version, its settings and what PM2's libraries would read. */
const APP = `const v = require('./package.json');
console.log('I am ' + v.name + ' ' + v.version);
console.log('env ' + JSON.stringify({ max_size: process.env.max_size, deep: process.env.deep, json: process.env[v.name], pmx: process.env.pmx_module, home: process.env.PM2_HOME, cwd: process.cwd() }));
setInterval(() => {}, 1e6);`;
const CRASH = 'console.error("broken on purpose"); process.exit(3);';
/** Comes up, and goes a moment later. */
const LATE = 'setTimeout(() => process.exit(4), 400);';

const registry = new Registry();
before(async () => {
  await registry.open();
  registry.publish({ name: 'dep', version: '1.0.0' }, { 'index.js': 'module.exports = "a dependency";' });
  for (const version of ['1.0.0', '2.0.0']) {
    const pkg = { name: 'mod', version, dependencies: { dep: '^1.0.0' }, config: { max_size: '10M', keep: 3, deep: { a: true }, ...(version === '2.0.0' ? { fresh: 'new' } : {}) }, apps: [{ script: 'app.js' }] };
    registry.publish(pkg, { 'app.js': `require('dep');\n${APP}` });
  }
});
after(() => registry.close());

const of = (rig: Rig, spec = 'mod@1.0.0', ...more: string[]): Promise<string> => rig.ok('install', spec, ...more);

const within = (body: (rig: Rig) => Promise<void>): Promise<void> => withRig(body, { npm_config_registry: registry.url });

/** What a module said last about its environment. */
function told(rig: Rig, name = 'mod'): Promise<Record<string, string>> {
  return waitFor(`${name} telling its environment`, () => {
    const line = rig.read(`logs/${name}-out.log`).split('\n').filter((l) => l.startsWith('env ')).at(-1);
    return line === undefined ? undefined : (JSON.parse(line.slice(4)) as Record<string, string>);
  });
}

/** Everything below modules/ that is not an installed module in its place. */
function halves(rig: Rig): string[] {
  const modules = path.join(rig.home, 'modules');
  const list = (d: string): string[] => (fs.existsSync(path.join(modules, d)) ? fs.readdirSync(path.join(modules, d)).map((n) => `${d}/${n}`) : []);
  return [...list('.staging'), ...list('.lock'), ...list('.old')];
}
const folders = (rig: Rig): string[] => (fs.existsSync(path.join(rig.home, 'modules')) ? fs.readdirSync(path.join(rig.home, 'modules')).filter((n) => !n.startsWith('.')) : []);

/** Version 1 runs as before, and nothing of a failed update lies around. */
async function untouched(rig: Rig, pid?: number): Promise<void> {
  const row = await rig.status('mod', 'online');
  assert.equal(row.pm2_env['version'], '1.0.0');
  if (pid !== undefined) assert.equal(row.pid, pid);
  assert.deepEqual(folders(rig), ['mod']);
  assert.deepEqual(halves(rig), []);
  assert.equal(JSON.parse(rig.read('modules/mod/node_modules/mod/package.json')).version, '1.0.0');
  assert.equal((await rig.rows()).filter((r) => r.name === 'mod').length, 1);
}

describe('modules', { concurrency: 2 }, () => {
  test('install, list, logs; `all` leaves it alone; by name it obeys; uninstall keeps its settings', () => within(async (rig) => {
    const first = await rig.mgr('install', 'mod@1.0.0');
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /\[mod\]\(0\) ✓\ninstalled mod 1\.0\.0\n/);
    const row = await rig.row('mod');
    assert.deepEqual([row.pm2_env['status'], row.pm2_env['pmx_module'], row.pm2_env['version']], ['online', true, '1.0.0']);
    assert.deepEqual(halves(rig), []);
    await rig.ok('start', rig.file('a.js', 'setInterval(() => {}, 1e6)'), '--name', 'a');
    const list = await rig.ok('list');
    assert.match(list, /(^|\n)1 +a /);
    assert.match(list, /modules?[^\n]*\n[^]*\n0 +mod +1\.0\.0/i);
    assert.ok(list.indexOf(' a ') < list.indexOf(' mod '), list);
    assert.match(await rig.ok('logs', 'mod', '--nostream'), /0\|mod \| I am mod 1\.0\.0/);

    await rig.ok('stop', 'all');
    assert.equal((await rig.row('a')).pm2_env['status'], 'stopped');
    assert.equal((await rig.row('mod')).pid, row.pid);
    await rig.ok('restart', 'all');
    assert.equal((await rig.row('mod')).pid, row.pid);
    await rig.ok('delete', 'all');
    assert.deepEqual((await rig.rows()).map((r) => [r.name, r.pid]), [['mod', row.pid]]);
    assert.equal((await rig.mgr('stop', 'all')).code, 1, 'only a module is left');
    await rig.ok('stop', 'mod');
    assert.equal((await rig.row('mod')).pm2_env['status'], 'stopped');
    await rig.ok('restart', 'mod');
    await rig.status('mod', 'online');

    await rig.ok('set', 'mod:max_size', '5K');
    assert.match(await rig.ok('uninstall', 'mod'), /removed mod/);
    assert.deepEqual(await rig.rows(), []);
    assert.deepEqual([folders(rig), halves(rig)], [[], []]);
    const conf = JSON.parse(rig.read('module_conf.json'));
    assert.equal(conf.mod.max_size, '5K');
    assert.equal(conf['module-db-v2']?.mod, undefined);
    const again = await rig.mgr('uninstall', 'mod');
    assert.equal(again.code, 1);
    assert.match(again.err, /mod/);
  }));

  test('settings: defaults in the file, all of them in its environment, a new value restarts it, an update keeps them', () => within(async (rig) => {
    await rig.ok('set', 'mod:before', 'install');
    await of(rig);
    assert.deepEqual(JSON.parse(rig.read('module_conf.json')).mod, { before: 'install', max_size: '10M', keep: 3, deep: { a: true } });
    const env = await told(rig);
    assert.deepEqual([env['max_size'], env['deep'], env['pmx'], env['home']], ['10M', '{"a":true}', 'true', rig.home]);
    assert.equal(env['cwd'], fs.realpathSync(path.join(rig.home, 'modules/mod/node_modules/mod')));
    assert.deepEqual(JSON.parse(env['json'] ?? ''), { before: 'install', max_size: '10M', keep: 3, deep: { a: true } });

    const { pid } = await rig.row('mod');
    assert.match(await rig.ok('set', 'mod:max_size', '1K'), /saved mod:max_size = 1K\nmod was restarted with it \(pid \d+ → \d+\)\n/);
    const row = await rig.status('mod', 'online');
    assert.notEqual(row.pid, pid);
    await waitFor('the new value', async () => ((await told(rig))['max_size'] === '1K' ? true : undefined));
    assert.equal(await rig.ok('get', 'mod:max_size'), '1K\n');
    assert.equal(await rig.ok('get', 'mod.max_size'), '1K\n', 'dots do as well');
    assert.match(await rig.ok('conf', 'mod'), /\$ mgr set mod:max_size 1K\n/);
    await rig.ok('multiset', 'mod:one 1 mod:two "2 and more"');
    assert.equal(await rig.ok('get', 'mod:two'), '2 and more\n');
    await rig.ok('unset', 'mod:one');
    assert.equal((await rig.mgr('get', 'mod:one')).code, 1);
    assert.equal((await rig.mgr('unset', 'mod:one')).code, 1);
    for (const key of ['mod:__proto__:x', 'constructor', 'mod:prototype', '__proto__']) {
      const refused = await rig.mgr('set', key, '1');
      assert.equal(refused.code, 1, key);
      assert.match(refused.err, /refused|not allowed|cannot|reserved/i, key);
    }
    const two = await rig.mgr('install', 'mod');
    assert.equal(two.code, 0, two.err);
    assert.equal((await rig.row('mod')).pm2_env['version'], '2.0.0');
    assert.deepEqual(JSON.parse(rig.read('module_conf.json')).mod, { before: 'install', max_size: '1K', keep: 3, deep: { a: true }, two: '2 and more', fresh: 'new' });
    await waitFor('the settings in version 2', async () => (JSON.parse((await told(rig))['json'] ?? '{}') as { fresh?: string }).fresh === 'new' || undefined);
    assert.equal((await told(rig))['max_size'], '1K');
    assert.deepEqual(halves(rig), []);
    assert.equal((await rig.rows()).length, 1);
  }));

  test('a bad update leaves the version before, running', () => within(async (rig) => {
    await of(rig);
    await rig.ok('set', 'mod:max_size', '1K');
    const conf = rig.read('module_conf.json');
    const { pid } = await rig.row('mod');
    const refused = async (spec: string, what: RegExp, ...more: string[]): Promise<void> => {
      const r = await rig.mgr('install', spec, ...more);
      assert.notEqual(r.code, 0, spec);
      assert.equal(r.out, '', spec);
      assert.match(r.err, what, spec);
    };
    const bad = async (pkg: { name: string; version: string }, files: Record<string, string>, dist: object = {}): Promise<void> => {
      registry.publish(pkg, files, dist);
    };
    // What fails before the switch does not even touch the process.
    await bad({ name: 'mod', version: '3.0.1' }, { 'README.md': 'nothing to run' });
    await refused('mod@3.0.1', /no entry point/);
    await untouched(rig, pid);
    await bad({ name: 'mod', version: '3.0.2' }, { 'index.js': APP }, { integrity: `sha512-${Buffer.alloc(64).toString('base64')}` });
    await refused('mod@3.0.2', /integrity/i);
    await untouched(rig, pid);
    await refused('mod@9.9.9', /9\.9\.9/);
    await untouched(rig, pid);
    const gone = await rig.run(process.execPath, [path.join(ROOT, 'bin/mgr.js'), 'install', 'mod@2.0.0'], { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' });
    assert.notEqual(gone.code, 0);
    assert.match(gone.err, /127\.0\.0\.1/);
    await untouched(rig, pid);
    await bad({ name: 'mod', version: '3.0.3' }, { 'index.js': CRASH });
    await refused('mod@3.0.3', /mod 1\.0\.0/, '--safe');
    await untouched(rig);
    await bad({ name: 'mod', version: '3.0.4' }, { 'index.js': LATE });
    await refused('mod@3.0.4', /mod 1\.0\.0/, '--safe', '2000');
    await untouched(rig);
    assert.equal(rig.read('module_conf.json'), conf);
    // A first installation that fails leaves nothing.
    await bad({ name: 'other', version: '1.0.0' }, { 'index.js': CRASH });
    await refused('other', /other/, '--safe');
    await untouched(rig);
    await refused('nowhere-to-be-found', /nowhere-to-be-found/);
    await untouched(rig);
  }));

  test('git, a tarball, a folder, `.`: each runs; a linked folder restarts when a file changes', () => within(async (rig) => {
    const pkg = (name: string): string => JSON.stringify({ name, version: '0.1.0', main: 'app.js' });
    const repo = path.dirname(rig.file('repo/package.json', pkg('from-git')));
    rig.file('repo/app.js', APP);
    const git = (...args: string[]): void => { execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: repo, env: rig.env, stdio: 'ignore' }); };
    git('init', '-q'); git('add', '.'); git('commit', '-qm', 'one');
    const cloned = await rig.mgr('install', `git+file://${repo}`);
    assert.equal(cloned.code, 0, cloned.err);
    assert.match(rig.read('modules/from-git/node_modules/from-git/app.js'), /I am/);
    fs.writeFileSync(path.join(rig.dir, 'file.tgz'), registry.tarball({ name: 'from-file', version: '0.2.0' }, { 'index.js': APP }));
    await rig.ok('install', './file.tgz');
    const folder = path.dirname(rig.file('linked/package.json', pkg('from-folder')));
    rig.file('linked/app.js', APP);
    assert.match(await rig.ok('install', './linked'), /linked from-folder 0\.1\.0/);
    assert.ok(fs.lstatSync(path.join(rig.home, 'modules/from-folder/node_modules/from-folder')).isSymbolicLink());
    const { pid } = await rig.row('from-folder');
    fs.writeFileSync(path.join(folder, 'app.js'), `console.log('edited');\n${APP}`);
    await waitFor('the restart after an edit', async () => ((await rig.row('from-folder')).pid !== pid ? true : undefined));
    await waitFor('the edited program', () => (rig.read('logs/from-folder-out.log').includes('edited') ? true : undefined));
    await rig.ok('uninstall', 'from-folder');
    assert.ok(fs.existsSync(path.join(folder, 'app.js')), 'the linked folder is its owner’s');
    const dot = await new Promise<number | null>((resolve) => {
      spawn(process.execPath, [path.join(ROOT, 'bin/mgr.js'), 'install', '.'], { cwd: folder, env: rig.env, stdio: 'ignore' }).on('close', resolve);
    });
    assert.equal(dot, 0);
    await rig.status('from-folder', 'online');
    assert.deepEqual((await rig.rows()).map((r) => r.name), ['from-git', 'from-file', 'from-folder']);
    assert.deepEqual(halves(rig), []);
    const nothing = await rig.mgr('install', './not-there');
    assert.equal(nothing.code, 1);
    assert.match(nothing.err, /not-there/);
  }));

  test('install scripts: off and named, on when asked for', () => within(async (rig) => {
    const script = { postinstall: `node -e "require('fs').writeFileSync('ran', 'yes')"` };
    registry.publish({ name: 'native', version: '1.0.0', scripts: script }, { 'index.js': '' });
    const user = { name: 'scripted', version: '1.0.0', dependencies: { native: '1.0.0' } };
    registry.publish(user, { 'index.js': APP });
    const off = await rig.mgr('install', 'scripted');
    assert.equal(off.code, 0, off.err);
    assert.match(off.err, /install scripts were not run.*native/);
    assert.equal(off.err.match(/install scripts were not run/g)?.length, 1, off.err);
    assert.equal(rig.read('modules/scripted/node_modules/native/ran'), '');
    const on = await rig.mgr('install', 'scripted', '--allow-scripts');
    assert.equal(on.code, 0, on.err);
    assert.doesNotMatch(on.err, /not run/);
    assert.equal(rig.read('modules/scripted/node_modules/native/ran'), 'yes');
  }));

  test('refused names, each with the reason and nothing left', () => within(async (rig) => {
    for (const name of ['../x@1', '__proto__', 'constructor', 'UP/../x', '.hidden', 'a b', '', 'mod@../x', 'node_modules', 'x;rm']) {
      const r = await rig.mgr('install', name);
      assert.notEqual(r.code, 0, name);
      assert.equal(r.out, '', name);
      assert.match(r.err, /^mgr: |\nmgr: /, name);
    }
    for (const name of ['../x', '__proto__', '.staging']) assert.equal((await rig.mgr('uninstall', name)).code, 1, name);
    assert.deepEqual([folders(rig), halves(rig)], [[], []]);
  }));

  test('modules start with the daemon, stopped apps do not', () => within(async (rig) => {
    await of(rig);
    const { pid } = await rig.row('mod');
    await rig.ok('kill');
    assert.equal(alive(pid), false);
    const back = await rig.status('mod', 'online');
    assert.notEqual(back.pid, pid);
    assert.equal((await rig.rows()).length, 1);
    assert.equal((await told(rig))['max_size'], '10M');
    assert.equal((await rig.mgr('uninstall', 'all')).code, 0);
    assert.deepEqual(await rig.rows(), []);
  }));

  test('SIGKILL of the daemon in the middle of a first installation: all or nothing', () => within(async (rig) => {
    await rig.ok('ping');
    for (let i = 0; i < 4; i++) {
      const daemon = await rig.daemonPid();
      const install = rig.mgr('install', 'mod@1.0.0');
      // Staged, intent written, staged, intent written: what comes after differs by the time it takes.
      await moment(rig, i % 2);
      try { process.kill(daemon, 'SIGKILL'); } catch { /* gone */ }
      await rig.daemonPid(daemon);
      const { code } = await install;
      if (code === 0) {
        assert.equal((await settled(rig, () => '1.0.0')).name, 'mod');
        await rig.ok('uninstall', 'mod');
      }
      await waitFor('nothing left', async () => ((await rig.rows()).length === 0 && folders(rig).length === 0 && halves(rig).length === 0 ? true : undefined));
      assert.equal(rig.pids().filter((p) => cmdline(p).includes('/node_modules/mod/')).length, 0, `round ${i}`);
    }
    await of(rig);
    await untouched(rig);
  }));

  test('SIGKILL of the daemon in the middle of an update: old or new, whole, once', () => within(async (rig) => {
    await of(rig);
    for (let i = 0; i < 10; i++) {
      const version = i % 2 === 0 ? '2.0.0' : '1.0.0';
      const daemon = await rig.daemonPid();
      const install = rig.mgr('install', `mod@${version}`);
      await moment(rig, i);
      try { process.kill(daemon, 'SIGKILL'); } catch { /* gone */ }
      await rig.daemonPid(daemon);
      const { code } = await install;
      const look = (): string => (JSON.parse(rig.read('modules/mod/node_modules/mod/package.json') || '{}') as { version?: string }).version ?? 'none';
      const row = await settled(rig, look);
      const onDisk = look();
      // Online is when it was spawned: what it says of itself comes a moment later.
      await waitFor(`round ${i}: ${onDisk} running`, async () => ((await runningVersion(row)) === onDisk ? true : undefined));
      if (code === 0) assert.equal(onDisk, version, `round ${i}: it said that it was done`);
      assert.equal(rig.pids().filter((p) => cmdline(p).includes('/node_modules/mod/app.js')).length, 1, `round ${i}`);
      await waitFor('a clean folder', () => (halves(rig).length === 0 ? true : undefined)).catch(() => assert.deepEqual(halves(rig), [], `round ${i}`));
      assert.ok(fs.existsSync(path.join(rig.home, 'modules/mod/node_modules/dep/index.js')));
    }
    await rig.ok('install', 'mod@2.0.0');
    assert.equal((await rig.row('mod')).pm2_env['version'], '2.0.0');
    assert.deepEqual(halves(rig), []);
  }));
});

const cmdline = (pid: number): string => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'); } catch { return ''; } };

/** A point of the update: while it is fetched, when the intent is written, when the folders were switched, later. */
async function moment(rig: Rig, i: number): Promise<void> {
  const modules = path.join(rig.home, 'modules');
  const list = (d: string): string[] => { try { return fs.readdirSync(path.join(modules, d)); } catch { return []; } };
  const came = [
    () => list('.staging').length > 0,
    () => list('.old').some((n) => n.endsWith('.intent')),
    () => list('.old').some((n) => !n.endsWith('.intent')),
    () => list('.old').some((n) => n.endsWith('.intent')) && fs.existsSync(path.join(modules, 'mod')) && list('.old').length > 1,
    () => list('.lock').length > 0,
  ][i % 5] ?? (() => true);
  const until = performance.now() + 20_000;
  // Busy with short naps: the moments are milliseconds long.
  while (!came() && performance.now() < until) await new Promise((r) => setImmediate(r));
  assert.ok(came() || performance.now() < until, 'the moment never came');
}

/** One online process of the module, of the version that lies there: a daemon that comes up replaces an adopted one of the other. */
function settled(rig: Rig, onDisk: () => string): Promise<Row> {
  return waitFor('the version on disk online, alone', async () => {
    const [row, ...more] = await rig.rows();
    return more.length === 0 && row?.pm2_env['status'] === 'online' && alive(row.pid) && row.pm2_env['version'] === onDisk() ? row : undefined;
  });
}

/** By what the program itself read when it started. */
function runningVersion(row: Row): Promise<string> {
  const log = String(row.pm2_env['pm_out_log_path']);
  return waitFor('what it said', () => fs.readFileSync(log, 'utf8').match(/I am mod (\S+)/g)?.at(-1)?.slice('I am mod '.length));
}
