import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { openDatabase, type Database } from '../../src/database/database.js';
import { createStore, storesOf, type Document, type Query, type Store } from '../../src/database/documents.js';
import { planOf } from '../../src/database/query.js';
import { inFolder } from './rig.js';

function inStore(fn: (store: Store, db: Database) => Promise<void>): Promise<void> {
  return inFolder(async (dir) => {
    const db = openDatabase(path.join(dir, 'a.db'));
    try { await fn(createStore(db, 'people'), db); } finally { db.close(); }
  });
}

const names = (docs: readonly Document[]): unknown[] => docs.map((d) => d['name']);

test('insert, find, first, count, update, remove, rename', () => inStore(async (store, db) => {
  const ann = await store.insert({ name: 'Ann', age: 30 });
  assert.match(ann.id, /^[0-9a-f]{16}$/);
  assert.deepEqual(ann, { id: ann.id, name: 'Ann', age: 30 });
  const two = await store.insert([{ name: 'Bob', id: 'b' }, { name: 'Cy', _id: 'c' }]);
  assert.deepEqual(two, [{ id: 'b', name: 'Bob' }, { id: 'c', name: 'Cy' }]);
  assert.deepEqual(names(await store.find()), ['Ann', 'Bob', 'Cy']);
  assert.deepEqual(await store.find({ id: 'b' }), { id: 'b', name: 'Bob' });
  assert.equal(await store.find({ id: 'none' }), undefined);
  assert.deepEqual(names(await store.find({ id: { $in: ['b', 'c', 'x'] } })), ['Bob', 'Cy']);
  assert.deepEqual(await store.first({ age: 30 }), ann);
  assert.equal(await store.first({ age: 31 }), undefined);
  assert.equal(await store.count(), 3);
  assert.equal(await store.count({ name: { $gt: 'Ann' } }), 2);
  assert.deepEqual(await store.update({ name: { $ne: 'Ann' } }, { group: 1 }), { count: 2 });
  assert.deepEqual(await store.update('b', { $inc: { group: 2 } }), { count: 1 });
  assert.equal((await store.find({ id: 'b' }))?.['group'], 3);
  assert.deepEqual(await store.remove('b'), { count: 1 });
  assert.deepEqual(await store.remove({ id: 'b' }), { count: 0 });
  await store.rename('persons');
  assert.equal(store.namespace, 'persons');
  assert.equal(await store.count(), 2);
  assert.equal(await createStore(db, 'people').count(), 0);
  await createStore(db, 'people').insert({});
  await assert.rejects(store.rename('people'), { code: 'BAD_OPTION' });
  assert.deepEqual(storesOf(db).map((s) => [s.name, s.documents]), [['people', 1], ['persons', 2]]);
  assert.deepEqual(await store.remove({}), { count: 2 });
}));

test('callbacks get what promises give, and an error first', () => inStore(async (store) => {
  const called = await new Promise<unknown[]>((resolve) => { void store.insert({ id: 'a' }, (...all) => { resolve(all); }); });
  assert.deepEqual(called, [null, { id: 'a' }]);
  assert.deepEqual(await new Promise((resolve) => { void store.find({}, (...all) => { resolve(all); }); }), [null, [{ id: 'a' }]]);
  const [err, none] = await new Promise<unknown[]>((resolve) => { store.count({ a: { $nope: 1 } }, (...all) => { resolve(all); }).catch(() => undefined); });
  assert.equal((err as { code: string }).code, 'BAD_OPTION');
  assert.equal(none, undefined);
}));

test('identify gives ids to those that have none', () => inStore(async (store) => {
  assert.deepEqual(store.identify({ id: 'x' }), { id: 'x' });
  assert.deepEqual(store.identify({ _id: 'x' }), { id: 'x' });
  for (const o of store.identify([{}, {}] as { id?: string }[])) assert.match(o.id ?? '', /^[0-9a-f]{16}$/);
  assert.match(store.createUniqueIdentifier(), /^[0-9a-f]{16}$/);
  await Promise.resolve();
}));

test('a document comes back as JSON keeps it, odd texts too', () => inStore(async (store) => {
  const odd = { s: 'a\0b é🎉 "\' $', n: -0.5, big: 2 ** 60, deep: [{ a: [null, true, {}] }], $set: undefined, when: new Date(0), 'a.b': 1, '': 2 };
  const { id, ...rest } = await store.insert(odd);
  const want = JSON.parse(JSON.stringify(odd)) as object;
  assert.deepEqual(rest, want);
  assert.deepEqual(await store.find({ id: id }), { id, ...want });
  assert.equal(await store.count({ s: odd.s }), 1);
  assert.equal(await store.count({ when: odd.when }), 1);
  assert.equal(await store.count({ when: { $lte: new Date(1) } }), 1);
}));

const PEOPLE = [
  { name: 'a', n: 1, tags: ['x', 'y'], at: { city: 'Rome', zip: 1 } }, { name: 'b', n: 2, tags: [], at: { city: 'Oslo' } }, { name: 'c', n: '2', tags: 'x' },
  { name: 'd', n: null, list: [{ k: 1 }, { k: 5 }] }, { name: 'e', done: true, tags: [['x']] }, { name: 'f', n: [1, 9], done: false, at: [{ city: 'Rome' }] },
];
const QUERIES: readonly (readonly [Query, string])[] = [
  [{}, 'abcdef'], [{ n: 1 }, 'af'], [{ n: '2' }, 'c'], [{ n: null }, 'de'], [{ n: { $gt: 1 } }, 'bf'], [{ n: { $gte: 1, $lt: 2 } }, 'af'], [{ n: { $lte: 1 } }, 'af'], [{ n: { $gt: 1, $lt: 9 } }, 'bf'], [{ n: { $gt: 3, $lt: 9 } }, 'f'], [{ n: { $gt: '1' } }, 'c'],
  [{ n: { $ne: 1 } }, 'bcde'], [{ n: { $in: [2, '2'] } }, 'bc'], [{ n: { $in: [] } }, ''], [{ n: { $in: [null] } }, 'de'], [{ n: { $nin: [1, 2] } }, 'cde'], [{ n: { $exists: true } }, 'abcdf'], [{ done: { $exists: false } }, 'abcd'],
  [{ tags: 'x' }, 'ac'], [{ tags: ['x', 'y'] }, 'a'], [{ tags: [] }, 'b'], [{ tags: { $in: ['y', ['x']] } }, 'ae'], [{ done: true }, 'e'], [{ done: false }, 'f'], [{ done: 1 }, ''], [{ n: true }, ''],
  [{ 'at.city': 'Rome' }, 'af'], [{ 'at.zip': { $exists: true } }, 'a'], [{ at: { city: 'Oslo' } }, 'b'], [{ at: { zip: 1, city: 'Rome' } }, 'a'], [{ 'list.k': 5 }, 'd'], [{ 'list.1.k': 5 }, 'd'], [{ 'list.0.k': 5 }, ''], [{ 'tags.0': 'x' }, 'ae'],
  [{ name: /^[AB]$/i }, 'ab'], [{ name: { $regex: '^[AB]$', $options: 'i' } }, 'ab'], [{ name: { $regex: 'c|d' } }, 'cd'], [{ name: { $in: [/a/, 'b'] } }, 'ab'], [{ tags: /y/ }, 'a'],
  [{ $or: [{ n: 1 }, { name: 'e' }] }, 'aef'], [{ $and: [{ n: 1 }, { tags: 'x' }] }, 'a'], [{ name: { $gt: 'b' }, $or: [{ n: null }, { done: false }] }, 'def'], [{ n: 2, name: 'b' }, 'b'], [{ n: undefined }, 'abcdef'],
  [{ $sort: { name: -1 }, $limit: 2 }, 'fe'], [{ $skip: 4 }, 'ef'], [{ $skip: 1, $limit: 2 }, 'bc'], [{ $limit: 0 }, 'abcdef'], [{ $sort: { n: 1, name: -1 } }, 'edabcf'], [{ $sort: { name: -1 }, $skip: 2, $limit: 3 }, 'dcb'],
];

test('queries find what they shall, by SQL and by ourselves', () => inStore(async (store) => {
  await store.insert(PEOPLE);
  for (const [query, want] of QUERIES) {
    assert.equal(names(await store.find(query)).join(''), want, JSON.stringify(query));
    assert.equal(await store.count(query), want.length, `count ${JSON.stringify(query)}`);
    // The same without a word of SQL: what is nested in $and is never handed on.
    const { $sort, $limit, $skip, ...rest } = query;
    const options = Object.fromEntries(Object.entries({ $sort, $limit, $skip }).filter(([, v]) => v !== undefined));
    assert.equal(names(await store.find({ $and: [rest, {}], ...options })).join(''), want, `in JS ${JSON.stringify(query)}`);
  }
  assert.ok(QUERIES.filter(([q]) => planOf(q).exact && planOf(q).where !== '1').length > 12, 'hardly a query reaches SQL');
}));

test('fields are picked and left out', () => inStore(async (store) => {
  await store.insert({ id: '1', a: { b: 1, c: 2 }, l: [{ b: 1, c: 2 }, 3], z: 4 });
  const pick = async ($fields: object): Promise<unknown> => (await store.find({ $fields }))[0];
  assert.deepEqual(await pick({ z: 1 }), { id: '1', z: 4 });
  assert.deepEqual(await pick({ z: 1, id: 0 }), { z: 4 });
  assert.deepEqual(await pick({ 'a.b': 1, 'l.c': 1 }), { id: '1', a: { b: 1 }, l: [{ c: 2 }] });
  assert.deepEqual(await pick({ a: 0, 'l.b': 0 }), { id: '1', l: [{ c: 2 }, 3], z: 4 });
  assert.deepEqual(await pick({ id: 1 }), { id: '1' });
}));

const UPDATES: readonly (readonly [from: object, changes: object, to: object])[] = [
  [{ a: 1 }, { a: 2, b: 3 }, { a: 2, b: 3 }], [{ a: 1 }, { $set: { 'x.y': 1 } }, { a: 1, x: { y: 1 } }], [{ a: 1, b: 2 }, { $unset: { a: 1, 'n.o': 1 } }, { b: 2 }],
  [{ a: 1 }, { $inc: { a: -2, b: 5 } }, { a: -1, b: 5 }], [{}, { $push: { l: 1 } }, { l: [1] }], [{ l: [1] }, { $push: { l: [2] } }, { l: [1, [2]] }], [{ l: [1] }, { $pushAll: { l: [2, 3] } }, { l: [1, 2, 3] }],
  [{ l: [1, 2, 1] }, { $pull: { l: 1 } }, { l: [2] }], [{ l: [1, 2, 3] }, { $pull: { l: { $gte: 2 } } }, { l: [1] }], [{}, { $pull: { l: 1 } }, {}], [{ l: [{ a: 1 }] }, { $addUnique: { l: { a: 1 } } }, { l: [{ a: 1 }] }],
  [{ l: [1] }, { $addUnique: { l: [1, 2, 2] } }, { l: [1, 2] }], [{ l: [{ a: 1 }] }, { 'l.0.a': 2 }, { l: [{ a: 2 }] }], [{ l: [1] }, { 'l.2': 3 }, { l: [1, null, 3] }], [{ a: 1 }, { a: undefined }, { a: 1 }],
];

test('updates', () => inStore(async (store) => {
  for (const [from, changes, to] of UPDATES) {
    const { id } = await store.insert(from);
    assert.deepEqual(await store.update(id, { id, ...changes }), { count: 1 });
    assert.deepEqual(await store.find({ id: id }), { id, ...to }, JSON.stringify(changes));
  }
}));

const REFUSED: readonly (readonly [what: string, call: (s: Store) => Promise<unknown>, got: string, wanted: RegExp])[] = [
  ['a query', (s) => s.find('x' as never), '"x"', /object/], ['an operator', (s) => s.find({ a: { $gtt: 1 } }), '$gtt', /\$gt /], ['an option', (s) => s.find({ $limits: 1 }), '$limits', /\$limit/], ['inside $or', (s) => s.find({ $or: [{ $limit: 1 }] }), '$limit', /\$or \$and/],
  ['$limit', (s) => s.find({ $limit: '5' }), '"5"', /whole number/], ['$sort', (s) => s.find({ $sort: { a: 2 } }), '2', /1 or -1/], ['$or', (s) => s.find({ $or: [] }), '[]', /list of queries/], ['$in', (s) => s.find({ a: { $in: 1 } }), '1', /list/],
  ['$regex', (s) => s.find({ a: { $regex: '(' } }), '"("', /regular expression/], ['a long $regex', (s) => s.find({ a: { $regex: 'a'.repeat(1001) } }), `"${'a'.repeat(79)}…`, /1000/], ['$exists', (s) => s.find({ a: { $exists: 'yes' } }), '"yes"', /true or false/], ['$gt', (s) => s.find({ a: { $gt: [] } }), '[]', /number or a text/],
  ['$fields', (s) => s.find({ $fields: { a: 1, b: 0 } }), '{"a":1,"b":0}', /either/], ['a path', (s) => s.find({ 'a..b': 1 }), '"a..b"', /dot/], ['__proto__', (s) => s.update({}, { '__proto__.x': 1 }), '"__proto__.x"', /names/], ['a prototype', (s) => s.insert(JSON.parse('{"a":{"__proto__":{"admin":true}}}') as object), '"__proto__"', /another name/], ['a bigint', (s) => s.insert({ a: 1n }), '[object Object]', /JSON/],
  ['no object', (s) => s.insert('x' as never), '"x"', /object/], ['an id', (s) => s.insert({ id: 5 }), '5', /text/], ['an id that is taken', (s) => s.insert([{ id: 'new' }, { id: 'one' }]), '"one"', /no document/], ['another id', (s) => s.update('one', { id: 'two' }), '"two"', /the id it has/],
  ['$inc of a text', (s) => s.update('one', { $inc: { name: 1 } }), '"Ann"', /number/], ['$push to a text', (s) => s.update('one', { $push: { name: 1 } }), '"Ann"', /list/], ['through a text', (s) => s.update('one', { 'name.first': 1 }), '"Ann"', /object at name/], ['an update operator', (s) => s.update('one', { $add: {} }), '$add', /\$inc/],
  ['a document too large', (s) => s.insert({ a: 'x'.repeat(17 << 20) }), '"17.0 MB"', /at most 16 MB/],
  ['limited update', (s) => s.update({ $limit: 1 }, {}), '1', /all that match/], ['NaN', (s) => s.update('one', { a: NaN }), 'NaN', /JSON/],
];

test('what is wrong is refused by got and wanted, and nothing is changed', () => inStore(async (store) => {
  await store.insert({ id: 'one', name: 'Ann' });
  for (const [what, call, got, wanted] of REFUSED) {
    await assert.rejects(async () => call(store), (e: { code?: string; data?: { got?: string; wanted?: string } }) => {
      assert.deepEqual([e.code, e.data?.got], ['BAD_OPTION', got], `${what}: ${JSON.stringify(e.data)}`);
      assert.match(e.data?.wanted ?? '', wanted, what);
      return true;
    });
  }
  assert.deepEqual(await store.find(), [{ id: 'one', name: 'Ann' }]);
}));

test('a result that is larger than a page comes whole and in order', () => inStore(async (store) => {
  await store.insert(Array.from({ length: 1700 }, (_, i) => ({ i, odd: i % 2 === 1 })));
  assert.deepEqual((await store.find()).map((d) => d['i']), Array.from({ length: 1700 }, (_, i) => i));
  assert.equal((await store.find({ $or: [{ odd: true }] })).length, 850);
  assert.deepEqual((await store.find({ $sort: { i: -1 }, $limit: 2, $skip: 1 })).map((d) => d['i']), [1698, 1697]);
  assert.deepEqual((await store.find({ odd: true, $skip: 600, $limit: 1 })).map((d) => d['i']), [1201]);
  assert.deepEqual(await store.update({ odd: true }, { $inc: { i: 1 } }), { count: 850 });
  assert.equal(await store.count({ i: 1700 }), 1);
  assert.deepEqual(await store.remove({ $or: [{ odd: true }] }), { count: 850 });
  assert.equal(await store.count(), 850);
}));
