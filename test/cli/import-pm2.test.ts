// `mgr import-pm2` against a home of PM2 made by hand and a daemon that is not there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { keyOf, oldSettings } from '../../src/cli/import/old-settings.js';
import type { AppSpec } from '../../src/config/spec.js';
import type { Params } from '../../src/protocol/contract.js';
import { type Answers, type Rig, rig, view } from './rig.js';

interface Old { readonly dir: string; readonly home: string; write(name: string, value: unknown): void }

async function withHome(body: (old: Old) => Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-i-'));
  const home = path.join(dir, '.pm2');
  const write = (name: string, value: unknown): void => {
    const file = path.join(home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  };
  for (const name of ['api.js', 'w.py']) fs.writeFileSync(path.join(dir, name), '');
  try { await body({ dir, home, write }); } finally { fs.rmSync(dir, { recursive: true, force: true }); }
}

const entry = (dir: string, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'api', pm_exec_path: path.join(dir, 'api.js'), pm_cwd: dir, exec_interpreter: 'node', exec_mode: 'cluster_mode', status: 'online', pm_id: 0, restart_time: 3,
  pm_out_log_path: path.join(dir, '.pm2/logs/api-out-0.log'), pm_pid_path: path.join(dir, '.pm2/pids/api-0.pid'), instance_var: 'NODE_APP_INSTANCE', NODE_APP_INSTANCE: 0,
  max_memory_restart: 314572800, env: { PORT: '80', PM2_HOME: path.join(dir, '.pm2'), NODE_APP_INSTANCE: 0, unique_id: 'u' }, PORT: '80', ...over,
});

/** Starts what it is given, as far as the command can see. */
function importer(old: Old, answers: Answers = {}, settings: Record<string, string> = {}): { r: Rig; started: () => readonly AppSpec[]; set: () => unknown[] } {
  const started: AppSpec[] = [];
  const set: unknown[] = [];
  const r = rig({
    'process.start': ({ apps }) => { started.push(...apps); return apps.map((a) => ({ target: a.name, ok: true as const, value: [view({ name: a.name })] })); },
    'settings.get': ({ key }) => (key !== undefined && key in settings ? { found: true, value: settings[key] } : { found: false }),
    'settings.set': ({ entries }: Params<'settings.set'>) => { set.push(...entries); return []; },
    'module.list': [], ...answers,
  }, { cwd: old.dir, env: { MGR_STARTUP_ROOT: old.dir, PATH: '/usr/bin:/bin' } });
  return { r, started: () => started, set: () => set };
}

function snapshot(dir: string): string[] {
  return (fs.readdirSync(dir, { recursive: true }) as string[]).sort().map((f) => {
    const s = fs.statSync(path.join(dir, f));
    return `${f} ${s.mtimeMs} ${s.size}`;
  });
}

test('apps: instances are gathered, stopped ones stay stopped, the old home is left alone', () => withHome(async (old) => {
  const { dir, home } = old;
  old.write('dump.pm2', [
    entry(dir), entry(dir, { pm_id: 1, NODE_APP_INSTANCE: 1, pm_out_log_path: path.join(home, 'logs/api-out-1.log') }),
    entry(dir, { name: 'w', pm_exec_path: path.join(dir, 'w.py'), exec_interpreter: '/usr/bin/python3', exec_mode: 'fork_mode', status: 'stopped', pm_out_log_path: path.join(home, 'logs/own.txt'), args: ['--a', 'b c'] }),
    entry(dir, { name: 'old node', exec_interpreter: '/gone/v12/bin/node', pm_err_log_path: '/var/log/err.log' }),
    entry(dir, { name: 'web', pm_exec_path: '/usr/lib/node_modules/pm2/lib/API/Serve.js', exec_mode: 'fork_mode', env: { PM2_SERVE_PORT: '9000' } }),
    entry(dir, { name: 'lost', pm_exec_path: path.join(dir, 'lost.js') }), entry(dir, { name: 'mod', pmx_module: true }), { name: 'nothing' },
  ]);
  const before = snapshot(home);
  const { r, started } = importer(old);
  assert.equal(await r.run('import-pm2', home), 1, 'two could not be taken');
  const [api, w, oldNode, web, ...more] = started();
  assert.deepEqual(more, []);
  assert.deepEqual([api?.name, api?.instances, api?.exec_mode, api?.max_memory_restart, api?.out_file, api?.autostart], ['api', 2, 'cluster', 314572800, undefined, true]);
  assert.deepEqual(api?.env.inherited, { PORT: '80' });
  assert.deepEqual([w?.autostart, w?.interpreter, w?.args, w?.out_file], [false, '/usr/bin/python3', ['--a', 'b c'], undefined]);
  assert.deepEqual([oldNode?.interpreter, oldNode?.error_file], [process.execPath, '/var/log/err.log']);
  assert.deepEqual([web?.exec_path, web?.env.declared], ['/opt/mgr/dist/serve.cjs', { PM2_SERVE_HOST: '0.0.0.0' }]);
  assert.match(r.stderr, /`w`: `out_file` .*own\.txt lies in PM2's home/);
  assert.match(r.stderr, /`lost`: cannot start `lost`: script .*lost\.js does not exist/);
  assert.match(r.stderr, /entry 8 of the dump names no script/);
  assert.deepEqual(snapshot(home), before);
  const again = importer(old, { 'process.list': { processes: ['api', 'w', 'old node', 'web'].map((name) => view({ name })), daemon: { version: '', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] } } });
  await again.r.run('import-pm2', home);
  assert.deepEqual(again.started(), [], 'nothing twice');
  assert.match(again.r.stderr, /`api` is managed here already/);
}));

test('settings and modules: what is here already stays; each has its own fate', () => withHome(async (old) => {
  old.write('dump.pm2', []);
  old.write('module_conf.json', {
    'module-db-v2': { 'pm2-logrotate': { uid: null }, '@a/b': {}, gone: {}, fork: {}, here: {} }, 'tar-modules': { t: { source: 'tarball', install_url: 'https://host/t.tar.gz' } },
    pm2: { sysmonit: 'true' }, 'pm2-logrotate': { max_size: '10M', retain: 30, compress: false, own: 'theirs' }, api: { deep: { key: 'v' }, none: null }, 'a.b': { x: '1' },
  });
  for (const [name, version] of [['pm2-logrotate', '2.7.0'], ['@a/b', '1.0.0'], ['here', '1.0.0'], ['fork', '3.0.0']]) old.write(`modules/${name}/node_modules/${name}/package.json`, { version });
  old.write('modules/pm2-logrotate/package.json', { dependencies: { 'pm2-logrotate': '^2.7.0' } });
  old.write('modules/fork/package.json', { dependencies: { fork: 'github:me/fork#main' } });
  const { r, set } = importer(old, { 'module.list': [{ name: 'here', version: '1.0.0', source: 'here', linked: false, dir: '/h' }] }, { 'pm2-logrotate:own': 'ours' });
  assert.equal(await r.run('import-pm2', old.home, '--allow-scripts'), 1);
  assert.deepEqual(set(), [['pm2-logrotate:max_size', '10M'], ['pm2-logrotate:retain', '30'], ['pm2-logrotate:compress', 'false'], ['api:deep:key', 'v'], ['"a.b":x', '1']]);
  const installs = r.installs as { spec: string; allowScripts: boolean }[];
  assert.deepEqual(installs.map((i) => i.spec), ['pm2-logrotate@2.7.0', '@a/b@1.0.0', 'github:me/fork#main', 'https://host/t.tar.gz']);
  assert.equal(installs.every((i) => i.allowScripts), true);
  assert.match(r.stderr, /module `gone` is registered, but/);
}));

test('--dry-run changes nothing and says what would be', () => withHome(async (old) => {
  old.write('dump.pm2', [entry(old.dir)]);
  old.write('module_conf.json', { 'module-db-v2': { m: {} }, m: { a: '1' } });
  old.write('modules/m/node_modules/m/package.json', { version: '1.2.3' });
  const { r, started, set } = importer(old);
  assert.equal(await r.run('import-pm2', old.home, '--dry-run'), 0, r.stderr);
  assert.deepEqual([started(), set(), r.installs], [[], [], []]);
  assert.match(r.stdout, /1 setting would be taken\napp api: .*api\.js in .*\nmodule m: mgr install m@1\.2\.3/);
}));

test('a living PM2 daemon is a reason to refuse, --force to go on; so is no home at all', () => withHome(async (old) => {
  old.write('dump.pm2', [entry(old.dir)]);
  const server = net.createServer((c) => c.destroy());
  await new Promise<void>((resolve) => { server.listen(path.join(old.home, 'rpc.sock'), resolve); });
  try {
    const { r, started } = importer(old);
    assert.equal(await r.run('import-pm2', old.home), 1);
    assert.match(r.stderr, /would run twice[^]*pm2 kill/);
    assert.deepEqual(started(), []);
    const forced = importer(old);
    assert.equal(await forced.r.run('import-pm2', old.home, '--force'), 0, forced.r.stderr);
    assert.equal(forced.started().length, 1);
  } finally {
    await new Promise((resolve) => { server.close(resolve); });
  }
  for (const [dir, said] of [['/nowhere/at/all', /does not exist/], [old.dir, /is no home of PM2/]] as const) {
    const { r } = importer(old);
    assert.equal(await r.run('import-pm2', dir), 1);
    assert.match(r.stderr, said);
  }
}));

test('a broken list: its copy is taken, and it is said', () => withHome(async (old) => {
  old.write('dump.pm2', '[{"na');
  old.write('dump.pm2.bak', [entry(old.dir)]);
  fs.mkdirSync(path.join(old.dir, 'etc/systemd/system'), { recursive: true });
  fs.writeFileSync(path.join(old.dir, 'etc/systemd/system/pm2-root.service'), '');
  const { r, started } = importer(old);
  assert.equal(await r.run('import-pm2', old.home), 1);
  assert.equal(started().length, 1);
  assert.match(r.stderr, /dump\.pm2\.bak are taken/);
  assert.match(r.stderr, /pm2-root\.service still starts PM2 at boot/);
}));

test('settings are found at any depth and spelt as keys', () => {
  assert.deepEqual(oldSettings({ a: { b: { c: 1 }, l: [1, 2] }, single: 'x', pm2: { x: 1 } }).map((s) => [keyOf(s.path), s.value]), [['a:b:c', '1'], ['a:l', '[1,2]'], ['single', 'x']]);
  assert.equal(keyOf(['a"b', 'c']), undefined);
});
