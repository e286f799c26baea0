// Static files, and the client for browsers.
import assert from 'node:assert/strict';
import test from 'node:test';
import vm from 'node:vm';
import { Resource } from '../../../src/host/resources/resource.js';
import { withRig } from './rig.js';

type Any = any; // oxlint-disable-line typescript/no-explicit-any -- as a module in JavaScript has it

test('the public folder stands at the root, below everything else', () => withRig({
  'public/index.html': '<h1>home</h1>', 'public/a.txt': '0123456789', 'public/sum/x.txt': 'below', 'public/.env': 'SECRET', 'public-development/index.html': 'dev',
  'resources/sum/config.json': { type: 'Event' }, 'resources/sum/get.js': 'if (url === "/no") cancel("no", 404); setResult("sum")',
  'resources/docs/config.json': { type: 'Files', root: 'papers' }, 'papers/index.html': 'papers', 'papers/b.txt': 'b', 'secret.txt': 'SECRET',
  'resources/app/config.json': { type: 'Files', root: 'papers', spa: true }, 'resources/lists/config.json': { type: 'Files', root: 'public/sum', listing: 'true' },
  'resources/asks/config.json': { type: 'Event' },
}, async ({ ask, log }) => {
  const home = await ask('/');
  assert.deepEqual([home.status, home.body, home.headers['content-type']], [200, '<h1>home</h1>', 'text/html; charset=utf-8']);
  assert.deepEqual([(await ask('/a.txt', { headers: { range: 'bytes=2-4' } })).status, (await ask('/a.txt', { headers: { range: 'bytes=2-4' } })).body], [206, '234']);
  assert.equal((await ask('/sum')).body, 'sum');
  assert.equal((await ask('/sum/x.txt')).body, 'sum', 'the longer path comes first');
  assert.equal((await ask('/docs/')).body, 'papers');
  assert.deepEqual([(await ask('/docs')).status, (await ask('/docs?a=1')).headers.location], [301, './docs/?a=1']);
  assert.equal((await ask('/docs/b.txt')).body, 'b');
  for (const target of ['/.env', '/docs/../secret.txt', '/docs/%2e%2e/secret.txt', '/docs/..%2fsecret.txt', '/nothing']) assert.ok([400, 404].includes((await ask(target)).status), target);
  assert.equal((await ask('/a.txt', { method: 'POST', body: {} })).status, 404);
  assert.equal((await ask('/app/some/page', { headers: { accept: 'text/html' } })).body, 'papers');
  assert.match((await ask('/lists/')).body, /x\.txt/);
  assert.deepEqual(log, []);
}));

test('only folders that are for everybody are served', () => withRig({
  'resources/a/config.json': { type: 'Files', root: '.' }, 'resources/b/config.json': { type: 'Files', root: 'resources' }, 'resources/c/config.json': { type: 'Files', root: '../' }, 'resources/d/config.json': { type: 'Files', root: '/etc' },
  'resources/e/config.json': { type: 'Files', root: 'nothing' }, 'resources/f/config.json': { type: 'Files' }, 'resources/g/config.json': { type: 'Files', root: 'package.json' }, 'package.json': {},
}, async ({ resources, ask }) => {
  const list = await resources.list();
  assert.deepEqual(list.map((r) => r.state), Array.from({ length: 7 }, () => 'errored'));
  assert.equal(list.find((r) => r.id === 'd')?.reason, 'its root /etc: wanted a folder of the project that is for everybody, e.g. public');
  assert.equal((await ask('/a/package.json')).status, 404);
}));

test('/dpd.js gives browsers the resources', () => {
  class Math2 extends Resource {
    override clientGeneration = true;
    override clientGenerationGet = ['half'];
    override clientGenerationExec = ['twice'];
    override handle(ctx: Any): void { ctx.done(null, { method: ctx.method, url: ctx.url, query: ctx.query, body: ctx.body }); }
  }
  class Hidden extends Resource {}
  return withRig({
    'resources/math-two/config.json': { type: 'Math2' }, 'resources/h/config.json': { type: 'Hidden' }, 'resources/shop/c/config.json': { type: 'Event' }, 'resources/shop/c/get.js': 'cancel("no", 409)', 'resources/shop/c/post.js': 'setResult("text")',
  }, async ({ ask, port }) => {
    const reply = await ask('/dpd.js');
    assert.deepEqual([reply.status, reply.headers['content-type'], reply.headers['x-content-type-options']], [200, 'text/javascript; charset=utf-8', 'nosniff']);
    const page: Any = vm.createContext({ fetch, setTimeout, URL, dpdUrl: `http://127.0.0.1:${port}` });
    vm.runInContext(reply.body, page);
    const { dpd } = page;
    const plain = (v: unknown): unknown => JSON.parse(JSON.stringify(v));
    assert.deepEqual(Object.keys(dpd).sort(), ['math-two', 'mathtwo', 'shop/c', 'shopc']);
    assert.deepEqual(plain(await dpd.mathtwo.get('a b', { n: 1, s: 'é' })), { method: 'GET', url: '/a%20b', query: { n: 1, s: 'é' }, body: {} });
    assert.deepEqual(plain(await dpd.mathtwo.put('1', { a: 1 })), { method: 'PUT', url: '/1', query: {}, body: { a: 1 } });
    assert.deepEqual(plain(await dpd.mathtwo.put({ id: 2 }, { a: 1 })), { method: 'PUT', url: '/', query: { id: 2 }, body: { a: 1 } });
    assert.deepEqual(plain(await dpd.mathtwo.half({ of: 4 })), { method: 'GET', url: '/half', query: { of: 4 }, body: {} });
    assert.deepEqual(plain(await dpd.mathtwo.twice({ of: 4 })), { method: 'POST', url: '/twice', query: {}, body: { of: 4 } });
    assert.deepEqual(plain(await dpd.mathtwo.exec('any', { of: 4 })), { method: 'POST', url: '/any', query: {}, body: { of: 4 } });
    assert.equal((plain(await dpd.mathtwo.del('x')) as Any).method, 'DELETE');
    assert.equal(await dpd['shop/c'].post({}), 'text');
    await assert.rejects(() => dpd.shopc.get(), (e: Any) => e.message === 'no' && e.status === 409);
    assert.deepEqual(await new Promise((resolve) => { dpd.shopc.get((r: unknown, e: Any) => resolve([r, e.message])); }), [undefined, 'no']);
  }, { types: [Math2, Hidden] });
});
