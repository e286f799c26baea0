import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { HostInfo, ResourceDetail } from '../../src/web/api-types-host.js';
import { unmasked } from '../../src/web/handlers/hosts.js';
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
