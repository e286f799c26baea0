import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { alive } from '../../src/base/proc.js';
import { homeAt, type Home } from '../../src/base/paths.js';
import { hello } from '../../src/client/hello.js';
import { connectDaemon } from '../../src/client/connect.js';
import { ensureDaemon } from '../../src/client/launch.js';

const built = (file: string): string => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);

// The least daemon: lock, socket, hello, kill; FAIL_* make it misbehave.
const fake = `
  const fs = require('node:fs');
  const home = process.env.MGR_HOME;
  const tell = (o) => { try { fs.writeSync(3, JSON.stringify(o) + '\\n'); fs.closeSync(3); } catch {} };
  fs.appendFileSync(home + '/runs', process.pid + ' ' + process.ppid + '\\n');
  if (process.env.FAIL_ERROR) { tell({ error: { code: 'HOME_TOO_LONG', message: '', data: { home: 'x', length: 1, max: 2 } } }); process.exit(0); }
  if (process.env.FAIL_BOOT) { console.error('some reason'); process.exit(3); }
  if (process.env.FAIL_ONCE && !fs.existsSync(home + '/failed')) { fs.writeFileSync(home + '/failed', ''); process.exit(3); }
  (async () => {
    const { acquire } = await import(${built('daemon/lock.js')});
    const { startTime, bootId } = await import(${built('base/proc.js')});
    const { serve } = await import(${built('rpc/server.js')});
    const lock = acquire(home + '/daemon.lock', { pid: process.pid, start: startTime(process.pid), boot: bootId() });
    if ('heldBy' in lock) { tell({ lost: lock.heldBy }); process.exit(0); }
    const server = await serve(home + '/rpc.sock', { methods: {
      'hello': () => ({ version: '0.0.1', protocol: Number(process.env.PROTO ?? 1), pid: process.pid, node: '', home, startedAt: 0, notices: [process.cwd(), String(process.env.NODE_OPTIONS)] }),
      'daemon.kill': () => { setImmediate(async () => { await server.close(); lock.release(); process.exit(0); }); return { stopped: 0 }; },
    } });
    process.on('SIGTERM', async () => { fs.writeFileSync(home + '/termed', ''); await server.close(); lock.release(); process.exit(0); });
    process.on('SIGHUP', () => {});
    tell({ ready: true, pid: process.pid });
  })();
`;

interface Rig { readonly home: Home; readonly entry: string; runs(): { pid: number; guardian: number }[] }

function rig(t: TestContext): Rig {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-launch-'));
  const home = homeAt(path.join(dir, 'h'));
  const entry = path.join(dir, 'daemon.cjs');
  fs.writeFileSync(entry, fake);
  fs.copyFileSync('bin/guardian.sh', path.join(dir, 'guardian.sh'));
  const runs = (): { pid: number; guardian: number }[] => fs.readFileSync(path.join(home.dir, 'runs'), 'utf8').trim().split('\n')
    .map((l) => l.split(' ').map(Number)).map(([pid = 0, guardian = 0]) => ({ pid, guardian }));
  t.after(() => {
    if (fs.existsSync(path.join(home.dir, 'runs'))) {
      for (const r of runs()) for (const pid of [r.guardian, r.pid]) if (pid > 1 && alive(pid)) process.kill(pid, 'SIGKILL');
    }
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return { home, entry, runs };
}

const launch = (r: Rig, env: Record<string, string> = {}, patience = 10_000) =>
  ensureDaemon(r.home, { entry: r.entry, node: process.execPath, env: { ...process.env, ...env }, patience });

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => { setTimeout(resolve, 10); });
}

/** The pid of the daemon that answers, once one does that is not `old`. */
async function next(home: Home, old: number): Promise<number> {
  for (;;) {
    const client = await connectDaemon(home).catch(() => undefined);
    const pid = client && (await client.call('hello', { version: '', protocol: 1 }).catch(() => undefined))?.pid;
    client?.close();
    if (pid !== undefined && pid !== old) return pid;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

test('starts a daemon once, finds it after that; kill ends the guardian too', async (t) => {
  const r = rig(t);
  await assert.rejects(connectDaemon(r.home), { code: 'DAEMON_DOWN' });
  await assert.rejects(ensureDaemon(r.home, { entry: r.entry, node: process.execPath, env: {}, spawn: false }), { code: 'DAEMON_DOWN' });
  const a = await launch(r, { NODE_OPTIONS: '--no-warnings' });
  const b = await launch(r);
  const { daemon, notice } = await hello(a);
  assert.deepEqual(daemon.notices, ['/', 'undefined']);
  assert.match(notice ?? '', /the daemon is 0\.0\.1/);
  assert.equal((await hello(b)).daemon.pid, daemon.pid);
  assert.equal(r.runs().length, 1);
  assert.equal(fs.statSync(r.home.dir).mode & 0o777, 0o700);
  assert.equal(fs.statSync(r.home.daemonLog).mode & 0o777, 0o600);
  const guardian = r.runs()[0]?.guardian ?? 0;
  if (process.platform === 'linux') {
    const links = (pid: number | 'self'): string[] => fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try { return [fs.readlinkSync(`/proc/${pid}/fd/${fd}`)]; } catch { return []; } // readdir's own
    }).filter((to) => /^(pipe|socket)/.test(to));
    // What this test run itself was given by its starter does not count.
    const given = new Set([...links('self'), ...links(process.ppid)]);
    assert.deepEqual(links(guardian).filter((to) => !given.has(to)), []);
    const rss = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${guardian}/status`, 'utf8'))?.[1]);
    assert.ok(rss < 4096, `guardian holds ${rss} KB`);
  }
  await a.call('daemon.kill', {});
  await until(() => !alive(guardian));
  a.close();
  b.close();
});

test('eight first commands at once: one daemon', async (t) => {
  const r = rig(t);
  const clients = await Promise.all(Array.from({ length: 8 }, () => launch(r)));
  const pids = await Promise.all(clients.map(async (c) => (await hello(c)).daemon.pid));
  assert.equal(new Set(pids).size, 1);
  await until(() => r.runs().filter((x) => alive(x.pid)).length === 1 && r.runs().filter((x) => alive(x.guardian)).length === 1);
  for (const c of clients) c.close();
});

test('killed, it is back by itself; commands meanwhile end at one daemon', async (t) => {
  const r = rig(t);
  const first = await launch(r);
  let pid = (await hello(first)).daemon.pid;
  for (let i = 0; i < 2; i++) {
    process.kill(pid, 'SIGKILL');
    await until(() => !alive(pid));
    const clients = await Promise.all([launch(r), launch(r), launch(r)]);
    const now = new Set(await Promise.all(clients.map(async (c) => (await hello(c)).daemon.pid)));
    for (const c of clients) c.close();
    assert.equal(now.size, 1);
    pid = [...now][0] ?? 0;
  }
  // Without any command too.
  process.kill(pid, 'SIGKILL');
  assert.notEqual(await next(r.home, pid), pid);
  assert.match(fs.readFileSync(r.home.daemonLog, 'utf8'), /guardian: the daemon ended with status 137/);
});

test('TERM to the guardian ends the daemon in order, HUP and INT do nothing', async (t) => {
  const r = rig(t);
  const client = await launch(r);
  const { guardian, pid } = r.runs()[0] ?? { guardian: 0, pid: 0 };
  process.kill(guardian, 'SIGHUP');
  process.kill(guardian, 'SIGINT');
  assert.equal((await hello(client)).daemon.pid, pid);
  process.kill(guardian, 'SIGTERM');
  await until(() => !alive(guardian));
  assert.equal(alive(pid), false);
  assert.ok(fs.existsSync(path.join(r.home.dir, 'termed')));
});

test('what goes wrong at the start is told', async (t) => {
  const r = rig(t);
  await assert.rejects(launch(r, { FAIL_ERROR: '1' }), { code: 'HOME_TOO_LONG' });
  const once = await launch(r, { FAIL_ONCE: '1' });
  assert.equal((await hello(once)).daemon.protocol, 1);
  await once.call('daemon.kill', {});
  once.close();
  await until(() => r.runs().every((x) => !alive(x.guardian)));
  await assert.rejects(launch(r, { FAIL_BOOT: '1' }), (e: Error) => /it ended before it was ready/.test(e.message) && /some reason/.test(e.message));
  await until(() => r.runs().every((x) => !alive(x.guardian)));
  const odd = await launch(r, { PROTO: '99' });
  await assert.rejects(hello(odd), { code: 'PROTOCOL' });
  odd.close();
  await assert.rejects(ensureDaemon(homeAt(path.join(r.entry, 'x', 'h')), { entry: r.entry, node: process.execPath, env: {} }), { code: 'DAEMON_START' });
});

test('a script that ends its connection ends', async (t) => {
  const r = rig(t);
  (await launch(r)).close();
  const script = `
    import { ensureDaemon } from ${built('client/launch.js')}; import { homeAt } from ${built('base/paths.js')};
    const c = await ensureDaemon(homeAt(${JSON.stringify(r.home.dir)}), { entry: '', node: '', env: {} });
    await c.call('hello', { version: '', protocol: 1 }); c.close(); console.log('done');`;
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 10_000 }), 'done\n');
  // Idle but connected, it stays.
  const staying = spawn(process.execPath, ['--input-type=module', '-e', script.replace('c.close();', '')], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => staying.kill('SIGKILL'));
  await new Promise((resolve) => { staying.stdout.once('data', resolve); });
  const ended = await Promise.race([new Promise((resolve) => { staying.once('exit', () => resolve('ended')); }), new Promise((resolve) => { setTimeout(resolve, 200, 'stays'); })]);
  assert.equal(ended, 'stays');
});
