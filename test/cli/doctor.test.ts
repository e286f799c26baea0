import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../src/database/database.js';
import { createStore } from '../../src/database/documents.js';
import { daemonView, rig, type Answers, type RigOptions } from './rig.js';

async function inHome(fn: (home: string) => Promise<void>): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mdr-'));
  for (const dir of ['logs', 'pids', 'modules']) fs.mkdirSync(path.join(home, dir), { mode: 0o700 });
  fs.writeFileSync(path.join(home, 'state.json'), '{}');
  try { await fn(home); } finally { fs.rmSync(home, { recursive: true, force: true }); }
}

interface Told { readonly ok: boolean; readonly findings: readonly { readonly about: string; readonly state: string; readonly text: string; readonly fix?: string }[] }

async function doctor(home: string, answers: Answers = {}, o: RigOptions = { down: true }): Promise<{ code: number; told: Told; bad: string[] }> {
  const r = rig(answers, { uid: process.getuid?.() ?? 0, ...o, env: { MGR_HOME: home } });
  const code = await r.run('doctor', '--json');
  const told = JSON.parse(r.stdout) as Told;
  return { code, told, bad: told.findings.filter((f) => f.state !== 'ok').map((f) => `${f.state} ${f.about}: ${f.text}`) };
}

async function stored(home: string): Promise<string> {
  const file = path.join(home, 'store.db');
  const db = openDatabase(file);
  await createStore(db, 'x').insert(Array.from({ length: 100 }, () => ({ fill: 'x'.repeat(200) })));
  db.all('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return file;
}

test('a home in order: exit 0, a line for each thing', () => inHome(async (home) => {
  await stored(home);
  const before = fs.readdirSync(home);
  const { code, told, bad } = await doctor(home);
  assert.deepEqual([code, told.ok, bad], [0, true, []]);
  assert.deepEqual([...new Set(told.findings.map((f) => f.about))], ['home', 'disk', 'daemon', 'state', 'logs', 'store']);
  assert.deepEqual(fs.readdirSync(home).filter((f) => !before.includes(f)), [], 'something was left');
  const r = rig({}, { down: true, uid: process.getuid?.() ?? 0, env: { MGR_HOME: home } });
  assert.equal(await r.run('doctor'), 0);
  assert.match(r.stdout, /^ok +home .*mode 700/);
  assert.match(r.stdout, /\nok +store .*store\.db, .*whole\n\nnothing is wrong\n$/);
}));

test('a home that is not there is no fault', async () => {
  const { code, bad } = await doctor(path.join(os.tmpdir(), 'mdr-none'));
  assert.equal(code, 0);
  assert.match(bad.join(), /look home: .*does not exist/);
});

const FAULTS: readonly (readonly [what: string, harm: (home: string) => void | Promise<void>, told: RegExp])[] = [
  ['rights of the home', (home) => { fs.chmodSync(home, 0o777); }, /wrong home: .*mode 777: others can change/],
  ['an unreadable state', (home) => { fs.writeFileSync(path.join(home, 'state.json'), '{"a'); }, /wrong state: .*state\.json: .*line 1/],
  ['a line of the journal', (home) => { fs.writeFileSync(path.join(home, 'state.journal'), '{"s":1}\n{"s":\n{"s":3}\n{"s"'); }, /wrong state: .*state\.journal: line 2 cannot be read/],
  ['unreadable settings', (home) => { fs.writeFileSync(path.join(home, 'module_conf.json'), '{,}'); }, /wrong settings: .*module_conf\.json/],
  ['a module without its folder', (home) => { fs.writeFileSync(path.join(home, 'module_conf.json'), JSON.stringify({ 'module-db-v2': { 'pm2-x': {} } })); }, /wrong modules: pm2-x is installed, but its folder .*pm2-x is missing/],
  ['programs without a daemon', (home) => { fs.writeFileSync(path.join(home, 'pids/x-0.pid'), String(process.pid)); }, /wrong programs: 1 of them run, and no daemon/],
  ['a damaged store', async (home) => { const file = await stored(home); const fd = fs.openSync(file, 'r+'); fs.writeSync(fd, Buffer.alloc(4096, 1), 0, 4096, 8192); fs.closeSync(fd); }, /wrong store: .*store\.db is damaged/],
  ['a store others can read', async (home) => { fs.chmodSync(await stored(home), 0o644); }, /wrong store: .*mode 644/],
];

for (const [what, harm, told] of FAULTS) {
  test(`${what}: exit 1 and named`, () => inHome(async (home) => {
    await harm(home);
    const { code, told: all, bad } = await doctor(home, {}, { down: true, alive: (pid: number) => pid === process.pid });
    assert.equal(code, 1);
    assert.equal(all.ok, false);
    assert.match(bad.join('\n'), told);
    assert.equal(bad.length, 1, bad.join('\n'));
  }));
}

test('what was set aside is worth a look, and no fault', () => inHome(async (home) => {
  fs.writeFileSync(path.join(home, 'state.json.broken-20260101T000000'), '');
  fs.writeFileSync(path.join(home, 'store.db.broken-20260101T000000'), '');
  const { code, bad } = await doctor(home);
  assert.equal(code, 0);
  assert.match(bad.join('\n'), /look state: .*state\.json\.broken[^\n]*\nlook store: .*store\.db\.broken/);
}));

test('the daemon: its version, its sockets, its notices', () => inHome(async (home) => {
  const servers = ['rpc', 'pub', 'child'].map((name) => net.createServer((s) => { s.destroy(); }).listen(path.join(home, `${name}.sock`)));
  await Promise.all(servers.map((s) => new Promise((resolve) => { s.once('listening', resolve); })));
  for (const name of ['rpc', 'pub', 'child']) fs.chmodSync(path.join(home, `${name}.sock`), 0o600);
  try {
    const up = (over: Partial<typeof daemonView> = {}): Promise<{ code: number; bad: string[] }> => doctor(home, { hello: { ...daemonView, home, ...over } }, {});
    assert.deepEqual((await up()).bad, []);
    const old = await up({ version: '0.0.1', notices: ['log /x is not written: ENOSPC'] });
    assert.equal(old.code, 1);
    assert.match(old.bad.join('\n'), /^look daemon: version 0\.0\.1, .*this command is [^\n]*\nwrong daemon: log \/x is not written/);
    fs.chmodSync(path.join(home, 'child.sock'), 0o666);
    fs.rmSync(path.join(home, 'pub.sock'));
    assert.match((await up()).bad.join('\n'), /^wrong sockets: .*pub\.sock is missing\nwrong sockets: .*child\.sock has mode 666/);
  } finally {
    for (const s of servers) s.close();
  }
}));
