// Whoever may open the sockets may send anything: the daemon stays, small, and answers the others. The real daemon.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const MOST_KB = 176 * 1024; // floods come faster than a busy machine collects; without bounds it would be gigabytes
const rig = new Rig();
let pid = 0;
const open = new Set<net.Socket>();

before(async () => {
  await rig.ok('start', rig.file('app.js', "setInterval(() => console.log('tick'), 50); process.send({ type: 'axm:option:configuration', data: {} });"), '--name', 'app');
  pid = await rig.daemonPid();
});
after(async () => {
  for (const s of open) s.destroy();
  await rig.close();
});

function connect(name: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const s = net.connect(path.join(rig.home, name));
    open.add(s);
    s.once('connect', () => resolve(s));
    s.once('error', reject);
    s.on('error', () => {}); // cut off by the daemon: the test looks at 'close'
    s.once('close', () => open.delete(s));
  });
}

/** Other callers do not notice: same daemon, same program, an answer in time, bounded memory. */
async function unharmed(after: string): Promise<void> {
  const at = performance.now();
  assert.match(await rig.ok('list'), /app .*online/, after);
  assert.ok(performance.now() - at < 5000, `list took ${Math.round(performance.now() - at)} ms after ${after}`);
  assert.equal(await rig.daemonPid(), pid, `another daemon after ${after}`);
  const kb = hwm(pid);
  assert.ok(kb < MOST_KB, `${kb} KB after ${after}`);
  if (process.env['MGR_TEST_FIGURES']) process.stderr.write(`${after}: VmHWM ${Math.round(kb / 1024)} MB\n`);
  // 5: the kernel takes the present size for the highest again, so that each attack is measured by itself.
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function hwm(of: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${of}/status`, 'utf8'))?.[1]);
}

function closed(s: net.Socket, ms = 10_000): Promise<boolean> {
  s.resume();
  return waitFor('the daemon closes it', () => s.destroyed || s.readableEnded, ms);
}

const u32 = (n: number): Buffer => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const frame = (...args: string[]): Buffer => Buffer.concat([Buffer.from([0x10 | args.length]), ...args.flatMap((a) => [u32(Buffer.byteLength(a)), Buffer.from(a)])]);
/** Bytes that look random and are the same in every run. */
function noise(length: number, seed: number): Buffer {
  const b = Buffer.alloc(length);
  let x = seed * 2654435761 >>> 0 || 1;
  for (let i = 0; i < length; i++) { x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0; b[i] = x & 0xff; }
  return b;
}

test("PM2's frame gets PM2's answer, byte for byte", async () => {
  const s = await connect('rpc.sock');
  let got = Buffer.alloc(0);
  s.on('data', (d: Buffer) => { got = Buffer.concat([got, d]); });
  s.write(Buffer.concat([Buffer.from([0x12]), u32(0x2d), Buffer.from('j:{"type":"call","method":"ping","args":[{}]}'), u32(6), Buffer.from('s:77:0')]));
  const want = Buffer.concat([Buffer.from([0x12]), u32(0x1b), Buffer.from('j:{"args":[{"msg":"pong"}]}'), u32(6), Buffer.from('s:77:0')]);
  await waitFor('the answer', () => got.length >= want.length);
  assert.deepEqual(got, want);
  // In pieces of one byte, as a slow peer sends.
  got = Buffer.alloc(0);
  for (const byte of frame('j:{"type":"call","method":"nope","args":[{}]}', 's:77:1')) { s.write(Buffer.from([byte])); await new Promise((r) => setImmediate(r)); }
  await waitFor('the second answer', () => got.toString('latin1').includes('s:77:1'));
  assert.match(got.toString('latin1'), /\{"error":"method \\"nope\\" does not exist"/);
  s.destroy();
});

for (const name of ['rpc.sock', 'pub.sock'] as const) {
  test(`${name}: random bytes, broken and half frames, a frame of 1 GB`, async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const s = await connect(name);
      s.resume();
      // The first half begins as a frame would, so that the parser is reached.
      s.write(Buffer.concat([seed % 2 === 0 ? Buffer.from([0x12, 0, 0, 0, 4]) : Buffer.alloc(0), noise(1 + (seed * 997) % 70_000, seed)]));
      s.end();
    }
    await unharmed('random bytes');
    for (const text of ['j:{"type":"call",', 'j:', 'x', 'j:null', 'j:[[[[', 'j:{"mgr":1,"method":"__proto__","params":{}}', 'j:{"mgr":1,"method":"process.start","params":7}', 'j:{"mgr":1,"method":"toString"}', 'j:{"mgr":1,"subscribe":{"events":7}}']) {
      const s = await connect(name);
      s.resume();
      s.write(frame(text, 's:1:1'));
      s.write(frame(text));
    }
    await unharmed('frames of nonsense');
    const huge = await connect(name);
    huge.write(Buffer.concat([Buffer.from([0x12]), u32(2 ** 30), Buffer.from('j:{"a":"')]));
    await closed(huge);
    const halves = await Promise.all(Array.from({ length: 20 }, () => connect(name)));
    for (const [i, s] of halves.entries()) { s.resume(); s.write(Buffer.concat([Buffer.from([0x12]), u32(900_000), Buffer.alloc(i * 30_000, 'a')])); }
    await unharmed('half frames');
    for (const s of halves) s.destroy();
  });
}

test('many half frames together hold no more than a bound', async () => {
  const all = await Promise.all(Array.from({ length: 60 }, () => connect('rpc.sock')));
  for (const s of all) { s.resume(); s.write(Buffer.concat([Buffer.from([0x12]), u32(15 * 1024 ** 2), Buffer.alloc(4 * 1024 ** 2, 'a')])); }
  await unharmed('240 MB of half frames');
  for (const s of all) s.destroy();
});

test('200 idle connections on each socket', async () => {
  const idle = (await Promise.all(['rpc.sock', 'pub.sock', 'child.sock'].map((n) => Promise.all(Array.from({ length: 200 }, () => connect(n)))))).flat();
  await unharmed('600 idle connections');
  for (const s of idle) s.destroy();
  await unharmed('their end');
});

test('subscribers that never read while a program prints much', async () => {
  const deaf = await Promise.all(Array.from({ length: 4 }, () => connect('pub.sock')));
  for (const s of deaf) s.pause();
  deaf[0]?.write(frame('j:{"mgr":1,"subscribe":{"events":["log","process"]}}'));
  await rig.ok('start', rig.file('loud.js', "const l = 'x'.repeat(999) + '\\n'; const b = l.repeat(60); let n = 0; (function go() { for (;;) { if (n++ > 1500) { setInterval(() => {}, 1e6); return; } if (!process.stdout.write(b)) { process.stdout.once('drain', go); return; } } })();"), '--name', 'loud');
  for (let i = 0; i < 3; i++) await unharmed('a subscriber that never reads');
  await waitFor('all written', () => (fs.statSync(path.join(rig.home, 'logs/loud-out.log'), { throwIfNoEntry: false })?.size ?? 0) >= 1501 * 60_000);
  await unharmed('90 MB to subscribers that never read');
  await rig.ok('delete', 'loud');
  for (const s of deaf) s.destroy();
});

test('a caller that asks and never reads', async () => {
  const s = await connect('rpc.sock');
  s.pause();
  const ask = Buffer.concat(Array.from({ length: 500 }, (_, i) => frame('j:{"type":"call","method":"getMonitorData","args":[{}]}', `s:1:${i}`)));
  for (let i = 0; i < 20 && !s.destroyed; i++) s.write(ask);
  await unharmed('10,000 questions of one who never reads');
  s.destroy();
});

test('child.sock: garbage, a wrong token, endless lines', async () => {
  for (const first of [noise(5000, 3), Buffer.from('{"token":"0123456789abcdef","id":0,"run":1,"pid":1}\n'), Buffer.from('{"token":{"a":1}}\n'), Buffer.from('null\n'), Buffer.from('{"m":{"type":"axm:monitor"}}\n')]) {
    const s = await connect('child.sock');
    s.write(Buffer.concat([first, Buffer.from('\n')]));
    await closed(s);
  }
  // Strangers prove nothing with a long line: they are cut off early, however many they are.
  const many = await Promise.all(Array.from({ length: 20 }, () => connect('child.sock')));
  for (const s of many) { s.resume(); s.write(Buffer.alloc(12 * 1024 ** 2, 'a')); }
  for (const s of many) await closed(s);
  await unharmed('endless lines of strangers');
});

test('child.sock: a child of ours that writes an endless line is cut off; the next message arrives', async () => {
  await rig.ok('start', rig.file('endless.js', `
    const keep = setInterval(() => {}, 1e6);
    process.send({ type: 'big', data: 'x'.repeat(40 * 1024 * 1024) });
    setInterval(() => process.send({ type: 'axm:monitor', data: { n: { value: 1 } } }), 100);`), '--name', 'endless');
  await unharmed('a message of 40 MB');
  await waitFor('its metrics', async () => Object.keys((await rig.row('endless')).pm2_env['axm_monitor'] as object).length > 0);
  await unharmed('messages after it');
  await rig.ok('delete', 'endless');
});
