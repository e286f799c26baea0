// The module host as a user meets it: the real command, the real daemon, folders of drop-ins, requests over the loopback address.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { ModuleRow, TypeView } from '../../src/host/views.js';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const fixture = (name: string): string => fs.readFileSync(path.join(ROOT, 'test/fixtures/host', name), 'utf8');
const modules = async (rig: Rig, host: string): Promise<ModuleRow[]> => JSON.parse(await rig.ok('host', 'modules', host, '--json')) as ModuleRow[];
const text = async (url: string): Promise<string> => (await fetch(url)).text();

interface HostRow { readonly name: string; readonly status: string; readonly url: string; readonly modules: number; readonly failed: number }
const host = async (rig: Rig, name: string): Promise<HostRow | undefined> => (JSON.parse(await rig.ok('host', 'list', '--json')) as HostRow[]).find((h) => h.name === name);
const urlOf = async (rig: Rig, name: string): Promise<string> => (await waitFor('a url', async () => (await host(rig, name))?.url)) || assert.fail('no url');

const COUNTER = "const Resource = require('deployd/lib/resource');\nclass Counter extends Resource { n = 0; handle(ctx) { ctx.done(null, { n: ++this.n }); } }\nCounter.prototype.__resource__ = true;\nmodule.exports = Counter;\n";

// Each has a home and processes of its own, and mostly waits: for a watchdog, for pauses between restarts.
describe('module hosts', { concurrency: 3 }, () => {

test('D5: what throws, lacks a package, loops or ends the process while it is loaded is left out; the rest is up within 15 s', () => within(async (rig) => {
  rig.file('bad/modules/a.js', "process.server.on('request', (req, res) => { if (req.url === '/a') res.end('a'); });");
  rig.file('bad/modules/exit.js', 'process.exit(3);');
  rig.file('bad/modules/loop.js', '\nfor (;;);');
  rig.file('bad/modules/needs.js', "require('no-such-package');");
  rig.file('bad/modules/throws.js', "throw new Error('broken');");
  rig.file('bad/modules/typed.ts', "import { server, dataDir } from 'mgr/host';\ninterface A { readonly dir: string }\nconst a: A = { dir: dataDir() };\nserver.on('request', (req: { url?: string }, res: { end(t: string): void }) => { if (req.url === '/dir') res.end(a.dir); });");
  // What a start takes here, whatever else this machine does.
  rig.file('plain/modules/a.js', '');
  const first = performance.now();
  await rig.ok('host', 'start', 'plain', '--port', '0');
  const began = performance.now();
  const said = await rig.mgr('host', 'start', 'bad', '--port', '0');
  assert.equal(said.code, 0, said.err);
  assert.ok(performance.now() - began < 14_000 + 3 * (began - first), `${performance.now() - began} ms, a plain one ${began - first}`);
  await rig.ok('delete', 'plain');
  assert.match(said.err, /a module ended bad while it was loaded; waiting/);
  assert.deepEqual((await modules(rig, 'bad')).map((m) => `${m.file} ${m.state} ${m.reason ?? ''}`.trim()), [
    'modules/a.js loaded', 'modules/exit.js quarantined it ended the process (exit code 3) while it was loaded',
    `modules/loop.js quarantined no sign of life for 10 s while it was loaded (${path.join(fs.realpathSync(rig.dir), 'bad/modules/loop.js')}:2)`,
    "modules/needs.js errored Cannot find module 'no-such-package' (modules/needs.js:1)", 'modules/throws.js errored broken (modules/throws.js:1)', 'modules/typed.ts loaded',
  ]);
  const doctor = await rig.mgr('doctor');
  assert.equal(doctor.code, 1);
  for (const [file, state] of [['exit.js', 'quarantined'], ['needs.js', 'errored']] as const) assert.match(doctor.out, new RegExp(`modules/${file.replace('.', '\\.')} is ${state}`));
  const url = await urlOf(rig, 'bad');
  assert.deepEqual([await text(`${url}/a`), await text(`${url}/dir`)], ['a', path.join(rig.home, 'module-data/bad/typed')]);
  // --strict takes no module that does not load; the port is told when it is taken.
  rig.file('strict/modules/throws.js', "throw new Error('broken');");
  const strict = await rig.mgr('host', 'start', 'strict', '--port', '0', '--strict');
  assert.equal(strict.code, 1);
  assert.match(strict.err, /--strict: modules\//);
  await rig.ok('delete', 'strict');
  rig.file('busy/modules/a.js', '');
  const busy = await rig.mgr('host', 'start', 'busy', '--port', new URL(url).port);
  assert.equal(busy.code, 1);
  assert.match(busy.err + await rig.ok('logs', 'busy', '--nostream', '--raw'), /the port is in use; another with --port/);
}));

test('D4, I1, I2: the guide\'s hits module throws in its timer: nobody else notices, it is told where, and the third time it is left out', () => within(async (rig) => {
  rig.file('idle.js', 'setInterval(() => {}, 1e6);');
  await rig.ok('start', 'idle.js');
  const idle = await rig.row('idle');
  const daemon = await rig.daemonPid();
  rig.file('shop/node_modules/hits.js', fixture('hits.js').replace('60000', '300'));
  rig.file('shop/modules/good.js', "process.server.on('request', (req, res) => { if (req.url === '/good') res.end('served'); });");
  await rig.ok('host', 'start', 'shop', '--port', '0');
  const jail = await waitFor('the quarantine', async () => (await modules(rig, 'shop').catch(() => [])).find((m) => m.state === 'quarantined'));
  assert.match(jail.reason ?? '', /^3 crashes within 60 s, the last at node_modules\/hits\.js:13: The "cb" argument/);
  assert.equal(await text(`${await urlOf(rig, 'shop')}/good`), 'served');
  assert.match(await rig.ok('logs', 'shop', '--nostream', '--raw', '--err', '--lines', '100'), /uncaught error in node_modules\/hits\.js:13\s+TypeError/);
  // Killed again and again: the daemon is the same, holds nothing of the host's, and does not grow.
  for (let i = 0; i < 4; i++) {
    const { pid } = await rig.status('shop', 'online');
    process.kill(pid, 'SIGKILL');
    await waitFor('its end', () => !alive(pid));
  }
  await rig.status('shop', 'online');
  const now = await rig.row('idle');
  assert.deepEqual([await rig.daemonPid(), now.pid, now.pm2_env['restart_time']], [daemon, idle.pid, 0]);
  const held = fs.readFileSync(`/proc/${daemon}/maps`, 'latin1') + fs.readdirSync(`/proc/${daemon}/fd`).map((fd) => { try { return fs.readlinkSync(`/proc/${daemon}/fd/${fd}`); } catch { return ''; } }).join('\n');
  assert.equal(held.includes('/shop/'), false, 'a file of a module in the daemon');
  // It may end again before it is looked at.
  const { out } = await rig.mgr('host', 'unquarantine', 'hits');
  assert.match(out, /node_modules\/hits\.js is out of quarantine/);
}));

test('D1, D3, D10: an empty folder and one file; the guide\'s hello world runs literally', () => within(async (rig) => {
  rig.file('shop/node_modules/hello.js', fixture('hello.js'));
  rig.file('shop/modules/there.js', "console.log('server there:', !!process.server);");
  const said = await rig.ok('host', 'start', 'shop', '--port', '0');
  assert.match(said, /^\[shop\]\(0\) ✓[^]*shop listens on http:\/\/127\.0\.0\.1:\d+$/m);
  const log = await rig.ok('logs', '--nostream', '--raw');
  assert.equal(log.match(/^hello world$/gm)?.length, 1);
  assert.match(log, /^server there: true$/m);
  assert.equal((await fetch(`${await urlOf(rig, 'shop')}/nothing`)).status, 404);
  const types = JSON.parse(await rig.ok('host', 'types', '--json')) as TypeView[];
  assert.ok(types.some((x) => x.type === 'Event' && x.events.includes('get') && x.pages.includes('Events')), JSON.stringify(types));
  // A name that stands for something else is not taken from it.
  rig.file('other/modules/a.js', '');
  const taken = await rig.mgr('host', 'start', 'other', '--name', 'shop');
  assert.deepEqual([taken.code, /the name `shop` is taken by the host of .*shop/.test(taken.err)], [1, true]);
  assert.match(await rig.ok('host', 'stop', 'shop'), /^\[shop\]\(0\) ✓/);
  assert.equal((await host(rig, 'shop'))?.status, 'stopped');
}));

test('D8, D9: in development instances are made anew and a changed module restarts the host; in production they stay', () => within(async (rig) => {
  const file = rig.file('app/modules/counter.js', COUNTER);
  rig.file('app/resources/count/config.json', '{"type":"Counter"}');
  rig.file('app/resources/say/config.json', '{"type":"Event"}');
  rig.file('app/resources/say/get.js', "setResult('one');");
  const three = async (url: string): Promise<number[]> => { const got: number[] = []; for (let i = 0; i < 3; i++) got.push((JSON.parse(await text(`${url}/count`)) as { n: number }).n); return got; };
  await rig.ok('host', 'start', 'app', '--port', '0', '--dev');
  const url = await urlOf(rig, 'app');
  const { pid } = await rig.row('app');
  assert.deepEqual(await three(url), [1, 1, 1]);
  assert.match(await text(`${url}/say`), /one/);
  rig.file('app/resources/say/get.js', "setResult('two');");
  assert.match(await text(`${url}/say`), /two/);
  assert.equal((await rig.row('app')).pid, pid);
  const check = await rig.mgr('host', 'check', 'app');
  assert.equal(check.code, 1, check.err);
  assert.match(check.out, /^resources\/count +warning +type Counter answers from what its instance remembers: 200 \{"n":1\}, then 200 \{"n":2\}$/m);
  await waitFor('the watch to see a change', async () => { fs.appendFileSync(file, '// changed\n'); await new Promise((r) => setTimeout(r, 700)); return (await rig.row('app')).pid !== pid; });
  await rig.status('app', 'online');
  await rig.ok('host', 'start', 'app', '--port', '0');
  assert.equal(await urlOf(rig, 'app'), url, 'any free port is the one it had');
  assert.deepEqual(await three(await urlOf(rig, 'app')), [1, 2, 3]);
  // An edit by hand is not looked for there; when told, what did not change stays as it is.
  const now = await rig.row('app');
  rig.file('app/resources/say/get.js', "setResult('three');");
  assert.match(await text(`${await urlOf(rig, 'app')}/say`), /two/);
  assert.match(await rig.ok('host', 'reload', 'app'), /app has read its 2 resources again/);
  assert.match(await text(`${await urlOf(rig, 'app')}/say`), /three/);
  assert.equal((JSON.parse(await text(`${await urlOf(rig, 'app')}/count`)) as { n: number }).n, 4);
  rig.file('app/resources/say/get.js', 'setResult(;');
  const broken = await rig.mgr('host', 'reload', 'app');
  assert.deepEqual([broken.code, /\/say: .*get\.js:1/.test(broken.err), (await rig.row('app')).pid], [1, true, now.pid], broken.err);
}));

test('I3: what wants to be alone has a process of its own, whose end leaves the host up; instances share port, store and schedule', () => within(async (rig) => {
  rig.file('app/modules/alone.js', "// isolate: true\nprocess.server.on('request', (req, res) => { if (req.url === '/end') process.exit(1); });");
  rig.file('app/modules/tick.mjs', "import { server, dataDir } from 'mgr/host';\nimport fs from 'node:fs';\nconst file = `${dataDir()}/ticks`;\nserver.jobs.schedule('tick', { every: 300 }, (job) => { fs.appendFileSync(file, `${job.slot} ${process.pid}\\n`); });\n");
  await rig.ok('host', 'start', 'app', '--port', '0', '-i', '2');
  assert.deepEqual((await rig.rows()).map((r) => [r.name, r.pm2_env['exec_mode']]), [['app', 'cluster_mode'], ['app', 'cluster_mode'], ['app:alone', 'fork_mode']]);
  const pids = (await rig.rows()).map((r) => r.pid);
  await assert.rejects(fetch(`${await urlOf(rig, 'app:alone')}/end`));
  await waitFor('its next life', async () => { const row = await rig.row('app:alone'); return row.pid > 0 && row.pid !== pids[2] && row.pm2_env['status'] === 'online'; });
  assert.deepEqual((await rig.rows()).slice(0, 2).map((r) => r.pid), pids.slice(0, 2));
  const ticks = await waitFor('eight ticks', () => { const lines = rig.read('module-data/app/tick/ticks').trim().split('\n'); return lines.length >= 8 && lines; });
  const slots = ticks.map((l) => l.split(' ')[0]);
  assert.equal(new Set(slots).size, slots.length, 'a slot ran twice');
  assert.match(await rig.ok('logs', 'app:alone', '--nostream', '--raw', '--err'), /modules\/alone\.js:2 ended the process \(exit code 1\)/);
  // One that does not want it any more goes back to the others.
  rig.file('app/modules/alone.js', 'exports.now = 1;');
  await rig.ok('host', 'start', 'app', '--port', '0');
  assert.deepEqual((await rig.rows()).map((r) => r.name), ['app']);
  assert.equal((await modules(rig, 'app')).every((m) => m.state === 'loaded'), true);
}));

});
