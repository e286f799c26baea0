import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { AppEnv } from '../../src/config/spec.js';
import { SECRET_MOST, SecretError, resolveSecrets } from '../../src/supervisor/launch/secrets.js';
import { alive } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const own = process.getuid?.();

function folder(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'msec-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const spec = (cwd: string, secrets: Record<string, string>, declared: Record<string, string> = {}, ids: { uid?: number; gid?: number } = {}): { cwd: string; env: AppEnv; uid?: number; gid?: number } =>
  ({ cwd, env: { inherited: { PATH: process.env['PATH'] ?? '' }, declared, secrets }, ...ids });

/** The sentence of a failure, and whether it may pass. */
async function failure(what: Parameters<typeof resolveSecrets>[0], run?: Parameters<typeof resolveSecrets>[2]): Promise<[string, boolean]> {
  const e = await resolveSecrets(what, own, run).then(() => undefined, (error: unknown) => error);
  assert.ok(e instanceof SecretError, String(e));
  return [e.message, e.passing];
}

test('files and commands give values; line ends at the end go', async (t) => {
  const dir = folder(t);
  fs.writeFileSync(path.join(dir, 'a'), 'from file\r\n\n');
  fs.writeFileSync(path.join(dir, 'pem'), '-----BEGIN\nx\n');
  const got = await resolveSecrets(spec(dir, {
    A: `file:${dir}/a`, PEM: `file:${dir}/pem`, C: 'cmd:cat a | tr a-z A-Z', V: 'cmd:printf %s "$GIVEN;$HOME;$(pwd)"', Q: `cmd:printf '%s\\n' "it's; \\$(x)"`,
  }, { GIVEN: '; echo no', HOME: '/nowhere' }), own);
  assert.deepEqual(got, { A: 'from file', PEM: '-----BEGIN\nx', C: 'FROM FILE', V: `; echo no;/nowhere;${dir}`, Q: `it's; $(x)` });
  assert.deepEqual(await resolveSecrets(spec(dir, {}), own), {});
});

test('what cannot be had is told by variable and source, and nothing of it is printed', async (t) => {
  const dir = folder(t);
  fs.writeFileSync(path.join(dir, 'empty'), '\n');
  fs.writeFileSync(path.join(dir, 'long'), 'x'.repeat(SECRET_MOST + 1));
  fs.writeFileSync(path.join(dir, 'bytes'), Buffer.from([0xff, 0xfe]));
  fs.writeFileSync(path.join(dir, 'nul'), 'a\0b');
  fs.mkdirSync(path.join(dir, 'folder'));
  assert.equal(spawnSync('mkfifo', [path.join(dir, 'fifo')]).status, 0);
  for (const [ref, told, passing] of [
    [`file:${dir}/none`, new RegExp(`^secret KEY: ${dir}/none does not exist$`), true],
    [`file:${dir}/empty`, /gave nothing$/, true],
    [`file:${dir}/long`, /is too long: 65537 bytes, wanted at most 65536$/, false],
    [`file:${dir}/bytes`, /not UTF-8/, false],
    [`file:${dir}/nul`, /NUL/, false],
    [`file:${dir}/folder`, /is not a regular file$/, false],
    [`file:${dir}/fifo`, /is not a regular file$/, false],
    ['file:/dev/zero', /is not a regular file$/, false],
    ['cmd:echo hunter2; echo hunter2 >&2; exit 3', /^secret KEY: its command \(echo\) ended with exit code 3$/, true],
    ['cmd:PASS=hunter2 no-such-program-x', /^secret KEY: its command \(sh\) names a program that does not exist \(exit code 127\)$/, true],
    ['cmd:kill -9 $$', /was ended by SIGKILL$/, true],
    ['cmd:true', /gave nothing$/, true],
    ['cmd:head -c 100000 /dev/zero | tr "\\0" x', /gave too much, wanted at most 65536 bytes$/, false],
  ] as const) {
    const [message, may] = await failure(spec(dir, { KEY: ref }));
    assert.match(message, told);
    assert.ok(!message.includes('hunter2'), message);
    assert.equal(may, passing, message);
  }
  const [gone] = await failure(spec(path.join(dir, 'no-folder'), { KEY: 'cmd:echo x' }));
  assert.match(gone, /cannot be run \(ENOENT\)/);
});

test('a command that does not end is ended with all it started', async (t) => {
  const dir = folder(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const failed = failure(spec(dir, { KEY: 'cmd:echo $$ > pid; sleep 600 & echo $! > child; wait' }));
  const pids = await turns(() => ['pid', 'child'].map((f) => (fs.existsSync(path.join(dir, f)) ? Number(fs.readFileSync(path.join(dir, f), 'utf8')) : 0)));
  t.mock.timers.tick(10_000);
  t.mock.timers.reset();
  assert.match((await failed)[0], /did not end within 10000 ms$/);
  for (const pid of pids) await waitFor(`the end of ${pid}`, () => !alive(pid));
});

test('a command ends with the daemon that waits for it, and leaves nobody behind when it ends', async (t) => {
  const dir = folder(t);
  const module = path.join(import.meta.dirname, '../../src/supervisor/launch/secrets.js');
  const look = spec(dir, { KEY: 'cmd:echo $$ > pid; sleep 600 & echo $! > child; wait' });
  const daemon = spawn(process.execPath, ['--input-type=module', '-e', `import { resolveSecrets } from ${JSON.stringify(module)}; await resolveSecrets(${JSON.stringify(look)}, undefined);`], { stdio: 'inherit' });
  const pids = await turns(() => ['pid', 'child'].map((f) => (fs.existsSync(path.join(dir, f)) ? Number(fs.readFileSync(path.join(dir, f), 'utf8')) : 0)));
  daemon.kill('SIGKILL');
  for (const pid of pids) await waitFor(`the end of ${pid}`, () => !alive(pid));
  // What it starts for itself to stay, stays; the one who looks after it does not.
  const got = await resolveSecrets(spec(dir, { KEY: 'cmd:sleep 600 > /dev/null 2>&1 & echo $! > stays; echo $$ > group; echo x' }), own);
  const [stays = 0, group = 0] = ['stays', 'group'].map((f) => Number(fs.readFileSync(path.join(dir, f), 'utf8')));
  t.after(() => { process.kill(stays, 'SIGKILL'); });
  assert.deepEqual(got, { KEY: 'x' });
  await waitFor('only the one that stays', () => { const left = spawnSync('ps', ['-o', 'pid=', '-g', String(group)], { encoding: 'utf8' }).stdout.trim().split(/\s+/); return left.length === 1 && left[0] === String(stays); });
});

/** Waits by turns of the loop: the test holds the clock. */
async function turns(look: () => number[]): Promise<number[]> {
  for (;;) {
    const pids = look();
    if (pids.every((p) => p > 0)) return pids;
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

test('an app of another user reads with that user\'s eyes only', { skip: own !== 0 && 'needs root' }, async (t) => {
  const dir = folder(t);
  fs.chmodSync(dir, 0o755);
  fs.writeFileSync(path.join(dir, 'roots'), 'hunter2', { mode: 0o600 });
  fs.writeFileSync(path.join(dir, 'all'), 'open', { mode: 0o644 });
  const nobody = { uid: 65534, gid: 65534 };
  assert.deepEqual(await resolveSecrets(spec(dir, { A: `file:${dir}/all`, U: 'cmd:id -u; true' }, {}, nobody), own), { A: 'open', U: '65534' });
  const [message] = await failure(spec(dir, { KEY: `file:${dir}/roots` }, {}, nobody));
  assert.match(message, /roots may not be read by the user the app runs as, or does not exist$/);
});
