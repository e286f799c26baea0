// Every option that PM2 has (pm2-facts 1.3), at `start` and `restart` with its meaning, elsewhere at least understood.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { AppSpec } from '../../src/config/spec.js';
import type { Params } from '../../src/protocol/contract.js';
import type { Outcome, ProcessDetail, ProcessView } from '../../src/protocol/views.js';
import { rig, view } from './rig.js';
import type { Answers } from './rig.js';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-flags-'));
test.after(() => fs.rmSync(dir, { recursive: true, force: true }));
fs.writeFileSync(path.join(dir, 'app.js'), '');
fs.writeFileSync(path.join(dir, 'many.json'), JSON.stringify({ apps: ['a', 'b', 'c'].map((name) => ({ name, script: 'app.js' })) }));

const ok = (target: string | number, ...value: ProcessView[]): Outcome<ProcessView[]> => ({ target: String(target), ok: true, value });
const detail = (over: Partial<ProcessView>): ProcessDetail => view(over) as ProcessDetail;
const daemon = { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] };
const answers: Answers = {
  'process.list': { processes: [view(), view({ id: 1, name: 'db' })], daemon },
  'process.start': ({ apps }) => apps.map((a) => ok(a.name, view({ name: a.name }))),
  'process.restart': ({ targets }) => targets.map((t) => ok(t, view())),
  'process.stop': ({ targets }) => targets.map((t) => ok(t, view())),
  'process.delete': ({ targets }) => targets.map((t) => ok(t, view())),
  'process.describe': ({ target }) => (target === 'all' ? [detail({ id: 0, watching: true }), detail({ id: 1 }), detail({ id: 2 })] : [detail({})]),
  'daemon.save': { count: 1, file: 'f' },
};
const run = async (...argv: string[]) => { const r = rig(answers, { cwd: dir, env: { PATH: process.env['PATH'] ?? '' } }); const status = await r.run(...argv); return { status, r, asked: r.asked.filter((a) => a.method !== 'process.list'), stderr: r.stderr, stdout: r.stdout }; };

// As PM2 prints them; the words of the second column are one way to use them.
const PM2: readonly (readonly string[])[] = [
  ['-s'], ['--silent'], ['-n', 'x'], ['--name', 'x'], ['-m'], ['--mini-list'], ['--interpreter', 'node'], ['--interpreter-args', '--harmony'], ['--node-args', '--harmony'],
  ['-o', 'out.log'], ['--output', 'out.log'], ['-e', 'err.log'], ['--error', 'err.log'], ['-l', 'all.log'], ['--log', 'all.log'], ['--filter-env', 'X'], ['--log-type', 'json'],
  ['--log-date-format', 'YYYY'], ['--time'], ['--disable-logs'], ['-a'], ['--update-env'], ['-f'], ['--force'], ['-i', '2'], ['--instances', 'max'], ['--parallel', '2'],
  ['--shutdown-with-message'], ['-p', 'x.pid'], ['--pid', 'x.pid'], ['-k', '1000'], ['--kill-timeout', '1000'], ['--listen-timeout', '1000'], ['--max-memory-restart', '100M'],
  ['--restart-delay', '100'], ['--exp-backoff-restart-delay', '100'], ['-x'], ['--execute-command'], ['--max-restarts', '3'], ['-u', 'root'], ['--user', 'root'], ['--uid', '0'], ['--gid', '0'],
  ['--namespace', 'web'], ['--cwd', '.'], ['-c', '0 4 * * *'], ['--cron', '0 4 * * *'], ['--cron-restart', '0'], ['-w'], ['--write'], ['--source-map-support'], ['--disable-source-map-support'],
  ['--only', 'a'], ['--wait-ready'], ['--merge-logs'], ['--watch'], ['--watch', 'src'], ['--ignore-watch', 'a b'], ['--watch-delay', '4'], ['--ext', 'js,ts'], ['--no-color'], ['--no-vizion'],
  ['--no-autostart'], ['--no-autorestart'], ['--no-treekill'], ['--no-pmx'], ['--no-automation'], ['--stop-exit-codes', '0'], ['--trace'], ['--disable-trace'], ['--v8'], ['--event-loop-inspector'],
  ['--deep-monitoring'], ['--sort', 'name:desc'],
];

test('start takes each of PM2\'s options', async () => {
  for (const flag of PM2) {
    const { status, stderr, asked } = await run('start', 'app.js', ...flag);
    assert.equal(status, 0, `${flag.join(' ')}: ${stderr}`);
    assert.equal(asked[0]?.method, 'process.start', flag.join(' '));
    assert.doesNotMatch(stderr, /left out/, flag.join(' '));
  }
});

test('each of them is understood at the other commands, and a word is said where it means nothing', async () => {
  for (const flag of PM2) {
    for (const command of [['stop', 'api'], ['delete', 'all'], ['list'], ['save'], ['restart', 'api']]) {
      // Draws until Ctrl-C.
      if (command[0] === 'list' && flag[0] === '--watch') continue;
      const { status, stderr } = await run(...command, ...flag);
      assert.equal(status, 0, `${command.join(' ')} ${flag.join(' ')}: ${stderr}`);
    }
  }
  const { stderr, asked } = await run('delete', 'all', '--force', '--kill-timeout', '5');
  assert.match(stderr, /^mgr: `--kill-timeout` means nothing to `mgr delete`, it is left out\nmgr: `--force` means nothing/);
  assert.deepEqual(asked[0]?.params, { targets: ['all'] });
});

test('PM2\'s Docker helper is answered in words; a slip is still a slip', async () => {
  const docker = await run('start', 'app.js', '--container');
  assert.equal(docker.status, 1);
  assert.match(docker.stderr, /^mgr: there is no `--container` here: mgr builds no Docker images\n {2}→ .*mgr-runtime/);
  assert.match((await run('stop', 'api', '--frce')).stderr, /^mgr: unknown option `--frce` of mgr stop/);
});

test('--write: a file that starts the same again', async () => {
  const first = await run('start', './app.js', '-n', 'my app', '-w', '--max-memory-restart', '100M', '--cwd', dir, '-o', 'o.log', '--', '--port', '1');
  assert.equal(first.status, 0, first.stderr);
  const again = await run('start', 'my-app-pm2.json');
  assert.equal(again.status, 0, again.stderr);
  const spec = (r: typeof first): Partial<AppSpec> => { const { script: _, env: _env, origin: _file, ...rest } = (r.asked[0]?.params as Params<'process.start'> | undefined)?.apps[0] ?? {} as AppSpec; return rest; };
  assert.deepEqual(spec(again), spec(first));
});

test('--attach shows the logs of what was touched, from the list on to Ctrl-C', async () => {
  const r = rig({ ...answers, 'logs.files': [] }, { cwd: dir, env: { PATH: process.env['PATH'] ?? '' } });
  const ended = r.run('restart', 'api', '--attach');
  await r.following;
  assert.deepEqual(r.subscriptions, [{ events: ['log'], ids: [0] }]);
  assert.match(r.stdout, /^\[api\]\(0\) ✓\nid /);
  r.interrupt();
  assert.equal(await ended, 0);
});

test('-m and --sort after a deed; a wrong --sort keeps it from being done', async () => {
  assert.match((await run('restart', 'api', '-m')).stdout, /^\[api\]\(0\) ✓\n\+--- api\nnamespace : default\n/);
  assert.match((await run('stop', 'api', '--sort', 'name:desc')).stdout, /\n1 +db [^\n]*\n0 +api /);
  const wrong = await run('stop', 'api', '--sort', 'beauty');
  assert.deepEqual([wrong.status, wrong.asked], [1, []]);
});

test('restart --watch turns watching over, each process by itself', async () => {
  const { asked } = await run('restart', 'all', '--watch', '--kill-timeout', '5');
  assert.deepEqual(asked.filter((a) => a.method === 'process.restart').map((a) => a.params), [
    { targets: [0], patch: { kill_timeout: 5, watch: false } }, { targets: [1, 2], patch: { kill_timeout: 5, watch: true } },
  ]);
  const path = await run('restart', 'all', '--watch', 'src');
  assert.deepEqual(path.asked.map((a) => a.params), [{ targets: ['all'], patch: { watch: ['src'] } }]);
});

test('--parallel: so many at a time', async () => {
  const restarted = await run('restart', 'all', '--parallel', '2');
  assert.deepEqual(restarted.asked.filter((a) => a.method === 'process.restart').map((a) => a.params), [{ targets: [0, 1] }, { targets: [2] }]);
  const started = await run('start', 'many.json', '--parallel', '2');
  assert.deepEqual(started.asked.map((a) => (a.params as Params<'process.start'>).apps.map((s) => s.name)), [['a', 'b'], ['c']]);
  assert.match((await run('restart', 'all', '--parallel', '0')).stderr, /--parallel: got `0`, wanted a whole number, at least 1/);
});

test('--env belongs to config files: with a name it is an error, with a script a word', async () => {
  const named = await run('restart', 'api', '--env', 'production');
  assert.deepEqual([named.status, named.asked], [1, []]);
  assert.match(named.stderr, /^mgr: --env chooses env_<name> of a config file, and `api` is none\n {2}→ mgr restart ecosystem\.config\.js --env/);
  const script = await run('start', 'app.js', '--env', 'production');
  assert.equal(script.status, 0);
  assert.match(script.stderr, /means nothing here/);
});

test('--node-args=null takes the key away', async () => {
  const { asked } = await run('restart', 'api', '--node-args=null');
  assert.deepEqual(asked[0]?.params, { targets: ['api'], patch: { interpreter_args: [] } });
});

test('- is standard input for start, restart, stop and delete', async () => {
  const json = JSON.stringify({ apps: [{ name: 'x', script: 'app.js' }] });
  for (const [verb, method] of [['start', 'process.start'], ['restart', 'process.start'], ['stop', 'process.stop'], ['delete', 'process.delete']] as const) {
    const r = rig(answers, { cwd: dir, stdin: json, env: { PATH: process.env['PATH'] ?? '' } });
    assert.equal(await r.run(verb, '-'), 0, r.stderr);
    const asked = r.asked.find((a) => a.method === method)?.params as { targets?: string[]; apps?: AppSpec[] };
    assert.deepEqual(asked.targets ?? asked.apps?.map((a) => a.name), ['x'], verb);
  }
});

test('the help tells what a --no- does, and leaves out what means nothing', async () => {
  const { stdout } = await run('start', '--help');
  assert.match(stdout, /--no-autorestart +do not start again after an exit/);
  assert.match(stdout, /--name <name>/);
  assert.doesNotMatch(stdout, /--trace|--v8/);
});
