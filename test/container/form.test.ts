import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MASK, checkSection, formOf, readAs, sectionSchema, typeName, variableOf } from '../../src/container/form.js';

const PKG = {
  config: { every: 100, extra: 'x' },
  mgr: { schema: [{ field: 'every', type: 'number', default: 500, validator: '$positive' }, { field: 'level', enum: ['info', 'debug'], validator: '$alpha' }, { field: 'pw', secret: true, validator: { $length: [8, 99] } }, { field: 'when', type: 'date' }, { field: 'bag', type: 'object' }, { child: 'tls', configurables: { port: { type: 'number', validator: '$port', required: true } } }] },
};
const form = formOf(PKG, 'box');
const check = (section: Record<string, unknown>): ReturnType<typeof checkSection> => checkSection(form, section, '/');

test('defaults of config stand over those of the schema, and need no schema', () => {
  assert.equal(form.typed, true);
  assert.deepEqual(form.fields.map((f) => [f.path.join(':'), typeName(f), f.default]), [
    ['every', 'number', 100], ['level', 'info|debug', undefined], ['pw', 'string', undefined], ['when', 'date', undefined], ['bag', 'object', undefined], ['tls:port', 'number', undefined], ['extra', 'string', 'x'],
  ]);
  const plain = formOf({ config: { type: 'a', configurables: { x: 1 }, none: null } }, 'm');
  assert.deepEqual([plain.typed, plain.fields.map((f) => f.path.join(':'))], [false, ['type', 'configurables:x']]);
  assert.deepEqual(formOf(undefined, 'm').fields, []);
  assert.throws(() => formOf({ mgr: { schema: [{ field: 'a', tpye: 'number' }] } }, 'm'), /unknown attribute `tpye`/);
});

test('texts become what their fields are, and stay good as they are read again', async () => {
  const { values, faults, unknown } = await check({ every: '20', level: 'debug', when: '2026-01-02', bag: '{"a":1}', tls: { port: '80' }, evry: '1' });
  assert.deepEqual([values, faults, unknown], [{ every: 20, level: 'debug', when: '2026-01-02T00:00:00.000Z', bag: { a: 1 }, tls: { port: 80 }, evry: '1' }, [], [{ path: ['evry'], near: 'every' }]]);
  assert.deepEqual((await check(values)).values, values);
});

for (const [section, got, wanted] of [
  [{ every: 'abc' }, '`abc`', 'a number'], [{ every: 0 }, '0', 'a number above 0'], [{ level: 'loud' }, '`loud`', 'one of `info`, `debug`'],
  [{ tls: 'x' }, '`x`', 'a group of settings, each with a key of its own'], [{ tls: { port: 70_000 } }, '70000', 'a port, 0 to 65535'],
  [{ pw: 'short' }, MASK, 'a length of 8 to 99'], [{ pw: MASK }, MASK, 'the secret itself, not what stands for it'],
] as const) {
  test(`refused and left out: ${JSON.stringify(section)}`, async () => {
    const { values, faults } = await check({ ...section, extra: 'kept' });
    assert.deepEqual(faults.map((f) => [f.got, f.wanted]), [[got, wanted]]);
    assert.deepEqual(values, 'tls' in section && typeof section.tls === 'object' ? { tls: {}, extra: 'kept' } : { extra: 'kept' });
  });
}

test('names of variables, values of variables, JSON Schema', async () => {
  const [every, , pw, , , port] = form.fields;
  assert.ok(every && pw && port);
  assert.deepEqual([variableOf('@scope/log-rotate', port), variableOf('box', every)], ['SCOPE_LOG_ROTATE_TLS_PORT', 'BOX_EVERY']);
  assert.deepEqual([await readAs(every, '5', '/'), await readAs(every, 'x', '/')], [5, 'x']);
  const schema = sectionSchema(form) as { properties: Record<string, object> };
  assert.deepEqual([schema.properties['pw'], schema.properties['tls']], [{ type: 'string', writeOnly: true }, { type: 'object', properties: { port: { type: 'integer', minimum: 0, maximum: 65_535 } }, required: ['port'] }]);
});
