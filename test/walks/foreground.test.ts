// What runs in the foreground with a daemon inside: mgr-runtime (also as PID 1), mgr-dev, `mgr --no-daemon`.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const RUNTIME = path.join(ROOT, 'bin/mgr-runtime');
const DEV = path.join(ROOT, 'bin/mgr-dev');
const MGR = path.join(ROOT, 'bin/mgr.js');
const namespaces = spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0;

interface Running { readonly child: ChildProcess; readonly said: { out: string; err: string }; readonly ended: Promise<number | null> }

function begin(rig: Rig, command: string, ...args: string[]): Running {
  const child = spawn(command, args, { cwd: rig.dir, env: { ...rig.env, MGR_NODE: rig.node }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (d: string) => { said.out += d; });
  child.stderr.setEncoding('utf8').on('data', (d: string) => { said.err += d; });
  return { child, said, ended: new Promise((resolve) => { child.once('close', resolve); }) };
}

const SERVER = `process.on('SIGINT', () => { console.log('bye'); process.exit(0); }); console.log('up'); setInterval(() => {}, 1000);`;

test('runtime: the status of one job is its own; what cannot be started is 1; raw lines on stdout, words on stderr', () => within(async (rig) => {
  const job = rig.file('job.js', 'console.log("hi"); console.error("warn"); process.exit(+process.argv[2])');
  const seven = await rig.run(RUNTIME, [job, '--no-autorestart', '--', '7']);
  assert.deepEqual([seven.code, seven.out], [7, 'hi\nwarn\n']);
  assert.match(seven.err, /^mgr: job \(\d+\) ended with code 7/);
  const none = await rig.run(RUNTIME, ['nope.js']);
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.err, /script nope\.js does not exist/);
  const two = rig.file('eco.json', JSON.stringify({ apps: [{ name: 'a', script: job, args: '0', autorestart: false }, { name: 'b', script: job, args: '3', autorestart: false }] }));
  const both = await rig.run(RUNTIME, ['start', two, '--json']);
  assert.equal(both.code, 2);
  const lines = both.out.trim().split('\n').map((l) => JSON.parse(l) as Record<string, unknown>);
  assert.equal(lines.filter((l) => l['message'] === 'hi' && l['type'] === 'out').length, 2);
  assert.ok(lines.some((l) => l['type'] === 'process_event' && l['status'] === 'exit'));
  const one = await rig.run(RUNTIME, [two, '--only', 'a', '--formatted']);
  assert.deepEqual([one.code, one.out.replace(/^\d+/gm, '#')], [0, '#|a | hi\n#|a | warn\n']);
  assert.equal(fs.existsSync(path.join(rig.home, 'logs/a-out.log')), false, 'the log is stdout');
}));

test('runtime: a signal stops all in order and is status 0; other commands find it meanwhile', () => within(async (rig) => {
  const r = begin(rig, RUNTIME, rig.file('srv.js', SERVER));
  await waitFor('up', () => r.said.out.includes('up\n'));
  assert.equal((await rig.row('srv')).pm2_env['status'], 'online');
  r.child.kill('SIGTERM');
  assert.equal(await r.ended, 0);
  assert.equal(r.said.out, 'up\nbye\n');
}));

test('runtime: what was stopped by somebody may be started again', () => within(async (rig) => {
  const r = begin(rig, RUNTIME, rig.file('srv.js', SERVER));
  await waitFor('up', () => r.said.out.includes('up\n'));
  await rig.ok('stop', 'srv');
  await rig.ok('start', 'srv');
  await waitFor('up again', () => r.said.out.endsWith('bye\nup\n'));
  await rig.ok('kill');
  assert.equal(await r.ended, 0);
}));

test('runtime as PID 1: orphans are reaped, signals passed on, a killed manager comes back and the program does not notice', { skip: !namespaces }, () => within(async (rig) => {
  // Each round leaves an orphan that ends a moment later.
  const script = rig.file('orphans.js', `const { spawn } = require('node:child_process'); let n = 0;
    setInterval(() => { spawn('/bin/sh', ['-c', 'sleep 0.05 & exit 0'], { detached: true, stdio: 'ignore' }).unref(); console.log('n ' + ++n); }, 20);
    process.on('SIGINT', () => { console.log('bye'); process.exit(0); });`);
  const r = begin(rig, 'unshare', '-pf', '--mount-proc', RUNTIME, script);
  const counted = (): number => r.said.out.split('\n').filter((l) => l.startsWith('n ')).length;
  const inside = (): { pid: number; ppid: number; state: string; args: string }[] => spawnSync('nsenter', ['-t', String(init), '-p', '-m', 'ps', '-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).stdout
    .split('\n').flatMap((l) => { const m = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(l); return m ? [{ pid: Number(m[1]), ppid: Number(m[2]), state: m[3] ?? '', args: m[4] ?? '' }] : []; });
  await waitFor('40 orphans', () => counted() >= 40);
  const init = Number(spawnSync('pgrep', ['-P', String(r.child.pid)], { encoding: 'utf8' }).stdout);
  assert.match(fs.readFileSync(`/proc/${init}/cmdline`, 'latin1'), /mgr-runtime/);
  const zombies = inside().filter((p) => p.state.startsWith('Z'));
  assert.ok(zombies.length < 10, `${zombies.length} zombies of 40 orphans`); // some may have ended in this instant
  const app = inside().find((p) => p.args.includes('orphans.js') && p.args.includes('preload'));
  // Old enough, so that it counts as one that was up.
  await waitFor('two seconds', () => counted() >= 110);
  const manager = spawnSync('pgrep', ['-P', String(init), '-f', 'mgr runtime|foreground.js'], { encoding: 'utf8' }).stdout.trim().split('\n').map(Number)[0] ?? 0;
  process.kill(manager, 'SIGKILL');
  await waitFor('the next manager', () => r.said.err.includes('starting it again'));
  const seen = counted();
  await waitFor('lines again', () => counted() > seen + 20);
  assert.equal(inside().find((p) => p.args.includes('orphans.js') && p.args.includes('preload'))?.pid, app?.pid);
  const numbers = r.said.out.split('\n').filter((l) => l.startsWith('n ')).map((l) => Number(l.slice(2)));
  assert.deepEqual(numbers, numbers.map((_, i) => i + 1), 'no line lost, none twice');
  process.kill(init, 'SIGTERM');
  assert.equal(await r.ended, 0);
  assert.match(r.said.out, /bye\n$/);
}));

test('--no-daemon: the daemon is this process, Ctrl-C ends all; a home that is taken is refused', () => within(async (rig) => {
  const r = begin(rig, rig.node, MGR, '--no-daemon', 'start', rig.file('srv.js', SERVER));
  await waitFor('the command done', () => r.said.out.includes('| up\n') && r.said.err.includes('in the foreground'));
  assert.equal(await rig.daemonPid(), r.child.pid);
  const { pid } = await rig.row('srv');
  const second = await rig.mgr('start', 'srv.js', '--no-daemon');
  assert.equal(second.code, 1);
  assert.match(second.err, /a daemon \(pid \d+\) already runs in/);
  r.child.kill('SIGINT');
  assert.equal(await r.ended, 0);
  assert.equal(alive(pid), false);
  assert.match(r.said.out, /\| bye\n$/);
  assert.deepEqual(await rig.mgr('--no-daemon', 'stop', 'nope').then((x) => x.code), 1);
}));

test('dev: watched, in a home of its own that is gone afterwards; two at once', () => within(async (rig) => {
  const script = rig.file('w/srv.js', SERVER);
  const r = begin(rig, DEV, script, '--cwd', path.dirname(script), '--post-exec', 'echo after');
  await waitFor('up', () => r.said.out.includes('| up\n') && r.said.out.includes('after\n'));
  const second = begin(rig, DEV, script, '--raw');
  await waitFor('the second up', () => second.said.out === 'up\n');
  assert.deepEqual(fs.readdirSync(rig.dir).filter((f) => f.startsWith('.mgr-dev')).sort(), ['.mgr-dev', '.mgr-dev-2']);
  r.child.kill('SIGINT');
  second.child.kill('SIGINT');
  assert.deepEqual([await r.ended, await second.ended], [0, 0]);
  assert.deepEqual(fs.readdirSync(rig.dir).filter((f) => f.startsWith('.mgr-dev')), []);
  const none = await rig.run(DEV, ['nope.js']);
  assert.equal(none.code, 1);
  assert.match(none.err, /nope\.js does not exist/);
}));
