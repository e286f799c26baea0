// The verbs that speak with programs, and those that speak about mgr itself: the real command, daemon and program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const BIN = path.join(ROOT, 'bin/mgr.js');
// Answers what it is told, by signal, by line and by action; `mute` never calls its reply function.
const TALKER = `process.stdin.setEncoding('utf8').on('data', (d) => console.log('got ' + JSON.stringify(d)));
process.on('SIGUSR2', () => console.log('got SIGUSR2'));
process.on('message', (m) => { if (m === 'hi' || m.msg === 'hi') process.send({ type: 'axm:reply', data: { action_name: 'hi', return: { to: m.opts } } }); });
for (const action_name of ['hi', 'mute']) process.send({ type: 'axm:action', data: { action_name, action_type: 'custom' } });
console.log('up');`;

async function talker(rig: Rig): Promise<void> {
  await rig.ok('start', rig.file('talker.js', TALKER), '--name', 'talker');
  await waitFor('its actions', async () => ((await rig.row('talker')).pm2_env['axm_actions'] as unknown[]).length === 2);
}
const log = (rig: Rig): string => rig.read('logs/talker-out.log');

/** The command with a line of input after the other, each when the words before it were said. */
function typed(rig: Rig, args: readonly string[]): { said: { out: string; err: string }; type(text: string): void; end(): void; ended: Promise<number | null>; interrupt(): void } {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: rig.dir, env: rig.env, stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (d: string) => { said.out += d; });
  child.stderr.setEncoding('utf8').on('data', (d: string) => { said.err += d; });
  return { said, type: (text) => { child.stdin.write(text); }, end: () => child.stdin.end(), interrupt: () => { child.kill('SIGINT'); }, ended: new Promise((resolve) => { child.once('close', resolve); }) };
}

test('a signal, a line, an action', () => within(async (rig) => {
  await talker(rig);
  await rig.ok('sendSignal', 'SIGUSR2', 'talker');
  await waitFor('the signal', () => log(rig).includes('got SIGUSR2'));
  await rig.ok('send', 'talker', 'hello', '--there');
  await waitFor('the line', () => log(rig).includes('got "hello --there\\n"'));
  assert.equal(await rig.ok('trigger', 'talker', 'hi', 'you'), '[talker:0:default]={"to":"you"}\n');
  const began = performance.now();
  const mute = await rig.mgr('trigger', 'all', 'mute', '--timeout', '200ms');
  assert.deepEqual([mute.code, mute.out], [1, '']);
  assert.match(mute.err, /`talker \(0\)` did not answer the action `mute` within 200 ms/);
  assert.ok(performance.now() - began < 8000);
  const none = await rig.mgr('trigger', 'talker', 'nothing');
  assert.equal(none.code, 1);
  assert.match(none.err, /no running process of `talker` has the action `nothing`\n.*it has: hi, mute/);
  await rig.ok('stop', 'talker');
  const down = await rig.mgr('send', 'talker', 'x');
  assert.deepEqual([down.code, down.out], [1, '']);
  assert.match(down.err, /^mgr: `talker` is not running/);
}));

test('attach: from the pipe to the program and back, over the death of the daemon; the end of the pipe lets go', () => within(async (rig) => {
  await talker(rig);
  const { pid } = await rig.row('talker');
  const a = typed(rig, ['attach', 'talker']);
  a.type('one\n');
  await waitFor('its answer', () => a.said.out.includes('got "one\\n"'));
  await rig.killDaemon();
  await waitFor('the stream again', () => a.said.err.includes('following again'));
  a.type('two\n');
  await waitFor('its answer', () => a.said.out.includes('got "two\\n"'));
  a.end();
  assert.equal(await a.ended, 0, a.said.err);
  assert.ok(alive(pid), 'it runs on');
  const b = typed(rig, ['attach', '0', '!']);
  b.type('three\n');
  await waitFor('the separator of one\'s own', () => b.said.out.includes('got "three!"'));
  b.interrupt();
  assert.equal(await b.ended, 0);
  assert.ok(alive(pid));
}));

test('start --attach: the logs of what was started, until Ctrl-C', () => within(async (rig) => {
  rig.file('tick.js', 'let n = 0; setInterval(() => console.log("tick " + ++n), 20);');
  const a = typed(rig, ['start', 'tick.js', '--attach']);
  await waitFor('its lines', () => /0\|tick \| tick \d\d/.test(a.said.out));
  a.interrupt();
  assert.equal(await a.ended, 0);
  assert.equal((await rig.row('tick')).pm2_env['status'], 'online');
}));

test('init, start, report, completion: a project that had no file', () => within(async (rig) => {
  rig.file('index.js', 'setInterval(() => {}, 1e6);');
  rig.file('package.json', '{ "name": "shop", "type": "module", "version": "4.5.6" }');
  assert.match(await rig.ok('init'), /^File .*ecosystem\.config\.cjs generated\n$/);
  assert.match(await rig.ok('start'), /^\[shop\]\(0\) ✓/);
  assert.equal((await rig.mgr('init')).code, 1);
  await rig.ok('set', 'shop:api_token', 'hunter2');
  const report = await rig.ok('report');
  for (const word of ['--- Daemon', `${await rig.daemonPid()}`, 'shop', '4.5.6', 'shop:api_token']) assert.ok(report.includes(word), word);
  assert.ok(!report.includes('hunter2'));
  assert.equal(await rig.ok('completion', 'names'), 'shop\nall\n');
  await rig.ok('save');
  await rig.ok('cleardump');
  assert.equal(fs.readFileSync(path.join(rig.home, 'dump.pm2'), 'utf8').trim(), '[]');
  await rig.ok('kill');
  const dead = await rig.mgr('report');
  assert.match(dead.out, /--- Daemon\nstate {2}not running\n/);
  assert.deepEqual([(await rig.mgr('completion', 'names')).out, rig.pids()], ['', []], 'no daemon was started by looking');
}));
