import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reply, withRig } from './rig.js';

const FILES = {
  'resources/login/config.json': { type: 'Event' },
  'resources/login/post.js': 'session.set({ user: body.user }).save(); setResult({ isNew: session.isNew() });',
  'resources/me/config.json': { type: 'Event' },
  'resources/me/get.js': 'setResult({ user: session.data.user, isNew: session.isNew() });',
  'resources/logout/config.json': { type: 'Event' },
  'resources/logout/post.js': 'session.remove(function () {}); setResult({});',
  'resources/sessions/config.json': { type: 'Collection', properties: {} },
};
const cookie = (r: Reply): string => r.headers['set-cookie']?.join() ?? '';
const sidOf = (r: Reply): string => /sid=([0-9a-f]{64});/.exec(cookie(r))?.[1] ?? assert.fail(`no sid in ${cookie(r)}`);

test('a visitor is known again by his cookie, until he logs out; who saves nothing gets none', () => withRig(FILES, async ({ ask }) => {
  const stranger = await ask('/me');
  assert.deepEqual([stranger.json, cookie(stranger)], [{ isNew: true }, '']);
  const login = await ask('/login', { method: 'POST', body: { user: 'ann' } });
  assert.match(cookie(login), /^sid=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/);
  const sid = sidOf(login);
  for (const headers of [{ cookie: `a=1; sid=${sid}; b=2` }, { authorization: `Bearer ${sid}` }]) assert.deepEqual((await ask('/me', { headers })).json, { user: 'ann', isNew: false });
  assert.equal(cookie(await ask('/me', { headers: { cookie: `sid=${sid}` } })), '', 'he has it already');
  // No id is taken that was not given by us, and sessions are in no collection.
  const chosen = 'a'.repeat(64);
  assert.notEqual(sidOf(await ask('/login', { method: 'POST', body: { user: 'eve' }, headers: { cookie: `sid=${chosen}` } })), chosen);
  assert.deepEqual((await ask('/sessions')).json, []);
  for (const bad of ['', 'x', '../x', '%00', `${sid}0`]) assert.deepEqual((await ask('/me', { headers: { cookie: `sid=${bad}` } })).json, { isNew: true }, bad);
  assert.match(cookie(await ask('/logout', { method: 'POST', body: {}, headers: { cookie: `sid=${sid}` } })), /^sid=; .*Max-Age=0$/);
  assert.deepEqual((await ask('/me', { headers: { cookie: `sid=${sid}` } })).json, { isNew: true });
}));

test('behind TLS the cookie stays there', () => withRig(FILES, async ({ ask, log }) => {
  assert.match(cookie(await ask('/login', { method: 'POST', body: { user: 'ann' }, headers: { 'x-forwarded-proto': 'https' } })), /; Secure; Max-Age/);
  assert.equal(log.length, 0);
}));

test('a store that fails makes strangers, not errors', () => withRig(FILES, async ({ ask, log }) => {
  assert.deepEqual((await ask('/me', { headers: { cookie: `sid=${'b'.repeat(64)}` } })).json, { isNew: true });
  assert.match(log.join('\n'), /the disk is gone/);
}, { sessions: { find: () => Promise.reject(new Error('the disk is gone')), fresh: () => { throw new Error('not asked for'); } } }));

test('a script that does not wait for a store that fails does not end the host', async () => {
  const broken = { sid: 'c'.repeat(64), data: {}, renewed: false, isNew: () => true, set() { return broken; }, save: () => Promise.reject(new Error('the disk is full')), remove: () => Promise.resolve() };
  await withRig(FILES, async ({ ask, log }) => {
    assert.equal((await ask('/login', { method: 'POST', body: { user: 'ann' } })).status, 200);
    assert.match(log.join('\n'), /the disk is full/);
  }, { sessions: { find: () => Promise.resolve(undefined), fresh: () => broken } });
});
