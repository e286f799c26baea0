import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { HostInfo, ResourceDetail } from '../../src/web/api-types-host.js';
import { unmasked } from '../../src/web/handlers/hosts.js';
import { waitFor } from '../helpers/wait.js';
import { withWeb } from './rig.js';

test('what was shown masked comes back as what it was', () => {
  const real = { type: 'Mail', password: 'p', smtp: { token: 't', port: 25 }, list: [1] };
  const shown = { type: 'Mail', password: '***', smtp: { token: '***', port: 25 }, list: [1] };
  assert.deepEqual(unmasked(shown, shown, real), real);
  assert.deepEqual(unmasked({ ...shown, smtp: { token: '***', port: 26 }, list: [2] }, shown, real), { ...real, smtp: { token: 't', port: 26 }, list: [2] });
  assert.deepEqual(unmasked({ type: 'Mail', password: 'new' }, shown, real), { type: 'Mail', password: 'new' });
});

test('a running host: its types, an instance made, given a script, asked and removed', async () => withWeb(async ({ ok, ask, rig }) => {
  rig.file('site/modules/hello.js', 'module.exports = {};');
  assert.deepEqual(await ok<HostInfo[]>('/api/hosts'), []);
  await rig.ok('host', 'start', path.join(rig.dir, 'site'), '--port', '0');
  const [host] = await ok<HostInfo[]>('/api/hosts');
  assert.deepEqual([host?.name, host?.env, host?.modules.map((m) => [m.file, m.state])], ['site', 'production', [['modules/hello.js', 'loaded']]]);
  assert.ok(host?.types.some((t) => t.type === 'Event'));
  const scraped = await waitFor('what it tells of its modules', async () => { const { text } = await ask('/metrics'); return text.includes('mgr_host_modules{') && text; });
  assert.match(scraped, /^mgr_host_modules\{name="site",id="\d+",namespace="default",module="",state="loaded"\} 1$/m);
  assert.match(scraped, /^mgr_host_modules\{name="site",.*state="quarantined"\} 0$/m);
  assert.match(scraped, /^mgr_hosts 1$/m);
  assert.doesNotMatch(scraped, /mgr_custom_modules/);
  const at = '/api/hosts/site/resources/sum';
  assert.equal((await ask(at)).status, 404);
  assert.equal((await ok<ResourceDetail>(at, { method: 'PUT', body: { type: 'Event' } })).state, 'online');
  await ok(`${at}/files/get.js`, { method: 'PUT', body: { text: 'setResult({ sum: Number(query.a) + Number(query.b) })' } });
  assert.deepEqual(await (await fetch(`${host?.url ?? ''}/sum?a=2&b=5`)).json(), { sum: 7 });
  for (const [bad, body] of [['..%2f..%2fx', { type: 'Event' }], ['a%2f..%2fb', { type: 'Event' }], ['sum%00', { type: 'Event' }]] as const) assert.equal((await ask(`/api/hosts/site/resources/${bad}`, { method: 'PUT', body })).status, 400, bad);
  assert.equal((await ask(`${at}/files/..%2fget.js`, { method: 'PUT', body: { text: '' } })).status, 400);
  const refused = await ask('/api/hosts/site/resources/other', { method: 'PUT', body: { type: 'Nope' } });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /Nope/);
  assert.equal((await ask(at, { method: 'DELETE' })).status, 204);
  assert.equal((await ask(at)).status, 404);
  assert.equal((await fetch(`${host?.url ?? ''}/sum`)).status, 404);
}));

test('a page that a type brings, in a frame of its own: nothing but its folder and its instance', async () => withWeb(async ({ ok, ask, rig }) => {
  rig.file('site/modules/paged.js', `const path = require('node:path'); const { Resource } = require('mgr/host');
    class Paged extends Resource {} Paged.dashboard = { path: path.join(__dirname, '../pages') }; module.exports = Paged;`);
  rig.file('site/pages/index.html', '<p>own page</p>');
  rig.file('site/pages/logo.svg', '<svg/>');
  rig.file('site/secret.txt', 'secret');
  await rig.ok('host', 'start', path.join(rig.dir, 'site'), '--port', '0');
  await ok('/api/hosts/site/resources/one', { method: 'PUT', body: { type: 'Paged' } });
  const { url } = await ok<{ url: string }>('/api/hosts/site/resources/one/frame');
  const page = await ask(url, { as: 'nobody' });
  assert.match(page.text, /<p>own page/);
  assert.match(String(page.headers['content-security-policy']), /^sandbox allow-scripts[^;]*; default-src 'none'/);
  assert.equal((await ask(`${url}logo.svg`, { as: 'nobody' })).text, '<svg/>');
  for (const name of ['..%2fsecret.txt', '../secret.txt', 'nothing.txt']) assert.ok([401, 404].includes((await ask(`${url}${name}`, { as: 'nobody' })).status), name);
  assert.equal((await ask('/frame/000000/', { as: 'nobody' })).status, 401);
  assert.equal((await ask(`${url}api/resource`, { as: 'nobody', method: 'PUT', body: { id: 'other', type: 'Event' } })).status, 200);
  assert.equal((await ok<ResourceDetail>('/api/hosts/site/resources/one')).type, 'Paged', 'neither another name nor another type');
  const { url: looks } = (await ask('/api/hosts/site/resources/one/frame', { as: 'read' })).json as { url: string };
  assert.equal((await ask(`${looks}api/resource`, { as: 'nobody', method: 'PUT', body: {} })).status, 403);

  // Not every program that answers as a host is one.
  const script = rig.file('liar.js', `const answers = { 'host:get': { id: 'x', type: 'Any', config: {}, files: [], scripts: {} }, 'host:dashboardFile': { file: ${JSON.stringify(rig.file('private.txt', 'of the server'))} } };
    for (const action_name of Object.keys(answers)) process.send({ type: 'axm:action', data: { action_name } });
    process.on('message', (m) => { const name = m && (m.msg ?? m.action_name ?? m); if (answers[name]) process.send({ type: 'axm:reply', data: { return: answers[name], action_name: name } }); }); setInterval(() => {}, 1e6);`);
  await ok('/api/processes', { body: { script, name: 'liar' } });
  await waitFor('its actions', async () => (await ok<{ actions: unknown[] }[]>('/api/processes/liar'))[0]?.actions.length === 2);
  const lied = await ask('/api/hosts/liar/resources/x/frame');
  assert.match(lied.text, /brings no page/);
}));
