// Programs that run as another user than the daemon's: messages and exit notes, also over the daemon's death.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const skip = process.getuid?.() === 0 && process.platform === 'linux' ? false : 'only root may become another user';

const APP = `process.on('message', (m) => process.send({ type: 'axm:monitor', data: { got: { value: m.msg } } }));
process.on('SIGTERM', () => process.exit(7));
setTimeout(() => process.send('ready'), 100);`;

/** Sends a message through the daemon and waits until the program's answer is in its metrics. */
async function talk(rig: Rig, name: string, msg: string): Promise<void> {
  const { pm_id } = await rig.row(name);
  fs.writeFileSync(path.join(rig.dir, 'say.cjs'), `const mgr = require(process.argv[2]); mgr.connect((e) => { if (e) throw e;
    mgr.sendDataToProcessId(Number(process.argv[3]), { topic: 't', type: 'process:msg', data: {}, msg: process.argv[4] }, (e2) => { if (e2) console.error(e2); mgr.disconnect(); }); });`);
  const r = await rig.run(rig.node, [path.join(rig.dir, 'say.cjs'), path.resolve(import.meta.dirname, '../../../../dist/index.cjs'), String(pm_id), msg]);
  assert.deepEqual([r.code, r.err], [0, '']);
  await waitFor(`the answer to ${msg}`, async () => ((await rig.row(name)).pm2_env['axm_monitor'] as Record<string, { value?: unknown }>)['got']?.value === msg);
}

describe('an app with `uid`', { skip }, () => {
  test('wait_ready, messages, both again after kill -9 of the daemon and after update; kill leaves nothing', () => within(async (rig) => {
    fs.chmodSync(rig.dir, 0o755);
    await rig.ok('start', rig.file('a.js', APP), '--name', 'a', '--uid', 'nobody', '--wait-ready');
    const before = await rig.row('a');
    assert.equal(fs.statSync(`/proc/${before.pid}`).uid, 65534);
    await talk(rig, 'a', 'one');
    await rig.killDaemon();
    await talk(rig, 'a', 'two');
    await rig.ok('update');
    await talk(rig, 'a', 'three');
    await rig.ok('start', './a.js', '--name', 'b', '--uid', 'nobody', '--wait-ready');
    await talk(rig, 'b', 'four');
    assert.equal((await rig.row('a')).pid, before.pid);
    assert.equal(fs.statSync(rig.home).mode & 0o777, 0o700);
    await rig.ok('kill');
    assert.deepEqual(fs.readdirSync(path.join(rig.home, 'door')), []);
  }));

  test('died while no daemon lived: told by its code', () => within(async (rig) => {
    fs.chmodSync(rig.dir, 0o755);
    await rig.ok('start', rig.file('a.js', APP), '--name', 'a', '--uid', 'nobody', '--wait-ready', '--no-autorestart');
    const { pid } = await rig.row('a');
    const old = await rig.daemonPid();
    const guardian = parentOf(old);
    process.kill(guardian, 'SIGSTOP'); // no daemon until we say so
    process.kill(old, 'SIGKILL');
    await waitFor('no daemon', () => parentOf(pid) !== old);
    process.kill(pid, 'SIGTERM');
    await waitFor('the end', () => !alive(pid));
    process.kill(guardian, 'SIGCONT');
    await rig.daemonPid(old);
    assert.equal((await rig.status('a', 'stopped')).pm2_env['exit_code'], 7);
    assert.deepEqual(fs.readdirSync(path.join(rig.home, 'door')).filter((f) => f.startsWith('n')), []);
  }));

  test('a folder of somebody else in its place: refused with the reason, the program runs without', () => within(async (rig) => {
    fs.chmodSync(rig.dir, 0o755);
    fs.mkdirSync(path.join(rig.home, 'door'), { recursive: true });
    fs.chownSync(path.join(rig.home, 'door'), 65534, 65534);
    const { out, err } = await rig.mgr('list');
    assert.match(out + err, /programs of other users have no message channel: .*door belongs to uid 65534/);
    await rig.ok('start', rig.file('a.js', APP), '--name', 'a', '--uid', 'nobody');
    await rig.status('a', 'online');
  }));
});

function parentOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
