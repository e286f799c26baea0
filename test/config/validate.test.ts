import assert from 'node:assert/strict';
import test from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { putPlace } from '../../src/config/place.js';
import { toPatch } from '../../src/config/plain.js';
import { namesOf, onlyApps } from '../../src/config/only.js';
import { systemCtx } from '../../src/config/system.js';
import { toSpecs, trySpecs } from '../../src/config/validate.js';
import { fakeCtx } from './fake.js';

type Over = Parameters<typeof fakeCtx>[1];
const PASSWD = { '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:2001::/home/bob:/bin/sh\n', '/etc/group': 'root:x:0:\nweb:x:33:\n' };
function one(app: Record<string, unknown>, over: Over = {}, files: Record<string, string> = {}) {
  const { specs: [spec], warnings } = toSpecs({ script: 'app.js', ...app }, fakeCtx({ '/app/run.sh': '', ...PASSWD, ...files }, over));
  assert.ok(spec);
  return { ...spec, warnings };
}
const failsWith = (code: string, text?: RegExp) => (e: unknown) => isMgrError(e) && e.code === code && (text === undefined || text.test(e.message));

test('a plain app has every value', () => {
  const { warnings, ...spec } = one({});
  assert.deepEqual(warnings, []);
  assert.deepEqual(spec, {
    name: 'app', namespace: 'default', script: 'app.js', exec_path: '/app/app.js', cwd: '/app', args: [], interpreter: '/opt/node', interpreter_args: [], exec_mode: 'fork', instances: 1,
    env: { inherited: {}, declared: {} }, filter_env: false, username: 'ann', autostart: true, autorestart: true, stop_exit_codes: [], min_uptime: 1000, max_restarts: 16, restart_delay: 0, exp_backoff_restart_delay: 0,
    max_memory_restart: 0, kill_timeout: 1600, kill_signal: 'SIGINT', treekill: true, shutdown_with_message: false, wait_ready: false, listen_timeout: 3000, drain_timeout: 10_000, merge_logs: true, disable_logs: false, log_type: 'raw',
    log_date_format: '', instance_var: 'NODE_APP_INSTANCE', watch: false, ignore_watch: ['.*', 'node_modules'], watch_delay: 0, vizion: true, automation: true, pmx: true, source_map_support: true, extra: {},
  });
  assert.deepEqual(JSON.parse(JSON.stringify(spec)), spec, 'it crosses a socket unchanged');
});

test('names', () => {
  for (const [app, name] of [
    [{ script: './a.b.js' }, 'a.b'], [{ name: 455 }, '455'], [{ name: 'api', name_prefix: 'mod' }, 'mod:api'], [{ name: 'api', append_env_to_name: true, env_prod: {} }, 'api-prod'], [{ script: '.hidden' }, '.hidden'], [{ name: 'null' }, 'app'],
  ] as const) assert.equal(one(app, { envName: 'prod' }, { '/app/a.b.js': '', '/app/.hidden': '' }).name, name);
  for (const name of ['', '  ', 'a\nb']) assert.throws(() => one({ name }), failsWith('BAD_OPTION', /^name: got .*, wanted text/s));
  assert.throws(() => one({}, { flags: { name: '' } }), failsWith('BAD_OPTION', /^--name: got ""/));
});

test('mode, instances and merge_logs', () => {
  for (const [app, mode, instances, merge] of [
    [{}, 'fork', 1, true],
    [{ instances: 1 }, 'cluster', 1, false],
    [{ instances: 'max' }, 'cluster', 4, false],
    [{ instances: 0 }, 'cluster', 4, false],
    [{ instances: -1 }, 'cluster', 3, false],
    [{ instances: '-1' }, 'cluster', 3, false],
    [{ instances: -2 }, 'fork', 2, false],
    [{ instances: -9 }, 'fork', 1, false],
    [{ instances: 3, exec_mode: 'fork' }, 'fork', 3, false],
    [{ exec_mode: 'cluster' }, 'cluster', 1, false],
    [{ exec_mode: 'cluster_mode' }, 'cluster', 1, false],
    [{ instances: 2, execute_command: true }, 'fork', 2, false],
    [{ instances: 2, merge_logs: true }, 'cluster', 2, true],
    [{ script: 'run.sh', instances: 2 }, 'fork', 2, false],
    [{ script: 'sleep 9', instances: 2 }, 'fork', 2, false],
    [{ interpreter: 'python3', instances: 2 }, 'fork', 2, false],
    [{ merge_logs: false }, 'fork', 1, false],
  ] as const) {
    const spec = one(app);
    assert.deepEqual([spec.exec_mode, spec.instances, spec.merge_logs], [mode, instances, merge], JSON.stringify(app));
  }
  assert.match(one({ script: 'run.sh', exec_mode: 'cluster' }).warnings[0] ?? '', /`run`: cluster mode needs a Node program/);
});

test('log and pid files are absolute; time is a date format', () => {
  const spec = one({ out: 'o.log', error_file: '/dev/null', log: true, pid: '../p.pid', time: true });
  assert.deepEqual([spec.out_file, spec.error_file, spec.log_file, spec.pid_file, spec.log_date_format], ['/app/o.log', 'NULL', true, '/p.pid', 'YYYY-MM-DDTHH:mm:ss']);
  assert.equal(one({ time: true, log_date_format: 'HH' }).log_date_format, 'HH');
  assert.equal('log_file' in one({ log_file: false }), false);
  assert.equal(one({ log_file: 'all.log' }).log_file, '/app/all.log');
});

test('uid and gid', () => {
  const root = { user: { username: 'root', uid: 0 } };
  const ids = (app: Record<string, unknown>, over: Over = root) => { const s = one(app, over); return [s.uid, s.gid, s.user_home, s.username]; };
  assert.deepEqual(ids({ uid: 'bob' }), [1001, 2001, '/home/bob', 'bob']);
  assert.deepEqual(ids({ user: 1001, gid: 'web' }), [1001, 33, '/home/bob', 'bob']);
  assert.deepEqual(ids({ uid: '0' }), [0, 0, '/root', 'root']);
  assert.deepEqual(ids({ uid: 777, gid: 888 }), [777, 888, undefined, 'root']);
  assert.deepEqual(ids({}), [undefined, undefined, undefined, 'root']);
  assert.throws(() => one({ uid: 'nobody-here' }, root), failsWith('BAD_USER', /unknown user `nobody-here`/));
  assert.throws(() => one({ gid: 'no-group' }, root), failsWith('BAD_USER', /unknown group/));
  assert.throws(() => one({ uid: 'bob' }), failsWith('NOT_ROOT'));
  assert.deepEqual(ids({ uid: 'ann' }, {}), [1000, 1000, '/home/ann', 'ann']);
});

test('the environment, layer by layer', () => {
  const app = { env: { A: 'env', B: 'env', PORT: 1, O: { x: 1 } }, env_prod: { A: 'prod' }, port: 3000 };
  const over = { env: { HOME: '/h', pm_id: '7' }, deploy: { prod: { env: { A: 'deploy', D: 'deploy' } } } };
  const prod = one(app, { ...over, envName: 'prod' });
  assert.deepEqual(prod.env, {
    inherited: { HOME: '/h' }, declared: { A: 'prod', B: 'env', PORT: '3000', O: '{"x":1}', D: 'deploy' },
    from: { A: 'env_prod', D: 'deploy.prod.env', PORT: 'port' },
    covered: [{ name: 'A', from: 'deploy.prod.env', value: 'deploy' }, { name: 'PORT', from: 'env', value: '1' }, { name: 'A', from: 'env', value: 'env' }],
  });
  assert.equal(prod.env_name, 'prod');
  const none = one(app, { ...over, envName: 'test' });
  assert.equal(none.env_name, undefined);
  assert.equal(none.env.declared['A'], 'env');
  assert.match(none.warnings[0] ?? '', /no `env_test`/);
  assert.deepEqual(one({ ...app, filter_env: true }, over).env.inherited, {});
  assert.deepEqual(one({ ...app, filter_env: true }, over).env.filtered, ['HOME']);
  assert.deepEqual(one({ env: { K: { secret: 'file:k' } }, cwd: '/app/sub' }, {}, { '/app/sub/app.js': '', '/app/sub/k': '' }).env, { inherited: {}, declared: {}, secrets: { K: 'file:/app/sub/k' } });
  assert.deepEqual(one({ ...app, filter_env: 'HOME' }, over).filter_env, ['HOME']);
  assert.equal(one({ name: 'api' }, { env: { name: 'shell' } }).name, 'api', 'a variable never renames an app');
});

test('flags lie over the file, under whatever alias', () => {
  const spec = one({ exec_interpreter: 'bash', maxRestarts: 3, error: 'x.log' }, { flags: { interpreter: 'node', max_restarts: '0' }, file: 'eco.json' });
  assert.deepEqual([spec.interpreter, spec.max_restarts, spec.error_file], ['/opt/node', 0, '/app/x.log']);
});

test('the version is that of the nearest package.json', () => {
  const files = { '/app/package.json': '{"version":"1.0.0"}', '/app/lib/x/run.js': '', '/app/bad/package.json': '{', '/app/bad/run.js': '' };
  assert.equal(one({ script: 'lib/x/run.js' }, {}, files).version, '1.0.0');
  assert.equal(one({ script: 'bad/run.js' }, {}, files).version, undefined);
  assert.equal(one({ script: 'python3' }, {}, files).version, '1.0.0');
});

test('one faulty app of a file leaves the others; a wrong option refuses the file', () => {
  const apps = [{ script: 'nope.js' }, { script: 'app.js' }];
  const r = trySpecs(apps, fakeCtx());
  assert.deepEqual([r.specs.map((s) => s.name), r.faults.map((f) => [f.name, f.error.code])], [['app'], [['nope', 'SCRIPT_NOT_FOUND']]]);
  assert.throws(() => toSpecs(apps, fakeCtx()), failsWith('SCRIPT_NOT_FOUND'));
  assert.throws(() => trySpecs([{ script: 'app.js' }, { script: 'app.js', instances: 'x' }], fakeCtx()), failsWith('BAD_OPTION'));
  assert.match(trySpecs([apps[1] ?? {}, { script: 'app.js' }], fakeCtx()).warnings[0] ?? '', /another app of this file is called `app`/);
});

test('--only keeps places and refuses unknown names', () => {
  const apps = ['api', 'web', 'job'].map((name) => ({ script: 'app.js', name, max_restarts: name === 'job' ? 'x' : 1 }));
  apps.forEach((a, i) => putPlace(a, `apps[${i}]`));
  const ctx = fakeCtx();
  assert.deepEqual(namesOf([{ script: 'app.js' }, { script: 'sleep 1.5' }], ctx), ['app', 'sleep 1']);
  const ok = apps.slice(0, 2);
  assert.deepEqual(onlyApps(ok, 'web, api', ctx), ok);
  assert.deepEqual(onlyApps(ok, 'web', ctx), [apps[1]]);
  assert.throws(() => onlyApps(ok, 'wbe', { ...ctx, file: 'eco.json' }), (e) => isMgrError(e) && e.code === 'BAD_USAGE' && /no app `wbe` in eco\.json/.test(e.message));
  assert.throws(() => toSpecs(apps.slice(2), { ...ctx, file: 'eco.json' }), failsWith('BAD_OPTION', /^eco\.json: apps\[2\]\.max_restarts: got "x", wanted a whole number/));
});

test('a patch holds only what was given', () => {
  const patch = (flags: Record<string, unknown>) => toPatch(flags, { cwd: '/app', env: { PM2_KILL_TIMEOUT: '5' } });
  assert.deepEqual(patch({ max_memory_restart: '1K', output: 'o.log', autorestart: false }).patch, { max_memory_restart: 1024, out_file: '/app/o.log', autorestart: false });
  assert.deepEqual(patch({ cron_restart: '0' }).patch, { cron_restart: '' });
  assert.deepEqual(patch({ interpreter_args: 'null' }).patch, { interpreter_args: [] });
  assert.deepEqual(patch({ args: 'a b', time: true }).patch, { args: ['a', 'b'], log_date_format: 'YYYY-MM-DDTHH:mm:ss' });
  assert.deepEqual(patch({}).patch, {});
  assert.match(patch({ instances: 3 }).warnings[0] ?? '', /`instances` is left as it is/);
});

test('100 apps of one file ask for little', () => {
  const asked: string[] = [];
  let looked = 0;
  const ctx = fakeCtx({ '/app/package.json': '{"version":"1.0.0"}', '/app/a.py': '' }, { asked, env: { A: '1' } });
  const which = (c: string) => { looked++; return ctx.runtime.which(c); };
  const { specs } = toSpecs(Array.from({ length: 100 }, (_, i) => ({ script: 'a.py', name: `a${i}` })), { ...ctx, runtime: { ...ctx.runtime, which } });
  assert.equal(specs.length, 100);
  assert.equal(specs[0]?.env.inherited, specs[99]?.env.inherited, 'one inherited environment for all');
  assert.ok(asked.length < 12, `${asked.length} questions`);
  assert.ok(looked <= 2, `${looked} searches of PATH`);
});

test('on this machine', () => {
  const ctx = systemCtx({ cwd: process.cwd(), env: { PATH: process.env['PATH'] }, execPath: process.execPath, version: process.versions.node });
  const [a, b] = toSpecs([{ script: 'scripts/test.mjs' }, { script: 'sh', args: '-c true' }], ctx).specs;
  assert.equal(a?.interpreter, process.execPath);
  assert.match(a?.version ?? '', /^\d+\.\d+/);
  assert.match(b?.exec_path ?? '', /^\/.*\/sh$/);
  assert.equal(b?.interpreter, 'none');
  assert.throws(() => toSpecs({ script: 'no-such-command-here' }, ctx), failsWith('SCRIPT_NOT_FOUND'));
});

test('an app whose end is waited for, and that never ends, is warned about', () => {
  const warned = (...apps: object[]) => toSpecs(apps.map((a) => ({ script: 'app.js', ...a })), fakeCtx(PASSWD)).warnings.join();
  const web = { name: 'web', depends_on: { job: 'completed' } };
  assert.match(warned({ name: 'job' }, web), /`job` is to be completed before others, and is restarted when it ends: set `autorestart: false`/);
  for (const job of [{ autorestart: false }, { stop_exit_codes: [0] }]) assert.equal(warned({ name: 'job', ...job }, web), '');
  assert.match(warned({ cron_restart: '0 3 * * *', autostart: false }), /`cron_start: true`/);
});
