import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { alive, bootId, parentOf, startTime } from '../../src/base/proc.js';
import { acquire, type Identity } from '../../src/daemon/lock.js';

const module = new URL('../../src/daemon/lock.js', import.meta.url).href;
const proc = new URL('../../src/base/proc.js', import.meta.url).href;
const me: Identity = { pid: process.pid, start: startTime(process.pid) ?? '', boot: bootId() };

function folder(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-lock-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('identity of processes', async () => {
  assert.match(me.start, /./);
  assert.equal(alive(process.pid, me.start), true);
  assert.equal(alive(process.pid, 'another'), false);
  assert.equal(alive(process.pid), true);
  assert.equal(alive(0), false);
  assert.equal(parentOf(process.pid), process.ppid);
  const child = spawn(process.execPath, ['-e', '']);
  const pid = child.pid ?? 0;
  await new Promise((resolve) => { child.once('exit', resolve); });
  assert.equal(alive(pid), false);
  assert.equal(startTime(pid), undefined);
});

test('a zombie counts as dead', { skip: process.platform !== 'linux' }, async (t) => {
  // The child ends after the shell has become `sleep`, which never waits for it (a shell would).
  const shell = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => shell.kill('SIGKILL'));
  const pid = Number(await new Promise<Buffer>((resolve) => { shell.stdout.once('data', resolve); }));
  while (!fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert.notEqual(startTime(pid), undefined);
  assert.equal(alive(pid), false);
});

test('held, released, stale by death, start time, boot or a torn file; nothing is left behind', (t) => {
  const dir = folder(t);
  const at = path.join(dir, 'daemon.lock');
  const take = (who: Identity = me): ReturnType<typeof acquire> => acquire(at, who);
  const first = take();
  assert.ok('release' in first);
  assert.deepEqual(take(), { heldBy: process.pid });
  assert.equal(fs.statSync(at).mode & 0o777, 0o600);
  first.release();
  const nonce = 'a'.repeat(16);
  const stale: Record<string, string> = {
    'dead pid': JSON.stringify({ ...me, pid: 2 ** 22 + 5, nonce }),
    'recycled pid': JSON.stringify({ ...me, start: '1', nonce }),
    'another boot': JSON.stringify({ ...me, boot: 'before', nonce }),
    'empty': '',
    'foreign': '{"pid":1}',
    'a nonce that is a path': JSON.stringify({ ...me, pid: 2 ** 22 + 5, nonce: '../../x' }),
  };
  for (const [why, text] of Object.entries(stale)) {
    fs.writeFileSync(at, text);
    // Two who had the right to clear it died before they did.
    fs.writeFileSync(`${at}.take.${nonce}.0`, text);
    fs.writeFileSync(`${at}.take.${nonce}.1`, '');
    fs.writeFileSync(`${at}.new.${2 ** 22 + 5}.x`, '');
    const lock = take();
    assert.ok('release' in lock, why);
    assert.deepEqual(fs.readdirSync(dir), ['daemon.lock'], why);
    lock.release();
    lock.release();
    assert.deepEqual(fs.readdirSync(dir), [], why);
  }
});

// Takes the lock again and again; inside, it notes itself in `owner` and complains when a living one stands there.
const racer = `
  import fs from 'node:fs';
  import { acquire } from '${module}';
  import { alive, bootId, startTime } from '${proc}';
  const dir = process.argv[1], rounds = Number(process.argv[2]);
  const me = { pid: process.pid, start: startTime(process.pid), boot: bootId() };
  const nap = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  for (let won = 0; won < rounds;) {
    const got = acquire(dir + '/lock', me);
    if ('heldBy' in got) { nap(1); continue; }
    won++;
    const before = fs.readFileSync(dir + '/owner', 'utf8');
    if (before !== '') { const [pid, start] = before.split(' '); if (alive(Number(pid), start)) fs.appendFileSync(dir + '/broken', before + ' and ' + me.pid + '\\n'); }
    fs.writeFileSync(dir + '/owner', me.pid + ' ' + me.start);
    fs.appendFileSync(dir + '/wins', me.pid + '\\n');
    nap(Math.random() * 3);
    const dies = process.argv[3] === 'die' && Math.random() < 0.5;
    if (dies) process.kill(process.pid, 'SIGKILL');
    if (fs.readFileSync(dir + '/owner', 'utf8') !== me.pid + ' ' + me.start) fs.appendFileSync(dir + '/broken', 'lost ' + me.pid + '\\n');
    fs.writeFileSync(dir + '/owner', '');
    got.release();
  }
`;

async function race(dir: string, count: number, rounds: number, how: 'live' | 'die', killAfter?: () => number): Promise<void> {
  fs.writeFileSync(path.join(dir, 'owner'), '');
  await Promise.all(Array.from({ length: count }, () => new Promise<void>((resolve, reject) => {
    const p = spawn(process.execPath, ['--input-type=module', '-e', racer, dir, String(rounds), how], { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    p.stderr.on('data', (d: Buffer) => { err += String(d); });
    const timer = killAfter ? setTimeout(() => p.kill('SIGKILL'), killAfter()) : undefined;
    p.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === 'SIGKILL') resolve();
      else reject(new Error(err));
    });
  })));
  assert.equal(fs.existsSync(path.join(dir, 'broken')) ? fs.readFileSync(path.join(dir, 'broken'), 'utf8') : '', '');
}

test('many race for a fresh lock: one at a time, each in its turn', async (t) => {
  const dir = folder(t);
  await race(dir, 8, 10, 'live');
  assert.equal(fs.readFileSync(path.join(dir, 'wins'), 'utf8').split('\n').length - 1, 80);
});

test('many race for a lock whose owners keep dying in it', async (t) => {
  const dir = folder(t);
  fs.writeFileSync(path.join(dir, 'lock'), JSON.stringify({ ...me, boot: 'before', nonce: 'b'.repeat(16) }));
  await race(dir, 12, 6, 'die');
  const lock = acquire(path.join(dir, 'lock'), me);
  assert.ok('release' in lock, 'the dead do not block');
});

test('killed from outside at any moment', async (t) => {
  const dir = folder(t);
  for (let round = 0; round < 2; round++) await race(dir, 8, 500, 'die', () => 100 + Math.random() * 300);
  const lock = acquire(path.join(dir, 'lock'), me);
  assert.ok('release' in lock, 'the dead do not block');
  lock.release();
  assert.deepEqual(fs.readdirSync(dir).filter((f) => f.startsWith('lock')), []);
});
