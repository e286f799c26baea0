import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Home, homeAt } from '../../src/base/paths.js';
import { startTime } from '../../src/base/proc.js';
import { connectDaemon } from '../../src/client/connect.js';
import { greet } from '../../src/client/greet.js';
import { ensureDaemon } from '../../src/client/launch.js';

const serve = JSON.stringify(new URL('../../src/rpc/server.js', import.meta.url).href);
const DEAF = "require('node:net').createServer(() => {}).listen(process.argv[1], () => console.log('up'))";
/** Answers `hello`, but blocks for so many ms first. */
const BUSY = `import { serve } from ${serve};
  await serve(process.argv[1], { methods: { hello: () => ({ version: 'x', protocol: 1, pid: process.pid, node: '', home: '', startedAt: 0, notices: [] }) } });
  console.log('up');
  process.stdin.once('data', (ms) => { console.log('blocked'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms)); });`;

async function sitting(t: TestContext, flags: readonly string[]): Promise<{ home: Home; child: ChildProcess & { pid: number }; said(word: string): Promise<void> }> {
  const home = homeAt(fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-greet-')));
  const child = spawn(process.execPath, [...flags, home.rpcSocket], { stdio: ['pipe', 'pipe', 'inherit'] }) as ChildProcess & { pid: number };
  t.after(() => { child.kill('SIGKILL'); fs.rmSync(home.dir, { recursive: true, force: true }); });
  let out = '';
  child.stdout?.on('data', (d: Buffer) => { out += String(d); });
  const said = async (word: string): Promise<void> => { while (!out.includes(word)) await new Promise((r) => { setTimeout(r, 5); }); };
  await said('up');
  return { home, child, said };
}

test('a listener that never answers is told of after three seconds, with its pid and what to do', { skip: process.platform !== 'linux' }, async (t) => {
  const { home, child } = await sitting(t, ['-e', DEAF]);
  const begun = performance.now();
  await assert.rejects(ensureDaemon(home, { entry: '/nonexistent', node: process.execPath, env: {} }), (e: Error & { code?: string; hint?: string }) => {
    assert.equal(e.code, 'DAEMON_SILENT');
    assert.match(e.message, new RegExp(`^what listens on ${home.rpcSocket} is no daemon of mgr and does not answer: pid ${child.pid} \\(.*node`));
    assert.match(e.hint ?? '', new RegExp(`kill ${child.pid}.*rm ${home.rpcSocket}`));
    return true;
  });
  assert.ok(performance.now() - begun < 6000);
});

test('a daemon whose loop is blocked is waited for, as is one that holds the lock for longer; a stopped one is told of', async (t) => {
  const { home, child, said } = await sitting(t, ['--input-type=module', '-e', BUSY]);
  const client = await connectDaemon(home);
  t.after(() => client.close());
  child.stdin?.write('2000');
  await said('blocked');
  assert.equal((await greet(client, home)).pid, child.pid);
  fs.writeFileSync(home.lock, JSON.stringify({ pid: child.pid, start: startTime(child.pid), boot: '', nonce: '0' }));
  const told: string[] = [];
  child.kill('SIGSTOP');
  await assert.rejects(greet(client, home, { wait: 50, busy: (text) => told.push(text) }), (e: Error & { hint?: string }) => {
    assert.match(e.message, new RegExp(`^the daemon \\(pid ${child.pid}\\) does not answer$`));
    assert.match(e.hint ?? '', /kill -CONT/);
    return true;
  });
  assert.deepEqual(told, []);
  child.kill('SIGCONT');
  await greet(client, home);
});

test('a daemon that is busy for longer is said to be', async (t) => {
  const { home, child, said } = await sitting(t, ['--input-type=module', '-e', BUSY]);
  fs.writeFileSync(home.lock, JSON.stringify({ pid: child.pid, start: startTime(child.pid), boot: '', nonce: '0' }));
  const client = await connectDaemon(home);
  t.after(() => client.close());
  child.stdin?.write('1000');
  await said('blocked');
  const told: string[] = [];
  assert.equal((await greet(client, home, { wait: 100, busy: (text) => told.push(text) })).pid, child.pid);
  assert.deepEqual(told, [`mgr: the daemon (pid ${child.pid}) is busy, waiting for its answer`]);
});
