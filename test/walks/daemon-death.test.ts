// Issue: the daemon's death costs nothing. The real command, the real daemon, SIGKILL.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Rig, alive } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const KILLS = Number(process.env['MGR_TEST_KILLS'] ?? 100);

/** Numbered lines, about 1,000 a second, as a program writes them: one write each. */
const COUNTER = `let n = 0; const begun = Date.now();
setInterval(() => { for (const due = (Date.now() - begun); n < due; n++) console.log('n ' + n); }, 1);
process.on('message', (m) => process.send({ type: 'process:msg', data: { echo: m } }));`;

function numbers(rig: Rig, file: string): number[] {
  return rig.read(file).split('\n').filter((l) => l.startsWith('n ')).map((l) => Number(l.slice(2)));
}

describe('after SIGKILL of the daemon', { concurrency: 2 }, () => {
  test(`${KILLS} times in a row: same pid, same uptime, no line lost or doubled, never two`, async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('counter.js', COUNTER), '--name', 'counter');
      await rig.ok('start', rig.file('quiet.sh', '#!/bin/sh\nexec sleep 100000\n', 0o755), '--name', 'quiet');
      const before = await rig.rows();
      const waits: number[] = [];
      for (let i = 0; i < KILLS; i++) {
        // A moment of any phase: right after the answer, or while the new daemon boots.
        await new Promise((r) => setTimeout(r, (i * 37) % 120));
        const at = performance.now();
        await rig.killDaemon();
        await rig.ok('ping');
        waits.push(performance.now() - at);
      }
      const after = await rig.rows();
      for (const [i, row] of before.entries()) {
        const now = after[i];
        assert.ok(now);
        assert.equal(now.pid, row.pid);
        assert.equal(now.pm2_env['pm_uptime'], row.pm2_env['pm_uptime']);
        assert.equal(now.pm2_env['restart_time'], 0);
        assert.equal(now.pm2_env['status'], 'online');
      }
      // A busy machine may keep one of them waiting, not most.
      const late = waits.filter((ms) => ms >= 3000).map(Math.round);
      assert.ok(late.length <= KILLS / 10 && late.every((ms) => ms < 20_000), `a new daemon answered after ${late.join(', ')} ms`);
      assert.equal(rig.pids().filter((p) => fs.readFileSync(`/proc/${p}/cmdline`, 'latin1').includes('counter.js')).length, 1);
      await rig.ok('stop', 'all');
      const seen = numbers(rig, 'logs/counter-out.log');
      assert.ok(seen.length > 10 * KILLS, `${seen.length} lines`);
      const at = seen.findIndex((n, i) => n !== i);
      assert.equal(at, -1, `around the fault: ${seen.slice(Math.max(0, at - 3), at + 10).join(' ')}`);
    } finally { await rig.close(); }
  });

  test('process.send and process.on(message) work again, and what was sent meanwhile arrives', async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('talk.js', `process.on('message', (m) => console.log('got ' + JSON.stringify(m)));
        setInterval(() => process.send({ type: 'axm:monitor', data: { n: { value: process.uptime() } } }), 20);
        process.send({ type: 'axm:action', data: { action_name: 'hello' } });`), '--name', 'talk');
      for (let i = 0; i < 3; i++) {
        await rig.killDaemon();
        const row = await waitFor('metrics', async () => {
          const r = await rig.row('talk');
          return Object.keys(r.pm2_env['axm_monitor'] as object).length > 0 && (r.pm2_env['axm_actions'] as unknown[]).length > 0 ? r : undefined;
        });
        assert.equal(row.pm2_env['restart_time'], 0);
      }
    } finally { await rig.close(); }
  });

  test('an app that died while no daemon lived is noticed, told by its code, and restarted by its policy', async () => {
    const rig = new Rig();
    try {
      const file = rig.file('eco.config.json', JSON.stringify({ apps: [
        { name: 'back', script: rig.file('back.js', "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1e6);") },
        { name: 'stay', script: './back.js', stop_exit_codes: [7] },
        { name: 'never', script: './back.js', autorestart: false },
      ] }));
      await rig.ok('start', file);
      const rows = await rig.rows();
      const guardian = parentOf(await rig.daemonPid());
      process.kill(guardian, 'SIGSTOP'); // no daemon until we say so
      const old = await rig.daemonPid();
      process.kill(old, 'SIGKILL');
      // A signal is sent, not yet obeyed: the apps are to die when nobody can see it.
      await waitFor('no daemon', () => rows.every((r) => parentOf(r.pid) !== old));
      for (const r of rows) process.kill(r.pid, 'SIGTERM');
      await waitFor('all dead', () => rows.every((r) => !alive(r.pid)));
      process.kill(guardian, 'SIGCONT');
      await rig.daemonPid(old);
      const back = await rig.status('back', 'online');
      assert.notEqual(back.pid, rows[0]?.pid);
      assert.equal(back.pm2_env['restart_time'], 1);
      assert.equal(back.pm2_env['exit_code'], 7);
      assert.equal((await rig.row('stay')).pm2_env['status'], 'stopped');
      assert.equal((await rig.row('never')).pm2_env['status'], 'stopped');
    } finally { await rig.close(); }
  });

  test('while 50 apps start, at any moment: each runs once', async () => {
    for (const delay of [60, 100, 140, 180, 260]) {
      const rig = new Rig();
      try {
        await rig.ok('ping');
        const script = rig.file('one.sh', '#!/bin/sh\nexec sleep 100000\n', 0o755);
        const file = rig.file('fifty.config.json', JSON.stringify({ apps: Array.from({ length: 50 }, (_, i) => ({ name: `a${i}`, script })) }));
        const start = rig.mgr('start', file);
        await new Promise((r) => setTimeout(r, delay));
        await rig.killDaemon();
        await start;
        await rig.ok('start', file); // whatever was not known is started now
        const rows = await rig.rows();
        assert.equal(rows.length, 50);
        await waitFor('all online', async () => (await rig.rows()).every((r) => r.pm2_env['status'] === 'online' && alive(r.pid)));
        const running = rig.pids().filter((p) => fs.readFileSync(`/proc/${p}/cmdline`, 'latin1').startsWith('sleep'));
        assert.equal(running.length, 50, `killed after ${delay} ms`);
      } finally { await rig.close(); }
    }
  });

  test('while stopping: the wish is kept', async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('slow.js', "process.on('SIGINT', () => setTimeout(() => process.exit(0), 700)); setInterval(() => {}, 1e6); process.send('ready')"), '--name', 'slow', '--kill-timeout', '5000', '--wait-ready');
      const { pid } = await rig.row('slow');
      const stop = rig.mgr('stop', 'slow');
      await waitFor('stopping', async () => rig.read('state.journal').includes('"want":"down"'));
      await rig.killDaemon();
      await stop;
      await rig.status('slow', 'stopped');
      assert.equal(alive(pid), false);
    } finally { await rig.close(); }
  });

  test('a recycled pid and a record from before a reboot are neither adopted nor signalled', async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('a.sh', '#!/bin/sh\nexec sleep 100000\n', 0o755), '--name', 'a');
      await rig.ok('start', './a.sh', '--name', 'b');
      const [a, b] = await rig.rows();
      assert.ok(a && b);
      const guardian = parentOf(await rig.daemonPid());
      process.kill(guardian, 'SIGSTOP');
      const old = await rig.daemonPid();
      process.kill(old, 'SIGKILL');
      // `a`: its pid is now somebody else's (another start time). `b`: its record is of another boot.
      const journal = path.join(rig.home, 'state.journal');
      const lines = fs.readFileSync(journal, 'utf8').split('\n').map((l) => {
        if (l.includes(`"pid":${a.pid}`)) return l.replace(/"start":"\d+"/, '"start":"1"');
        return l.includes(`"pid":${b.pid}`) ? l.replace(/"boot":"[^"]+"/, '"boot":"another"') : l;
      });
      fs.writeFileSync(journal, lines.join('\n'));
      process.kill(guardian, 'SIGCONT');
      await rig.daemonPid(old);
      const first = await rig.status('a', 'online');
      assert.notEqual(first.pid, a.pid);
      assert.equal((await rig.row('b')).pm2_env['status'], 'stopped');
      await rig.ok('delete', 'all');
      assert.ok(alive(a.pid) && alive(b.pid), 'strangers were signalled');
    } finally { await rig.close(); }
  });

  test('a PM2 daemon that came into the home meanwhile is asked to leave', async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('a.sh', '#!/bin/sh\nexec sleep 100000\n', 0o755), '--name', 'a');
      const before = await rig.row('a');
      const old = await rig.daemonPid();
      const guardian = parentOf(old);
      process.kill(guardian, 'SIGSTOP');
      process.kill(old, 'SIGKILL');
      await waitFor('the daemon gone', () => !alive(old));
      const guest = spawn(process.execPath, ['-e', `process.title = 'PM2 v7.0.4: God Daemon (' + process.env.MGR_HOME + ')';
        const fs = require('fs'), h = process.env.MGR_HOME;
        for (const s of ['rpc', 'pub']) { fs.rmSync(h + '/' + s + '.sock', { force: true }); require('net').createServer().listen(h + '/' + s + '.sock'); }
        fs.writeFileSync(h + '/pm2.pid', String(process.pid));
        process.on('SIGTERM', () => { fs.writeFileSync(h + '/guest-left', ''); process.exit(0); });
        setTimeout(() => fs.writeFileSync(h + '/guest-here', ''), 50);`], { env: rig.env, stdio: 'ignore' });
      await waitFor('the guest', () => fs.existsSync(path.join(rig.home, 'guest-here')));
      process.kill(guardian, 'SIGCONT');
      await waitFor('the guest gone in order', () => fs.existsSync(path.join(rig.home, 'guest-left')));
      await waitFor('our daemon', () => { const pid = Number(rig.read('pm2.pid')); return pid !== guest.pid && pid !== old && alive(pid); });
      const after = await waitFor('an answer', async () => { const r = await rig.mgr('jlist'); return r.code === 0 ? (JSON.parse(r.out) as { pid: number }[])[0] : undefined; });
      assert.equal(after.pid, before.pid);
    } finally { await rig.close(); }
  });

  test('after a reboot resurrect brings back what ran, without a save', async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('a.sh', '#!/bin/sh\nexec sleep 100000\n', 0o755), '--name', 'a');
      await rig.ok('start', './a.sh', '--name', 'stopped-by-hand');
      await rig.ok('stop', 'stopped-by-hand');
      const guardian = parentOf(await rig.daemonPid());
      for (const pid of [guardian, ...rig.pids()]) { try { process.kill(pid, 'SIGKILL'); } catch { /* already gone */ } }
      await waitFor('all gone', () => rig.pids().length === 0);
      const journal = path.join(rig.home, 'state.journal');
      fs.writeFileSync(journal, fs.readFileSync(journal, 'utf8').replace(/"boot":"[^"]+"/g, '"boot":"before"'));
      assert.equal((await rig.row('a')).pm2_env['status'], 'stopped');
      await rig.ok('resurrect');
      await rig.status('a', 'online');
      assert.equal((await rig.row('stopped-by-hand')).pm2_env['status'], 'stopped');
    } finally { await rig.close(); }
  });
});

function parentOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

