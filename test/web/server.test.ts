import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { ROUTES, type Route } from '../../src/web/api.js';
import type { Done, LogPage, ProcessInfo, ProcessView } from '../../src/web/api-types.js';
import type { HistoryView, MachineView, ProcessHistory } from '../../src/web/api-types-machine.js';
import { openapi } from '../../src/web/openapi.js';
import { waitFor } from '../helpers/wait.js';
import { withWeb } from './rig.js';

const APP = `console.log('hello from the app'); console.error('a complaint'); process.stdin.on('data', (d) => console.log('heard ' + String(d).trim()));
process.on('message', (m) => { if (m && m.x) console.log('message ' + m.x); });
process.send({ type: 'axm:monitor', data: { 'Active requests': { value: 4, unit: 'req' }, 'Event Loop Latency': { value: '0.5', unit: 'ms' } } });
process.send({ type: 'axm:action', data: { action_name: 'sum', action_type: 'custom', opts: { comment: 'adds' }, arity: 2 } });
process.on('message', (m) => { if (m && m.msg === 'sum') process.send({ type: 'axm:reply', data: { return: m.opts, action_name: 'sum' } }); });
process.on('SIGUSR2', () => console.log('got SIGUSR2')); setInterval(() => {}, 1e6);`;

test('what asks for a token, and what is said without', async () => withWeb(async ({ ask, read, rig }) => {
  for (const route of Object.values(ROUTES) as Route[]) {
    if (route.access === 'open') continue;
    const at = route.path.replace(/\{\w+\}/g, 'x');
    const { status, json, headers } = await ask(at, { method: route.method, as: 'nobody' });
    assert.equal(status, 401, `${route.method} ${at}`);
    assert.equal((json as { error: { code: string } }).error.code, 'UNAUTHORIZED');
    assert.equal(headers['www-authenticate'], 'Bearer realm="mgr"');
    assert.equal((await ask(at, { method: route.method, headers: { Host: 'evil.example' } })).status, 403, `foreign Host: ${at}`);
    assert.equal((await ask(at, { method: route.method, headers: { Origin: 'http://evil.example' } })).status, 403, `foreign Origin: ${at}`);
    if (route.access === 'admin') assert.equal((await ask(at, { method: route.method, as: 'read' })).status, 403, `read-only: ${at}`);
  }
  assert.equal((await ask('/healthz', { as: 'nobody', headers: { Host: 'evil.example' } })).status, 403);
  assert.equal((await ask('/api/session', { as: 'nobody', headers: { Authorization: 'Bearer nope' } })).status, 401);
  assert.equal((fs.statSync(path.join(rig.home, 'web.json')).mode & 0o777).toString(8), '600');

  // The link of the start: a cookie that scripts cannot read, and away with the token.
  const link = await ask(`/?token=${read}`, { as: 'nobody' });
  assert.deepEqual([link.status, link.headers.location], [303, '/']);
  const [cookie = ''] = link.headers['set-cookie'] ?? [];
  assert.match(cookie, /^mgr-web-\d+=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/);
  assert.ok(!cookie.includes(read));
  const by = { as: 'nobody' as const, headers: { Cookie: cookie.split(';')[0] ?? '' } };
  assert.deepEqual((await ask('/api/session', by)).json, { access: 'read', version: (await ask('/api/session')).json?.['version' as never], daemon: 'up', history: (await ask('/api/session')).json?.['history' as never] });
  assert.equal((await ask('/api/processes/x/stop', { ...by, method: 'POST' })).status, 403);
  assert.equal((await ask('/?token=wrong', { as: 'nobody' })).status, 401);
}));

test('what is sent wrongly is refused with what was wanted', async () => withWeb(async ({ ask }) => {
  const status = async (...a: Parameters<typeof ask>): Promise<number> => (await ask(...a)).status;
  for (const at of ['/../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/web.json', '/..%2f..%2fetc%2fpasswd', '/api/nothing', '/api', '//evil.example/x.js']) assert.ok([400, 404].includes(await status(at)), at);
  assert.equal(await status('/api/processes', { method: 'PATCH' }), 405);
  assert.equal(await status('/', { method: 'POST', body: {} }), 405);
  assert.equal(await status('/api/processes', { raw: '{' }), 400);
  assert.equal(await status('/api/processes', { raw: '{}', headers: { 'Content-Type': 'text/plain' } }), 415);
  assert.equal(await status('/api/processes', { raw: JSON.stringify({ script: 'x'.repeat(1_100_000) }) }), 413);
  // In pieces, so that the size is known at the end only.
  assert.equal(await status('/api/processes', { raw: JSON.stringify({ script: 'x'.repeat(1_100_000) }), headers: { 'Transfer-Encoding': 'chunked' } }), 413);
  assert.equal(await status('/api/processes/x/scale', { body: { to: 'many' } }), 400);
  assert.equal(await status('/api/processes/x/scale', { body: { to: 1, by: 1 } }), 400);
  assert.equal(await status('/api/logs?nonsense=1'), 400);
  assert.equal(await status('/api/logs?lines=0'), 400);
  assert.equal(await status('/api/processes', { body: { script: 'relative.js' } }), 400);
  const { json } = await ask('/api/processes/nobody');
  assert.deepEqual((json as { error: { code: string } }).error.code, 'NOT_FOUND');
  const { headers } = await ask('/api/session');
  assert.match(String(headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'no-store');
}));

test('processes: looked at, started, driven, deleted', async () => withWeb(async ({ ok, ask, rig, running }) => {
  const script = rig.file('app.js', APP);
  const started = await ok<Done>('/api/processes', { body: { script, name: 'api', env: { API_KEY: 'very-secret-1', COLOUR: 'red' } } });
  assert.deepEqual(started.processes.map((p) => [p.name, p.status]), [['api', 'online']]);
  assert.equal((await ask('/api/processes', { body: { script, name: 'api' } })).status, 409, 'twice');
  const logged = (text: string) => waitFor(text, async () => (await ok<LogPage>('/api/logs?target=api')).lines.find((l) => l.text === text));
  assert.equal((await logged('hello from the app')).stream, 'out');
  assert.equal((await logged('a complaint')).stream, 'err');

  const told = (): Promise<ProcessInfo> => waitFor('metrics', async () => { const [p] = await ok<ProcessInfo[]>('/api/processes/api'); return p && p.metrics.length === 2 && p.actions.length === 1 ? p : undefined; });
  const info = await told();
  assert.deepEqual(info.metrics, [{ name: 'Active requests', value: 4, unit: 'req', historic: true }, { name: 'Event Loop Latency', value: 0.5, unit: 'ms', historic: true }]);
  assert.deepEqual(info.actions, [{ name: 'sum', scoped: false, comment: 'adds' }]);
  assert.match(info.reason, /^it has run for /);
  const variable = (name: string) => info.env.find((row) => row.name === name);
  assert.deepEqual([variable('API_KEY')?.value, variable('API_KEY')?.from, variable('API_KEY')?.masked, variable('COLOUR')?.value], ['***', 'env', true, 'red']);
  // Whoever asks, and whatever the daemon is told to show.
  await rig.ok('set', 'mgr:mask_secrets', 'false');
  const whole = JSON.stringify([(await ask('/api/processes/api')).json, (await ask('/api/processes')).json]);
  assert.ok(!whole.includes('very-secret-1'), 'a secret left the server');

  const verb = (word: string, body?: object): Promise<Done> => ok<Done>(`/api/processes/api/${word}`, { method: 'POST', ...(body && { body }) });
  assert.notEqual((await verb('restart')).processes[0]?.pid, info.pid);
  assert.equal((await verb('scale', { to: 2 })).processes.length, 2);
  assert.equal((await verb('scale', { by: -1 })).processes.length, 1);
  assert.equal((await verb('reset')).processes[0]?.restarts, 0);
  await told();
  assert.deepEqual((await ok<{ data: { return: unknown } }[]>('/api/processes/api/trigger', { body: { action: 'sum', params: { a: 1 } } })).map((r) => r.data.return), [{ a: 1 }]);
  assert.equal((await ask('/api/processes/api/trigger', { body: { action: 'nope' } })).status, 409);
  await verb('signal', { signal: 'SIGUSR2' });
  await logged('got SIGUSR2');
  assert.equal((await ask('/api/processes/api/signal', { body: { signal: 'SIGNOPE' } })).status, 400);
  await verb('send', { line: 'a line' });
  await logged('heard a line');
  await verb('send', { message: { x: 'of x' } });
  await logged('message of x');
  assert.equal((await verb('reload')).processes[0]?.status, 'online');
  assert.equal((await verb('stop')).processes[0]?.status, 'stopped');
  assert.match((await ok<ProcessInfo[]>('/api/processes/api'))[0]?.reason ?? '', /it ended .*stopped: asked/);
  assert.equal((await ask('/api/processes/api/send', { body: { line: 'x' } })).status, 409);
  assert.equal((await verb('start')).processes[0]?.status, 'online');
  await verb('flush');
  // What it wrote first is gone; its new run said the same again, once.
  await waitFor('an empty log', async () => (await ok<LogPage>('/api/logs?target=api&grep=heard')).lines.length === 0);

  // The next point is not waited for.
  Object.assign(running.web.recorder, { due: () => true });
  running.web.ticker.poke();
  const past = await waitFor('a point of the history', async () => { const [h] = await ok<ProcessHistory[]>('/api/processes/api/history'); return h && ['cpu', 'loop'].every((name) => h.series.some((s) => s.name === name && s.values.some((v) => v !== null))) ? h : undefined; });
  assert.ok(past.series.some((s) => s.name === 'custom:Active requests' && s.unit === 'req') && past.series.some((s) => s.name === 'loop' && s.unit === 'ms'), past.series.map((s) => s.name).join());
  assert.equal((await ask('/api/processes/api/history?from=tomorrow')).status, 400);
  assert.ok((await ok<HistoryView>('/api/machine/history?series=cpu,memory')).series.length === 2);
  assert.equal(running.web.recorder.usable, true);

  const metrics = await ask('/metrics', { as: 'read' });
  assert.match(metrics.text, /^mgr_process_up\{name="api",id="\d+",namespace="default",module=""\} 1$/m);
  assert.match(metrics.text, /^mgr_custom_active_requests\{name="api",id="\d+",namespace="default",module="",unit="req"\} 4$/m);
  assert.match(metrics.text, /^mgr_daemon_up 1$/m);
  assert.equal((await verb('delete')).processes.length, 1);
  assert.deepEqual(await ok<ProcessView[]>('/api/processes'), []);
}));

test('every route of the table is served, and told of in the OpenAPI document', async () => withWeb(async ({ ask, ok }) => {
  const document = await ok<ReturnType<typeof openapi> & { paths: Record<string, Record<string, { operationId: string }>> }>('/api/openapi.json');
  assert.deepEqual(document, JSON.parse(JSON.stringify(openapi())));
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    assert.equal(document.paths[route.path]?.[route.method.toLowerCase()]?.operationId, name);
    if (name === 'events') continue;
    const { status, json } = await ask(route.path.replace(/\{\w+\}/g, 'nobody1'), { method: route.method });
    // Nothing is there to be found; what matters is that somebody looked.
    const code = (json as { error?: { code: string } } | undefined)?.error?.code;
    assert.ok(status < 500 && code !== 'NO_ROUTE' && code !== 'METHOD', `${route.method} ${route.path}: ${status} ${code ?? ''}`);
  }
}));

test('machine, daemon, store; large answers are compressed for those who take it', async () => withWeb(async ({ ok, ask }) => {
  const machine = await ok<MachineView>('/api/machine');
  assert.ok(machine.cpus >= 1 && machine.memoryTotal > machine.now.memory && machine.diskTotal > machine.now.disk && machine.now.cpu <= 100, JSON.stringify(machine));
  assert.equal((await ok<{ state: string; processes: number }>('/api/daemon')).state, 'up');
  assert.deepEqual((await ok<{ namespaces: unknown[] }>('/api/store')).namespaces, []);
  assert.deepEqual(await ok('/api/hosts'), []);
  assert.deepEqual((await ok<{ jobs: unknown[] }>('/api/jobs')).jobs, []);
  assert.equal((await ask('/healthz', { as: 'nobody' })).text, 'ok\n');
  const packed = await ask('/api/openapi.json', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal((await ask('/api/openapi.json', { headers: { 'Accept-Encoding': 'gzip;q=0' } })).headers['content-encoding'], undefined);
  assert.ok(Number(packed.headers['content-length']) < zlib.gzipSync((await ask('/api/openapi.json')).text).length * 1.3);
}));
