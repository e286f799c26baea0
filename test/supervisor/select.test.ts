import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { select } from '../../src/supervisor/select.js';

const ALL = [
  { id: 0, name: 'api', namespace: 'default', exec_path: '/a/api.js' },
  { id: 1, name: 'api', namespace: 'shop', exec_path: '/a/api.js' },
  { id: 2, name: '455', namespace: 'shop', exec_path: '/a/n.js' },
  { id: 3, name: 'mod', namespace: 'default', exec_path: '/m/mod.js', module: 'mod' },
  { id: 4, name: 'mgr-web', namespace: 'mgr', exec_path: '/d/web.cjs' },
];

const TABLE: [target: string | number, ids: number[]][] = [
  ['all', [0, 1, 2]], ['api', [0, 1]], ['/^ap/', [0, 1]], ['/mod/', [3]], ['shop', [1, 2]], ['default', [0]],
  ['mgr', [4]], ['mgr-web', [4]], ['mod', [3]], [3, [3]], ['1', [1]], [455, [2]], ['/a/n.js', [2]],
];
for (const [target, ids] of TABLE) test(`${target} selects ${ids.join()}`, () => assert.deepEqual(select(target, ALL), ids));

test('what matches nothing is named, with the nearest name', () => {
  assert.throws(() => select('apy', ALL), (e) => isMgrError(e) && e.code === 'NOT_FOUND' && e.data['near'] === 'api' && e.message.includes('apy'));
  assert.throws(() => select('all', []), (e) => isMgrError(e) && e.code === 'NOTHING_MANAGED');
  assert.throws(() => select('all', ALL.slice(4)), (e) => isMgrError(e) && e.code === 'NOTHING_MANAGED');
  assert.throws(() => select('/(/', ALL), (e) => isMgrError(e) && e.code === 'BAD_USAGE');
});
