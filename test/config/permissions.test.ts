import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPermissions, rightsText } from '../../src/config/permissions.js';

test('permissions and sandbox as they may be written', () => {
  const rows: [unknown, unknown][] = [
    [undefined, undefined], [{}, undefined], [{ sandbox: false }, undefined], ['x', undefined],
    [{ permissions: 'none' }, { rights: [] }], [{ permissions: [] }, { rights: [] }], [{ permissions: 'read' }, { rights: ['read'] }],
    [{ permissions: ['network', 'control'] }, { rights: ['control', 'network'] }],
    [{ permissions: ['read'], sandbox: false }, { rights: ['read'] }],
    [{ sandbox: true }, { rights: [], sandbox: { read: [], write: [] } }],
    [{ permissions: ['programs'], sandbox: { read: ['/proc'] } }, { rights: ['programs'], sandbox: { read: ['/proc'], write: [] } }],
  ];
  for (const [mgr, wanted] of rows) assert.deepEqual(readPermissions(mgr), wanted, JSON.stringify(mgr));
});

test('what is none of it is told with its field, what was wanted, and what may have been meant', () => {
  const rows: [unknown, string, RegExp, string?][] = [
    [{ permissions: ['netwrok'] }, 'mgr.permissions', /"netwrok"/, 'network'], [{ permissions: { read: true } }, 'mgr.permissions', /\{"read":true\}/], [{ permissions: ['none'] }, 'mgr.permissions', /"none"/],
    [{ permissions: true }, 'mgr.permissions', /true/], [{ sandbox: 'yes' }, 'mgr.sandbox', /"yes"/], [{ sandbox: { reads: [] } }, 'mgr.sandbox.reads', /\[\]/],
    [{ sandbox: { read: '/x' } }, 'mgr.sandbox.read', /"\/x"/], [{ sandbox: { write: ['/a', '/b*'] } }, 'mgr.sandbox.write', /"\/b\*"/],
  ];
  for (const [mgr, field, got, near] of rows) {
    const fault = readPermissions(mgr);
    assert.ok(fault && 'field' in fault, JSON.stringify(mgr));
    assert.deepEqual([fault.field, fault.near], [field, near], JSON.stringify(mgr));
    assert.match(fault.got, got);
  }
  assert.deepEqual([rightsText([]), rightsText(['read', 'network'])], ['none', 'read, network']);
});
