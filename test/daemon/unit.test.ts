import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRestart, restarting } from '../../src/daemon/unit.js';

test('systemctl list-jobs: only a restart of this unit counts', () => {
  const jobs = '  812 mgr-ann.service restart running\n  813 mgr-bob.service stop    waiting\n';
  assert.equal(restarting(jobs, 'mgr-ann.service'), true);
  assert.equal(restarting(jobs, 'mgr-bob.service'), false);
  assert.equal(restarting(jobs, 'mgr.service'), false);
  assert.equal(restarting('', 'mgr-ann.service'), false);
});

test('an init that does not tell is taken for an end', async () => {
  assert.equal(await isRestart({}), false);
  assert.equal(await isRestart({ MGR_UNIT: 'x.service', PATH: '/nowhere' }), false);
});
