import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDatabase } from '../../src/database/database.js';
import { createStore, type Store } from '../../src/database/documents.js';
import type { Jobs } from '../../src/jobs/jobs.js';
import type { Resources } from '../../src/host/resources/resources.js';
import { HostServer } from '../../src/host/server.js';
import { Sessions } from '../../src/host/sessions.js';
import { waitFor } from '../helpers/wait.js';
import { folder } from './rig.js';

async function serve(t: TestContext, handle: Resources['handle']): Promise<{ server: HostServer; said: string[]; get: (path?: string) => Promise<Response> }> {
  const said: string[] = [];
  const say = (...what: unknown[]): void => { said.push(what.map(String).join(' ')); };
  const server = new HostServer({
    options: { env: 'production', port: 0, host: '127.0.0.1' }, log: { debug: say, info: say, warn: say, error: say }, now: () => 0,
    store: (ns) => ({ namespace: ns }) as Store, jobs: () => ({ marked: true }) as unknown as Jobs, dataDirOf: (m) => `/data/${m ?? 'caller'}`,
  });
  server.serve({ handle } as unknown as Resources);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { server, said, get: (path = '/') => fetch(`http://127.0.0.1:${server.port}${path}`) };
}

test('a listener of `request` observes: routing comes after it', async (t) => {
  const order: string[] = [];
  const { server, get } = await serve(t, (_req, res) => { order.push('route'); res.end('routed'); return Promise.resolve(); });
  server.on('request', (req: { url: string }) => { order.push(`first ${req.url}`); });
  server.on('request', () => { order.push('second'); });
  assert.equal(await (await get('/hits')).text(), 'routed');
  assert.deepEqual(order, ['first /hits', 'second', 'route']);
  server.on('request', (_req: unknown, res: { end: (text: string) => void }) => { res.end('mine'); });
  assert.equal(await (await get()).text(), 'mine');
  assert.equal(order.filter((o) => o === 'route').length, 1, 'an answer that was begun is left alone');
});

test('a fault in routing or in a listener is answered with 500, told, and ends nothing', async (t) => {
  const { server, said, get } = await serve(t, (req) => (req.url === '/bad' ? Promise.reject(new Error('handler broke')) : Promise.resolve()));
  const heard: string[] = [];
  server.on('request:error', (e: Error) => { heard.push(e.message); });
  const bad = await get('/bad');
  assert.deepEqual([bad.status, await bad.json()], [500, { status: 500, message: 'Internal server error' }]);
  server.once('request', () => { throw new Error('listener broke'); });
  assert.equal((await get('/x')).status, 500);
  assert.deepEqual(heard, ['handler broke', 'listener broke']);
  assert.match(said.join('\n'), /GET \/bad: Error: handler broke\nGET \/x: Error: listener broke/);
});

test('an answer that breaks off in the middle is cut, not ended as if it were whole', async (t) => {
  const { get } = await serve(t, (_req, res) => { res.write('half'); return Promise.reject(new Error('broke')); });
  await assert.rejects(async () => (await get()).text());
});

test('what modules share', async (t) => {
  const { server } = await serve(t, () => Promise.resolve());
  assert.equal(server.createStore('todos').namespace, 'todos');
  assert.equal((server.jobs as unknown as { marked: boolean }).marked, true);
  assert.equal(server.dataDirOf('hits'), '/data/hits');
  assert.equal(server.sockets, null);
  assert.deepEqual(server.options, { env: 'production', port: 0, host: '127.0.0.1' });
  assert.equal(server.getMaxListeners(), 0, 'a listener of each module is no leak');
});

test('sessions are kept by their id, and end a month after the last visit', async (t) => {
  const DAY = 24 * 3600_000;
  let now = 0;
  const db = openDatabase(path.join(folder(t), 'store.db'));
  t.after(() => { db.close(); });
  const store = createStore(db, '.sessions');
  const sessions = new Sessions(() => store, () => now);
  const one = await (await sessions.createSession()).set({ user: 'ann' }).save();
  await one.set({ more: 1 }).save();
  assert.equal(await store.count(), 1);
  assert.equal(JSON.stringify(await store.find()).includes(one.sid), false, 'who reads the store is nobody\'s visitor');
  const again = await sessions.createSession(one.sid);
  assert.deepEqual([again.sid, again.data, again.renewed, again.isNew()], [one.sid, { user: 'ann', more: 1 }, false, false]);
  now += 29 * DAY;
  assert.equal((await sessions.find(one.sid))?.renewed, true);
  now += 29 * DAY;
  assert.equal((await sessions.find(one.sid))?.renewed, true, 'a visit keeps it');
  now += 31 * DAY;
  const late = await sessions.createSession(one.sid);
  assert.notEqual(late.sid, one.sid, 'nobody chooses the id of a new one');
  assert.deepEqual(late.data, {});
  await late.save();
  await waitFor('what is over is cleaned away', async () => await store.count() === 1);
  await late.remove();
  await assert.rejects((await sessions.createSession()).save().then(async (s) => { await store.remove({}); return s.save(); }), /the session is over/);
});

test('a store that takes nothing for a while: a visitor stays who he is, and what was not kept is kept later', async (t) => {
  let now = 0;
  let broken = false;
  const db = openDatabase(path.join(folder(t), 'store.db'));
  t.after(() => { db.close(); });
  const whole = createStore(db, '.sessions');
  const unless = <T>(work: () => Promise<T>): Promise<T> => (broken ? Promise.reject(new Error('full')) : work());
  const store = { first: (q: { id: string }) => whole.first(q), insert: (o: object) => unless(() => whole.insert(o)), update: (id: string, c: Record<string, unknown>) => unless(() => whole.update(id, c)), remove: (id: string) => unless(() => whole.remove(id)) } as unknown as Store;
  const sessions = new Sessions(() => store, () => now);
  const one = await sessions.fresh().set({ user: 'ann' }).save();
  now += 2 * 24 * 3600_000;
  broken = true;
  const again = await sessions.find(one.sid);
  assert.deepEqual([again?.data, again?.renewed], [{ user: 'ann' }, false]);
  const other = sessions.fresh();
  await assert.rejects(other.save(), /full/);
  broken = false;
  assert.equal(other.isNew(), true);
  await other.save();
  assert.notEqual(await sessions.find(other.sid), undefined);
  assert.equal((await sessions.find(one.sid))?.renewed, true);
});
