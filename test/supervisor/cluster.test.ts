// Cluster mode: workers by the app's primary, with real children.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import type { Declared } from '../../src/config/declare.js';
import { isSafe } from '../../src/supervisor/launch/primary-start.js';
import { notePath } from '../../src/supervisor/launch/channel-words.js';
import type { ManagedProcess } from '../../src/supervisor/process.js';
import { ask, freePort } from '../helpers/load.js';
import { ROOT, alive } from '../helpers/rig.js';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const WEB = path.join(ROOT, 'test/fixtures/web.cjs');

interface Up { readonly b: Bench; readonly port: number; readonly app: ManagedProcess[] }

async function cluster(t: TestContext, more: Declared = {}): Promise<Up> {
  const b = await Bench.open(t);
  const port = await freePort();
  const [result] = await b.supervisor.start([b.spec({ script: WEB, name: 'web', instances: 2, port, ...more })], 'another');
  assert.ok(result);
  assert.equal(result.error, undefined, String(result.error));
  const app = [...result.processes];
  await Promise.all(app.map(async (p) => b.said(p, /"up"/)));
  return { b, port, app };
}

const primaryOf = (b: Bench, p: ManagedProcess): number => b.kept.get(p.id)?.primary?.pid ?? 0;
const back = (p: ManagedProcess, before: number): Promise<boolean> => p.until(() => p.state.name === 'online' && p.pid !== before, 15_000);
const parent = (pid: number): number => Number(fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1]);

describe('cluster mode', { timeout: 120_000 }, () => {
  test('each worker is a process of its own with what its app declares, and one primary for all', async (t) => {
    const { b, port, app } = await cluster(t, { args: ['a', 'b c'], node_args: ['--no-deprecation'], env: { MINE: '1', BASE: '10' }, increment_var: 'BASE' });
    const [one, two] = app as [ManagedProcess, ManagedProcess];
    for (const p of app) {
      const [text = ''] = await b.said(p, /\{"up".*/);
      assert.deepEqual(JSON.parse(text), { up: p.pid, worker: true, argv: ['a', 'b c'], execArgv: ['--no-deprecation'], main: true, cwd: b.dir });
      assert.equal(parent(p.pid), primaryOf(b, p));
      assert.match(p.paths.out ?? '', new RegExp(`web-out-${p.id}\\.log$`));
      // It leads its session, so that its group can be ended without its siblings'.
      assert.equal(Number(fs.readFileSync(`/proc/${p.pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[3]), p.pid);
    }
    assert.equal(primaryOf(b, one), primaryOf(b, two));
    const envs = new Map<string, Record<string, string>>();
    await waitFor('both', async () => { const env = JSON.parse(await ask({ port, path: '/env' })) as Record<string, string>; envs.set(env['pm_id'] ?? '', env); return envs.size === 2; });
    for (const p of app) {
      const env = envs.get(String(p.id));
      assert.equal(env?.['NODE_APP_INSTANCE'], String(p.instance));
      assert.equal(env?.['BASE'], String(10 + p.instance));
      assert.equal(env?.['MINE'], '1');
      assert.equal(env?.['exec_mode'], 'cluster_mode');
      assert.deepEqual(Object.keys(env ?? {}).filter((k) => /^(MGR_CHANNEL|MGR_PRIMARY|NODE_UNIQUE_ID|NODE_CHANNEL|LISTEN_)/.test(k)), []);
    }
    await b.supervisor.stop(['web']);
    await waitFor('the primary to end', () => b.pids().length === 0);
  });

  test('nothing of a former environment is left', async (t) => {
    const { b, port, app } = await cluster(t, { instances: 1, env: { OLD: '1' } });
    await b.supervisor.restart(['web'], (spec) => ({ ...spec, env: { ...spec.env, declared: { PORT: String(port), NEW: '1' } } }));
    const env = JSON.parse(await waitFor('an answer', () => ask({ port, path: '/env' }).catch(() => undefined))) as Record<string, string>;
    assert.equal(env['OLD'], undefined);
    assert.equal(env['NEW'], '1');
    assert.equal(app[0]?.restarts, 1);
  });

  test('ends are told as they were: a code, a signal, a code that means stop', async (t) => {
    const { b, port, app } = await cluster(t, { instances: 1, stop_exit_codes: [9] });
    const p = app[0];
    assert.ok(p);
    let before = p.pid;
    await ask({ port, path: '/die?7' }).catch(() => {});
    await back(p, before);
    assert.equal(p.exits.at(-1)?.code, 7);
    await b.said(p, new RegExp(`last words of ${before}`));
    before = p.pid;
    process.kill(before, 'SIGTERM');
    await back(p, before);
    assert.equal(p.exits.at(-1)?.signal, 'SIGTERM');
    await waitFor('it to listen', () => ask({ port, path: '/' }).catch(() => undefined));
    await ask({ port, path: '/die?9' }).catch(() => {});
    await b.state(p, 'stopped');
    assert.equal(p.restarts, 2);
  });

  test('messages both ways, ready, exceptions', async (t) => {
    const { b, port, app } = await cluster(t, { wait_ready: true });
    const [p] = app;
    assert.ok(p?.token);
    assert.equal(p.state.name, 'online');
    assert.ok(b.messages.includes('ready'));
    assert.ok(b.channels.send(p.token, { hello: 1 }));
    await b.said(p, /heard \{"hello":1\}/);
    await waitFor('the answer', () => b.messages.some((m) => JSON.stringify(m) === '{"type":"echo","data":{"hello":1}}'));
    await ask({ port, path: '/throw' }).catch(() => {});
    await waitFor('the exception', () => b.exceptions.length > 0);
    assert.equal(b.exceptions[0]?.['message'], 'thrown on demand');
    await waitFor('listening is on record', () => app.every((w) => w.listens));
  });

  test('SIGKILL of the primary: the group comes back once, whatever stop_exit_codes say', async (t) => {
    const { b, app, port } = await cluster(t, { stop_exit_codes: [0] });
    const [p] = app;
    assert.ok(p);
    const primary = primaryOf(b, p);
    const pids = app.map((w) => w.pid);
    process.kill(primary, 'SIGKILL');
    for (const [i, w] of app.entries()) assert.ok(await back(w, pids[i] ?? 0), JSON.stringify([w.state, w.exits]));
    assert.ok(pids.every((pid) => !alive(pid)));
    assert.notEqual(primaryOf(b, p), primary);
    assert.equal(primaryOf(b, p), app[1] && primaryOf(b, app[1]));
    await waitFor('answers', () => ask({ port, path: '/' }).catch(() => undefined));
    assert.equal(b.pids().length, 3);
    assert.deepEqual(app.map((w) => w.restarts), [1, 1]);
  });

  test('the primary dies during a reload: that is the reason, and no crash of the app', async (t) => {
    const { b, app } = await cluster(t, { instances: 1, max_restarts: 0, min_uptime: 60_000 });
    const [p] = app as [ManagedProcess];
    await waitFor('listening is on record', () => p.listens);
    b.onNews = undefined;
    const slow = b.spec({ script: b.file('slow.js', `console.error('write EPIPE'); setTimeout(() => require(${JSON.stringify(WEB)}), 3000);`), name: 'web', instances: 1, exec_mode: 'cluster', max_restarts: 0, min_uptime: 60_000 });
    const reloading = b.supervisor.start([slow], 'reload');
    await b.said(p, /EPIPE/, 'err');
    process.kill(primaryOf(b, p), 'SIGKILL');
    const [result] = await reloading;
    assert.ok(isMgrError(result?.error), String(result?.error));
    assert.match(result.error.message, /the primary of its app ended/);
    assert.doesNotMatch(result.error.message, /EPIPE/);
    await b.state(p, 'online');
    assert.equal(p.unstable, 0);
    assert.match(p.exits[0]?.why ?? '', /primary/);
  });

  test('a worker that does not end with its primary is killed', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('stuck.js', "console.log('up'); setTimeout(() => { for (;;); }, 50);"), instances: 1, kill_timeout: 300 });
    await b.said(p, /up/);
    const before = p.pid;
    process.kill(primaryOf(b, p), 'SIGKILL');
    assert.ok(await back(p, before));
    assert.equal(alive(before), false);
  });

  test('an end that the primary has not written down yet is waited for', async (t) => {
    const { b, app } = await cluster(t, { autorestart: false });
    const [one] = app as [ManagedProcess, ManagedProcess];
    await waitFor('listening is on record', () => app.every((w) => b.kept.get(w.id)?.live?.listens));
    const run = b.kept.get(one.id)?.live;
    assert.ok(run);
    const note = notePath(b.home, run);
    b.supervisor.release();
    b.channels.close();
    process.kill(one.pid, 'SIGKILL');
    await waitFor('the note of its end', () => fs.existsSync(note));
    fs.renameSync(note, `${note}.later`);
    setTimeout(() => fs.renameSync(`${note}.later`, note), 60);
    const { supervisor } = await b.nextDaemon();
    const now = supervisor.processes.get(one.id);
    await waitFor('its end', () => now?.state.name === 'stopped');
    assert.equal(now?.exits.at(-1)?.signal, 'SIGKILL');
  });

  test('daemon and primary gone: the next daemon takes the end of the workers for theirs, not for the app\'s', async (t) => {
    const { b, app } = await cluster(t, { stop_exit_codes: [0], max_restarts: 0, min_uptime: 60_000 });
    const [one] = app as [ManagedProcess];
    await waitFor('listening is on record', () => app.every((w) => b.kept.get(w.id)?.live?.listens));
    const pids = app.map((w) => w.pid);
    b.supervisor.release();
    b.channels.close();
    process.kill(primaryOf(b, one), 'SIGKILL');
    await waitFor('the end of the workers', () => pids.every((pid) => !alive(pid)));
    const { supervisor } = await b.nextDaemon();
    for (const { id } of app) {
      const now = supervisor.processes.get(id);
      assert.ok(now);
      assert.ok(await now.until(() => now.state.name === 'online' && now.exits.length > 0, 10_000), JSON.stringify([now.state, now.exits]));
      assert.deepEqual([now.exits.at(-1)?.why, now.unstable], ['the primary of its app ended', 0]);
    }
  });

  test('what ends while no daemon lives is told to the next one, with its last words', async (t) => {
    const { b, app, port } = await cluster(t, { autorestart: false });
    const [one, two] = app as [ManagedProcess, ManagedProcess];
    await waitFor('listening is on record', () => app.every((w) => b.kept.get(w.id)?.live?.listens));
    b.supervisor.release();
    b.channels.close();
    await waitFor('a death', async () => { await ask({ port, path: '/die?5' }).catch(() => {}); return !alive(one.pid) || !alive(two.pid); });
    const dead = alive(one.pid) ? two : one;
    const left = alive(one.pid) ? one : two;
    const pid = dead.pid;
    const { supervisor, channels } = await b.nextDaemon();
    const now = supervisor.processes.get(dead.id);
    await waitFor('its end', () => now?.state.name === 'stopped');
    assert.equal(now?.exits.at(-1)?.code, 5);
    await b.said(now, new RegExp(`last words of ${pid}`));
    const other = supervisor.processes.get(left.id);
    assert.ok(other);
    assert.equal(other.pid, left.pid);
    await waitFor('its channel', () => other.token !== undefined && channels.send(other.token, 'again'));
    await b.said(other, /heard "again"/);
    // Its end is told by the primary of the former daemon.
    process.kill(other.pid, 'SIGKILL');
    await waitFor('its end', () => other.state.name === 'stopped');
    assert.equal(other.exits.at(-1)?.signal, 'SIGKILL');
  });

  test('stopped while it is being made, it never stays', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: WEB, name: 'web', instances: 1, port: await freePort() });
    const started = b.supervisor.start([spec], 'another');
    const p = await waitFor('the process', () => [...b.supervisor.processes.values()][0]);
    await p.until(() => p.state.name === 'starting');
    await b.supervisor.stop(['web']);
    await started;
    assert.equal(p.state.name, 'stopped');
    await waitFor('nothing left', () => b.pids().length === 0);
    await b.supervisor.restart(['web']);
    await b.state(p, 'online');
    assert.equal(b.pids().filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(WEB)).length, 1);
  });

  test('a file that is not there, or is no program of Node: why, and no second try', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.file('gone.js', ''), instances: 1 });
    const { p, error } = await b.start({ ...spec, cwd: path.join(b.dir, 'nowhere') });
    assert.ok(isMgrError(error));
    assert.match(error.message, /working directory .*nowhere does not exist/);
    await b.state(p, 'failed');
    await waitFor('nothing left', () => b.pids().length === 0);
  });

  test('ES modules', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const script = b.file('m.mjs', `import http from 'node:http'; import cluster from 'node:cluster';\nawait new Promise((r) => setTimeout(r, 10));\nhttp.createServer((q, r) => r.end(String(cluster.isWorker))).listen(${port});`);
    await b.up({ script, instances: 1 });
    assert.equal(await waitFor('an answer', () => ask({ port, path: '/' }).catch(() => undefined)), 'true');
  });

  test('scale: the highest ids go, freed instance numbers come again, the others are not touched', async (t) => {
    const { b, app } = await cluster(t, { instances: 3 });
    const pids = app.map((p) => p.pid);
    const now = (): [number, number][] => [...b.supervisor.processes.values()].map((p) => [p.id, p.instance]);
    const down = await b.supervisor.scale('web', { to: 1 });
    assert.equal(down.error, undefined);
    assert.deepEqual(now(), [[0, 0]]);
    const up = await b.supervisor.scale('web', { by: 2 });
    assert.equal(up.error, undefined, String(up.error));
    assert.deepEqual(now(), [[0, 0], [3, 1], [4, 2]]);
    assert.equal(app[0]?.pid, pids[0]);
    assert.equal(app[0]?.restarts, 0);
    assert.deepEqual([...b.supervisor.processes.values()].map((p) => p.spec.instances), [3, 3, 3]);
    const same = await b.supervisor.scale(0, { to: 3 });
    assert.equal(isMgrError(same.error) && same.error.code, 'NOTHING_TO_DO');
    const below = await b.supervisor.scale('web', { by: -4 });
    assert.equal(isMgrError(below.error) && below.error.message, 'scale: got -4, wanted to leave 0 processes or more; there are 3');
    assert.equal(isMgrError(below.error) && below.error.hint, 'mgr scale web 1, or mgr delete web');
  });
});

test('what another user could change is not run by root as a primary', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-safe-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const own = process.getuid?.();
  const file = path.join(dir, 'node');
  fs.writeFileSync(file, '', { mode: 0o755 });
  // The folder of all temporary files may be written by everybody.
  assert.equal(isSafe(file, own), false);
  assert.equal(isSafe('/bin/sh', own), true);
  assert.equal(isSafe(path.join(dir, 'nowhere'), own), false);
});
