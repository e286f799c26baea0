import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { MgrError } from '../../src/base/errors.js';
import { RpcClient } from '../../src/rpc/client.js';
import { RawJson, WithText, serve } from '../../src/rpc/server.js';
import type { RpcServer } from '../../src/rpc/server.js';
import { closed, handlers, rawConnect, rawFrame, tempDir, until } from './rig.js';

test('typed calls answer, errors keep code and data', async (t) => {
  const at = path.join(tempDir(t), 's');
  const bugs: unknown[] = [];
  const server = await serve(at, {
    methods: handlers({
      'process.env': ({ id }) => ({ ID: String(id) }),
      'settings.unset': () => { throw new MgrError('BAD_KEY', { key: 'x', reason: 'no' }); },
      'daemon.save': () => { throw new TypeError('a bug'); },
      'process.jlist': () => new WithText({ tag: 't1' }, 'text', '[{"a":"\\n"}]'),
      'module.list': () => new RawJson('[{"name":"m"}]'),
    }),
    onBug: (e) => bugs.push(e),
  });
  t.after(() => server.close());
  assert.equal(fs.statSync(at).mode & 0o777, 0o600);
  const client = await RpcClient.connect(at);
  t.after(() => client.close());
  assert.deepEqual(await client.call('process.env', { id: 7 }), { ID: '7' });
  assert.deepEqual(await client.call('process.jlist', {}), { tag: 't1', text: '[{"a":"\\n"}]' });
  assert.deepEqual(await client.call('module.list', {}), [{ name: 'm' }]);
  await assert.rejects(client.call('settings.unset', { key: 'x' }), { code: 'BAD_KEY', message: 'settings key `x`: no' });
  await assert.rejects(client.call('logs.reopen', {}), { code: 'UNKNOWN_METHOD' });
  await assert.rejects(client.call('daemon.save', { force: true }), { code: 'INTERNAL' });
  assert.equal(bugs.length, 1);
  const many = await Promise.all(Array.from({ length: 200 }, (_, id) => client.call('process.env', { id })));
  assert.deepEqual(many.map((m) => m['ID']), many.map((_, i) => String(i)));
});

test('ten clients at once, each with a large answer', async (t) => {
  const at = path.join(tempDir(t), 's');
  const big = 'x'.repeat(3_000_000);
  const server = await serve(at, { methods: handlers({ 'process.env': ({ id }) => ({ big: `${big}${id}` }) }) });
  t.after(() => server.close());
  await Promise.all(Array.from({ length: 10 }, async (_, id) => {
    const client = await RpcClient.connect(at);
    assert.equal((await client.call('process.env', { id }))['big'], `${big}${id}`);
    client.close();
  }));
});

test('a deadline names the method, a signal abandons the wait, a lost daemon rejects what is pending', async (t) => {
  const at = path.join(tempDir(t), 's');
  let hangups = 0;
  const server = await serve(at, {
    methods: handlers({
      'daemon.resurrect': (_, { signal }) => new Promise(() => { signal.addEventListener('abort', () => { hangups++; }); }),
    }),
  });
  const client = await RpcClient.connect(at);
  let lost = 0;
  client.onLost = () => { lost++; };
  await assert.rejects(client.call('daemon.resurrect', {}, { deadline: 20 }), { code: 'CALL_TIMEOUT', message: 'daemon.resurrect did not answer within 20 ms' });
  const stop = new AbortController();
  const waiting = client.call('daemon.resurrect', {}, { signal: stop.signal, deadline: 0 });
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  const pending = client.call('daemon.resurrect', {}, { deadline: 0 });
  pending.catch(() => {});
  await until(() => server.connections === 1);
  await server.close();
  await assert.rejects(pending, { code: 'CONNECTION_LOST', data: { method: 'daemon.resurrect' } });
  assert.equal(lost, 1);
  await until(() => hangups > 0);
  await assert.rejects(client.call('daemon.resurrect', {}), { code: 'CONNECTION_LOST' });
});

test('nobody there, no permission, a stale file, a living listener', async (t) => {
  const dir = tempDir(t);
  const at = path.join(dir, 's');
  await assert.rejects(RpcClient.connect(at), { code: 'DAEMON_DOWN' });
  // A socket file whose listener died: what libuv leaves when it cannot unlink.
  const dead = net.createServer();
  await new Promise<void>((resolve) => { dead.listen(path.join(dir, 'dead'), resolve); });
  fs.linkSync(path.join(dir, 'dead'), at);
  await new Promise((resolve) => { dead.close(resolve); });
  await assert.rejects(RpcClient.connect(at), { code: 'DAEMON_DOWN' });
  const server = await serve(at, { methods: handlers({}) });
  t.after(() => server.close());
  (await RpcClient.connect(at)).close();
  await assert.rejects(serve(at, { methods: handlers({}) }), { code: 'EADDRINUSE' });
  (await RpcClient.connect(at)).close();
});

test('a folder of somebody else is NO_PERMISSION', { skip: process.getuid?.() !== 0 && 'needs root to become another user' }, async (t) => {
  const dir = tempDir(t);
  const server = await serve(path.join(dir, 's'), { methods: handlers({}) });
  t.after(() => server.close());
  process.seteuid?.(65534);
  try {
    await assert.rejects(RpcClient.connect(path.join(dir, 's')), { code: 'NO_PERMISSION' });
  } finally {
    process.seteuid?.(0);
  }
});

test('PM2 bytes: the verified ping, split anywhere', async (t) => {
  const at = path.join(tempDir(t), 's');
  const server = await serve(at, { methods: handlers({}), legacy: (body, reply) => {
    assert.deepEqual(body, { type: 'call', method: 'ping', args: [{}] });
    reply({ args: [{ msg: 'pong' }] });
  } });
  t.after(() => server.close());
  const request = Buffer.from('120000002d6a3a7b2274797065223a2263616c6c222c226d6574686f64223a2270696e67222c2261726773223a5b7b7d5d7d00000006733a37373a30', 'hex');
  const reply = Buffer.from('120000001b6a3a7b2261726773223a5b7b226d7367223a22706f6e67227d5d7d00000006733a37373a30', 'hex');
  for (const cut of [0, 1, 3, 5, 20, request.length - 1]) {
    const conn = await rawConnect(at);
    conn.write(request.subarray(0, cut));
    await new Promise((resolve) => { setImmediate(resolve); });
    conn.write(request.subarray(cut));
    const got: Buffer[] = [];
    await new Promise<void>((resolve) => { conn.on('data', (d) => { got.push(d); if (Buffer.concat(got).length >= reply.length) resolve(); }); });
    assert.equal(Buffer.concat(got).toString('hex'), reply.toString('hex'));
    conn.destroy();
  }
});

test('a reply may never come, or come twice', async (t) => {
  const at = path.join(tempDir(t), 's');
  const server = await serve(at, { methods: handlers({}), maxInFlight: 2, legacy: (body, reply) => {
    if (body === 'silent') return 'silent';
    reply({ args: [body] });
    reply({ args: ['again'] });
    return undefined;
  } });
  t.after(() => server.close());
  const conn = await rawConnect(at);
  for (let i = 0; i < 10; i++) conn.write(rawFrame('s:silent', `s:${i}`));
  const expected = rawFrame('j:{"args":["a"]}', 's:1');
  conn.write(rawFrame('s:a', 's:1'));
  const first = await new Promise<Buffer>((resolve) => { conn.once('data', resolve); });
  assert.equal(first.toString(), expected.toString());
  conn.destroy();
});

async function answers(at: string): Promise<void> {
  const client = await RpcClient.connect(at);
  assert.deepEqual(await client.call('process.env', { id: 1 }, { deadline: 5000 }), {});
  client.close();
}

async function hostile(t: Parameters<typeof tempDir>[0], halfFrameMs = 100): Promise<{ at: string; server: RpcServer; bugs: unknown[] }> {
  const at = path.join(tempDir(t), 's');
  const bugs: unknown[] = [];
  const server = await serve(at, { methods: handlers({ 'process.env': () => ({}) }), legacy: (_, reply) => reply({}), halfFrameMs, onBug: (e) => bugs.push(e) });
  t.after(() => server.close());
  return { at, server, bugs };
}

test('hostile frames end their own connection and no other', async (t) => {
  const { at, server, bugs } = await hostile(t);
  const witness = await RpcClient.connect(at);
  t.after(() => witness.close());
  const gigabyte = Buffer.from([0x11, 0x40, 0, 0, 0, 0x6a]);
  for (const bytes of [gigabyte, Buffer.from([0x10]), Buffer.from([0x22, 0, 0, 0, 1, 0]), Buffer.from('GET / HTTP/1.1\r\n\r\n'), rawFrame('j:{"broken', 's:1'), rawFrame('s:x', 'j:}')]) {
    const conn = await rawConnect(at);
    conn.write(bytes);
    await closed(conn);
  }
  // Half a frame is given up after its time.
  const half = await rawConnect(at);
  half.write(rawFrame('s:hello', 's:1').subarray(0, 9));
  await closed(half);
  for (const odd of [rawFrame('s:only an id'), rawFrame('j:null', 'j:null'), rawFrame('j:{"mgr":1,"method":"__proto__"}', 's:1'), rawFrame('j:{"mgr":1,"method":5}', 's:1'), rawFrame('', 's:1')]) {
    const conn = await rawConnect(at);
    conn.write(odd);
    await new Promise((resolve) => { conn.once('data', resolve); });
    conn.destroy();
  }
  assert.deepEqual(await witness.call('process.env', { id: 1 }), {});
  await until(() => server.connections === 1);
  assert.deepEqual(bugs, []);
});

test('three thousand small random writes (seeded)', async (t) => {
  const { at, server, bugs } = await hostile(t);
  const random = xorshift(20_250_101);
  for (let round = 0; round < 60; round++) {
    const conn = await rawConnect(at);
    conn.on('error', () => {});
    for (let i = 0; i < 50; i++) {
      const valid = rawFrame(`j:{"mgr":1,"method":"process.env","params":${random() % 9}}`, `s:${i}`);
      const bytes = random() % 4 === 0 ? Buffer.from(Array.from({ length: 1 + (random() % 40) }, () => random() & 0xff)) : valid;
      if (random() % 8 === 0) bytes[random() % bytes.length] = random() & 0xff;
      conn.write(bytes);
    }
    conn.end();
    await closed(conn);
  }
  await answers(at);
  await until(() => server.connections === 0);
  assert.deepEqual(bugs, []);
});

test('two hundred idle connections, and one that asks without reading', async (t) => {
  const at = path.join(tempDir(t), 's');
  const big = { big: 'x'.repeat(1_000_000) };
  let asked = 0;
  const server = await serve(at, { methods: handlers({ 'process.env': () => ({}), 'settings.get': () => { asked++; return { found: true, value: big }; } }) });
  t.after(() => server.close());
  const idle = await Promise.all(Array.from({ length: 200 }, () => rawConnect(at)));
  const deaf = await rawConnect(at);
  deaf.on('error', () => {});
  deaf.pause();
  for (let i = 0; i < 200; i++) deaf.write(rawFrame('j:{"mgr":1,"method":"settings.get","params":{}}', `s:${i}`));
  await until(() => server.connections === 200);
  assert.ok(asked <= 80, `answered ${asked} times to a peer that reads nothing`);
  await answers(at);
  for (const conn of [...idle, deaf]) conn.destroy();
});

test('calls beyond the limit wait their turn and are all answered', async (t) => {
  const at = path.join(tempDir(t), 's');
  let now = 0;
  let peak = 0;
  const server = await serve(at, { maxInFlight: 4, methods: handlers({ 'process.env': async ({ id }) => {
    peak = Math.max(peak, ++now);
    await new Promise((resolve) => { setImmediate(resolve); });
    now--;
    return { ID: String(id) };
  } }) });
  t.after(() => server.close());
  const client = await RpcClient.connect(at);
  t.after(() => client.close());
  const all = await Promise.all(Array.from({ length: 500 }, (_, id) => client.call('process.env', { id })));
  assert.equal(all.length, 500);
  assert.equal(peak, 4);
});

function xorshift(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
