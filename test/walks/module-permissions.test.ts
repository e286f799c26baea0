// What a module declares, it is held to: at its own sockets, and in a sandbox of Node.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { withBox } from '../helpers/box.js';
import { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const MODULE = `import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { execSync } from 'node:child_process';
import mgr from 'mgr';
import { action, dataDir, initModule } from 'mgr/module';
await initModule();
const said = { pid: process.pid };
const attempt = async (name, deed) => { try { said[name] = await deed() ?? 'done'; } catch (e) { said[name] = e.code ?? e.message; } };
await attempt('other', () => fs.readdirSync(process.env.MGR_HOME).length);
await attempt('own', () => fs.writeFileSync('node_modules/x', '')); // not watched
await attempt('data', () => { fs.writeFileSync(path.join(dataDir(), 'x'), 'kept'); return fs.readFileSync(path.join(dataDir(), 'x'), 'utf8'); });
await attempt('program', () => execSync('true').length);
await attempt('tcp', () => new Promise((ok, no) => { net.connect(1, '127.0.0.1').on('connect', ok).on('error', no); }));
await attempt('list', async () => (await mgr.list()).map((p) => p.name).join());
await attempt('restart', async () => (await mgr.restart('api')).length);
await attempt('delete', async () => (await mgr.delete('api')).length);
mgr.disconnect();
action('hi', () => 'hello');
console.log(JSON.stringify(said));
setInterval(() => {}, 1e6);
`;
interface Line { readonly pid: number; readonly [attempt: string]: unknown }
const NODE = Number.parseInt(process.versions.node, 10);
const HELD = NODE >= 25 ? 'ERR_ACCESS_DENIED' : 'ECONNREFUSED';

describe('the permissions of modules', { concurrency: 2 }, () => {
  test('a sandbox without any: files, programs and mgr are refused; its channel outlives the daemon', () => withBox<Line>({ main: 'index.mjs', mgr: { sandbox: true } }, MODULE, async (rig, line) => {
    const { pid, ...said } = await line(() => true);
    const calls = NODE >= 25 ? 'NO_PERMISSION' : 'PERMISSION_DENIED';
    assert.deepEqual(said, { other: 'ERR_ACCESS_DENIED', own: 'ERR_ACCESS_DENIED', data: 'kept', program: 'ERR_ACCESS_DENIED', tcp: HELD, list: calls, restart: calls, delete: calls });
    assert.equal(fs.readFileSync(path.join(rig.home, 'module-data/box/x'), 'utf8'), 'kept');
    const told = await rig.ok('describe', 'box');
    assert.match(told, /permissions +none: of mgr it gets nothing\n +sandbox +by Node \d+\.\d+\.\d+: other files refused, programs refused/);
    assert.match(await rig.ok('module:audit', 'box'), /permissions +it declares the permissions none/);
    assert.match(await rig.ok('trigger', 'box', 'hi'), /hello/);
    await rig.killDaemon();
    if (NODE >= 25) await line((l) => l.pid !== pid);
    assert.match(await waitFor('the action', async () => { const r = await rig.mgr('trigger', 'box', 'hi'); return r.code === 0 ? r.out : undefined; }), /hello/);
    assert.equal((await rig.row('box')).pid === pid, NODE < 25);
  }));

  test('control: what is there is restarted and not removed; an update takes the declaration of the new version', async () => {
    const rig = new Rig();
    try {
      await rig.ok('start', rig.file('api.sh', '#!/bin/sh\nexec sleep 600\n', 0o755), '--name', 'api');
      rig.file('box/index.mjs', MODULE);
      const declare = (permissions: unknown): string => rig.file('box/package.json', JSON.stringify({ name: 'box', version: '1.0.0', main: 'index.mjs', peerDependencies: { mgr: '*' }, mgr: { permissions } }));
      const said = (before = 0): Promise<Line> => waitFor('a line', () => { const last = rig.read('logs/box-out.log').split('\n').filter((l) => l.startsWith('{')).at(-1); const l = last === undefined ? undefined : JSON.parse(last) as Line; return l?.pid === before ? undefined : l; });
      declare(['control']);
      assert.match((await rig.mgr('install', path.join(rig.dir, 'box'))).err, /declares the permissions control: of mgr it may look at and control programs, but not add, change or remove any; its files, programs and connections are not held/);
      const control = await said();
      assert.deepEqual([control['list'], control['restart'], control['delete']], ['api,box', 1, 'PERMISSION_DENIED']);
      await rig.ok('stop', 'box');
      declare(['read']);
      await rig.ok('install', path.join(rig.dir, 'box'));
      const read = await said(control.pid);
      assert.deepEqual([read['list'], read['restart'], read['delete']], ['api,box', 'PERMISSION_DENIED', 'PERMISSION_DENIED']);
      declare({ read: true });
      const bad = await rig.mgr('install', path.join(rig.dir, 'box'));
      assert.deepEqual([bad.code, /`mgr\.permissions` in its package\.json: got \{"read":true\}, wanted "none" or a list of read, control/.test(bad.err)], [1, true], bad.err);
      await rig.ok('uninstall', 'box');
      assert.deepEqual(fs.readdirSync(path.join(rig.home, 'm')), []);
    } finally {
      await rig.close();
    }
  });
});

describe('settings that are required, taken in and back', () => {
  test('a module waits for what it needs, tells how it is given, and starts with it', () => withBox<Line>({
    mgr: { schema: [{ field: 'db', required: true, description: 'where the data is' }, { field: 'every', type: 'number', default: 500, unit: 'ms' }, { field: 'port', type: 'number' }] },
    apps: [{ script: 'index.mjs', env: { BOX_PORT: '81' } }],
  }, "import { config, initModule, onConfig } from 'mgr/module';\nawait initModule();\nconst tell = () => console.log(JSON.stringify({ pid: process.pid, ...config }));\nonConfig(tell);\ntell();\nsetInterval(() => {}, 1e6);\n", async (rig, line) => {
    assert.equal((await rig.row('box')).pm2_env['status'], 'stopped');
    const refused = await rig.mgr('start', 'box');
    assert.deepEqual([refused.code, /a required setting has no value: mgr set box:db <text>/.test(refused.err)], [1, true], refused.err);
    assert.match((await rig.mgr('set', 'box:every', '50')).err, /box is not started: a required setting/);
    assert.match(await rig.ok('set', 'box:db', 'x'), /box was started with it/);
    // Of the schema and without a default: from its variable, with its type.
    const { pid } = await line((l) => l['db'] === 'x' && l['every'] === 50 && l['port'] === 81);
    const kept = await rig.mgr('unset', 'box:db');
    assert.deepEqual([kept.code, /box:db: got nothing, wanted a value\n.*nothing was removed/.test(kept.err)], [1, true], kept.err);
    assert.match(await rig.ok('unset', 'box:every'), /removed box:every\nbox took it over while running/);
    assert.equal((await line((l) => l['every'] === 500)).pid, pid);

    const dump = path.join(rig.dir, 'dump.json');
    await rig.ok('conf', 'box', '--dump', dump);
    const file = rig.read('module_conf.json');
    assert.match(await rig.ok('conf', 'box', '--import', dump), /nothing differs/);
    fs.writeFileSync(dump, '{"every": 7, "port": "many"}');
    assert.match((await rig.mgr('conf', 'box', '--import', dump)).err, /box:port: got `many`, wanted a number[^]*nothing was saved/);
    assert.equal(rig.read('module_conf.json'), file);
    fs.writeFileSync(dump, '{"every": 7, "db": "x"}');
    assert.doesNotMatch(await rig.ok('conf', 'box', '--import', dump), /box:db/);
    assert.equal((await line((l) => l['every'] === 7)).pid, pid);
    assert.match(await rig.ok('conf', 'box', '--help'), /Settings of box: mgr set box:<setting> <value>\n +db <string> +where the data is \(required, BOX_DB\)\n +every <number> +\(ms, default 500, BOX_EVERY\)/);
    assert.match(await rig.ok('module:types', 'box'), /interface Config \{\n {4}\/\*\* where the data is \*\/\n {4}db: string;\n {4}\/\*\* \(ms\) \*\/\n {4}every: number;\n {4}port\?: number;\n {2}\}/);
  }));
});
