// Modules for PM2 as npm has them, unchanged, each at its work: a registry on loopback of what scripts/real-modules.mjs fetched.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RealRegistry } from '../helpers/real-registry.js';
import { ROOT, type Rig, within as withRig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const registry = new RealRegistry(path.join(ROOT, 'node_modules/.real-modules/node_modules'));
const skip = registry.has('pm2-logrotate') ? false : 'not fetched: node scripts/real-modules.mjs';
before(() => registry.open());
after(() => registry.close());

const within = (body: (rig: Rig) => Promise<void>): Promise<void> => withRig(body, { npm_config_registry: registry.url, npm_config_audit: 'false' });
const logs = (rig: Rig): string[] => fs.readdirSync(path.join(rig.home, 'logs'));
const online = async (rig: Rig, name: string): Promise<void> => { assert.equal((await rig.status(name, 'online')).pm2_env['pmx_module'], true); };

describe('modules from npm', { concurrency: 2, skip }, () => {
  test('pm2-logrotate: rotates by size and by cron, keeps what it is told to; settings, actions and metrics are seen', () => within(async (rig) => {
    await rig.ok('start', rig.file('loud.cjs', "setInterval(() => { console.log('x'.repeat(200)); }, 20);"), '--name', 'loud');
    const said = await rig.mgr('install', 'pm2-logrotate');
    assert.equal(said.code, 0, said.err);
    await online(rig, 'pm2-logrotate');
    assert.match(await rig.ok('conf', 'pm2-logrotate'), /mgr set pm2-logrotate:max_size 10M\n/);
    await rig.ok('set', 'pm2-logrotate', 'max_size=2K', 'workerInterval=1', 'retain=2');
    const rotated = (): string[] => logs(rig).filter((f) => /^loud-out__\d{4}-\d\d-\d\d_.*\.log$/.test(f)).sort();
    const [first = ''] = await waitFor('three rotations by size', () => (/has been deleted/.test(rig.read('logs/pm2-logrotate-out.log')) ? rotated() : undefined), 30_000);
    await waitFor('no more than two', () => rotated().length === 2 || undefined);
    assert.ok(fs.statSync(path.join(rig.home, 'logs', rotated()[0] ?? first)).size >= 2048);
    await rig.status('loud', 'online');

    await rig.ok('set', 'pm2-logrotate', 'max_size=1G', 'rotateInterval=*/1 * * * * *', 'dateFormat=[cron]-x');
    await waitFor('a rotation by cron', () => logs(rig).some((f) => /^loud-out__cron-\d+\.log$/.test(f)) || undefined, 30_000);
    const told = await waitFor('its metrics', async () => { const d = await rig.ok('describe', 'pm2-logrotate'); return /Global logs size +[\d.]+ (?:K|M)?B/.test(d) ? d : undefined; });
    assert.match(told, /mgr trigger pm2-logrotate '?list watched logs'?/);
    assert.match(told, /max_size +1G/);
    assert.match(await rig.ok('trigger', 'pm2-logrotate', 'list watched logs'), /=\{[^]*loud-out\.log/);
  }));

  test('pm2-server-monit: the machine as metrics', () => within(async (rig) => {
    const said = await rig.mgr('install', 'pm2-server-monit');
    assert.equal(said.code, 0, said.err);
    await rig.ok('set', 'pm2-server-monit:memory_refresh_rate', '1');
    const told = await waitFor('metrics', async () => { const d = await rig.ok('describe', 'pm2-server-monit'); return /Total Processes +\d+/.test(d) && /CPU usage +[\d.]+/.test(d) ? d : undefined; }, 30_000);
    assert.match(told, /Settings\n[^]*memory_refresh_rate +1\n/);
    assert.match(told, /mgr trigger pm2-server-monit/);
    assert.equal(((await rig.row('pm2-server-monit')).pm2_env['axm_options'] as { module_name: string }).module_name, 'pm2-server-monit');
  }));

  test('pm2-slack, with a client of PM2 0.15 inside: tells of an error', () => within(async (rig) => {
    const posts: string[] = [];
    const slack = http.createServer((req, res) => { let body = ''; req.on('data', (d: Buffer) => { body += d.toString(); }).on('end', () => { posts.push(body); res.end('ok'); }); });
    await new Promise<void>((resolve) => { slack.listen(0, '127.0.0.1', resolve); });
    try {
      const said = await rig.mgr('install', 'pm2-slack');
      assert.equal(said.code, 0, said.err);
      assert.equal(JSON.parse(rig.read('modules/pm2-slack/node_modules/pm2/package.json')).version, '0.15.10');
      await rig.ok('set', 'pm2-slack', `slack_url=http://127.0.0.1:${(slack.address() as AddressInfo).port}/hook`, 'username=mgr');
      await online(rig, 'pm2-slack');
      // It subscribes in its own time: said until somebody hears it.
      await rig.ok('start', rig.file('bad.cjs', "setInterval(() => { console.error('the disk is full'); }, 300);"), '--name', 'bad');
      const post = await waitFor('a post', () => posts.find((p) => p.includes('the disk is full')), 60_000);
      assert.match(post, /"username":"mgr".*"title":"bad - error"/);
      assert.equal((await rig.rows()).length, 2, 'its client started no daemon and no module of its own');
    } finally {
      slack.closeAllConnections();
      slack.close();
    }
  }));

  test('pm2-mongodb without a server: fails gently', () => within(async (rig) => {
    // Refused at once, on a port that is nobody's.
    await rig.ok('set', 'pm2-mongodb', 'port=1', 'refresh_rate=200');
    await rig.ok('install', 'pm2-mongodb');
    const { pid } = await rig.status('pm2-mongodb', 'online');
    const told = await waitFor('its metrics', async () => { const d = await rig.ok('describe', 'pm2-mongodb'); return /Insert +N\/A\n[^]*Repl Status +N\/A/.test(d) ? d : undefined; });
    assert.match(told, /Settings\n[^]*refresh_rate +200\n/);
    const row = await rig.status('pm2-mongodb', 'online');
    assert.deepEqual([row.pid, row.pm2_env['restart_time']], [pid, 0]);
    await rig.ok('uninstall', 'pm2-mongodb');
    assert.deepEqual(await rig.rows(), []);
  }));
});
