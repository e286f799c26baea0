// What restarts programs though nobody asked, and who comes before whom, with the real command.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const IDLE = 'setInterval(() => {}, 1e6);';
const restarts = (row: { readonly pm2_env: Readonly<Record<string, unknown>> }): unknown => row.pm2_env['restart_time'];

test('watch: a change restarts, over a stop, a turn by hand and a death of the daemon', { timeout: 120_000 }, () => within(async (rig) => {
  const app = rig.file('app/app.js', IDLE);
  rig.file('app/src/lib.js', '1');
  await rig.ok('start', app, '--name', 'a', '--cwd', `${rig.dir}/app`, '--watch', 'src');
  const until = (n: number): Promise<unknown> => waitFor(`${n} restarts`, async () => { const row = await rig.row('a'); return restarts(row) === n && row.pm2_env['status'] === 'online'; });
  let n = 0;
  // The watcher begins a moment after the start's answer; until then a change is none.
  const change = async (): Promise<void> => {
    n++;
    for (let i = 0; restarts(await rig.row('a')) !== n && i < 20; i++) {
      rig.file('app/src/lib.js', `${n}.${i}`);
      await new Promise((r) => setTimeout(r, 600));
    }
    await until(n);
  };
  await change();
  assert.match(await rig.ok('describe', 'a'), /restarted: src\/lib\.js changed/);
  assert.equal((await rig.row('a')).pm2_env['watch'] === false, false);
  await rig.killDaemon();
  await change();
  await rig.ok('stop', 'a');
  assert.equal((await rig.row('a')).pm2_env['watch'], false);
  await rig.ok('start', 'a');
  n = Number(restarts(await rig.row('a')));
  await change();
  await rig.ok('restart', 'a', '--watch');
  assert.match(await rig.ok('list'), /disabled/);
  await rig.ok('restart', 'a', '--watch');
  n = Number(restarts(await rig.row('a')));
  // Turned on again it watches what it watched before, not the whole folder.
  assert.deepEqual((await rig.row('a')).pm2_env['watch'], ['src']);
  await change();
}));

test('cron_restart: at its times, also after a death of the daemon; shown, switched off, refused when it is wrong', { timeout: 120_000 }, () => within(async (rig) => {
  const app = rig.file('app.js', IDLE);
  for (const pattern of ['* * *', '0 0 31 2 *', 'soon']) {
    const r = await rig.mgr('start', app, '--cron', pattern);
    assert.equal(r.code, 1);
    assert.match(r.err, new RegExp(`--cron: got "${pattern.replaceAll('*', '\\*')}", wanted a cron pattern of 5 or 6 fields`));
  }
  await rig.ok('start', app, '--name', 'a', '--cron', '* * * * * *');
  await waitFor('a restart', async () => Number(restarts(await rig.row('a'))) > 0);
  await rig.killDaemon();
  const before = Number(restarts(await rig.row('a')));
  await waitFor('another', async () => Number(restarts(await rig.row('a'))) > before);
  assert.match(await rig.ok('describe', 'a'), /cron +\* \* \* \* \* \*, next \d{4}-.*\n[^]*restarted: cron_restart/);
  await rig.ok('restart', 'a', '--cron', '0');
  const row = await rig.row('a');
  assert.equal(row.pm2_env['cron_restart'] ?? '', '');
  await rig.ok('restart', 'a', '--cron', '0 3 * * *', '--cron-timezone', 'Asia/Tokyo');
  assert.match(await rig.ok('describe', 'a'), /cron +0 3 \* \* \* \(Asia\/Tokyo\), next /);
  await rig.ok('stop', 'a');
  assert.match(await rig.ok('describe', 'a'), /cron +0 3 \* \* \* \(Asia\/Tokyo\)\n/);
}));

test('depends_on: in order, backwards, after resurrect; circles are refused by name, a failure is told on', { timeout: 120_000 }, () => within(async (rig) => {
  rig.file('idle.js', `require('node:fs').appendFileSync(${JSON.stringify(`${rig.dir}/order`)}, process.env.name + ' '); process.on('SIGINT', () => { require('node:fs').appendFileSync(${JSON.stringify(`${rig.dir}/order`)}, '-' + process.env.name + ' '); process.exit(0); }); process.send?.('ready'); ${IDLE}`);
  const app = (name: string, more: object = {}): object => ({ name, script: `${rig.dir}/idle.js`, wait_ready: true, ...more });
  const eco = (file: string, ...apps: object[]): string => rig.file(file, JSON.stringify({ apps }));
  const took = (): string => { const text = fs.readFileSync(`${rig.dir}/order`, 'utf8').trim(); rig.file('order', ''); return text; };
  const circle = await rig.mgr('start', eco('circle.json', app('a', { depends_on: ['b'] }), app('b', { depends_on: ['a'] })));
  assert.equal(circle.code, 1);
  assert.match(circle.err, /depends_on goes in a circle: a -> b -> a/);
  const unknown = await rig.mgr('start', eco('unknown.json', app('a', { depends_on: ['cach'] }), app('cache')));
  assert.match(unknown.err, /did you mean `cache`/);
  assert.deepEqual(await rig.rows(), []);
  await rig.ok('start', eco('e.json', app('web', { depends_on: ['api'] }), app('api', { depends_on: { db: 'ready' } }), app('db')));
  assert.equal(took(), 'db api web');
  await rig.ok('stop', 'all');
  assert.equal(took(), '-web -api -db');
  await rig.ok('start', 'web');
  assert.equal(took(), 'db api web');
  await rig.ok('kill');
  assert.equal(took(), '-web -api -db');
  await rig.ok('resurrect');
  assert.equal(took(), 'db api web');
  const bad = await rig.mgr('start', eco('bad.json', app('x', { depends_on: ['y'] }), app('y', { script: './nothing.js' }), app('z')));
  assert.equal(bad.code, 1);
  assert.match(bad.err, /`x` is not started: it needs `y` ready, and cannot start `y`/);
  assert.equal(took(), 'z');
}));
