// A container as a program of its own: exit codes, stderr, signals.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const LIBRARY = path.resolve(import.meta.dirname, '../../src/container/container.js');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-c-'));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});
let count = 0;

interface Ended { code: number | null; signal: NodeJS.Signals | null; out: string; err: string; ms: number }
interface Going { readonly ended: Promise<Ended>; kill(signal: NodeJS.Signals): void; said(word: string): Promise<void>; send(m: string): void }

function program(source: string, o: { args?: string[]; env?: Record<string, string>; ipc?: boolean } = {}): Going {
  const file = path.join(folder, `p${count++}.mjs`);
  fs.writeFileSync(file, `import { ModuleManager, runProgram } from ${JSON.stringify(LIBRARY)};\n${source}\n`);
  const began = performance.now();
  const child = spawn(process.execPath, [file, ...(o.args ?? [])], { env: { PATH: process.env['PATH'] ?? '', ...o.env }, stdio: ['ignore', 'pipe', 'pipe', ...(o.ipc === true ? ['ipc' as const] : [])] });
  children.add(child);
  child.once('close', () => { children.delete(child); });
  let out = '';
  let err = '';
  const waiting: (() => void)[] = [];
  child.stdout?.on('data', (d: Buffer) => { out += String(d); for (const w of waiting) w(); });
  child.stderr?.on('data', (d: Buffer) => { err += String(d); });
  return {
    ended: new Promise((resolve) => { child.on('close', (code, signal) => { resolve({ code, signal, out, err, ms: performance.now() - began }); }); }),
    kill: (signal) => { child.kill(signal); },
    send: (m) => { child.send(m); },
    said: (word) => new Promise((resolve) => { const look = (): void => { if (out.includes(word)) resolve(); }; waiting.push(look); look(); }),
  };
}

const SERVER = `
class Server {
  static moduleSchema = { port: { type: 'number', default: 80, validator: '$port' } };
  static moduleReload = true;
  init(c) { console.log('init ' + c.port); }
  start() { console.log('started'); setInterval(() => {}, 1000); }
  reload(c) { console.log('reload ' + c.port); }
  stop({ reason }) { console.log('stop ' + reason); }
  terminate() { console.log('terminate'); }
}
const manager = new ModuleManager().register(Server);
`;

test('C8: a start that fails: exit code 1, stderr says module and phase', async () => {
  const source = `class B { start() { throw new Error('no room'); } }\nconst manager = new ModuleManager().register(B);`;
  for (const run of ['await manager.run();', 'await runProgram(manager);', 'manager.run();']) {
    const { code, err, out } = await program(`${source}\n${run}\nconsole.log('after');`).ended;
    assert.equal(code, 1, run);
    assert.match(err, /b: start failed: no room/);
    if (run !== 'manager.run();') assert.equal(out, '');
  }
});

test('C9: an init that hangs, even with something open, ends the program in time', async () => {
  const { code, err, ms } = await program(`class M { init() { setInterval(() => {}, 1000); return new Promise(() => {}); } }\nawait runProgram(new ModuleManager({ timeouts: { init: 200 } }).register(M));`).ended;
  assert.equal(code, 1);
  assert.match(err, /"init" lifecycle timeout for m/);
  assert.ok(ms < 2500, `${ms} ms`);
});

test('C11, C15: the command line and the variables of the process count', async () => {
  const two = `class S3Storage { static moduleProvides = 'Storage' }\nclass LocalStorage { static moduleProvides = 'Storage' }\nclass App { static moduleSchema = { storage: { type: 'Storage' } }; main() { console.log(this.storage.constructor.name); } }\nawait new ModuleManager().register(S3Storage).register(LocalStorage).register(App).run();`;
  assert.equal((await program(two, { args: ['--storage', 's3-storage'] }).ended).out, 'S3Storage\n');
  const none = await program(two).ended;
  assert.equal(none.code, 1);
  assert.match(none.err, /s3-storage, local-storage/);
  for (const [args, env, told] of [[['--port', 'abc'], {}, /server\.port: got `abc` \(from argv --port\)/], [['--nope', '1'], {}, /--nope \(value `1`\): there is no such option/], [[], { SERVER_PORT: '70000' }, /server\.port: got `70000` \(from env SERVER_PORT\), wanted a port/]] as const) {
    const { code, err, out } = await program(`${SERVER}await runProgram(manager);`, { args: [...args], env }).ended;
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, told);
  }
});

test('C16: SIGTERM and the rest end it gracefully with 0, though something is open', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    const p = program(`${SERVER}await manager.run();\nconsole.log('ran');`);
    await p.said('started');
    p.kill(signal);
    const { code, out } = await p.ended;
    assert.equal(code, 0, signal);
    assert.equal(out, `init 80\nstarted\nstop ${signal}\nterminate\nran\n`);
  }
});

test('C16: a second signal ends it at once with 130', async () => {
  const p = program(`class Slow { start() { console.log('started'); } stop() { console.log('stopping'); return new Promise(() => {}); } }\nawait new ModuleManager().register(Slow).run();`);
  await p.said('started');
  p.kill('SIGINT');
  await p.said('stopping');
  p.kill('SIGINT');
  assert.equal((await p.ended).code, 130);
});

test('the message shutdown does what SIGTERM does', async () => {
  const p = program(`${SERVER}await manager.run();`, { ipc: true });
  await p.said('started');
  p.send('shutdown');
  const { code, out } = await p.ended;
  assert.equal(code, 0);
  assert.match(out, /stop message shutdown\nterminate/);
});

test('SIGHUP reads the sources again and applies what changed; SIGUSR2 is left alone', async () => {
  const file = path.join(folder, 'live.json');
  fs.writeFileSync(file, '{"server": {"port": 1}}');
  const p = program(`process.on('SIGUSR2', () => { console.log('usr2'); });\n${SERVER}await manager.run();`, { args: ['-C', file] });
  await p.said('started');
  fs.writeFileSync(file, '{"server": {"port": 2}}');
  p.kill('SIGHUP');
  await p.said('reload 2');
  fs.writeFileSync(file, '{"server": {"port": "x"}}');
  p.kill('SIGHUP');
  p.kill('SIGUSR2');
  await p.said('usr2');
  p.kill('SIGTERM');
  const { code, out, err } = await p.ended;
  assert.equal(code, 0);
  assert.match(out, /^init 1\nstarted\nreload 2\nusr2\nstop/);
  assert.match(err, /server\.port 1 → 2 {2}applied hot/);
});

test('SIGUSR2 switches debug messages on and off when it was asked for', async () => {
  const p = program(`class M { static moduleReload = true; static moduleSchema = { n: 1 }; start() { console.log('started'); } }\nprocess.on('SIGUSR2', () => { console.log('usr2'); });\nawait new ModuleManager({ debugSignal: true }).register(M, { lifecycleTerminate: 'finish' }).register(class N { finish() {} terminate() {} stop() {} }).run();`);
  await p.said('started');
  p.kill('SIGUSR2');
  await p.said('usr2');
  p.kill('SIGTERM');
  const { code, err } = await p.ended;
  assert.deepEqual([code, err], [0, 'debug: n: stop\ndebug: n: terminate\n']);
});

test('main\'s number is the exit code; help and dump go to stdout', async () => {
  assert.equal((await program(`class M { main() { setInterval(() => {}, 1000); return 3; } }\nawait new ModuleManager().register(M).run();`).ended).code, 3);
  const help = await program(`${SERVER}await manager.run();`, { args: ['--help'] }).ended;
  assert.equal(help.code, 0);
  assert.match(help.out, /^Usage: server \[options\]\n/);
  assert.deepEqual(JSON.parse((await program(`${SERVER}await manager.run();`, { args: ['--dump', '-', '-p', '5'] }).ended).out), { server: { port: 5 } });
});

test('a program without a main and without anything open runs until it is told to end', async () => {
  const p = program(`class M { start() { console.log('started'); } }\nawait new ModuleManager().register(M).run();`);
  await p.said('started');
  const first = await Promise.race([p.ended.then(() => 'ended'), new Promise((r) => { setTimeout(r, 300, 'runs'); })]);
  assert.equal(first, 'runs');
  p.kill('SIGTERM');
  assert.equal((await p.ended).code, 0);
});

test('a failure that nobody catches is printed with the place in the module', async () => {
  const { code, err } = await program(`class M { start() { throw new Error('no room'); } }\nawait new ModuleManager().register(M).run();`).ended;
  assert.equal(code, 1);
  assert.match(err, /RunError: m: start failed: no room/);
  assert.match(err, /Error: no room\n {6}at M\.start \(.*p\d+\.mjs:2/);
});
