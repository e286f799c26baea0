// The JavaScript API in programs of its own, against the real daemon.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOT, Rig } from '../helpers/rig.js';

const DIST = path.join(ROOT, 'dist');
const APP = `process.on('message', (m) => process.send({ type: 'process:msg', data: { echo: m.data } })); process.on('SIGUSR2', () => console.log('usr2')); setInterval(() => {}, 1e6);`;

function rigFor(t: TestContext): Rig {
  const rig = new Rig();
  t.after(() => rig.close());
  rig.file('app.js', APP);
  return rig;
}

/** Runs a program that ends by itself and prints one JSON value. */
async function program(rig: Rig, name: string, text: string): Promise<unknown> {
  const file = rig.file(name, text.replaceAll('DIST', DIST));
  const { code, out, err } = await rig.run(rig.node, [file]);
  assert.equal(code, 0, `${out}${err}${rig.read('pm2.log')}`);
  return JSON.parse(out);
}

test('the quick start of the documentation: callbacks', async (t) => {
  const rig = rigFor(t);
  const got = await program(rig, 'control.cjs', `
    const mgr = require('DIST/index.cjs');
    const seen = {};
    mgr.connect(function (err, info) {
      seen.connect = [err, info.new_pm2_instance, info.daemon_mode];
      mgr.start({ script: 'app.js', name: 'api', env: { A: '1' } }, function (err, apps) {
        seen.start = [err, apps.map((a) => [a.name, a.pm_id, a.pm2_env.status, a.pid > 0])];
        mgr.list((err, list) => {
          seen.list = [err, list.map((p) => [p.name, p.pm2_env.env.A, typeof p.monit.memory])];
          list[0].pm2_env.status = 'changed by the caller';
          mgr.list((err, again) => {
            seen.again = again[0].pm2_env.status;
            mgr.restart('api', (err, proc) => {
              seen.restart = [err, proc.length, proc[0].restart_time, proc[0].status];
              mgr.describe('nobody', (err, none) => {
                seen.nobody = [err, none];
                mgr.stop('nobody', (err) => {
                  seen.error = [err instanceof Error, err.code];
                  mgr.disconnect();
                  console.log(JSON.stringify(seen));
                });
              });
            });
          });
        });
      });
    });`);
  assert.deepEqual(got, {
    connect: [null, true, true],
    start: [null, [['api', 0, 'online', true]]],
    list: [null, [['api', '1', 'number']]],
    again: 'online',
    restart: [null, 1, 1, 'online'],
    nobody: [null, []],
    error: [true, 'NOT_FOUND'],
  });
});

test('what only asks outlives its daemon, by whomever it is replaced or killed; not our own disconnect', async (t) => {
  const rig = rigFor(t);
  const got = await program(rig, 'control.cjs', `
    const mgr = require('DIST/index.cjs');
    const { execFile } = require('node:child_process');
    const run = (...args) => new Promise((r) => execFile(process.execPath, ['DIST/../bin/mgr.js', ...args], (e) => r(e)));
    (async () => {
      const seen = { asked: 0, failed: [] };
      await mgr.start({ script: 'app.js', name: 'api' });
      let over = false;
      const asking = Array.from({ length: 3 }, async () => {
        while (!over) {
          await Promise.all([mgr.list().then((l) => l.length), mgr.describe('api').then((l) => l.length), mgr.env(0).then(() => 1), mgr.get().then(() => 1), mgr.report().then(() => 1)])
            .then((n) => { seen.asked++; if (n.some((x) => x !== 1)) seen.failed.push(n); }, (e) => { seen.failed.push(e.message); });
        }
      });
      seen.update = await run('update');
      await mgr.update();
      process.kill(Number(require('node:fs').readFileSync(process.env.MGR_HOME + '/pm2.pid', 'utf8')), 'SIGKILL');
      await mgr.list();
      over = true;
      await Promise.all(asking);
      seen.asked = seen.asked > 3;
      const late = mgr.list().then(() => 'answered', (e) => e.code);
      await new Promise((r) => setImmediate(r));
      mgr.disconnect();
      seen.late = await late;
      console.log(JSON.stringify(seen));
    })();`);
  assert.deepEqual(got, { asked: true, failed: [], update: null, late: 'CONNECTION_LOST' });
});

test('every verb as a promise, from an ES module', async (t) => {
  const rig = rigFor(t);
  rig.file('eco.config.cjs', `module.exports = { apps: [{ name: 'a', script: './app.js' }, { name: 'b', script: './app.js', instances: 2 }] }`);
  const got = await program(rig, 'control.mjs', `
    import mgr, { start, list, disconnect } from 'DIST/index.mjs';
    const seen = {};
    const names = (l) => l.map((p) => p.name + ':' + (p.status ?? p.pm2_env.status));
    seen.start = names(await start('eco.config.cjs'));
    seen.only = names(await mgr.start('eco.config.cjs', { only: 'a' }));
    seen.refused = await mgr.start('app.js', { name: 'a' }).then(() => 'no', (e) => e.code);
    seen.named = names(await mgr.start('a'));
    seen.many = await mgr.start([{ script: 'none1.js' }, { script: 'none2.js' }]).then(() => 'no', (e) => e.errors.map((x) => x.code));
    seen.manyBack = await new Promise((r) => mgr.start([{ script: 'none1.js' }, { script: 'none2.js' }], (err) => r(Array.isArray(err) && err.length)));
    seen.stop = names(await mgr.stop('b'));
    seen.patched = (await mgr.restart('a', { max_restarts: 3, updateEnv: true })).length;
    seen.ids = await mgr.getProcessIdByName('b');
    seen.describe = names(await mgr.describe(0));
    seen.signal = (await mgr.sendSignalToProcessName('SIGUSR2', 'a')).length;
    seen.signalId = (await mgr.sendSignalToProcessId('SIGUSR2', 0)).length;
    const packet = { id: 0, type: 'process:msg', topic: true, data: { some: 'data' } };
    seen.send = await mgr.sendDataToProcessId(packet);
    seen.sendTwo = (await mgr.sendDataToProcessId(0, { topic: true, data: 1 })).success;
    seen.sendBad = await mgr.sendDataToProcessId({ id: 0 }).then(() => 'no', (e) => e.code);
    seen.ping = await mgr.ping();
    seen.version = typeof await mgr.getVersion();
    seen.done = [await mgr.reset('a'), await mgr.dump(), await mgr.reloadLogs()];
    seen.flush = (await mgr.flush()).length;
    seen.deleted = names(await mgr.delete('all'));
    seen.left = (await list()).length;
    seen.nothing = await mgr.dump().then(() => 'no', (e) => e.code);
    seen.kill = await mgr.killDaemon();
    await disconnect();
    console.log(JSON.stringify(seen));`);
  assert.deepEqual(got, {
    start: ['a:online', 'b:online', 'b:online'], only: ['a:online'], refused: 'ALREADY_RUNNING', named: ['a:online'], many: ['SCRIPT_NOT_FOUND', 'SCRIPT_NOT_FOUND'], manyBack: 2,
    stop: ['b:stopped', 'b:stopped'], patched: 1, ids: [1, 2], describe: ['a:online'], signal: 3, signalId: 3,
    send: { success: true, data: { id: 0, type: 'process:msg', topic: true, data: { some: 'data' } } }, sendTwo: true, sendBad: 'BAD_USAGE',
    ping: { msg: 'pong' }, version: 'string', done: [{ success: true }, { success: true }, {}], flush: 3,
    deleted: ['a:stopped', 'b:stopped', 'b:stopped'], left: 0, nothing: 'NOTHING_SAVED', kill: { success: true },
  });
});

test('the bus: what a program sends comes; the daemon may be replaced meanwhile', async (t) => {
  const rig = rigFor(t);
  const got = await program(rig, 'bus.cjs', `
    const mgr = require('DIST/index.cjs');
    const fs = require('node:fs');
    (async () => {
      const [{ pm_id: id, pid }] = await mgr.start('app.js', { name: 'api' });
      const bus = await mgr.launchBus();
      const echo = (n) => new Promise((resolve) => {
        bus.on('process:msg', (packet) => { if (packet.data?.echo === n) resolve([packet.process.name, packet.process.pm_id]); });
        mgr.sendDataToProcessId({ id, topic: true, data: n });
      });
      const first = await echo(1);
      const daemon = () => Number(fs.readFileSync(process.env.MGR_HOME + '/pm2.pid', 'utf8'));
      const old = daemon();
      process.kill(old, 'SIGKILL');
      while (daemon() === old) await new Promise((r) => setTimeout(r, 10));
      let second;
      while (!second) second = await Promise.race([echo(2), new Promise((r) => setTimeout(r, 200))]);
      const same = (await mgr.list())[0].pid === pid;
      mgr.disconnect();
      console.log(JSON.stringify({ first, second, same }));
    })();`);
  assert.deepEqual(got, { first: ['api', 0], second: ['api', 0], same: true });
});

test('without a daemon of its own kind: connect(true) takes its daemon with it', async (t) => {
  const rig = rigFor(t);
  const got = await program(rig, 'alone.cjs', `
    const mgr = require('DIST/index.cjs');
    (async () => {
      const info = await mgr.connect(true);
      const [{ pid }] = await mgr.start('app.js');
      await mgr.disconnect();
      let left = true;
      try { process.kill(pid, 0); } catch { left = false; }
      console.log(JSON.stringify({ mode: info.daemon_mode, left }));
    })();`);
  assert.deepEqual(got, { mode: false, left: false });
  assert.notEqual((await rig.run('sh', ['-c', `test -S ${rig.home}/rpc.sock`])).code, 0);
});
