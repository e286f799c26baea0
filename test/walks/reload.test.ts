// Reloads as a user has them: the real command, a cluster app under load, versions that do not work, a daemon that dies.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Generator, ask, freePort } from '../helpers/load.js';
import { type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

// What the app does is in `version`: each process reads it when it starts.
const APP = `
const http = require('http');
const fs = require('fs');
const v = fs.existsSync('version') ? fs.readFileSync('version', 'utf8') : 'good';
if (v === 'exits') { console.error('Error: no such table: users'); process.exit(3); }
const server = http.createServer((q, r) => { if (q.url === '/slow') setTimeout(() => r.end('pid ' + process.pid), 2000); else r.end('pid ' + process.pid); });
if (v === 'taken') server.listen(Number(process.env.TAKEN), '127.0.0.1');
else if (v === 'never') { console.error('Error: waiting for the database'); setInterval(() => {}, 1000); }
else setTimeout(() => server.listen(Number(process.env.PORT), '127.0.0.1'), v === 'late' ? 2500 : v === 'slowly' ? 1500 : 0);
`;

async function cluster(rig: Rig, port: number, ...more: string[]): Promise<number[]> {
  rig.file('app.js', APP);
  await rig.ok('start', 'app.js', '-i', '2', '--name', 'api', ...more);
  await waitFor('an answer', () => ask({ port }).catch(() => undefined));
  return pidsOf(rig);
}

async function pidsOf(rig: Rig): Promise<number[]> { return (await rig.rows()).filter((r) => r.name === 'api').map((r) => r.pid); }

test('20 reloads and 2 restarts of a cluster under load: not one request fails', { timeout: 240_000 }, async () => {
  const port = await freePort();
  await within(async (rig) => {
    // A restart gives what is under way kill_timeout, and the slow requests take 2 s.
    const seen = new Set(await cluster(rig, port, '-k', '4000'));
    const load = new Generator({ port }, '/slow');
    try {
      for (let i = 0; i < 20; i++) {
        await rig.ok('reload', 'api');
        for (const pid of await pidsOf(rig)) seen.add(pid);
      }
      for (let i = 0; i < 2; i++) await rig.ok('restart', 'api');
    } finally {
      await load.stop();
    }
    const { ok, answers } = await load.stop();
    assert.deepEqual(load.failures.slice(0, 5), [], `${load.failures.length} failed, ${ok} did not`);
    assert.equal(seen.size, 42);
    assert.ok(ok > 500 && answers.size > 30, `${ok} answers of ${answers.size} processes`);
    assert.deepEqual((await rig.rows()).map((r) => r.pm2_env['restart_time']), [22, 22]);
  }, { PORT: String(port) });
});

test('versions that do not work: the old one serves on, the command says why', { timeout: 120_000 }, async () => {
  const port = await freePort();
  const taken = await freePort();
  await within(async (rig) => {
    const before = await cluster(rig, port, '--listen-timeout', '1200');
    const { createServer } = await import('node:net');
    const holder = createServer().listen(taken, '127.0.0.1');
    const load = new Generator({ port });
    try {
      for (const [version, reason] of [
        ['exits', /`api` was not reloaded: it ended after \d+ ms with exit code 3: Error: no such table: users/],
        ['never', /`api` was not reloaded: it did not listen within 1200 ms: Error: waiting for the database/],
        ['late', /`api` was not reloaded: it did not listen within 1200 ms/],
        ['taken', new RegExp(`\`api\` was not reloaded: it ended after \\d+ ms with exit code 1: Error: (?:listen|bind) EADDRINUSE.* 127\\.0\\.0\\.1:${taken}`)],
      ] as const) {
        rig.file('version', version);
        const r = await rig.mgr('reload', 'api');
        assert.equal(r.code, 1, version);
        assert.match(r.err, reason, version);
        assert.match(r.err, /the former run \(pid \d+\) serves on/);
        assert.deepEqual(await pidsOf(rig), before, version);
      }
      assert.match((await rig.mgr('list')).err, /api \(\d\): the last reload failed: it ended after \d+ ms/);
      // What was not taken is gone: daemon, guardian, primary, two workers.
      await waitFor('the end of the rest', () => rig.pids().filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('app.js')).length === 2);
    } finally {
      await load.stop();
      holder.close();
    }
    assert.deepEqual(load.failures.slice(0, 5), []);
    rig.file('version', 'good');
    await rig.ok('startOrReload', rig.file('eco.json', JSON.stringify({ apps: [{ name: 'api', script: 'app.js', instances: 2 }] })));
    assert.ok((await pidsOf(rig)).every((pid) => !before.includes(pid)));
  }, { PORT: String(port), TAKEN: String(taken) });
});

test('the daemon is killed at different moments of a reload: nothing twice, nothing lost, it serves', { timeout: 240_000 }, async () => {
  const port = await freePort();
  await within(async (rig) => {
    await cluster(rig, port);
    const load = new Generator({ port });
    try {
      for (const [version, ms] of [['good', 20], ['good', 60], ['good', 110], ['slowly', 700], ['good', 160], ['good', 250]] as const) {
        rig.file('version', version);
        const child = spawn(rig.node, [path.join(import.meta.dirname, '../../../../bin/mgr.js'), 'reload', 'api'], { cwd: rig.dir, env: rig.env, stdio: 'ignore' });
        const ended = new Promise((resolve) => { child.once('exit', resolve); });
        await new Promise((r) => setTimeout(r, ms)); // any moment is as good: that is the point
        await rig.killDaemon();
        await ended;
        const pids = await waitFor('two that serve', async () => {
          const rows = (await rig.rows()).filter((r) => r.name === 'api');
          const running = rig.pids().filter((pid) => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('app.js'); } catch { return false; } });
          return rows.length === 2 && rows.every((r) => r.pm2_env['status'] === 'online' && alive(r.pid)) && running.length === 2 && rows.every((r) => running.includes(r.pid)) && rows.map((r) => r.pid);
        });
        assert.equal(new Set(pids).size, 2);
      }
      rig.file('version', 'good');
      await rig.ok('reload', 'api');
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.failures.slice(0, 5), [], `${load.failures.length} failed`);
  }, { PORT: String(port) });
});

test('update in the middle of a reload: the command says so, nothing is left over', { timeout: 60_000 }, async () => {
  const port = await freePort();
  await within(async (rig) => {
    const before = await cluster(rig, port);
    rig.file('version', 'slowly');
    const reload = rig.mgr('reload', 'api', '--parallel', '1');
    await waitFor('the new process', () => rig.pids().filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('app.js')).length === 3);
    const second = await rig.mgr('reload', 'api');
    assert.equal(second.code, 1);
    assert.match(second.err, /reload already in progress/);
    await rig.ok('update');
    const r = await reload;
    assert.equal(r.code, 1);
    assert.match(r.err, /the daemon was replaced meanwhile|connection to the daemon was lost/);
    await waitFor('the end of the new process', () => rig.pids().filter((pid) => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('app.js'); } catch { return false; } }).length === 2);
    assert.deepEqual(await pidsOf(rig), before);
  }, { PORT: String(port) });
});
