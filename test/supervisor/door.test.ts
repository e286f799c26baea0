// Programs of another user than the daemon's: their messages, and what such a user cannot do with his way to the daemon.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { homeAt } from '../../src/base/paths.js';
import type { DoorRecord } from '../../src/protocol/records.js';
import { ChannelHub } from '../../src/supervisor/launch/channel.js';
import { Door } from '../../src/supervisor/launch/door.js';
import { ROOT } from '../helpers/rig.js';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const skip = process.getuid?.() === 0 && process.platform === 'linux' ? false : 'only root may become another user';
const NOBODY = 65534;
const OTHER = 65533;

const ECHO = `process.on('message', (m) => process.send({ echo: m, uid: process.getuid() })); setTimeout(() => process.send('ready'), 100);`;

describe('another user', { skip }, () => {
  test('wait_ready, messages both ways, an exception; nothing is left in the door', async (t) => {
    const b = await Bench.open(t);
    fs.chmodSync(b.dir, 0o755);
    const p = await b.up({ script: b.file('a.js', `${ECHO} process.on('SIGUSR2', () => { throw new RangeError('out'); });`), uid: 'nobody', wait_ready: true, autorestart: false });
    assert.deepEqual(p.state, { name: 'online', unready: false });
    assert.ok(p.token !== undefined && b.channels.send(p.token, { a: 1 }));
    await waitFor('the echo', () => b.messages.some((m) => JSON.stringify(m) === `{"echo":{"a":1},"uid":${NOBODY}}`));
    p.signal('SIGUSR2');
    await b.state(p, 'stopped');
    await waitFor('the exception', () => b.exceptions.some((e) => e['message'] === 'out'));
    assert.deepEqual(fs.readdirSync(b.home.door), [String(NOBODY)]);
  });

  test('each user a socket of his own; a program of the daemon\'s user has the home\'s', async (t) => {
    const b = await Bench.open(t);
    fs.chmodSync(b.dir, 0o755);
    const script = b.file('a.js', ECHO);
    for (const [name, uid] of [['n', NOBODY], ['o', OTHER], ['own', 0]] as const) await b.up({ script, name, uid, gid: uid, wait_ready: true });
    assert.deepEqual(fs.readdirSync(b.home.door).filter((f) => !f.startsWith('n')).toSorted(), [String(OTHER), String(NOBODY)]);
    for (const uid of [NOBODY, OTHER]) {
      const { mode, uid: owner } = fs.statSync(path.join(b.home.door, String(uid)));
      assert.deepEqual([mode & 0o777, owner], [0o600, uid]);
    }
  });

  test('what a program makes of its own children does not have the descriptor, and a program that cannot be started leaves no note', async (t) => {
    const b = await Bench.open(t);
    fs.chmodSync(b.dir, 0o755);
    const p = await b.up({ script: b.file('a.js', "console.log(require('child_process').execSync('ls -l /proc/self/fd').toString(), 'end'); setInterval(() => {}, 1e6)"), uid: 'nobody' });
    await b.said(p, /end/);
    assert.doesNotMatch(b.log(p), /door/);
    await b.supervisor.stop([p.id]);
    fs.mkdirSync(path.join(b.dir, 'gone'));
    const spec = b.spec({ script: path.join(b.dir, 'a.js'), name: 'b', uid: 'nobody', cwd: path.join(b.dir, 'gone') });
    fs.rmdirSync(path.join(b.dir, 'gone'));
    assert.match(String((await b.start(spec)).error), /does not exist/);
    assert.deepEqual(fs.readdirSync(b.home.door), [String(NOBODY)]);
  });
});

describe('the door', { skip }, () => {
  /** A hub with a run of `nobody` that is expected; what is said to it. */
  async function rig(t: TestContext): Promise<{ dir: string; hub: ChannelHub; fd: number; token: string; door: DoorRecord; heard: unknown[] }> {
    const dir = folder(t);
    const home = homeAt(dir);
    const hub = new ChannelHub();
    t.after(() => hub.close());
    await hub.listen(home.childSocket);
    hub.openDoor(home.door, new Set(), assert.fail);
    const door = hub.doorFor(NOBODY);
    assert.ok(door);
    const run = { run: 1, out: 'f1', err: 'f2', token: 'secret', at: 0, boot: '', door };
    hub.tell(home, 1, run);
    const heard: unknown[] = [];
    hub.expect(run, { onMessage: (m) => { heard.push(m); }, onException: () => {} });
    hub.expect({ token: 'own' }, { onMessage: (m) => { heard.push(m); }, onException: () => {} });
    await waitFor('the socket', () => fs.existsSync(path.join(home.door, String(NOBODY))) && fs.statSync(path.join(home.door, String(NOBODY))).uid === NOBODY);
    const fd = hub.doorFd(run);
    assert.ok(fd !== undefined);
    return { dir, hub, fd, token: run.token, door, heard };
  }

  test('its own user may connect and add to its note; nobody may list, make, remove or replace anything, or go up from it', async (t) => {
    const r = await rig(t);
    const acts = (note: string): string => `
      const fs = require('fs'), d = '/proc/self/fd/3/';
      const tell = (what, act) => { let r = 'ok'; try { act(); } catch (e) { r = e.code; } console.log(what + ' ' + r); };
      tell('list', () => fs.readdirSync(d)); tell('up', () => fs.readdirSync(d + '..')); tell('home', () => fs.readFileSync(d + '../state.json'));
      tell('make', () => fs.writeFileSync(d + 'x', '')); tell('link', () => fs.symlinkSync('/etc/shadow', d + 'x')); tell('mkdir', () => fs.mkdirSync(d + 'x'));
      tell('remove', () => fs.unlinkSync(d + '${NOBODY}')); tell('replace', () => fs.renameSync(d + '${note}', d + '${NOBODY}'));
      tell('note', () => fs.appendFileSync(d + '${note}', '{}')); tell('path', () => fs.statSync('${r.dir}/door'));
      require('net').connect(d + '${NOBODY}').on('error', (e) => console.log('connect ' + e.code)).on('connect', function () { console.log('connect ok'); this.end(); });`;
    const refused = ['list', 'up', 'home', 'make', 'link', 'mkdir', 'remove', 'replace'].map((a) => `${a} EACCES`);
    assert.deepEqual(await asUser(NOBODY, acts(r.door.note), r.fd), [...refused, 'note ok', 'path EACCES', 'connect ok']);
    assert.deepEqual(await asUser(OTHER, acts(r.door.note), r.fd), [...refused, 'note EACCES', 'path EACCES', 'connect EACCES']);
  });

  test('a token counts at the socket of its run\'s user only', async (t) => {
    const r = await rig(t);
    const at = (socket: string, token: string): Promise<unknown[]> => new Promise((resolve) => {
      const before = r.heard.length;
      const s = net.connect(socket, () => s.end(`${JSON.stringify({ token })}\n${JSON.stringify({ m: 'hi' })}\n`));
      s.on('error', () => {}).on('close', () => resolve(r.heard.slice(before))).resume();
    });
    const door = path.join(r.dir, 'door', String(NOBODY));
    const home = path.join(r.dir, 'child.sock');
    assert.deepEqual(await at(door, r.token), ['hi']);
    assert.deepEqual(await at(home, 'own'), ['hi']);
    assert.deepEqual(await at(door, 'own'), []);
    assert.deepEqual(await at(home, r.token), []);
  });

  test('a folder that is not the daemon\'s alone is refused with the reason', (t) => {
    const dir = folder(t);
    const door = path.join(dir, 'door');
    const elsewhere = path.join(dir, 'elsewhere');
    fs.mkdirSync(elsewhere);
    fs.symlinkSync(elsewhere, door);
    assert.throws(() => Door.open(door, 0), /ENOTDIR|ELOOP/);
    fs.rmSync(door);
    fs.mkdirSync(door);
    fs.chownSync(door, NOBODY, 0);
    assert.throws(() => Door.open(door, 0), /belongs to uid 65534/);
    fs.chownSync(door, 0, 0);
    fs.chmodSync(door, 0o777);
    assert.throws(() => Door.open(door, 0), /may be written by others/);
    fs.chmodSync(door, 0o700);
    fs.chownSync(dir, NOBODY, 0);
    assert.throws(() => Door.open(door, 0), /belongs to uid 65534/);
    fs.chownSync(dir, 0, 0);
    Door.open(door, 0)?.close();
    assert.equal(fs.statSync(door).mode & 0o777, 0o711);
    assert.equal(Door.open(door, 1000), undefined);
  });
});

test('a home of any spelling: | in its path', async (t) => {
  const dir = path.join(folder(t), 'a|b "c"');
  fs.mkdirSync(dir);
  const home = homeAt(dir);
  const hub = new ChannelHub();
  t.after(() => hub.close());
  await hub.listen(home.childSocket);
  const run = { run: 1, out: '', err: '', token: 'secret', at: 0, boot: '' };
  const heard: unknown[] = [];
  hub.expect(run, { onMessage: (m) => { heard.push(m); }, onException: () => {} });
  const env = { MGR_CHANNEL: hub.tell(home, 1, run) };
  const child = spawn(process.execPath, ['--require', path.join(ROOT, 'dist/preload.cjs'), '-e', "process.on('message', (m) => process.send(m + 1, () => process.disconnect())); process.send('up')"], { env, stdio: 'inherit' });
  t.after(() => child.kill('SIGKILL'));
  await waitFor('the first message', () => heard.length === 1);
  assert.ok(hub.send('secret', 1));
  await waitFor('the answer', () => heard.length === 2);
  assert.deepEqual(heard, ['up', 2]);
});

test('words the preload does not know end no program', async () => {
  for (const MGR_CHANNEL of ['/a|1|2|t|/n|3', 'null', '{}']) {
    const child = spawn(process.execPath, ['--require', path.join(ROOT, 'dist/preload.cjs'), '-e', 'process.exit(process.send === undefined ? 5 : 6)'], { env: { MGR_CHANNEL }, stdio: 'inherit' });
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 5);
  }
});

function folder(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mdoor-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Lines a program of this user writes that inherits the descriptor as 3. */
function asUser(uid: number, program: string, fd: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', program], { uid, gid: uid, cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'inherit', fd] });
    let out = '';
    child.on('error', reject);
    child.stdout?.on('data', (d: Buffer) => { out += d.toString(); });
    child.on('close', () => resolve(out.trim().split('\n')));
  });
}
