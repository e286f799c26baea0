// The command line as scripts meet it: streams, statuses, pipes, Ctrl-C. The real command, the real daemon.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const BIN = path.join(ROOT, 'bin/mgr.js');
const TICK = 'let n = 0; console.log("args " + process.argv.slice(2).join(",")); setInterval(() => console.log("tick " + ++n), 5);';

/** A running `mgr logs`, with what it said so far. */
function follow(rig: Rig, ...args: string[]): { said: { out: string; err: string }; child: ReturnType<typeof spawn>; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [BIN, 'logs', ...args], { cwd: rig.dir, env: rig.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (d: string) => { said.out += d; });
  child.stderr.setEncoding('utf8').on('data', (d: string) => { said.err += d; });
  return { said, child, ended: new Promise((resolve) => { child.once('close', resolve); }) };
}

test('the first command of all: only JSON on stdout, the daemon is mentioned on stderr', () => within(async (rig) => {
  const first = await rig.mgr('jlist');
  assert.deepEqual([first.code, first.out], [0, '[]']);
  assert.match(first.err, /^mgr: starting the daemon/);
  const again = await rig.mgr('jlist');
  assert.deepEqual([again.code, again.out, again.err], [0, '[]', '']);
}));

test('the life of a program, by statuses and words', () => within(async (rig) => {
  rig.file('tick.js', TICK);
  const started = await rig.mgr('start', 'tick.js', '--name', 'tick', '--', '--port', '3000');
  assert.equal(started.code, 0, started.err);
  assert.match(started.out, /^\[tick\]\(0\) ✓\nid +name .*\n0 +tick /);
  const twice = await rig.mgr('start', 'tick.js', '--name', 'tick');
  assert.deepEqual([twice.code, twice.out], [1, '']);
  assert.match(twice.err, /already runs/);
  const mixed = await rig.mgr('stop', 'nope', 'tick');
  assert.equal(mixed.code, 1);
  assert.match(mixed.out, /^\[tick\]\(0\) ✓\n/);
  assert.equal((await rig.ok('pid', 'tick')), '0\n');
  assert.equal((await rig.mgr('start', 'tick')).code, 0, 'a known name is restarted');
  assert.match(await rig.ok('describe', 'tick'), /^tick \(0\) {2}online/);
  assert.match(await rig.ok('logs', 'tick', '--nostream', '--lines', '50', '--grep', '^args'), /^0\|tick \| args --port,3000\n/);
  assert.equal((await rig.mgr('delete', 'tick', '-s')).out, '');
  assert.equal((await rig.mgr('stop', 'all')).code, 1, 'nothing is managed');
  assert.match(await rig.ok('kill'), /the daemon has ended/);
  const dead = await rig.mgr('kill');
  assert.deepEqual([dead.code, dead.out], [0, '']);
}));

test('logs: every line once across the death of the daemon, status 0 at Ctrl-C', () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  const { said, child, ended } = follow(rig, 'tick', '--raw', '--lines', '3');
  await waitFor('lines', () => said.out.split('\n').length > 20);
  await rig.killDaemon();
  await waitFor('the stream again', () => said.err.includes('following again'));
  const length = said.out.length;
  await waitFor('more lines', () => said.out.length > length + 100);
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  const ticks = said.out.split('\n').filter((l) => l.startsWith('tick ')).map((l) => Number(l.slice(5)));
  assert.deepEqual(ticks, Array.from(ticks, (_, i) => (ticks[0] ?? 0) + i));
}));

test('logs | head: the command ends quietly when nobody reads', () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  const r = await rig.run('/bin/bash', ['-c', `"${process.execPath}" "${BIN}" logs tick | head -2; echo "\${PIPESTATUS[0]}"`]);
  assert.match(r.out, /^(?:0\|tick \| .*\n){2}0\n$/);
  assert.equal(r.err, '');
}));

test('update replaces the daemon and touches no program', () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  const [before, daemon] = [await rig.row('tick'), await rig.daemonPid()];
  assert.match(await rig.ok('update'), /^the daemon was replaced: /);
  assert.equal((await rig.row('tick')).pid, before.pid);
  assert.notEqual(await rig.daemonPid(), daemon);
  assert.equal(alive(daemon), false);
}));
