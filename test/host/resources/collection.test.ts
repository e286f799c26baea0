// The small collection: documents with properties, in the store of the host.
import assert from 'node:assert/strict';
import test from 'node:test';
import { MgrError } from '../../../src/base/errors.js';
import type { Rig } from './rig.js';
import { withRig } from './rig.js';

type Any = any; // oxlint-disable-line typescript/no-explicit-any -- JSON of answers

const PROPERTIES = { title: { type: 'string', required: true }, score: { type: 'number' }, done: { type: 'boolean' }, due: { type: 'date' }, tags: { type: 'array' }, more: { type: 'object' }, owner: { type: 'string' } };
const TODOS = { 'resources/todos/config.json': { type: 'Collection', properties: PROPERTIES } };
const make = async ({ ask }: Rig, body: unknown): Promise<Any> => (await ask('/todos', { method: 'POST', body })).json;

test('create, list, get, update, remove; properties are what they are declared to be', () => withRig(TODOS, async (rig) => {
  const { ask } = rig;
  assert.deepEqual((await ask('/todos')).json, []);
  const made = await make(rig, { title: 'one', score: '5', done: 'true', due: '2024-01-02', tags: ['a'], more: { x: 1 }, stranger: 1, id: 'mine' });
  assert.match(made.id, /^[0-9a-f]{16}$/);
  assert.deepEqual(made, { id: made.id, title: 'one', score: 5, done: true, due: '2024-01-02T00:00:00.000Z', tags: ['a'], more: { x: 1 } });
  assert.deepEqual((await ask(`/todos/${made.id}`)).json, made);
  assert.deepEqual((await ask(`/todos?id=${made.id}`)).json, made);
  const put = await ask(`/todos/${made.id}`, { method: 'PUT', body: { title: 'two', done: null } });
  assert.deepEqual(put.json, { ...made, title: 'two', done: null });
  assert.deepEqual((await ask(`/todos?id=${made.id}`, { method: 'POST', body: { score: 6 } })).json, { ...made, title: 'two', done: null, score: 6 });
  assert.deepEqual(((await ask('/todos')).json as Any[]).length, 1);
  const gone = await ask(`/todos/${made.id}`, { method: 'DELETE' });
  assert.deepEqual([gone.status, gone.body], [204, '']);
  for (const method of ['GET', 'PUT', 'DELETE']) assert.equal((await ask(`/todos/${made.id}`, { method, ...(method === 'PUT' && { body: {} }) })).status, 404);
  assert.equal((await ask('/todos/a/b')).status, 404);
}));

test('what is not valid is told by property', () => withRig(TODOS, async (rig) => {
  const { ask } = rig;
  const reply = await ask('/todos', { method: 'POST', body: { score: 'x', tags: 5, due: 'never' } });
  assert.deepEqual([reply.status, (reply.json as Any).errors], [400, { score: 'must be a number', due: 'must be a date', tags: 'must be an array' }]);
  assert.deepEqual((await make(rig, { score: 1 })).errors, { title: 'is required' });
  const { id } = await make(rig, { title: 'x' });
  assert.deepEqual(((await ask(`/todos/${id}`, { method: 'PUT', body: { title: '' } })).json as Any).errors, { title: 'is required' });
  assert.equal((await ask('/todos', { method: 'PUT', body: { title: 'x' } })).status, 400);
  assert.equal((await ask('/todos', { method: 'DELETE' })).status, 400);
  assert.equal((await ask('/todos', { method: 'POST', body: [1] })).status, 400);
  assert.equal((await ask('/todos?score[$near]=5')).status, 400);
  assert.equal((await ask('/todos/%zz')).status, 400);
}));

test('queries by URL and by JSON', () => withRig(TODOS, async (rig) => {
  for (let score = 1; score <= 5; score++) await make(rig, { title: `t${score}`, score, done: score > 3 });
  const titles = async (query: string): Promise<string[]> => ((await rig.ask(`/todos?${query}`)).json as Any[]).map((t: Any) => t.title as string);
  assert.deepEqual(await titles('score=2'), ['t2']);
  assert.deepEqual(await titles('done=true'), ['t4', 't5']);
  assert.deepEqual(await titles('score[$gt]=2&score[$lte]=4'), ['t3', 't4']);
  assert.deepEqual(await titles('$sort[score]=-1&$limit=2&$skip=1'), ['t4', 't3']);
  assert.deepEqual(await titles(encodeURIComponent(JSON.stringify({ $or: [{ score: 1 }, { title: 't5' }] }))), ['t1', 't5']);
  assert.deepEqual(((await rig.root('/todos?title[$regex]=%5Et[12]')).json as Any[]).map((t) => t.title), ['t1', 't2']);
  for (const query of ['title[$regex]=%5Et', encodeURIComponent('{"$or":[{"title":{"$regex":"(a+)+$"}}]}')]) assert.equal((await rig.ask(`/todos?${query}`)).status, 403, 'a pattern of anybody could stop the host');
  const [{ id }] = (await rig.root('/todos?title=t1')).json as Any[];
  for (const operand of [{ $regex: '(a+)+$' }, { $in: ['x'], $regex: '(a+)+$' }]) assert.equal((await rig.ask(`/todos/${id}`, { method: 'PUT', body: { tags: { $pull: operand } } })).status, 403, 'nor in an update');
  assert.deepEqual(Object.keys(((await rig.ask('/todos?$fields[title]=1&$limit=1')).json as Any[])[0]).sort(), ['id', 'title']);
  assert.equal((await rig.ask('/todos/count')).status, 403);
  assert.deepEqual((await rig.root('/todos/count?done=false')).json, { count: 3 });
}));

test('commands are carried out on the document as it is', () => withRig(TODOS, async (rig) => {
  const { id } = await make(rig, { title: 'x', score: 1, tags: ['a'] });
  const put = async (body: unknown): Promise<Any> => (await rig.ask(`/todos/${id}`, { method: 'PUT', body })).json;
  assert.equal((await put({ score: { $inc: 2 } })).score, 3);
  assert.deepEqual((await put({ tags: { $push: 'b' } })).tags, ['a', 'b']);
  assert.deepEqual((await put({ tags: { $addUnique: ['b', 'c'] } })).tags, ['a', 'b', 'c']);
  assert.deepEqual((await put({ tags: { $pull: 'a' } })).tags, ['b', 'c']);
  assert.equal('score' in (await put({ score: { $unset: true } })), false);
  assert.match((await put({ score: { $boom: 1 } })).message, /wanted one of \$inc/);
  assert.equal((await put({ score: { $inc: 'x' } })).errors.score, 'is no number');
  await Promise.all(Array.from({ length: 20 }, () => put({ score: { $inc: 1 } })));
  assert.equal(((await rig.ask(`/todos/${id}`)).json as Any).score, 20);
}));

test('scripts: validate, post, put, get, delete', () => withRig({
  ...TODOS,
  'resources/todos/validate.js': 'errorIf(this.title === "bad", "title", "is bad");\nif (this.score > 100) error("score", "is too high");',
  'resources/todos/post.js': 'this.owner = query.me;\nif (!this.owner) cancel("log in", 401);\nthis.score = this.score || 0;',
  'resources/todos/put.js': 'protect("owner");\nif (changed("title")) this.more = { was: previous.title };\ncancelIf(this.score < 0, "no debts", 409);',
  'resources/todos/get.js': 'hide("owner");\ncancelIf(this.title === "secret", "not for you", 403);\nthis.tags = [this.title.toUpperCase()];',
  'resources/todos/delete.js': 'cancelUnless(query.sure, "are you sure?", 409);',
  'resources/lists/config.json': { type: 'Event' },
  'resources/lists/get.js': 'const all = await dpd.todos.get({ $sort: { title: 1 } });\nconst { count } = await dpd.todos.count();\nsetResult({ count, titles: all.map((t) => t.title) });',
}, async (rig) => {
  const { ask } = rig;
  const post = (body: unknown, query = '?me=ann') => ask(`/todos${query}`, { method: 'POST', body });
  assert.equal((await post({ title: 'x' }, '')).status, 401);
  assert.deepEqual(((await post({ title: 'bad', score: 101 })).json as Any).errors, { title: 'is bad', score: 'is too high' });
  const { id } = (await post({ title: 'x', owner: 'bob' })).json as Any;
  await post({ title: 'secret' });
  const shown = (await ask(`/todos/${id}`)).json as Any;
  assert.deepEqual(shown, { id, title: 'x', score: 0, tags: ['X'] });
  assert.deepEqual(((await ask('/todos')).json as Any[]).map((t) => t.title), ['x'], 'what a script cancels is left out of a list');
  const put = (await ask(`/todos/${id}`, { method: 'PUT', body: { title: 'y', owner: 'eve' } })).json as Any;
  assert.deepEqual([put.owner, put.more], ['ann', { was: 'x' }]);
  assert.equal((await ask(`/todos/${id}`, { method: 'PUT', body: { score: -1 } })).status, 409);
  assert.deepEqual((await ask('/lists')).json, { count: 2, titles: ['y'] });
  assert.equal((await ask(`/todos/${id}`, { method: 'DELETE' })).status, 409);
  assert.equal((await ask(`/todos/${id}?sure=1`, { method: 'DELETE' })).status, 204);
}));

test('a collection keeps its documents when it is renamed, and when it comes back', () => withRig(TODOS, async (rig) => {
  const { ask, root } = rig;
  await make(rig, { title: 'kept' });
  await root('/__resources/todos', { method: 'PUT', body: { id: 'shop/tasks' } });
  assert.equal(((await ask('/shop/tasks')).json as Any[])[0].title, 'kept');
  await root('/__resources/shop/tasks', { method: 'DELETE' });
  assert.equal((await ask('/shop/tasks')).status, 404);
  await root('/__resources/shop/tasks', { method: 'POST', body: { type: 'Collection', properties: PROPERTIES } });
  assert.equal(((await ask('/shop/tasks')).json as Any[])[0].title, 'kept');
  const bad = await root('/__resources/more', { method: 'POST', body: { type: 'Collection', properties: { a: { type: 'text' } } } });
  assert.deepEqual([bad.status, (bad.json as Any).message], [400, '`properties`: a: got type "text", wanted string, number, boolean, date, object, array, any']);
}));

test('a store that cannot be had is 503 until it can', () => {
  let code: 'STORE_BUSY' | 'STORE_IO' = 'STORE_BUSY';
  return withRig(TODOS, async ({ ask, log }) => {
    assert.deepEqual([(await ask('/todos')).status, log.length], [503, 0]);
    code = 'STORE_IO';
    const reply = await ask('/todos', { method: 'POST', body: { title: 'x' } });
    assert.deepEqual([reply.status, (reply.json as Any).message], [507, 'cannot write store.db: disk full']);
  }, { store: () => { throw new MgrError(code, { file: 'store.db', ms: 1, act: 'write', reason: 'disk full' }); } });
});
