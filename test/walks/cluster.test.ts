// Connections under the real command and daemon: nothing that the manager does, or that befalls it, fails a request.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Generator, ask, freePort } from '../helpers/load.js';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const WEB = path.join(ROOT, 'test/fixtures/web.cjs');
const PYTHON = path.join(ROOT, 'test/fixtures/web.py');
const ms = (n: number): Promise<void> => new Promise((r) => { setTimeout(r, n); });

const answers = (port: number): Promise<string> => waitFor(`port ${port}`, () => ask({ port, path: '/' }).catch(() => undefined));
const primaries = (rig: Rig): number[] => rig.pids().filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('mgr primary'));

/** A load on the port until the body is through; no request may have failed. Gives how many different answers there were. */
async function loaded(port: number, slow: string | undefined, body: () => Promise<void>): Promise<number> {
  const load = new Generator({ port }, slow);
  await body();
  const { ok, failures, answers: seen } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok(ok > 50, `${ok} answers`);
  return seen.size;
}

describe('under load no request fails', { concurrency: 2, timeout: 180_000 }, () => {
  test('a cluster: the daemon killed, restarts, reloads, scaled up and down', async () => within(async (rig) => {
    const port = await freePort();
    rig.env['PORT'] = String(port);
    await rig.ok('start', WEB, '--name', 'web', '-i', '2', '--kill-timeout', '5000');
    await answers(port);
    const rows = await rig.rows();
    assert.deepEqual(rows.map((r) => r.pm2_env['exec_mode']), ['cluster_mode', 'cluster_mode']);
    const seen = await loaded(port, '/slow', async () => {
      for (let i = 0; i < 3; i++) { await rig.killDaemon(); await ms(50); }
      assert.deepEqual((await rig.rows()).map((r) => [r.pid, r.pm2_env['restart_time']]), rows.map((r) => [r.pid, 0]));
      assert.equal(primaries(rig).length, 1);
      await rig.ok('reload', 'web');
      await rig.ok('restart', 'web');
      await rig.ok('scale', 'web', '3');
      await rig.ok('scale', 'web', '-1');
      await rig.killDaemon();
      await rig.ok('reload', 'web');
    });
    assert.ok(seen >= 9, `${seen} different answers`);
    assert.deepEqual((await rig.rows()).map((r) => [r.name, r.pm2_env['status']]), [['web', 'online'], ['web', 'online']]);
  }));

  test('a Node program in fork mode with `listen`: restarts, reloads, the daemon killed', async () => within(async (rig) => {
    const port = await freePort();
    rig.env['PORT'] = String(port);
    await rig.ok('start', WEB, '--name', 'web', '--listen', String(port), '--kill-timeout', '5000');
    await answers(port);
    const seen = await loaded(port, '/slow', async () => {
      for (let i = 0; i < 3; i++) await rig.ok('restart', 'web');
      await rig.killDaemon();
      await rig.ok('reload', 'web');
      await rig.ok('restart', 'web');
    });
    assert.ok(seen >= 6, `${seen} different answers`);
  }));

  test('a Python program with `listen`: restarts and reloads', async () => within(async (rig) => {
    const port = await freePort();
    await rig.ok('start', PYTHON, '--name', 'py', '--listen', `127.0.0.1:${port}`);
    await answers(port);
    const seen = await loaded(port, undefined, async () => {
      for (let i = 0; i < 3; i++) await rig.ok('restart', 'py');
      await rig.killDaemon();
      await rig.ok('reload', 'py');
    });
    assert.ok(seen >= 3, `${seen} different answers`);
  }));
});

describe('a cluster', { timeout: 120_000 }, () => {
  test('its primary killed: the workers are replaced, once; killed together with the daemon: too', async () => within(async (rig) => {
    const port = await freePort();
    rig.env['PORT'] = String(port);
    await rig.ok('start', WEB, '--name', 'web', '-i', '2');
    await answers(port);
    let before = (await rig.rows()).map((r) => r.pid);
    const anew = async (): Promise<void> => {
      const rows = await waitFor('new workers', async () => { const now = await rig.rows(); return now.every((r) => r.pm2_env['status'] === 'online' && r.pid !== 0 && !before.includes(r.pid)) && now; });
      assert.ok(before.every((pid) => !alive(pid)));
      before = rows.map((r) => r.pid);
      await answers(port);
      await waitFor('one primary', () => primaries(rig).length === 1);
      assert.equal(rig.pids().filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(WEB)).length, 2);
    };
    for (const pid of primaries(rig)) process.kill(pid, 'SIGKILL');
    await anew();
    const daemon = await rig.daemonPid();
    for (const pid of [daemon, ...primaries(rig)]) process.kill(pid, 'SIGKILL');
    await rig.daemonPid(daemon);
    await anew();
    // Nothing is left of it afterwards.
    await rig.ok('delete', 'web');
    await waitFor('the primary to end', () => primaries(rig).length === 0);
  }));

  test('a port in use: exit 1, and who has it', async () => within(async (rig) => {
    const port = await freePort();
    rig.env['PORT'] = String(port);
    await rig.ok('start', WEB, '--name', 'web', '-i', '2');
    await answers(port);
    const workers = await rig.mgr('start', WEB, '--name', 'other', '-i', '1', '--max-restarts', '1');
    // On a busy machine it finds out later than a start waits.
    if (workers.code === 1) assert.match(workers.err, new RegExp(`EADDRINUSE.*${port}`));
    const { pm_id: id } = await rig.status('other', 'errored');
    assert.match(rig.read(`logs/other-error-${id}.log`), new RegExp(`EADDRINUSE.*${port}`));
    const held = await rig.mgr('start', WEB, '--name', 'third', '--listen', String(port));
    assert.equal(held.code, 1);
    assert.match(held.err, new RegExp(`cannot start \`third\`: port ${port} is in use \\(held by mgr primary web, pid ${primaries(rig)[0] ?? 0}\\)`));
  }));
});
