// `alias pm2=mgr`: a working day of somebody who knows PM2, with the files and the words of before (pm2-facts 11). Each line
// is typed into a real shell; what PM2's scripts test for is the status and the words on stdout.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { ROOT, type Ran, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const BIN = path.join(ROOT, 'bin/mgr.js');

/** A line as it is typed. */
function pm2(rig: Rig, line: string, env: Record<string, string> = {}): Promise<Ran> {
  return rig.run('/bin/bash', ['-c', `shopt -s expand_aliases\nalias pm2='"${process.execPath}" "${BIN}"'\n${line}`], env);
}

/** The line, its status and a word of its stdout; gives what was said. */
async function say(rig: Rig, line: string, status = 0, out?: RegExp): Promise<string> {
  const r = await pm2(rig, line);
  assert.equal(r.code, status, `${line}\n${r.out}${r.err}`);
  if (out) assert.match(r.out, out, line);
  return r.out;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const SERVER = `require('node:http').createServer((q, s) => s.end(process.env.NODE_ENV)).listen(0, '127.0.0.1', () => { console.log('listening as ' + process.env.NODE_ENV); process.send('ready'); });
process.on('SIGINT', () => { console.log('bye'); process.exit(0); });`;
const WORKER = "console.log('worker ' + process.argv.slice(2) + ' ' + process.env.QUEUE + ' ' + process.env.OPTS); console.error('careful'); setInterval(() => console.log('tick'), 50);";
const IDLE = 'setInterval(() => {}, 1e6);';
// As PM2's documents have it.
const ECOSYSTEM = `module.exports = {
  /**
   * Application configuration section
   */
  apps : [
    {
      name      : 'API',
      script    : 'server.js',
      instances : 1, exec_mode : 'fork',
      wait_ready: true, listen_timeout: 8000, kill_timeout: 3000,
      max_memory_restart: '300M',
      env: { COMMON_VARIABLE: 'true', NODE_ENV: 'development', LIMIT: 80, DEBUG: false, TEXT: '80' },
      env_production : { NODE_ENV: 'production' }
    },
    {
      name: 'worker', script: 'worker.js', args: '--queue mails', namespace: 'jobs', node_args: ['--harmony'],
      log_date_format: 'YYYY-MM-DD HH:mm Z', error_file: 'logs/worker-err.log', out_file: 'logs/worker-out.log', merge_logs: true,
      watch: false, ignore_watch: ['node_modules'],
      env: { QUEUE: 'mails', OPTS: { a: 1 } }
    },
    { name: 'nightly', script: 'idle.js', cron_restart: '0 4 * * *', autorestart: false, vizion: false }
  ],
  deploy : { production : { user: 'node', host: '212.83.163.1', ref: 'origin/master', repo: 'git@github.com:repo.git', path: '/var/www/production' } }
};`;

function project(rig: Rig): void {
  for (const [name, text] of Object.entries({ 'server.js': SERVER, 'worker.js': WORKER, 'idle.js': IDLE, 'ecosystem.config.js': ECOSYSTEM })) rig.file(name, text);
}

test('the day: an ecosystem file as it was, started, looked at, changed, saved, ended', () => within(async (rig) => {
  project(rig);
  await say(rig, 'pm2 start ecosystem.config.js', 0, /^\[API\]\(0\) ✓\n\[worker\]\(1\) ✓\n\[nightly\]\(2\) ✓\n/);
  await waitFor('logs where the file wants them', () => fs.existsSync(path.join(rig.dir, 'logs/worker-out.log')) && /^\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d: worker --queue,mails mails \{"a":1\}\n/.test(fs.readFileSync(path.join(rig.dir, 'logs/worker-out.log'), 'utf8')));
  await say(rig, 'pm2 start ecosystem.config.js --env production --only API', 0, /^\[API\]\(0\) ✓\nid /);
  await waitFor('the new environment', () => rig.read('logs/API-out-0.log').includes('listening as production'));
  assert.match(rig.read('logs/API-out-0.log'), /listening as development\nbye\nlistening as production\n/, 'asked to end, then started anew');
  // People grep these.
  await say(rig, `pm2 prettylist | grep -c "status: 'online'"`, 0, /^3\n$/);
  await say(rig, `pm2 prettylist | grep node_args`, 0, /node_args: \[ '--harmony' \]/);
  await say(rig, `pm2 prettylist | grep -E '^ {6}(LIMIT|DEBUG|TEXT|COMMON)'`, 0, /COMMON_VARIABLE: 'true',\n +LIMIT: 80,\n +DEBUG: false,\n +TEXT: '80',\n$/);
  await say(rig, `pm2 prettylist | grep restart_time`, 0, /restart_time: 1,\n +restart_time: 0,/);
  await say(rig, 'pm2 jlist | grep -o \'"NODE_ENV":"production"\' | sort -u', 0, /^"NODE_ENV":"production"\n$/);
  await say(rig, 'pm2 ls | grep worker | grep -c online', 0, /^1\n$/);
  await say(rig, 'pm2 -m ls', 0, /^\+--- API\nnamespace : default\n/);
  await say(rig, 'pm2 list --sort=name:desc', 0, /\n1 +worker.*\n2 +nightly.*\n0 +API/);
  await say(rig, 'pm2 show API', 0, /API \(0\) {2}online/);
  await say(rig, 'pm2 env 0', 0, /^NODE_ENV: production$/m);
  await say(rig, 'pm2 logs jobs --nostream --lines 2', 0, /^(?:1\|worker \| \d{4}-.*\n){3}$/);
  await say(rig, 'pm2 stop worker nightly', 0, /^\[worker\]\(1\) ✓\n\[nightly\]\(2\) ✓\n/);
  await say(rig, 'pm2 restart ecosystem.config.js --only "worker,nightly"', 0, /^\[worker\]\(1\) ✓\n\[nightly\]\(2\) ✓\n/);
  await say(rig, 'pm2 set worker.QUEUE sms');
  await waitFor('the restart of a setting', async () => (await say(rig, 'pm2 env 1')).includes('QUEUE: sms\n'));
  await say(rig, 'pm2 flush worker && pm2 reloadLogs && pm2 reset all', 0, /flushed .*worker-out\.log/);
  await say(rig, 'pm2 save', 0, /dump\.pm2/);
  const [api] = await rig.rows();
  await say(rig, 'pm2 update');
  assert.equal((await rig.row('API')).pid, api?.pid, 'no program is touched');
  await say(rig, 'pm2 kill');
  assert.equal(alive(api?.pid ?? 0), false);
  await say(rig, 'pm2 resurrect', 0, /\[API\].*✓/);
  assert.deepEqual((await rig.rows()).map((r) => [r.name, r.pm2_env['NODE_ENV'], r.pm2_env['status']]), [['API', 'production', 'online'], ['worker', undefined, 'online'], ['nightly', undefined, 'online']]);
  await say(rig, 'pm2 delete ecosystem.config.js', 0, /^\[API\]/);
  assert.deepEqual(await rig.rows(), []);
}));

test('statuses that scripts branch on', () => within(async (rig) => {
  project(rig);
  await say(rig, 'pm2 kill', 0);
  await say(rig, 'pm2', 1);
  for (const line of ['pm2 restart nothing', 'pm2 stop nothing', 'pm2 delete 42', 'pm2 describe nothing', 'pm2 stop all', 'pm2 frobnicate', 'pm2 start gone.js', 'pm2 link x y']) await say(rig, line, 1, /^$/);
  await say(rig, 'pm2 start idle.js -c "not a pattern"', 1);
  await say(rig, 'pm2 start idle.js --name 455', 0);
  await say(rig, 'pm2 start idle.js --name 455', 1);
  await say(rig, 'pm2 start 455', 0, /^\[455\]\(0\) ✓/);
  await say(rig, 'pm2 start 0', 0, /^\[455\]\(0\) ✓/);
  await say(rig, 'pm2 start idle.js --name 455 -f', 0, /^\[455\]\(1\) ✓/);
  await say(rig, 'pm2 id 455', 0, /^\[ 0, 1 \]\n$/);
  await say(rig, 'pm2 pid nobody', 0, /^\n$/);
  await say(rig, 'pm2 stop nobody 455', 1, /^\[455\]\(0\) ✓\n\[455\]\(1\) ✓\n/);
  await say(rig, 'pm2 restart idle.js', 0, /^\[455\]\(0\) ✓\n/);
  await say(rig, 'pm2 delete 455 --force', 0);
  await say(rig, 'pm2 restart idle.js', 0, /^\[idle\]\(2\) ✓/);
  await say(rig, `echo '{"apps":[{"name":"in","script":"idle.js"}]}' | pm2 start -`, 0, /^\[in\]\(3\) ✓/);
  await say(rig, `echo '{"apps":[{"name":"in","script":"idle.js"}]}' | pm2 delete -`, 0, /^\[in\]\(3\) ✓/);
  await say(rig, 'pm2 delete all && pm2 delete all', 1, /^\[idle\]\(2\) ✓/);
  await say(rig, 'pm2 save', 1);
  await say(rig, 'pm2 save --force', 0);
  await say(rig, 'pm2 ping', 0, /^\{ msg: 'pong' \}\n$/);
}));

test('reload, startOrRestart, startOrReload and a cluster, by the same words', () => within(async (rig) => {
  project(rig);
  rig.file('web.js', "require('node:http').createServer((q, s) => s.end(String(process.pid))).listen(Number(process.env.PORT), '127.0.0.1');");
  const restarts = async (): Promise<unknown[]> => (await rig.rows()).map((r) => r.pm2_env['restart_time']);
  await say(rig, 'pm2 startOrRestart ecosystem.config.js', 0, /^\[API\]\(0\) ✓\n/);
  await say(rig, 'pm2 startOrRestart ecosystem.config.js');
  assert.deepEqual(await restarts(), [1, 1, 1]);
  await say(rig, 'pm2 startOrReload ecosystem.config.js --only API');
  await say(rig, 'pm2 startOrGracefulReload ecosystem.config.js --only "worker"');
  await say(rig, 'pm2 reload nightly && pm2 gracefulReload nightly', 0, /^\[nightly\]\(2\) ✓\n/);
  assert.deepEqual(await restarts(), [2, 2, 3]);
  await say(rig, 'pm2 reload nobody', 1);
  await say(rig, 'pm2 reload API --env production', 1);
  await say(rig, 'pm2 delete all -s');
  const port = await freePort();
  await say(rig, `PORT=${port} pm2 start web.js -i 2 --name web`, 0, /^\[web\]\(3\) ✓\n\[web\]\(4\) ✓\n/);
  assert.deepEqual((await rig.rows()).map((r) => [r.pm2_env['exec_mode'], r.pm2_env['NODE_APP_INSTANCE']]), [['cluster_mode', 0], ['cluster_mode', 1]]);
  await say(rig, `for i in 1 2 3 4 5 6; do curl -sf http://127.0.0.1:${port}/; echo; done | sort -u | wc -l`, 0, /^ *2\n$/);
  await say(rig, 'pm2 reload web', 0, /^\[web\]\(3\) ✓\n\[web\]\(4\) ✓\n/);
  await say(rig, `curl -sf http://127.0.0.1:${port}/`, 0, /^\d+$/);
  await say(rig, 'pm2 ls | grep -c cluster', 0, /^2\n$/);
  const workers = async (): Promise<unknown[]> => (await rig.rows()).map((r) => [r.pm_id, r.pm2_env['NODE_APP_INSTANCE']]);
  await say(rig, 'pm2 scale web +2');
  assert.deepEqual(await workers(), [[3, 0], [4, 1], [5, 2], [6, 3]]);
  await say(rig, 'pm2 scale web 3');
  await say(rig, 'pm2 scale web 3', 1);
  await say(rig, 'pm2 scale web 4 -s && pm2 scale nobody 2', 1);
  assert.deepEqual(await workers(), [[3, 0], [4, 1], [5, 2], [7, 3]], 'the highest ids go, freed numbers are given again');
}));

test('watch by command: restart --watch turns it over, stop switches it off, the file switches it on again', () => within(async (rig) => {
  rig.file('idle.js', IDLE);
  rig.file('watched.json', '// what is watched\n[{ "name": "w", "script": "./idle.js", "watch": ["src"], }]');
  const watched = async (): Promise<unknown> => (await rig.row('w')).pm2_env['watch'];
  await say(rig, 'pm2 start watched.json');
  assert.deepEqual(await watched(), ['src']);
  await say(rig, 'pm2 restart w --watch');
  assert.equal(await watched(), false);
  await say(rig, 'pm2 restart w --watch');
  assert.deepEqual(await watched(), ['src'], 'it knows what was watched');
  await say(rig, 'pm2 stop w');
  assert.equal(await watched(), false);
  await say(rig, 'pm2 start watched.json');
  assert.deepEqual(await watched(), ['src']);
}));

test('config files in each of PM2\'s forms', () => within(async (rig) => {
  rig.file('idle.js', IDLE);
  rig.file('say.js', "console.log(JSON.stringify([process.env.A, process.env.B])); setInterval(() => {}, 1e6);");
  rig.file('package.json', '{ "name": "x", "pm2": { "apps": [{ "name": "of-package", "script": "idle.js" }] } }');
  rig.file('list.json', '[{ "name": "bare", "script": "idle.js" },]');
  rig.file('apps.yml', 'apps:\n  - name: yaml\n    script: ./say.js\n    append_env_to_name: true\n    env:\n      A: 1\n      B: { c: 2 }\n    env_staging:\n      A: staged\n');
  rig.file('process.json', '{ "apps": [{ "name": "shell", "script": "echo from a shell; sleep 100000" }] }');
  for (const file of ['package.json', 'list.json', 'apps.yml --env staging', 'process.json']) await say(rig, `pm2 start ${file}`);
  assert.deepEqual((await rig.rows()).map((r) => r.name), ['of-package', 'bare', 'yaml-staging', 'shell']);
  await waitFor('their lines', () => rig.read('logs/yaml-staging-out.log') === '["staged","{\\"c\\":2}"]\n' && rig.read('logs/shell-out.log') === 'from a shell\n');
  await say(rig, 'pm2 delete apps.yml --env staging list.json', 0, /^\[yaml-staging\]\(2\) ✓\n\[bare\]\(1\) ✓\n/);
}));

test('logs: where they go, and that --lines 0 still streams', () => within(async (rig) => {
  rig.file('worker.js', WORKER);
  await say(rig, 'pm2 start worker.js --name deep -o new/folder/out.log -e NULL');
  await waitFor('the file in a new folder', () => fs.existsSync(path.join(rig.dir, 'new/folder/out.log')) && fs.readFileSync(path.join(rig.dir, 'new/folder/out.log'), 'utf8').includes('tick'));
  await say(rig, 'pm2 start worker.js --name none -o /dev/null -e /dev/null && pm2 start worker.js --name pair -i 2 -x && pm2 start worker.js --name merged -i 2 -x --merge-logs');
  await waitFor('the files of instances', () => ['pair-out-2.log', 'pair-out-3.log', 'merged-out.log'].every((f) => rig.read(`logs/${f}`).includes('tick')));
  const files = fs.readdirSync(path.join(rig.home, 'logs')).sort();
  assert.deepEqual(files, ['merged-error.log', 'merged-out.log', 'pair-error-2.log', 'pair-error-3.log', 'pair-out-2.log', 'pair-out-3.log']);
  await say(rig, 'timeout 20 bash -c \'"$0" "$1" logs deep --lines 0 --raw\' "$(command -v node)" "' + BIN + '" | head -2', 0, /^tick\ntick\n$/);
  await say(rig, 'pm2 logs pair --nostream --lines 1 --err | sort', 0, /^2\|pair \| careful\n3\|pair \| careful\n$/);
}));

test('PM2\'s variables, and the end of the daemon by its pid file', () => within(async (rig) => {
  rig.file('stubborn.js', "process.on('SIGINT', () => {}); setInterval(() => {}, 1e6);");
  const silent = await pm2(rig, 'pm2 start stubborn.js', { PM2_SILENT: 'true', PM2_KILL_TIMEOUT: '120' });
  assert.deepEqual([silent.code, silent.out, silent.err], [0, '', '']);
  assert.equal((await rig.row('stubborn')).pm2_env['kill_timeout'], 120);
  const { pid } = await rig.row('stubborn');
  await say(rig, 'pm2 save');
  const daemon = await rig.daemonPid();
  await say(rig, `kill -TERM "$(cat ${rig.home}/pm2.pid)"`);
  await waitFor('its end, with its programs', () => !alive(daemon) && !alive(pid));
  // A dump that is no JSON: the one before it counts.
  await say(rig, 'pm2 resurrect && pm2 save && echo torn > ' + path.join(rig.home, 'dump.pm2') + ' && pm2 delete all && pm2 resurrect', 0, /\[stubborn\].*✓/);
}));
