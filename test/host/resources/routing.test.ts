// Requests on their way to resources: paths, next, bodies, methods, answers, what is thrown, other sites.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { Resource } from '../../../src/host/resources/resource.js';
import { HttpFault } from '../../../src/host/resources/model.js';
import { withRig } from './rig.js';

type Ctx = any; // oxlint-disable-line typescript/no-explicit-any -- as a module in JavaScript has it

class Echo extends Resource {
  static label = 'Echo it';
  static external = { shout(this: Resource, options: { word: string }, _ctx: unknown, done: (e: unknown, r: unknown) => void) { done(null, { said: options.word.toUpperCase(), by: this.name }); } };
  override handle(ctx: Ctx, next: () => void): Promise<never> | undefined {
    const { url, method, query, body } = ctx;
    if (this.config['pass']) { next(); return undefined; }
    if (url === '/throw') throw new Error('a bug');
    if (url === '/reject') return Promise.reject(new Error('a late bug'));
    if (url === '/fault') throw new HttpFault(418, 'short and stout', { pot: 'is tea' });
    if (url === '/text') { ctx.done(null, '<b>hi</b>'); return undefined; }
    if (url === '/nothing') { ctx.done(); return undefined; }
    if (url === '/bad') { ctx.done('no good'); return undefined; }
    if (url === '/status') { ctx.done({ statusCode: 403, message: 'Forbidden' }); return undefined; }
    if (url === '/twice') { ctx.done(null, { n: 1 }); ctx.done(null, { n: 2 }); return undefined; }
    if (url === '/circle') { const a: { a?: unknown } = {}; a.a = a; ctx.done(null, a); return undefined; }
    if (url === '/end') { ctx.res.setHeader('content-type', 'text/plain'); ctx.end('ended'); return undefined; }
    ctx.done(null, { at: this.name, url, method, query, body });
    return undefined;
  }
}

const FILES = {
  'resources/a/config.json': { type: 'Echo' },
  'resources/a/b/config.json': { type: 'Echo' },
  'resources/a/b/c/config.json': { type: 'Echo', pass: true },
};
const types = [Echo];

test('the longest path that is a whole beginning has it; next gives it on; the rest is ctx.url', () => withRig(FILES, async ({ ask }) => {
  const at = async (target: string): Promise<unknown[]> => { const { at, url } = (await ask(target)).json as { at: string; url: string }; return [at, url]; };
  assert.deepEqual(await at('/a'), ['a', '/']);
  assert.deepEqual(await at('/a/'), ['a', '/']);
  assert.deepEqual(await at('/a/x/y?z=1'), ['a', '/x/y']);
  assert.deepEqual(await at('/a/b/12'), ['a/b', '/12']);
  assert.deepEqual(await at('/a/b/c/d'), ['a/b', '/c/d'], 'c passes it to b');
  const none = await ask('/ab');
  assert.deepEqual([none.status, none.headers['content-type'], none.json], [404, 'application/json; charset=utf-8', { message: 'resource not found', path: '/ab', statusCode: 404, status: 404 }]);
}, { types }));

test('answers: values, texts, nothing, errors with their status, only once', () => withRig(FILES, async ({ ask, log }) => {
  const text = await ask('/a/text');
  assert.deepEqual([text.status, text.headers['content-type'], text.body], [200, 'text/html; charset=utf-8', '<b>hi</b>']);
  assert.match(text.headers['cache-control'] ?? '', /no-cache/);
  assert.deepEqual([(await ask('/a/nothing')).status, (await ask('/a/nothing')).body], [204, '']);
  assert.deepEqual([(await ask('/a/bad')).status, (await ask('/a/bad')).json], [400, { message: 'no good', statusCode: 400, status: 400 }]);
  assert.deepEqual((await ask('/a/status')).json, { message: 'Forbidden', statusCode: 403, status: 403 });
  assert.deepEqual((await ask('/a/twice')).json, { n: 1 });
  assert.equal((await ask('/a/end')).body, 'ended');
  assert.deepEqual((await ask('/a/fault')).json, { message: 'short and stout', errors: { pot: 'is tea' }, statusCode: 418, status: 418 });
  assert.deepEqual(log, [], 'none of these is a fault');
}, { types }));

test('what a resource throws is answered with 500 and told, not shown; the others go on', () => withRig(FILES, async ({ ask, log, server }) => {
  for (const [target, message] of [['/a/throw', 'internal error'], ['/a/reject', 'internal error'], ['/a/circle', 'the answer is no JSON']] as const) {
    const reply = await ask(target);
    assert.deepEqual([reply.status, reply.json], [500, { message, statusCode: 500, status: 500 }]);
  }
  assert.equal(log.length, 3);
  assert.match(log[0] ?? '', /^GET \/a\/throw: Error: a bug\n.*routing\.test/s);
  const told: unknown[] = [];
  server.on('request:error', (e: Error, req: http.IncomingMessage) => told.push([e.message, req.url]));
  await ask('/a/throw');
  assert.deepEqual(told, [['a bug', '/a/throw']]);
  assert.equal((await ask('/a')).status, 200);
}, { types }));

test('next counts also when it comes late, with a promise or without', () => {
  class Late extends Resource {
    override handle(ctx: Ctx, next: () => void): Promise<void> | undefined {
      setTimeout(() => { if (ctx.query.own) ctx.done(null, 'own'); else next(); }, 5);
      return this.config['promise'] ? Promise.resolve() : undefined;
    }
  }
  return withRig({ 'resources/a/config.json': { type: 'Echo' }, 'resources/a/late/config.json': { type: 'Late' }, 'resources/a/soon/config.json': { type: 'Late', promise: true } }, async ({ ask }) => {
    for (const name of ['late', 'soon']) {
      assert.equal(((await ask(`/a/${name}`)).json as { at: string }).at, 'a');
      assert.equal((await ask(`/a/${name}?own=1`)).body, 'own');
    }
  }, { types: [...types, Late] });
});

test('functions of a type by any method; nothing of the prototype', () => withRig(FILES, async ({ ask }) => {
  assert.deepEqual((await ask('/a/shout?word=hi')).json, { said: 'HI', by: 'a' });
  assert.deepEqual((await ask('/a/b/shout', { method: 'PUT', body: { word: 'ho' } })).json, { said: 'HO', by: 'a/b' });
  assert.equal(((await ask('/a/constructor')).json as { url: string }).url, '/constructor');
}, { types }));

test('bodies and queries: JSON, forms, methods in _method, nonsense, too much', () => withRig(FILES, async ({ ask, port }) => {
  const echo = async (target: string, options: Parameters<typeof ask>[1]): Promise<{ query: unknown; body: unknown; method: string }> => (await ask(target, options)).json as never;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.deepEqual((await echo('/a', { method: 'POST', body: { a: [1, { b: null }] } })).body, { a: [1, { b: null }] });
  assert.deepEqual((await echo('/a', { method: 'POST', body: 'a=1&b[c]=2&d[]=3&d[]=4&__proto__[x]=1&e=%C3%A9', headers: form })).body, { a: '1', b: { c: '2' }, d: ['3', '4'], e: 'é' });
  assert.deepEqual((await echo('/a?x=1&age[$gt]=5', {})).query, { x: '1', age: { $gt: '5' } });
  assert.deepEqual((await echo('/a?%7B%22n%22%3A%7B%22$gt%22%3A5%7D%7D', {})).query, { n: { $gt: 5 } });
  assert.deepEqual((await echo('/a', { method: 'POST' })).body, {});
  const meant = await echo('/a?_method=put&x=1', { method: 'POST', body: { a: 1 } });
  assert.deepEqual([meant.method, meant.query, meant.body], ['PUT', { x: '1' }, { a: 1 }]);
  assert.equal((await echo('/a', { method: 'POST', body: '_method=DELETE', headers: form })).method, 'DELETE');
  assert.equal((await echo('/a?_method=DELETE', {})).method, 'GET', 'a link deletes nothing');
  assert.equal((await ask('/a?_method=TRACE', { method: 'POST', body: {} })).status, 400);
  const broken = await ask('/a', { method: 'POST', body: '{"a":' });
  assert.equal(broken.status, 400);
  assert.match((broken.json as { message: string }).message, /JSON cannot be read/);
  assert.equal((await ask('/a?%7Bx', {})).status, 400);
  assert.equal((await ask('/a?%7B%ZZ', {})).status, 400);
  assert.equal((await echo('/a', { method: 'POST', body: '{"__proto__":{"x":1},"b":1}' })).body !== undefined, true);
  const much = await ask('/a', { method: 'POST', body: { a: 'x'.repeat(2000) } });
  assert.deepEqual([much.status, (much.json as { message: string }).message], [413, 'the body is larger than 1000 bytes']);
  // Without a length in the head: the limit holds for what comes.
  const status = await new Promise<number>((resolve, reject) => {
    const req = http.request({ port, host: '127.0.0.1', path: '/a', method: 'POST', headers: { 'content-type': 'application/json' }, agent: false }, (res) => { res.resume(); resolve(res.statusCode ?? 0); });
    req.on('error', reject);
    req.write('"'.padEnd(3000, 'x'));
  });
  assert.equal(status, 413);
}, { types, bodyLimit: 1000 }));

test('a listener of request reads the body too', () => withRig(FILES, async ({ ask, server }) => {
  const seen: string[] = [];
  server.prependListener('request', (req) => { req.on('data', (d: Buffer) => seen.push(String(d))); });
  assert.deepEqual(((await ask('/a', { method: 'POST', body: { a: 1 } })).json as { body: unknown }).body, { a: 1 });
  assert.deepEqual(seen, ['{"a":1}']);
}, { types }));

test('handleSession of all comes first and may end it', () => {
  const order: string[] = [];
  class Door extends Resource {
    override handleSession(ctx: Ctx, next: (e?: unknown) => void): void {
      order.push(`door ${ctx.url}`);
      ctx.session.user = { id: ctx.query.user };
      setImmediate(() => next(ctx.query.user === 'nobody' ? new HttpFault(401, 'who?') : undefined));
    }
  }
  class Who extends Resource {
    override handle(ctx: Ctx): void { order.push('who'); ctx.done(null, { me: ctx.session.user }); }
  }
  return withRig({ 'resources/z/config.json': { type: 'Door' }, 'resources/who/config.json': { type: 'Who' } }, async ({ ask }) => {
    assert.deepEqual((await ask('/who?user=7')).json, { me: { id: '7' } });
    assert.deepEqual(order, ['door /who', 'who']);
    assert.equal((await ask('/who?user=nobody')).status, 401);
  }, { types: [Door, Who] });
});

test('other sites: off unless asked for', async () => {
  const headers = { origin: 'http://evil.example' };
  await withRig(FILES, async ({ ask }) => {
    assert.equal((await ask('/a', { headers })).headers['access-control-allow-origin'], undefined);
  }, { types });
  await withRig(FILES, async ({ ask, root }) => {
    const pre = await ask('/a', { method: 'OPTIONS', headers: { origin: 'http://good.example', 'access-control-request-method': 'PUT' } });
    assert.deepEqual([pre.status, pre.headers['access-control-allow-origin']], [204, 'http://good.example']);
    assert.equal((await ask('/a', { headers })).headers['access-control-allow-origin'], undefined);
    assert.equal((await root('/__resources', { headers: { origin: 'http://good.example' } })).status, 403, 'never for the administration');
  }, { types, cors: ['http://good.example'] });
});
