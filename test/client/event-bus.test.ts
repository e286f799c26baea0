import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { EventBus, matcher } from '../../src/client/event-bus.js';
import { verb } from '../../src/client/verb.js';
import { Bus } from '../../src/rpc/bus.js';
import { waitFor } from '../helpers/wait.js';

test('patterns', () => {
  const table: [string, string, readonly string[] | undefined][] = [
    ['process:msg', 'process:msg', []], ['process:msg', 'process:msgs', undefined], ['*', 'a:b', ['a:b']], ['log:*', 'log:out', ['out']], ['log:*', 'log:', undefined],
    ['*:*', 'axm:reply', ['axm', 'reply']], ['a.b', 'axb', undefined], ['a(b', 'a(b', []], ['x*', 'x\ny', ['\ny']],
  ];
  for (const [pattern, topic, expected] of table) assert.deepEqual(matcher(pattern)(topic), expected, `${pattern} ${topic}`);
});

test('stars come first, off takes off, a new daemon is found again', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-bus-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const socket = path.join(dir, 'pub.sock');
  let server = await Bus.listen(socket);
  const bus = await EventBus.open(socket);
  t.after(() => bus.close());
  const got: unknown[][] = [];
  bus.on('log:*', (...args: unknown[]) => { got.push(['log:*', ...args]); }).on('*', (...args: unknown[]) => { got.push(['*', ...args]); });
  bus.on('process:msg', (...args: unknown[]) => { got.push(['process:msg', ...args]); });
  await waitFor('the connection', () => server.hasPm2Listeners);
  server.publishPm2('log:out', () => ({ data: 'x' }));
  server.publishPm2('process:msg', () => ({ raw: 1 }));
  await waitFor('four calls', () => got.length === 4);
  assert.deepEqual(got.splice(0), [['log:*', 'out', { data: 'x' }], ['*', 'log:out', { data: 'x' }], ['*', 'process:msg', { raw: 1 }], ['process:msg', { raw: 1 }]]);
  bus.off('*');
  await server.close();
  server = await Bus.listen(socket);
  t.after(() => server.close());
  await waitFor('the connection again', () => server.hasPm2Listeners);
  server.publishPm2('log:err', () => 1);
  await waitFor('a call', () => got.length === 1);
  assert.deepEqual(got, [['log:*', 'err', 1]]);
});

test('a callback or a promise', async () => {
  const half = verb((n: number) => (n % 2 === 0 ? Promise.resolve(n / 2) : Promise.reject(new Error('odd'))));
  assert.equal(await half(4), 2);
  await assert.rejects(half(3), /odd/);
  assert.deepEqual(await new Promise((resolve) => { half(4, (...args) => resolve(args)); }), [null, 2]);
  const [err] = await new Promise<[Error | null, number]>((resolve) => { half(3, (...args) => resolve(args)); });
  assert.match(err?.message ?? '', /odd/);
});
