import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { rig, view } from './rig.js';
import type { Answers } from './rig.js';
import type { AppSpec } from '../../src/config/spec.js';
import type { Outcome, ProcessView } from '../../src/protocol/views.js';

const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'mgr-cli-'));
test.after(() => fs.rm(dir, { recursive: true, force: true }));
await fs.writeFile(path.join(dir, 'app.js'), '');
await fs.writeFile(path.join(dir, 'eco.json'), JSON.stringify({ apps: [{ name: 'a', script: 'app.js' }, { name: 'b', script: 'app.js', env_prod: { P: '1' } }, { name: 'c', script: 'gone.js' }] }));

const ok = (target: string, ...value: ProcessView[]): Outcome<ProcessView[]> => ({ target, ok: true, value });
const notFound = (target: string): Outcome<ProcessView[]> => ({ target, ok: false, error: { code: 'NOT_FOUND', message: 'm', data: { target } } });
const echo = ({ targets }: { targets: readonly (string | number)[] }): Outcome<ProcessView[]>[] => targets.map((t) => (String(t).startsWith('no') ? notFound(String(t)) : ok(String(t), view({ name: String(t) }))));
const managed: Answers = {
  'process.list': { processes: [view({ id: 0, name: 'api', namespace: 'web' }), view({ id: 1, name: 'db' })], daemon: { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] } },
  'process.stop': echo, 'process.delete': echo, 'process.restart': echo, 'process.reload': echo, 'process.reset': echo,
  'process.start': ({ apps }) => apps.map((a) => ok(a.name, view({ name: a.name }))),
};

/** The first request that is not a look at the list. */
async function request(...argv: string[]): Promise<{ status: number; method: string | undefined; params: Record<string, unknown>; stderr: string; stdout: string }> {
  const r = rig(managed, { cwd: dir, env: { PATH: process.env['PATH'] ?? '', EXTRA: '1' } });
  const status = await r.run(...argv);
  const first = r.asked.find((a) => a.method !== 'process.list');
  return { status, method: first?.method, params: (first?.params ?? {}) as Record<string, unknown>, stderr: r.stderr, stdout: r.stdout };
}

test('lifecycle verbs ask for exactly their targets', async () => {
  for (const [argv, method, targets] of [
    [['stop', 'api', '1', '/x/'], 'process.stop', ['api', '1', '/x/']],
    [['del', 'all'], 'process.delete', ['all']],
    [['delete', 'all', '-s'], 'process.delete', ['all']],
    [['reset', 'api'], 'process.reset', ['api']],
    [['restart', 'api'], 'process.restart', ['api']],
    [['reload', 'api'], 'process.reload', ['api']],
    [['stop', 'eco.json'], 'process.stop', ['a', 'b', 'c']],
    [['stop', 'eco.json', '--only', 'b'], 'process.stop', ['b']],
  ] as const) {
    const r = await request(...argv);
    assert.deepEqual([r.status, r.method, r.params['targets']], [0, method, targets], argv.join(' '));
  }
});

test('each target has its outcome: the good are done and told, the bad are on stderr, the status is 1', async () => {
  const r = await request('stop', 'api', 'nope', 'db');
  assert.equal(r.status, 1);
  assert.deepEqual(r.params['targets'], ['api', 'nope', 'db']);
  assert.match(r.stdout, /^\[api\]\(0\) ✓\n\[db\]\(0\) ✓\nid {2}name/);
  assert.match(r.stderr, /^mgr: no process, namespace or id matches `nope`\n {2}→ /);
});

test('restart: flags become a patch, --update-env the environment', async () => {
  const plain = await request('restart', 'api');
  assert.deepEqual(Object.keys(plain.params), ['targets']);
  const patched = await request('restart', 'api', '--max-memory-restart', '200M', '--update-env');
  assert.deepEqual(patched.params['patch'], { max_memory_restart: 200 * 1024 ** 2 });
  assert.equal((patched.params['env'] as Record<string, string>)['EXTRA'], '1');
});

test('start: a name, a namespace, an id or all restarts; a script, a file or a command starts', async () => {
  for (const [word, method] of [['api', 'process.restart'], ['web', 'process.restart'], ['0', 'process.restart'], ['all', 'process.restart'], ['app.js', 'process.start'], ['./app.js', 'process.start'], ['echo hi', 'process.start'], ['sleep', 'process.start'], ['eco.json', 'process.start']] as const) {
    assert.equal((await request('start', word)).method, method, word);
  }
});

test('start: flags and what follows -- reach the record; --force asks for another', async () => {
  const r = await request('start', 'app.js', '-n', 'x', '--kill-timeout', '5', '--no-autorestart', '--', '--port', '1', '-n', 'y');
  const [app] = r.params['apps'] as AppSpec[];
  assert.ok(app);
  assert.deepEqual([app.name, app.args, app.kill_timeout, app.autorestart, app.exec_path], ['x', ['--port', '1', '-n', 'y'], 5, false, path.join(dir, 'app.js')]);
  assert.equal(r.params['ifKnown'], 'refuse');
  assert.equal((await request('start', 'app.js', '-f')).params['ifKnown'], 'another');
  assert.equal((await request('start', 'eco.json')).params['ifKnown'], 'restart');
});

test('start: flags may stand before the verb, and a name may be a verb', async () => {
  const r = await request('--name', 'list', 'start', 'app.js');
  assert.equal((r.params['apps'] as AppSpec[])[0]?.name, 'list');
});

test('start of a file: a faulty app does not keep the others from starting, the status is 1', async () => {
  const r = await request('start', 'eco.json', '--env', 'prod');
  assert.deepEqual((r.params['apps'] as AppSpec[]).map((a) => [a.name, a.env_name]), [['a', undefined], ['b', 'prod']]);
  assert.equal(r.status, 1);
  assert.match(r.stderr, /cannot start `c`: script gone\.js does not exist/);
});

test('start -: a config on standard input', async () => {
  const r = rig(managed, { cwd: dir, stdin: '{ apps: [{ script: "app.js", name: "piped" }], }' });
  assert.equal(await r.run('start', '-'), 0);
  const started = r.asked.find((a) => a.method === 'process.start');
  assert.ok(started);
  assert.equal((started.params as { apps: AppSpec[] }).apps[0]?.name, 'piped');
});

test('id, pid, env, jlist, ping are for scripts', async () => {
  const answers: Answers = { ...managed, 'process.jlist': { tag: 't', text: '[{"name":"api"}]' }, 'process.env': { A: '1', B: 'x y' } };
  for (const [argv, stdout] of [
    [['id', 'api'], '[ 0 ]\n'], [['id', 'nope'], '[]\n'],
    [['pid'], '77\n77\n'], [['pid', 'db'], '77\n'], [['pid', 'nope'], '\n'],
    [['env', '0'], 'A: 1\nB: x y\n'], [['jlist'], '[{"name":"api"}]'], [['ping'], "{ msg: 'pong' }\n"],
  ] as const) {
    const r = rig(answers);
    assert.equal(await r.run(...argv), 0);
    assert.equal(r.stdout, stdout, argv.join(' '));
  }
});

test('settings: requests and what is told', async () => {
  const answers: Answers = {
    'settings.set': ({ entries }) => entries.map(([key]) => ({ section: key.split(':')[0] ?? '', applied: 'restarted', name: 'mod' })),
    'settings.get': ({ key }) => (key === 'mod:a' ? { found: true, value: '1K' } : key === 'mod' ? { found: true, value: { a: '1K', b: { c: 'x y' } } } : key === undefined ? { found: true, value: { mod: { a: 0 } } } : { found: false }),
    'settings.unset': { removed: true },
  };
  const said = async (...argv: string[]): Promise<[number, string]> => { const r = rig(answers); const status = await r.run(...argv); return [status, r.stdout]; };
  assert.deepEqual(await said('set', 'mod:a', '-5'), [0, 'saved mod:a = -5\nmod was restarted with it\n']);
  assert.deepEqual(await said('multiset', 'mod:a 1 mod:b "x y"'), [0, 'saved mod:a = 1\nsaved mod:b = x y\nmod was restarted with it\n']);
  assert.deepEqual(await said('get', 'mod:a'), [0, '1K\n']);
  assert.deepEqual(await said('get', 'mod'), [0, "$ mgr set mod:a 1K\n$ mgr set mod:b:c 'x y'\n"]);
  assert.deepEqual(await said('get'), [0, '$ mgr set mod:a 0\n']);
  assert.deepEqual(await said('unset', 'mod:a'), [0, 'removed mod:a\n']);
  assert.equal((await said('get', 'gone'))[0], 1);
});

test('reloadLogs opens the log files again', async () => {
  const r = rig({ 'logs.reopen': {} });
  assert.equal(await r.run('reloadLogs'), 0);
  assert.deepEqual([r.asked, r.stdout], [[{ method: 'logs.reopen', params: {} }], 'the log files were opened again\n']);
});

test('kill without a daemon is no failure and starts none', async () => {
  const r = rig({}, { down: true });
  assert.equal(await r.run('kill'), 0);
  assert.deepEqual([r.stdout, r.asked], ['', []]);
  assert.match(r.stderr, /not running/);
});

test('install: the request, the progress on a terminal only, the scripts that were left out', async () => {
  const r = rig({ ...managed, 'module.list': [] }, { cwd: dir });
  assert.equal(await r.run('install', 'x', '--safe', '--allow-scripts'), 0);
  assert.deepEqual(Object.fromEntries(Object.entries(r.installs[0] as object).filter(([k]) => k !== 'env')), { spec: 'x', home: '/tmp/mgr-none', allowScripts: true, cwd: dir, userHome: '/root', username: 'root' });
  assert.match(r.stdout, /^\[x\]\(0\) ✓\ninstalled x 1\.0\.0\n/);
  assert.match(r.stderr, /^mgr: install scripts were not run: esbuild@1\.0\.0\n/);
  const t = rig({ ...managed, 'module.list': [] }, { cwd: dir, errColumns: 80 });
  await t.run('install', 'x');
  assert.ok(t.stderr.startsWith('installing x: x 1.0.0\r\u001b[K'));
});

test('reload: its flags, config files, and what it says', async () => {
  const r = await request('reload', 'api', '--parallel', '3', '-f', '--max-restarts', '5', '--update-env');
  assert.equal(r.status, 0);
  const { env, ...params } = r.params;
  assert.deepEqual(params, { targets: ['api'], parallel: 3, force: true, patch: { max_restarts: 5 } });
  assert.equal((env as Record<string, string>)['EXTRA'], '1');
  for (const verb of ['reload', 'startOrReload', 'startOrGracefulReload']) {
    const f = await request(verb, 'eco.json', '--only', 'a', '--parallel', '1');
    assert.equal(f.method, 'process.start', verb);
    assert.deepEqual([f.params['ifKnown'], f.params['parallel'], (f.params['apps'] as AppSpec[]).map((a) => a.name)], ['reload', 1, ['a']]);
  }
  const restarted = await request('startOrRestart', 'eco.json', '--only', 'b', '--env', 'prod');
  assert.deepEqual([restarted.params['ifKnown'], (restarted.params['apps'] as AppSpec[]).map((a) => a.env.declared)], ['restart', [{ P: '1' }]]);
  const wrong = await request('startOrReload', 'api');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /startOrReload: got `api`, wanted a config file/);
  assert.match((await request('reload', 'api', '--env', 'prod')).stderr, /--env chooses env_<name> of a config file/);
  const told = rig({ ...managed, 'process.reload': [{ target: 'api', ok: true, value: [view({})], said: '`api`: restarted, not replaced' }] }, { cwd: dir });
  assert.equal(await told.run('reload', 'api'), 0);
  assert.match(told.stderr, /mgr: `api`: restarted, not replaced/);
});
