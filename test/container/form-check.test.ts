import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formFault } from '../../src/container/form-check.js';

const fault = (schema: unknown, more: object = {}): Promise<string | undefined> => formFault({ name: 'm', mgr: { schema }, ...more }, 'm');

test('a schema that can be used has no fault', async () => {
  for (const schema of [
    [], {}, [{ field: 'every', type: 'number', default: 500, validator: '$positive', unit: 'ms' }, { field: 'level', enum: ['a', 'b'], default: 'a' }, { child: 'tls', configurables: [{ field: 'key', secret: true, required: true }] }],
    [{ field: 'file', validator: '$file', default: './not-there.txt' }, { field: 'hosts', type: 'array', items: 'string', validator: { $each: '$hostname' }, default: ['a.b'] }],
    { size: 10, names: ['x'], port: { type: 'number', validator: ['$port', { $range: [1024, 65535] }] }, like: { validator: { $matches: '^a+$', $length: { min: 1 } } } },
  ]) assert.equal(await fault(schema), undefined, JSON.stringify(schema));
  assert.equal(await formFault({ name: 'm', config: { a: 1 } }, 'm'), undefined);
});

test('a broken one is told with its field and the reason', async () => {
  const rows: [unknown, RegExp][] = [
    ['x', /^mgr\.schema: .*map or a list/], [[{ type: 'number' }], /each record of a schema has `field`/],
    [[{ field: 'a', type: 'nubmer' }], /^mgr\.schema field `a`: unknown type `nubmer`; did you mean `number`\?$/],
    [[{ field: 'a', typ: 'number' }], /field `a`: unknown attribute `typ`; did you mean `type`/],
    [[{ field: 'a' }, { field: 'a' }], /declared twice/], [[{ field: 'a', type: 'array', items: 'strin' }], /unknown type `strin` of its members/],
    [[{ field: 'a', validator: '$integr' }], /unknown validator `\$integr`; did you mean `\$integer`/], [[{ field: 'a', validator: { $rnage: [1, 2] } }], /unknown operator `\$rnage`/],
    [[{ field: 'a', validator: { $range: [1] } }], /\$range.*wanted \[least, most\]/], [[{ field: 'a', enum: [] }], /wanted a list with something in it/],
    [[{ field: 'a', validator: { $matches: '(' } }], /is no regular expression/],
    [[{ field: 'a', type: 'number', default: 'ten' }], /field `a`: its default: got "ten", wanted a number/], [[{ field: 'a', enum: ['x'], default: 'y' }], /its default: got "y", wanted one of/],
    [[{ field: 'a', secret: true, type: 'number', default: 'hush' }], /got a secret, wanted/], [[{ field: 'a', required: true, default: 1 }], /required and has a default/],
    [[{ child: 'g', configurables: [{ field: 'p', type: 'number', validator: '$port', default: 70000 }] }], /field `g\.p`: its default: got 70000, wanted a port/],
    [{ __proto__: null, constructor: { type: 'string' } }, /cannot have this name/],
  ];
  for (const [schema, wanted] of rows) assert.match(await fault(schema) ?? 'none', wanted, JSON.stringify(schema));
  assert.match(await formFault({ mgr: { reload: 'yes' } }, 'm') ?? '', /`mgr\.reload`: got "yes", wanted true or false/);
  assert.match(await formFault({ mgr: 5 }, 'm') ?? '', /`mgr`: got 5, wanted an object/);
  assert.match(await fault([{ field: 'a', type: 'number' }], { config: { a: 'x' } }) ?? '', /field `a`: its default: got "x"/);
});
