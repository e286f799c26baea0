// Stored state as a user has it: hosts that are killed, stopped and run out of disk, with the real command and the real daemon.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openDatabase } from '../../src/database/database.js';
import { createStore } from '../../src/database/documents.js';
import { type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

/** /put stores a document, /count counts them, each with the code of what went wrong. */
const API = `const store = process.server.createStore('docs');
const Resource = require('deployd/lib/resource');
class Api extends Resource {
  handle(ctx) {
    const work = ctx.url === '/put' ? store.insert({ fill: 'x'.repeat(5000) }) : store.count();
    work.then((v) => ctx.done(null, typeof v === 'number' ? { n: v } : v), (e) => ctx.done(null, { code: e.code }));
  }
}
module.exports = Api;`;

function api(rig: Rig): void {
  rig.file('api/modules/api.js', API);
  rig.file('api/resources/docs/config.json', '{ "type": "Api" }');
}

async function urlOf(rig: Rig, name: string): Promise<string> {
  return waitFor('a url', async () => (JSON.parse(await rig.ok('host', 'list', '--json')) as { name: string; url?: string }[]).find((h) => h.name === name)?.url);
}

async function ask(url: string): Promise<{ readonly id?: string; readonly n?: number; readonly code?: string }> {
  return await (await fetch(url)).json() as { id?: string; n?: number; code?: string };
}

test('D14: what a host acknowledged is there after kill -9 in the middle of it', () => within(async (rig) => {
  const told = path.join(rig.dir, 'told');
  rig.file('shop/modules/loop.js', `const fs = require('node:fs');
    const store = process.server.createStore('loop');
    process.server.on('listening', async () => {
      for (let n = 0; ; n++) { const { id } = await store.insert({ n, fill: 'x'.repeat(n % 500), whole: true }); fs.appendFileSync(${JSON.stringify(told)}, id + '\\n'); }
    });`);
  await rig.ok('host', 'start', 'shop', '--port', '0');
  const lines = (): string[] => (fs.existsSync(told) ? fs.readFileSync(told, 'utf8').split('\n').slice(0, -1) : []);
  for (let round = 0; round < 2; round++) {
    const before = lines().length;
    await waitFor('documents', () => lines().length > before + 50);
    const { pid } = await rig.status('shop', 'online');
    process.kill(pid, 'SIGKILL');
    await waitFor('its end', () => !alive(pid));
  }
  await rig.ok('host', 'stop', 'shop');
  const db = openDatabase(path.join(rig.home, 'store.db'));
  const docs = await createStore(db, 'shop:loop').find();
  db.close();
  const ids = new Set(docs.map((d) => d.id));
  assert.deepEqual(lines().filter((id) => !ids.has(id)), []);
  for (const d of docs) assert.deepEqual([d['whole'], (d['fill'] as string).length], [true, (d['n'] as number) % 500]);
  const copy = path.join(rig.dir, 'copy.db');
  assert.match(await rig.ok('host', 'backup', copy), /^copied .*store\.db to .*copy\.db/);
  assert.ok(fs.statSync(copy).size > 0);
}));

test('D16: one host stops in the middle of a transaction: the other fails in time and recovers by itself', () => within(async (rig) => {
  api(rig);
  rig.file('other/modules/hold.js', "process.server.jobs.define('hold', (job) => { job.complete(() => { process.kill(process.pid, 'SIGSTOP'); }); });");
  await rig.ok('host', 'start', 'api', '--port', '0');
  await rig.ok('host', 'start', 'other', '--port', '0');
  const url = await urlOf(rig, 'api');
  assert.ok((await ask(`${url}/docs/put`)).id);
  const [one, two] = [await rig.row('api'), await rig.row('other')];
  await rig.ok('jobs:add', 'hold');
  await waitFor('its stop', () => / T /.test(fs.readFileSync(`/proc/${two.pid}/stat`, 'utf8')));
  const began = performance.now();
  assert.equal((await ask(`${url}/docs/put`)).code, 'STORE_BUSY');
  assert.ok(performance.now() - began < 9000, `${performance.now() - began} ms`);
  assert.deepEqual(await ask(`${url}/docs/count`), { n: 1 });
  const waiting = ask(`${url}/docs/put`);
  process.kill(two.pid, 'SIGCONT');
  assert.ok((await waiting).id);
  assert.deepEqual([(await rig.row('api')).pid, (await rig.row('other')).pid], [one.pid, two.pid]);
}));

test('D17: a host on a full disk: writes are refused, reads go on, the doctor tells, and with room again all is well', async (t) => {
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-d-'));
  if (process.platform !== 'linux' || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', disk], { stdio: 'ignore' }).status !== 0) {
    fs.rmdirSync(disk);
    t.skip('a small disk of its own takes Linux and root');
    return;
  }
  try {
    await within(async (rig) => {
      api(rig);
      await rig.ok('host', 'start', 'api', '--port', '0');
      const url = await urlOf(rig, 'api');
      const { pid } = await rig.row('api');
      assert.ok((await ask(`${url}/docs/put`)).id);
      try { fs.writeFileSync(path.join(disk, 'fill'), Buffer.alloc(24 << 20)); } catch { /* full: that is what it is for */ }
      const { code } = await waitFor('a refusal', async () => { const answer = await ask(`${url}/docs/put`); return answer.code === undefined ? undefined : answer; });
      assert.equal(code, 'STORE_IO');
      assert.ok((await ask(`${url}/docs/count`)).n);
      const doctor = await rig.mgr('doctor');
      assert.equal(doctor.code, 1);
      assert.match(doctor.out, /^wrong +disk +/m);
      fs.rmSync(path.join(disk, 'fill'));
      assert.ok((await ask(`${url}/docs/put`)).id);
      assert.equal((await rig.mgr('doctor')).out.includes('cannot write'), false);
      assert.equal((await rig.row('api')).pid, pid);
    }, { MGR_HOME: path.join(disk, 'h') });
  } finally {
    spawnSync('umount', ['-l', disk]);
    fs.rmdirSync(disk);
  }
});
