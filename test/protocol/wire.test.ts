import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MgrError } from '../../src/base/errors.js';
import { fromRecord, toRecord } from '../../src/protocol/wire.js';

test('an error crosses JSON with its code, its sentence and its hint', () => {
  const sent = new MgrError('NOT_FOUND', { target: 'ap', near: 'api' });
  const come = fromRecord(JSON.parse(JSON.stringify(toRecord(sent))));
  assert.deepEqual([come.code, come.message, come.hint, come.exit], [sent.code, sent.message, sent.hint, sent.exit]);
});

test('what is no MgrError is a fault of ours, told in one line', () => {
  assert.deepEqual(toRecord(new TypeError('x is not a function\n  at y')), { code: 'INTERNAL', message: 'x is not a function', data: { reason: 'x is not a function' } });
  assert.equal(toRecord('thrown text').message, 'thrown text');
});

test('a code of a newer daemon keeps the sentence the daemon made', () => {
  for (const code of ['FROM_THE_FUTURE', 'toString', '__proto__']) {
    const come = fromRecord({ code, message: 'no room on the moon', data: {} });
    assert.equal(come.code, 'INTERNAL');
    assert.match(come.message, /no room on the moon/);
  }
});
