// Actions and standard input through the real daemon, by its own calls.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { RpcClient } from '../../src/rpc/client.js';
import { RpcClient as Client } from '../../src/rpc/client.js';
import { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const rig = new Rig();
let rpc: RpcClient;

const APP = `const actions = { sum: (a) => a[0] + a[1], who: () => process.env.name, slow: () => undefined };
for (const action_name of Object.keys(actions).concat('die')) process.send({ type: 'axm:action', data: { action_name, action_type: 'custom', opts: null, arity: 1 } });
process.on('message', (m) => {
  const action_name = m.msg ?? m;
  if (action_name === 'die') process.exit(3);
  const value = actions[action_name]?.(m.opts);
  if (action_name !== 'slow') process.send({ type: 'axm:reply', data: { return: value ?? null, action_name } });
});
process.stdin.setEncoding('utf8').on('data', (d) => console.log('heard', JSON.stringify(d)));`;

before(async () => {
  rig.file('plain.js', 'setInterval(() => {}, 1e6)');
  rig.file('app.js', APP);
  await rig.ok('start', rig.file('apps.config.cjs', `module.exports = { apps: [{ name: 'a', script: 'app.js' }, { name: 'b', script: 'app.js' }, { name: 'plain', script: 'plain.js' }] }`));
  rpc = await Client.connect(path.join(rig.home, 'rpc.sock'));
  await waitFor('the actions of both', async () => (await rpc.call('process.describe', { target: 'all' })).filter((p) => p.actions.length === 4).length === 2);
});
after(async () => {
  rpc.close();
  await rig.close();
});

const trigger = async (target: string | number, action: string, more: { params?: unknown; deadline?: number } = {}): Promise<unknown[]> => {
  const [o] = await rpc.call('process.trigger', { targets: [target], action, ...more });
  assert.ok(o);
  return o.ok ? o.value.map((r) => [r.name, r.error ? r.error.code : r.data?.return]) : [o.error.code, o.error.message];
};

test('an action in each process that has it, with and without parameters', async () => {
  assert.deepEqual(await trigger('all', 'who'), [['a', 'a'], ['b', 'b']]);
  assert.deepEqual(await trigger('a', 'sum', { params: [1, 2] }), [['a', 3]]);
  assert.deepEqual(await trigger(1, 'who'), [['b', 'b']]);
  // Two of a kind at once: each has its answer.
  assert.deepEqual(await Promise.all([trigger('a', 'sum', { params: [1, 1] }), trigger('a', 'sum', { params: [2, 2] })]), [[['a', 2]], [['a', 4]]]);
});

test('no action, no process, no answer, an end instead of an answer', async () => {
  assert.deepEqual((await trigger('plain', 'who'))[0], 'NO_ACTION');
  assert.deepEqual((await trigger('a', 'whom'))[0], 'NO_ACTION');
  assert.deepEqual((await trigger('nobody', 'who'))[0], 'NOT_FOUND');
  assert.deepEqual(await trigger('a', 'slow', { deadline: 50 }), [['a', 'NO_REPLY']]);
  assert.deepEqual(await trigger('b', 'die'), [['b', 'NO_REPLY']]);
});

test('standard input, also after the daemon was replaced', async () => {
  const heard = (what: string): Promise<unknown> => waitFor(what, () => rig.read('logs/a-out.log').includes(`heard ${JSON.stringify(what)}`));
  await rpc.call('process.stdin', { id: 0, line: 'one\n' });
  await heard('one\n');
  await rig.killDaemon();
  const next = await waitFor('the next daemon', () => Client.connect(path.join(rig.home, 'rpc.sock')).catch(() => undefined));
  await next.call('process.stdin', { id: 0, line: 'two\n' });
  await heard('two\n');
  await rig.ok('stop', 'a');
  await assert.rejects(next.call('process.stdin', { id: 0, line: 'x' }), { code: 'NOT_RUNNING' });
  next.close();
});
