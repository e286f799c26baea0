import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { fileSafe, homeFrom } from '../../src/base/paths.js';

test('MGR_HOME, else ~/.mgr; an empty one is none', () => {
  assert.equal(homeFrom({}, '/u').dir, '/u/.mgr');
  assert.equal(homeFrom({ MGR_HOME: '' }, '/u').dir, '/u/.mgr');
  assert.equal(homeFrom({ MGR_HOME: '/srv/m/' }, '/u').rpcSocket, '/srv/m/rpc.sock');
});

test('the path overrides of PM2 under both names', () => {
  assert.equal(homeFrom({ PM2_PID_FILE_PATH: '/p' }, '/u').pidFile, '/p');
  assert.equal(homeFrom({ PM2_PID_FILE_PATH: '/p', MGR_PID_FILE_PATH: '/m' }, '/u').pidFile, '/m');
});

test('a home in which no socket fits is refused with the lengths', () => {
  const home = `/${'h'.repeat(120)}`;
  assert.throws(() => homeFrom({ MGR_HOME: home }, '/u'), (e) => isMgrError(e) && e.code === 'HOME_TOO_LONG' && e.data['length'] === 121);
});

test('a name never leaves its folder as a file name', () => {
  assert.deepEqual(['api', 'a b', '../../etc/passwd', '.', '..', 'ä/ö'].map(fileSafe), ['api', 'a-b', '---..-etc-passwd', '-', '--', '---']);
});
