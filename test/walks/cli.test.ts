// The command line as scripts meet it: streams, statuses, pipes, Ctrl-C. The real command, the real daemon.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
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

test('readers and other updates at the moment of an update: nobody is told of it', () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  const { pid } = await rig.row('tick');
  const updates = Array.from({ length: 3 }, async () => {
    for (let n = 0; n < 4; n++) assert.match(await rig.ok('update'), /^the daemon was (?:(?:just )?replaced|started)/);
  });
  const reads = ['list', 'jlist', 'pid', 'ping'].map(async (verb) => {
    for (let n = 0; n < 12; n++) await rig.ok(verb);
  });
  for (const end of await Promise.allSettled([...updates, ...reads])) if (end.status === 'rejected') throw end.reason;
  assert.equal((await rig.row('tick')).pid, pid);
}));

test('a deaf listener is told of soon, a stopped daemon waited for; a home where nothing can be made is refused', { skip: process.platform !== 'linux' }, () => within(async (rig) => {
  for (const home of ['/proc/nope', '/proc/nope/deeper']) {
    const { code, err } = await rig.run(process.execPath, [BIN, 'list'], { MGR_HOME: home });
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^mgr: MGR_HOME: got ${home}, wanted a path where folders can be made\n {2}→ set MGR_HOME to a folder`, 'm'));
  }
  // Nor does a log there hold up the daemon.
  await rig.ok('start', rig.file('tick.js', TICK), '--output', '/proc/nope/out.log');
  assert.match((await rig.mgr('list')).err, /log \/proc\/nope\/out\.log is not written/);
  await rig.ok('delete', 'all');
  const daemon = await rig.daemonPid();
  process.kill(daemon, 'SIGSTOP');
  const list = rig.mgr('list');
  setTimeout(() => process.kill(daemon, 'SIGCONT'), 2000);
  assert.deepEqual({ ...await list, out: '' }, { code: 0, out: '', err: '' });
  await rig.ok('kill');
  const deaf = net.createServer(() => {});
  await new Promise<void>((resolve) => { deaf.listen(path.join(rig.home, 'rpc.sock'), resolve); });
  try {
    const begun = performance.now();
    for (const verb of ['list', 'kill']) assert.match((await rig.mgr(verb)).err, new RegExp(`is no daemon of mgr and does not answer: pid ${process.pid} `));
    assert.ok(performance.now() - begun < 12_000);
  } finally {
    deaf.close();
  }
}));

test('logs of a name go on with what comes later under that name', () => within(async (rig) => {
  const script = rig.file('say.js', 'let n = 0; setInterval(() => console.log(process.env.WORD + " " + n++), 5);');
  const start = (word: string): Promise<string> => rig.ok('start', rig.file(`${word}.json`, JSON.stringify({ apps: [{ name: 'say', script, env: { WORD: word } }] })));
  await start('first');
  const { said, child, ended } = follow(rig, 'say', '--raw', '--lines', '0');
  await waitFor('the first', () => said.out.includes('first'));
  await rig.ok('delete', 'say');
  await start('second');
  await waitFor('the second', () => said.out.includes('second 0\n'));
  await rig.ok('start', rig.file('two.json', JSON.stringify({ apps: [{ name: 'say', script, instances: 2, env: { WORD: 'third' } }] })));
  await waitFor('both of the third', () => said.out.split('third 0\n').length === 3);
  await rig.killDaemon();
  await waitFor('the next daemon', () => said.err.includes('following again'));
  const at = said.out.length;
  await waitFor('more', () => said.out.length > at + 1000);
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  for (const word of ['first', 'second']) {
    const numbers = said.out.split('\n').filter((l) => l.startsWith(word)).map((l) => Number(l.slice(word.length)));
    assert.deepEqual(numbers, Array.from(numbers, (_, i) => (numbers[0] ?? 0) + i), word);
  }
  // Two instances: every number twice, but for the ends.
  const thirds = said.out.split('\n').filter((l) => /^third \d+$/.test(l)).map((l) => Number(l.slice(6)));
  const least = Math.max(...thirds) - 30;
  for (let n = 0; n < least; n++) assert.equal(thirds.filter((x) => x === n).length, 2, `third ${n}`);
}));
