// Event scripts: what they see, what they wait for, how they fail; the client by which they ask other resources.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Resource } from '../../../src/host/resources/resource.js';
import { withRig } from './rig.js';

const EVENT = { type: 'Event' };
/** One Event resource per name, with these get scripts. */
const gets = (scripts: Readonly<Record<string, string>>): Record<string, unknown> => Object.fromEntries(Object.entries(scripts).flatMap(([id, text]) => [[`resources/${id}/config.json`, EVENT], [`resources/${id}/get.js`, text]]));

test('a script answers with what it sets', () => withRig({
  ...gets({
    sum: 'setResult(Number(query.a) + Number(query.b));',
    this: 'this.hello = "you";',
    parts: 'setResult({ url: url, parts: parts, name: ctx.resource.name });',
    head: 'setStatusCode(201); setHeader("X-Own", getHeader("X-Asked") + "!"); setResult("made");',
    nothing: '// nothing',
    imports: 'const { sep } = await import("node:path"); setResult({ sep });',
    sees: 'setResult({ internal, isRoot, me: typeof me, isMe: isMe("1"), session: typeof session, console: typeof console.log, require: require("node:path").sep, emit: typeof emit, early: (() => { if (true) return 7; })() });\nreturn;\nsetResult("not reached");',
  }),
  'resources/sum/post.js': 'setResult({ sum: body.a + body.b });',
}, async ({ ask, root }) => {
  const sum = await ask('/sum?a=2&b=5');
  assert.deepEqual([sum.status, sum.body], [200, '7']);
  assert.deepEqual((await ask('/sum', { method: 'POST', body: { a: 1, b: 2 } })).json, { sum: 3 });
  assert.equal((await ask('/sum', { method: 'PUT', body: {} })).status, 404, 'a method without a script');
  assert.deepEqual((await ask('/this')).json, { hello: 'you' });
  assert.deepEqual((await ask('/nothing')).json, {});
  assert.deepEqual((await ask('/imports')).json, { sep: path.sep });
  assert.deepEqual((await ask('/parts/x/y%20z?q=1')).json, { url: '/x/y%20z', parts: ['x', 'y z'], name: 'parts' });
  const head = await ask('/head', { headers: { 'x-asked': 'this' } });
  assert.deepEqual([head.status, head.headers['x-own'], head.body], [201, 'this!', 'made']);
  const seen = { internal: false, isRoot: false, me: 'undefined', isMe: false, session: 'object', console: 'function', require: path.sep, emit: 'function', early: 7 };
  assert.deepEqual((await ask('/sees')).json, seen);
  assert.deepEqual((await root('/sees')).json, { ...seen, isRoot: true });
}));

test('cancel in each of its forms', () => withRig(gets({
  a: 'cancel("no", 422); setResult("not reached")', b: 'cancelIf(query.x === "1", "x is one", 409); setResult("ok")', c: 'cancelUnless(query.x, "x is needed")', d: 'cancel(401, "bad key")', e: 'cancel({ message: "m", statusCode: 451, errors: { f: "g" } })', f: 'cancel()',
  g: 'setTimeout(() => { $finishCallback(); }, 1); $addCallback(); cancel("first")',
}), async ({ ask, log }) => {
  const got = async (target: string): Promise<unknown> => { const { status, body } = await ask(target); return [status, body.startsWith('{') ? (JSON.parse(body) as { message: string }).message : body]; };
  assert.deepEqual(await got('/a'), [422, 'no']);
  assert.deepEqual(await got('/b?x=1'), [409, 'x is one']);
  assert.deepEqual(await got('/b'), [200, 'ok']);
  assert.deepEqual(await got('/c'), [400, 'x is needed']);
  assert.deepEqual(await got('/d'), [401, 'bad key']);
  assert.deepEqual((await ask('/e')).json, { message: 'm', errors: { f: 'g' }, statusCode: 451, status: 451 });
  assert.deepEqual(await got('/f'), [400, 'cancelled']);
  assert.deepEqual(await got('/g'), [400, 'first']);
  assert.deepEqual(log, []);
}));

test('an answer waits for the calls that were made: callbacks, handlers of promises, await', () => withRig(gets({
  one: 'setResult({ n: Number(query.n || 1), internal: internal });',
  callback: 'dpd.one.get({ n: 2 }, (r, e) => { dpd.one.get({ n: r.n + 1 }, (r2) => { this.n = r2.n; this.internal = r2.internal; }); });',
  then: 'dpd.one.get({ n: 2 }).then((r) => dpd.one.get({ n: r.n * 5 })).then((r) => { this.n = r.n; });',
  await: 'const r = await dpd.one.get({ n: 4 });\nthis.n = r.n;',
  later: 'dpd.one.get(async (r) => { await new Promise((done) => setTimeout(done, 5)); this.n = r.n; });',
  own: '$addCallback(); setTimeout(() => { this.n = 9; $finishCallback(); }, 5);',
  err: 'dpd.no.get();',
  refused: 'dpd.cancels.get((r, e) => { this.r = r; this.message = e.message; this.status = e.statusCode; });',
  cancels: 'cancel("not you", 403)',
  through: 'dpd.cancels.get().then(() => { this.n = 1; });',
  caught: 'dpd.cancels.get().then(() => {}).catch((e) => { this.caught = e.message; });',
  throws: 'dpd.one.get(() => { cancel("in a callback", 402); });',
  rejects: 'dpd.one.get().then(() => { cancel("in a handler", 402); });',
  path: 'dpd.parts.get("a/b c", { q: 1 }, (r) => { this.parts = r.parts; this.q = r.q; });',
  parts: 'setResult({ parts: parts, q: query.q });',
}), async ({ ask, log }) => {
  const json = async (target: string): Promise<unknown> => (await ask(target)).json;
  assert.deepEqual(await json('/callback'), { n: 3, internal: true });
  assert.deepEqual(await json('/then'), { n: 10 });
  assert.deepEqual(await json('/await'), { n: 4 });
  assert.deepEqual(await json('/later'), { n: 1 });
  assert.deepEqual(await json('/own'), { n: 9 });
  assert.deepEqual(await json('/refused'), { message: 'not you', status: 403 });
  assert.deepEqual([(await ask('/through')).status, await json('/through')], [403, { message: 'not you', statusCode: 403, status: 403 }]);
  assert.deepEqual(await json('/caught'), { caught: 'not you' });
  for (const target of ['/throws', '/rejects']) assert.equal((await ask(target)).status, 402);
  assert.deepEqual(await json('/path'), { parts: ['a', 'b c'], q: 1 });
  assert.deepEqual(log, []);
  assert.equal((await ask('/err')).status, 500);
  assert.match(log[0] ?? '', /resources\/err\/get\.js:1/);
}));

test('functions of a type that take a callback are waited for, whatever they throw later', () => {
  class Slow extends Resource {
    static events = ['get'];
    override handle(ctx: any): void { // oxlint-disable-line typescript/no-explicit-any -- as a module in JavaScript has it
      const result: Record<string, unknown> = {};
      this.events['get']?.run(ctx, { this: result, later: (n: number, fn: (n: number) => void) => setTimeout(fn, 5, n * 2), secret: 'told' }, (e) => ctx.done(e, result));
    }
  }
  return withRig({ 'resources/s/config.json': { type: 'Slow' }, 'resources/s/get.js': 'later(21, (n) => { if (query.fail) cancel("late", 409); this.n = n; this.secret = secret; });' }, async ({ ask }) => {
    assert.deepEqual((await ask('/s')).json, { n: 42, secret: 'told' });
    assert.equal((await ask('/s?fail=1')).status, 409);
  }, { types: [Slow] });
});

test('a mistake in a script has file and line: in the log always, in the answer while one develops', async () => {
  const files = gets({ bug: '\n\nnothere.x = 1;', syntax: 'var a = 1;\nvar = 2;', fine: 'setResult("fine")' });
  for (const env of ['production', 'development'] as const) {
    await withRig(files, async ({ ask, log, resources, dir }) => {
      const bug = await ask('/bug');
      const said = (bug.json as { message: string }).message;
      assert.equal(bug.status, 500);
      assert.equal(said, env === 'production' ? 'the script failed' : `${dir}/resources/bug/get.js:3: nothere is not defined`);
      assert.match(log.join('\n'), /ReferenceError: nothere is not defined\n.*resources\/bug\/get\.js:3/s);
      const syntax = await ask('/syntax');
      assert.equal(syntax.status, 500);
      const view = await resources.get('syntax');
      assert.equal(view?.state, 'online');
      assert.match(view?.faults['get.js'] ?? '', /resources\/syntax\/get\.js:2: Unexpected token '='/);
      assert.equal(/^resource syntax: .*get\.js:2: Unexpected token '='$/m.test(log.join('\n')), env === 'production', 'told at the start');
      assert.equal((await ask('/fine')).body, 'fine');
    }, { env });
  }
});

test('resources that ask for themselves come to an end', () => withRig(gets({
  self: 'dpd.self.get((r, e) => { this.depth = r ? r.depth + 1 : 0; if (e) { this.status = e.statusCode; } });',
  deep: 'dpd.deep.get({ $limitRecursion: 5 }, (r, e) => { this.depth = r ? r.depth + 1 : 0; });',
  ping: 'dpd.pong.get({ n: 1 }, (r, e) => { if (e) cancel(e.message, e.statusCode); this.r = r; });',
  pong: 'dpd.ping.get({ n: 1 }, (r, e) => { if (e) cancel(e.message, e.statusCode); this.r = r; });',
}), async ({ ask }) => {
  assert.deepEqual((await ask('/self')).json, { depth: 2 });
  assert.deepEqual((await ask('/deep')).json, { depth: 5 });
  const ping = await ask('/ping');
  assert.equal(ping.status, 508);
  assert.match((ping.json as { message: string }).message, /asks for itself/);
}));

test('while one develops, instances are made for each request and scripts are read again (D8, D9)', async () => {
  class Count extends Resource {
    n = 0;
    override handle(ctx: any): void { ctx.done(null, { n: ++this.n }); } // oxlint-disable-line typescript/no-explicit-any -- as above
  }
  const files = { 'resources/count/config.json': { type: 'Count' }, ...gets({ s: 'setResult("one")' }) };
  for (const [env, counts, second] of [['production', [1, 2, 3], 'one'], ['development', [1, 1, 1], 'two']] as const) {
    await withRig(files, async ({ ask, write, resources, dir }) => {
      const seen = [];
      for (let i = 0; i < 3; i++) seen.push(((await ask('/count')).json as { n: number }).n);
      assert.deepEqual(seen, counts);
      assert.equal((await ask('/s')).body, 'one');
      write({ 'resources/s/get.js': 'setResult("two")' });
      assert.equal((await ask('/s')).body, second);
      fs.mkdirSync(path.join(dir, 'resources/new'));
      write({ 'resources/new/config.json': EVENT, 'resources/new/get.js': '' });
      assert.equal((await ask('/new')).status, env === 'production' ? 404 : 200);
      await resources.reload();
      assert.equal((await ask('/s')).body, 'two');
      assert.equal((await ask('/new')).status, 200);
      if (env === 'production') assert.equal(((await ask('/count')).json as { n: number }).n, 4, 'what did not change stays');
    }, { env, types: [Count] });
  }
});
