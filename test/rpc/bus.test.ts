import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { Bus } from '../../src/rpc/bus.js';
import { subscribe, subscribePm2 } from '../../src/rpc/bus-client.js';
import type { BusEvent } from '../../src/rpc/bus-client.js';
import { closed, rawConnect, rawFrame, tempDir, until } from './rig.js';

const line = (id: number, data: string) => ({ id, name: 'a', namespace: 'default', stream: 'out', at: 1, data }) as const;

test('each subscriber gets what it asked for, PM2 clients get every topic in PM2 bytes', async (t) => {
  const at = path.join(tempDir(t), 'p');
  const bus = await Bus.listen(at);
  t.after(() => bus.close());
  let demands = 0;
  bus.onDemandChanged = () => { demands++; };
  const got: BusEvent[] = [];
  const ours = await subscribe(at, { events: ['log'], ids: [1, 2] }, { onEvent: (e) => got.push(e) });
  t.after(() => ours.close());
  await until(() => demands > 0);
  assert.equal(bus.hasPm2Listeners, false);
  assert.deepEqual([0, 1, 2, 3].map((id) => bus.wantsLogs(line(id, ''))), [false, true, true, false]);
  bus.publishPm2('log:out', () => { throw new Error('built though nobody listens'); });
  const pm2 = await rawConnect(at);
  await until(() => bus.hasPm2Listeners);
  assert.equal(bus.wantsLogs(line(3, '')), true);
  let built = 0;
  bus.publishPm2('process:event', () => ({ event: 'online', n: ++built }));
  const bytes = await new Promise<Buffer>((resolve) => { pm2.once('data', resolve); });
  assert.equal(bytes.toString('hex'), rawFrame('s:process:event', 'j:{"event":"online","n":1}').toString('hex'));
  for (const id of [1, 2, 3]) bus.publish('log', line(id, `line ${id}\n`));
  bus.publish('process', { event: 'exit', id: 1, name: 'a', namespace: 'default', at: 2, manually: false });
  bus.publish('log', line(2, 'end\n'));
  await until(() => got.length === 3);
  assert.deepEqual(got.map((e) => (e.event === 'log' ? e.payload.data : e.event)), ['line 1\n', 'line 2\n', 'end\n']);
  pm2.destroy();
  await until(() => !bus.hasPm2Listeners);
});

test('names, namespaces and patterns hold for what comes later; modules are in no namespace', async (t) => {
  const at = path.join(tempDir(t), 'p');
  const bus = await Bus.listen(at);
  t.after(() => bus.close());
  const got: number[] = [];
  const ours = await subscribe(at, { events: ['log'], ids: [9], names: ['api'], namespaces: ['web'], patterns: ['^w', '('] }, { onEvent: (e) => got.push(e.payload.id) });
  t.after(() => ours.close());
  const of = (id: number, name: string, namespace: string, module?: string) => ({ ...line(id, 'x\n'), name, namespace, ...(module !== undefined && { module }) });
  const all = [of(1, 'api', 'a'), of(2, 'other', 'a'), of(3, 'other', 'web'), of(4, 'mod', 'web', 'mod'), of(5, 'worker', 'a'), of(9, 'x', 'a')];
  assert.deepEqual(all.map((e) => bus.wantsLogs(e)), [true, false, true, false, true, true]);
  for (const e of all) bus.publish('log', e);
  await until(() => got.length === 4);
  assert.deepEqual(got, [1, 3, 5, 9]);
});

test('a subscriber that never reads: bounded, told of the gap, others unhindered', async (t) => {
  const at = path.join(tempDir(t), 'p');
  const bus = await Bus.listen(at);
  t.after(() => bus.close());
  const stuck = await rawConnect(at);
  stuck.write(rawFrame('j:{"mgr":1,"subscribe":{"events":["log"]}}'));
  await new Promise((resolve) => { stuck.once('data', resolve); });
  stuck.pause();
  const stuckPm2 = await rawConnect(at);
  // None of these reads either; all share one copy of what is queued to them.
  const idle = await Promise.all(Array.from({ length: 200 }, () => rawConnect(at)));
  await until(() => bus.subscribers === 202);
  let last = 0;
  const reader = await subscribe(at, { events: ['log'] }, { onEvent: (e) => { if (e.event === 'log') last = Number(e.payload.data.slice(0, 8)); }, onDropped: () => assert.fail('the reader reads') });
  t.after(() => reader.close());
  const kilobytes = 'x'.repeat(64 * 1024);
  // 32 MiB in steps which the reader is given time to read.
  for (let n = 1; n <= 512; n++) {
    bus.publish('log', line(1, `${String(n).padStart(8)}${kilobytes}\nsecond\n`));
    if (n % 16 === 0) {
      bus.publishPm2('log:out', () => ({ data: kilobytes.repeat(16) }));
      await until(() => last === n);
    }
  }
  // Now the stuck one reads: the first lines, then one word about the gap.
  let tail = '';
  let size = 0;
  stuck.on('data', (d: Buffer) => { size += d.length; tail = (tail + d.toString('latin1')).slice(-200); });
  stuck.resume();
  await until(() => tail.includes('"event":"dropped"'));
  const count = Number(/"count":(\d+)/.exec(tail)?.[1]);
  assert.ok(count > 600 && count < 1024 && count % 2 === 0, `dropped ${count} lines`);
  assert.ok(size < 8 * 1024 ** 2, `${size} bytes were kept`);
  bus.publish('log', line(1, 'after\n'));
  await until(() => tail.includes('after'));
  for (const conn of [...idle, stuck, stuckPm2]) conn.destroy();
});

test('nonsense from below ends or is ignored; the daemon going away is told', async (t) => {
  const at = path.join(tempDir(t), 'p');
  const bus = await Bus.listen(at, { halfFrameMs: 50 });
  for (const bytes of [Buffer.from('hello'), rawFrame('j:{'), rawFrame('j:1').subarray(0, 4)]) {
    const conn = await rawConnect(at);
    conn.write(bytes);
    await closed(conn);
  }
  const topics: string[] = [];
  let lost = 0;
  const pm2 = await subscribePm2(at, (topic) => topics.push(topic), () => { lost++; });
  const odd = await rawConnect(at);
  odd.write(rawFrame('j:{"mgr":1,"subscribe":{"events":["log","__proto__",7],"ids":["x",1]}}'));
  await until(() => bus.subscribers === 2);
  bus.publishPm2('pm2:kill', () => ({ status: 'killed' }));
  await bus.close();
  await until(() => lost === 1);
  assert.deepEqual(topics, ['pm2:kill']);
  pm2.close();
  await closed(odd);
});
