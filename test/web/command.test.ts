// `mgr web`, as people type it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

interface Told { readonly url: string; readonly link: string; readonly access: string; readonly token: string; readonly pid: number }

async function access({ url, token }: Told): Promise<string> {
  const answer = await fetch(`${url}/api/session`, { headers: { Authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { access?: string }).access ?? String(answer.status);
}

test('started once, found again, left alone by all, back after its death, stopped', async () => within(async (rig) => {
  const first = await rig.mgr('web', '--port', '0');
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{48}\n$/);
  const told = async (...args: string[]): Promise<Told> => JSON.parse(await rig.ok('web', '--json', ...args)) as Told;
  const admin = await told();
  assert.deepEqual([admin.link, admin.access, await access(admin)], [first.out.trim(), 'admin', 'admin']);
  const reader = await told('--read-only-token');
  assert.deepEqual([reader.pid, await access(reader)], [admin.pid, 'read']);

  // `all` is what people manage; this one is ours.
  assert.notEqual((await rig.mgr('stop', 'all')).code, 0);
  assert.equal((await rig.row('mgr-web')).pid, admin.pid);

  process.kill(admin.pid, 'SIGKILL');
  const again = await waitFor('the next one', async () => { const t = await told(); return t.pid !== admin.pid && alive(t.pid) ? t : undefined; });
  assert.deepEqual([again.token, again.url], [admin.token, admin.url], 'the page that was open finds it again');
  assert.equal(await access(again), 'admin');

  const renewed = await told('--new-tokens');
  assert.deepEqual([await access(renewed), await access({ ...renewed, token: admin.token })], ['admin', '401']);
  await rig.ok('web', 'stop');
  assert.deepEqual(await rig.rows(), []);
  assert.match((await rig.mgr('web', 'stop')).err, /the dashboard does not run/);
}));

test('a port that is taken, and words that are none', async () => within(async (rig) => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => { holder.once('listening', resolve); });
  const { port } = holder.address() as net.AddressInfo;
  try {
    const { code, err } = await rig.mgr('web', '--port', String(port));
    assert.equal(code, 1);
    assert.match(err, new RegExp(`the dashboard did not start: cannot listen on 127\\.0\\.0\\.1 port ${port}: port ${port} is in use`));
    assert.match(err, /mgr web --port <another>/);
    assert.deepEqual(await rig.rows(), [], 'nothing is left of it');
  } finally {
    holder.close();
  }
  for (const [args, says] of [[['--port', '99999'], /--port: got "99999", wanted a port/], [['nonsense'], /got `nonsense`, wanted nothing or stop/], [['--host', '192.0.2.1', '--port', '0'], /is no address of this machine/]] as const) {
    const { code, err } = await rig.mgr('web', ...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, says);
  }
}));

test('in the foreground: the link, then until it is ended', async () => within(async (rig) => {
  const child = spawn(rig.node, [path.join(ROOT, 'bin/mgr.js'), 'web', '--foreground', '--port', '0'], { cwd: rig.dir, env: rig.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (d: string) => { out += d; });
  child.stderr.resume();
  const ended = new Promise<number | null>((resolve) => { child.once('close', resolve); });
  try {
    const link = await waitFor('the link', () => /http:\S+token=\S+/.exec(out)?.[0]);
    assert.equal((await fetch(link, { redirect: 'manual' })).status, 303);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.deepEqual(await rig.rows(), []);
  } finally {
    child.kill('SIGKILL');
  }
}));
