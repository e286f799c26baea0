// The whole of it as a new user meets it: an empty folder, one file, a schedule, the dashboard's API beside it; then what nobody else tries on a real host.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const TICK = `const { Resource } = require('mgr/host');
process.server.jobs.schedule('tick', { every: '500ms' }, ({ slot }) => { require('node:fs').appendFileSync(process.server.dataDirOf() + '/ticks', slot + ' ' + process.pid + '\\n'); });
class Greeter extends Resource { handle(ctx) { ctx.done(null, { said: this.config.greeting, pid: process.pid }); } }
Greeter.schema = { greeting: { type: 'string', default: 'hello' } };
module.exports = Greeter;`;

interface Host { readonly name: string; readonly url: string; readonly types: readonly { readonly type: string }[] }
const hostsOf = async (rig: Rig): Promise<Host[]> => JSON.parse(await rig.ok('host', 'list', '--json')) as Host[];
const urlOf = async (rig: Rig): Promise<string> => waitFor('a url', async () => (await hostsOf(rig))[0]?.url);

test('an empty folder, one file with a type and a schedule, four processes, and the dashboard\'s API beside it (J1, D11, D13)', () => within(async (rig) => {
  rig.file('shop/modules/tick.js', TICK);
  await rig.ok('host', 'start', 'shop', '--port', '0', '-i', '4');
  const web = JSON.parse(await rig.ok('web', '--port', '0', '--json')) as { url: string; token: string };
  const ask = async (at: string, method = 'GET', body?: unknown): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${web.url}${at}`, { method, headers: { authorization: `Bearer ${web.token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, text: await answer.text() };
  };
  const ticks = await waitFor('a dozen ticks of two workers', () => {
    const lines = rig.read('module-data/shop/tick/ticks').trim().split('\n');
    return lines.length >= 12 && new Set(lines.map((l) => l.split(' ')[1])).size >= 2 && lines;
  });
  assert.equal(new Set(ticks.map((l) => l.split(' ')[0])).size, ticks.length, 'a time twice');
  assert.match((await ask('/api/jobs/schedules')).text, /"tick"/);

  const before = (await rig.rows()).map((r) => r.pid);
  const [host] = JSON.parse((await ask('/api/hosts')).text) as Host[];
  assert.ok(host?.types.some((t) => t.type === 'Greeter'));
  assert.equal((await ask('/api/hosts/shop/resources/hi', 'PUT', { type: 'Greeter', greeting: 'servus' })).status, 200);
  const url = host?.url ?? '';
  // Each of the four processes has it: the balance between them is the system's.
  for (let i = 0; i < 8; i++) assert.match(await waitFor('the same from all', async () => { const a = await fetch(`${url}/hi`, { headers: { connection: 'close' } }); return a.status === 200 && a.text(); }), /"servus"/);
  assert.equal((JSON.parse(fs.readFileSync(path.join(rig.dir, 'shop/resources/hi/config.json'), 'utf8')) as { greeting: string }).greeting, 'servus');
  assert.equal((await ask('/api/hosts/shop/resources/hi', 'DELETE')).status, 204);
  await waitFor('404', async () => (await fetch(`${url}/hi`)).status === 404);
  assert.equal(fs.existsSync(path.join(rig.dir, 'shop/resources/hi')), false);
  await waitFor('the event in the log', async () => /resource hi: (deleted|removed)/.test(await rig.ok('logs', 'shop', '--nostream', '--raw')));
  assert.deepEqual((await rig.rows()).map((r) => r.pid), before, 'something was restarted');
}));

test('with --dev and a package.json for the browser: it is up, loads nothing of that, and no path, key, Host or Origin gets in (D2, D12)', () => within(async (rig) => {
  rig.file('app/package.json', JSON.stringify({ dependencies: { 'only-browser': '1' } }));
  rig.file('app/node_modules/only-browser/package.json', JSON.stringify({ name: 'only-browser', version: '1.0.0', main: 'i.js' }));
  rig.file('app/node_modules/only-browser/i.js', 'window.document.title = 1;');
  rig.file('app/modules/a.js', 'console.log("server", !!process.server);');
  await rig.ok('host', 'start', 'app', '--port', '0', '--dev');
  assert.deepEqual((JSON.parse(await rig.ok('host', 'modules', 'app', '--json')) as { file: string; state: string }[]).map((m) => [m.file, m.state]), [['modules/a.js', 'loaded']]);
  await waitFor('its line', async () => (await rig.ok('logs', 'app', '--nostream', '--raw')).includes('server true'));
  const { port } = new URL(await urlOf(rig));
  const token = rig.read('hosts/app/resources/root.token').trim();
  const send = (at: string, headers: Record<string, string>): Promise<number> => new Promise((resolve, reject) => {
    const body = JSON.stringify({ type: 'Event', value: 'x' });
    http.request({ host: '127.0.0.1', port, path: at, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers } }, (res) => { res.resume().on('end', () => { resolve(res.statusCode ?? 0); }); }).on('error', reject).end(body);
  });
  const root = { authorization: `Bearer ${token}` };
  const found = [
    await send('/__resources/x', {}), await send('/__resources/x', { 'dpd-ssh-key': 'any' }),
    await send('/__resources/x', { ...root, host: 'evil.example' }), await send('/__resources/x', { ...root, origin: 'http://evil.example' }),
    await send('/__resources/../../x', root), await send('/__resources/..%2f..%2fx', root), await send('/__resources/a/../../x/get.js', root),
  ];
  assert.deepEqual(found.slice(0, 4), [401, 401, 403, 403]);
  for (const status of found.slice(4)) assert.ok(status >= 400 && status < 500, found.join());
  assert.deepEqual([fs.existsSync(path.join(rig.dir, 'app/resources')), fs.existsSync(path.join(rig.dir, 'x')), fs.existsSync(path.join(rig.dir, 'app/x'))], [false, false, false]);
}));

test('I1: killed again and again, the host costs the daemon and its neighbours nothing', { skip: process.platform !== 'linux' && 'figures are read from /proc' }, () => within(async (rig) => {
  rig.file('idle.js', 'setInterval(() => {}, 1e6);');
  for (const name of ['one', 'two', 'three']) await rig.ok('start', 'idle.js', '--name', name);
  rig.file('shop/modules/good.js', '');
  await rig.ok('host', 'start', 'shop', '--port', '0');
  const daemon = await rig.daemonPid();
  const rss = (): number => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${daemon}/status`, 'latin1'))?.[1]) * 1024;
  const others = async (): Promise<unknown> => (await rig.rows()).filter((r) => r.name !== 'shop').map((r) => [r.name, r.pid, r.pm2_env['restart_time'], r.pm2_env['pm_uptime']]);
  const before = await others();
  const grown: number[] = [];
  let last = 0;
  // Eight: after that the pauses between its lives are long.
  for (let i = 0; i < 8; i++) {
    last = await waitFor('its next life', () => { const pid = Number(rig.read('pids/shop-3.pid')); return pid !== last && pid > 0 && alive(pid) && pid; });
    process.kill(last, 'SIGKILL');
    await waitFor('its end', () => !alive(last));
    grown.push(rss());
  }
  await rig.status('shop', 'online');
  assert.equal(await rig.daemonPid(), daemon);
  assert.deepEqual(await others(), before);
  assert.ok(rss() - (grown[1] ?? 0) < 5 * 1024 * 1024, `${grown.join()} then ${rss()}`);
}));
