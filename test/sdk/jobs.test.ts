import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { lazyJobs } from '../../src/sdk/jobs.js';
import { Link } from '../../src/sdk/link.js';
import { Stop } from '../../src/sdk/stop.js';
import { waitFor } from '../helpers/wait.js';
import { withFake } from './fake.js';

test('jobs of a module are loaded at the first use, and closed before it ends', () => withFake(async (program) => {
  const calls: string[] = [];
  const jobs = lazyJobs(new Stop(program, new Link(program)), () => {
    calls.push('load');
    return { define: () => { calls.push('define'); }, add: async () => ({ id: '1', added: true }), close: async () => { calls.push('close'); } } as never;
  });
  assert.equal(typeof jobs, 'object');
  assert.match(inspect(jobs), /\{\}/);
  assert.deepEqual([calls, program.signals], [[], []]);
  await jobs.add('x');
  assert.deepEqual([calls, program.signals], [['load'], []], 'who only adds does not care about the end');
  jobs.define('x', () => undefined);
  jobs.define('y', () => undefined);
  program.signal('SIGTERM');
  await waitFor('the end', () => program.ended.length > 0);
  assert.deepEqual(calls, ['load', 'define', 'define', 'close']);
}));
