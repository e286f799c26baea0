// The daemon as a service (`daemon.js --unit`): what the init does with it, done by hand.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const SLEEP = '#!/bin/sh\nexec sleep 100000\n';

interface Unit { readonly child: ChildProcess; readonly ended: Promise<number | null> }

function unit(rig: Rig, env: Record<string, string> = {}): Unit {
  const child = spawn(process.execPath, [path.join(ROOT, 'bin/daemon.js'), '--unit'], { env: { ...rig.env, ...env }, stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => { child.once('exit', resolve); }) };
}

const inCharge = (rig: Rig, u: Unit): Promise<boolean> => waitFor('the service in charge', () => Number(rig.read('pm2.pid')) === u.child.pid && fs.existsSync(path.join(rig.home, 'rpc.sock')));

test('it takes a running daemon over; neither a crash nor a restart of the service touches a program; a stop ends them, a start brings them back', () => within(async (rig) => {
  await rig.ok('start', rig.file('a.sh', SLEEP, 0o755), '--name', 'a');
  const [{ pid }, first] = [await rig.row('a'), await rig.daemonPid()];
  const mark = path.join(rig.dir, 'restart');
  const env = { MGR_UNIT_RESTART: mark };

  let u = unit(rig, env);
  await inCharge(rig, u);
  await waitFor('the first daemon gone', () => !alive(first));
  assert.equal((await rig.row('a')).pid, pid, 'taken over');

  u.child.kill('SIGKILL');
  await u.ended;
  u = unit(rig, env);
  await inCharge(rig, u);
  assert.equal((await rig.row('a')).pid, pid, 'after a crash');

  fs.writeFileSync(mark, '');
  u.child.kill('SIGTERM');
  assert.equal(await u.ended, 75, 'the init starts the next one');
  assert.equal(alive(pid), true, 'after a restart of the service');
  fs.rmSync(mark);
  u = unit(rig, env);
  await inCharge(rig, u);
  assert.equal((await rig.row('a')).pid, pid);

  assert.match(await rig.ok('update'), /the daemon was replaced/);
  assert.equal(await u.ended, 75, 'an update hands over too');
  u = unit(rig, env);
  await inCharge(rig, u);
  assert.equal((await rig.row('a')).pid, pid);

  u.child.kill('SIGTERM');
  assert.equal(await u.ended, 0);
  assert.equal(alive(pid), false, 'a stop of the service stops the programs');

  u = unit(rig, env);
  await inCharge(rig, u);
  const again = await rig.status('a', 'online');
  assert.notEqual(again.pid, pid);
  assert.match(rig.read('pm2.log'), /taking over from the daemon/);

  await rig.ok('kill');
  assert.equal(await u.ended, 0, 'a kill is no reason for the init to start it again');
}));

test('what was deleted since the last save does not come back with a crash', () => within(async (rig) => {
  const script = rig.file('a.sh', SLEEP, 0o755);
  await rig.ok('start', script, '--name', 'a');
  await rig.ok('start', script, '--name', 'b', '-f');
  await rig.ok('save');
  await rig.ok('delete', 'b');
  let u = unit(rig);
  await inCharge(rig, u);
  u.child.kill('SIGKILL');
  await u.ended;
  u = unit(rig);
  await inCharge(rig, u);
  assert.deepEqual((await rig.rows()).map((r) => r.name), ['a']);
}));
