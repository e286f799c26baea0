import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../../src/web/api-types.js';
import { waitFor } from '../helpers/wait.js';
import { withWeb } from './rig.js';

const APP = `let n = 0; setInterval(() => console.log('line ' + n++), 50); process.send({ type: 'axm:monitor', data: { jobs: { value: 7 } } });`;

test('what happens is told: rows that change, log lines, metrics, and the daemon going and coming', async () => withWeb(async ({ watch, rig, ask, ok }) => {
  const all = await watch('?logs=app&metrics=app');
  assert.equal((await all.until('daemon')).state, 'up');
  assert.deepEqual((await all.until('processes', (p) => p.full)).rows, []);
  await rig.ok('start', rig.file('app.js', APP), '--name', 'app');
  await all.until('processes', (p) => !p.full && p.rows.some((r) => r.name === 'app' && r.status === 'online'));
  const { lines } = await all.until('log');
  assert.deepEqual([lines[0]?.name, lines[0]?.stream], ['app', 'out']);
  assert.match(lines[0]?.text ?? '', /^line \d+$/);
  assert.deepEqual((await all.until('metrics', (m) => m.processes.length > 0)).processes[0]?.metrics, [{ name: 'jobs', value: 7, historic: true }]);
  assert.ok((await all.until('machine')).memory > 0);

  // A second page gets all of it whole, and only what it asked for.
  const late = await watch('?topics=processes');
  assert.deepEqual((await late.until('processes')).rows.map((r) => r.name), ['app']);

  const before = all.seen.length;
  await rig.killDaemon();
  await all.until('daemon', (d) => d.state === 'gone');
  await all.until('daemon', (d) => d.state === 'back');
  await waitFor('health', async () => (await ask('/healthz')).status === 200);
  const after = () => all.seen.slice(before).filter((s) => s.event === 'log' && s.data !== undefined);
  await waitFor('lines after the daemon came back', () => { const back = all.seen.findIndex((s) => s.event === 'daemon' && (s.data as { state: string }).state === 'back'); return all.seen.slice(back).some((s) => s.event === 'log'); });
  assert.ok(after().length > 0);
  assert.deepEqual([...new Set(late.seen.map((s) => s.event))], ['processes']);

  await rig.ok('delete', 'app');
  await all.until('processes', (p) => p.gone.length === 1);
  assert.equal((await ask('/api/events?topics=nonsense')).status, 400);
  assert.equal((await ok<{ web: { watchers: number } }>('/api/daemon')).web.watchers, 2);
}));

test('while the daemon is gone: healthz says so, asking is 503, the machine is still told', async () => withWeb(async ({ watch, rig, ask }) => {
  const page = await watch();
  await page.until('daemon');
  await rig.ok('kill');
  await page.until('daemon', (d) => d.state === 'gone');
  assert.equal((await ask('/healthz')).status, 503);
  const { status, json } = await ask('/api/processes');
  assert.deepEqual([status, (json as { error: { code: string } }).error.code], [503, 'DAEMON_DOWN']);
  assert.match((await ask('/metrics')).text, /^mgr_daemon_up 0$/m);
  assert.equal((await ask('/api/machine')).status, 200);
  // Somebody starts it again: we are back by ourselves.
  await rig.ok('list');
  await page.until('daemon', (d) => d.state === 'back');
  assert.equal((await ask('/api/processes')).status, 200);
}));

test('a module is installed, set, and removed, and the page is told on the way', async () => withWeb(async ({ watch, rig, ok, ask }) => {
  rig.file('box/package.json', JSON.stringify({
    name: 'box', version: '1.2.3', main: 'index.js', apps: [{ name: 'box', script: 'index.js' }], config: { limit: 5, password: 'hunter22', url: 'db://me:hunter22@here/x' },
    mgr: { settings: { type: 'object', properties: { limit: { type: 'integer', minimum: 1, maximum: 9 }, password: { type: 'string', writeOnly: true } } } },
  }));
  rig.file('box/logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
  rig.file('box/index.js', `process.send({ type: 'axm:option:configuration', data: { widget: { logo: 'logo.svg', theme: ['#123456'] } } }); setInterval(() => {}, 1e6);`);
  const page = await watch();
  const begun = await ok<Operation>('/api/modules', { body: { spec: `${rig.dir}/box` } });
  assert.deepEqual([begun.kind, begun.state], ['install', 'running']);
  const ended = await page.until('operation', (o) => o.id === begun.id && o.state !== 'running');
  assert.deepEqual([ended.state, ended.module], ['done', 'box'], JSON.stringify(ended));
  await page.until('module');
  const box = await waitFor('its looks', async () => { const m = await ok<{ widget?: { logo?: string; theme: string[] }; version: string }>('/api/modules/box'); return m.widget === undefined ? undefined : m; });
  assert.deepEqual([box.version, box.widget], ['1.2.3', { logo: '/api/modules/box/logo', theme: ['#123456'] }]);
  const logo = await ask('/api/modules/box/logo');
  assert.deepEqual([logo.headers['content-type'], logo.text.startsWith('<svg')], ['image/svg+xml', true], logo.text);

  const form = await ok<{ rows: { key: string; value: unknown }[] }>('/api/modules/box/settings');
  assert.equal(form.rows.find((r) => r.key === 'password')?.value, '***');
  const put = (values: object) => ask('/api/modules/box/settings', { method: 'PUT', body: { values } });
  const saved = (await put({ limit: 7, password: '***', url: 'db://me:***@here/x' })).json as { keys: unknown; form: { rows: { key: string; value: unknown }[] } };
  assert.deepEqual(saved.keys, [{ key: 'limit', saved: true, applied: 'restarted' }]);
  assert.equal(String(saved.form.rows.find((r) => r.key === 'limit')?.value), '7');
  assert.equal(JSON.stringify((await ask('/api/modules/box/settings')).json).includes('hunter22'), false);
  const unset = (await put({ limit: null })).json as { form: { rows: { key: string; value: unknown }[] } };
  assert.equal(String(unset.form.rows.find((r) => r.key === 'limit')?.value), '5');

  assert.equal((await ask('/api/modules/box/rollback', { method: 'POST' })).status, 409, 'there is no former version');
  assert.equal((await ask('/api/modules/nobody', { method: 'DELETE' })).status, 404);
  const removal = await ok<Operation>('/api/modules/box', { method: 'DELETE' });
  assert.equal((await page.until('operation', (o) => o.id === removal.id && o.state !== 'running')).state, 'done');
  assert.deepEqual(await ok('/api/modules'), []);
  const bad = await ok<Operation>('/api/modules', { body: { spec: `${rig.dir}/nothing-there` } });
  const failed = await page.until('operation', (o) => o.id === bad.id && o.state !== 'running');
  assert.deepEqual([failed.state, failed.error !== undefined], ['failed', true]);
  assert.equal((await ok<Operation[]>('/api/operations')).length, 3);
}));
