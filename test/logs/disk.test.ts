import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.js';
import { ProcessLog } from '../../src/logs/process-log.js';
import { HandClock, checkHashed, flow, hashWriter, linesOf, logFiles, target, tempDir, until } from './rig.js';

function full(room: number): { write: (fd: number, b: Buffer, o: number, n: number) => number; room: number; tries: number } {
  const disk = {
    room, tries: 0,
    write(fd: number, bytes: Buffer, offset: number, length: number): number {
      disk.tries++;
      const n = Math.min(length, disk.room);
      if (n === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      disk.room -= n;
      return fs.writeSync(fd, bytes, offset, n);
    },
  };
  return disk;
}

test('a full disk: told once, little held, whole lines dropped and counted, resumed by itself', (t) => {
  const out = path.join(tempDir(t), 'o.log');
  const clock = new HandClock();
  const disk = full(1050);
  const { files, told } = logFiles(t, { clock, write: disk.write });
  const log = new ProcessLog(target({ out }), files, clock);
  const line = (i: number): string => `${String(i).padStart(99, '.')}\n`;
  for (let i = 0; i < 10_000; i++) assert.equal(log.write('out', Buffer.from(line(i))), true);
  assert.equal(told.troubles.length, 1);
  assert.match(told.troubles[0] ?? '', /ENOSPC/);
  assert.deepEqual(files.troubles(), [{ path: out, reason: told.troubles[0] ?? '' }]);
  assert.ok(disk.tries < 20, `${disk.tries} tries without a pause`);
  clock.pass(1100);
  assert.deepEqual(told.recovered, []);
  disk.room = 1e9;
  clock.pass(1100);
  const lines = linesOf(out);
  const dropped = told.recovered[0] ?? 0;
  assert.deepEqual(files.troubles(), []);
  assert.deepEqual(lines.slice(0, -1).map((l) => `${l}\n`), Array.from({ length: 10_000 - dropped }, (_, i) => line(i)));
  assert.equal(lines.at(-1), `mgr: ${dropped} lines were not written (disk full)`);
  assert.ok(dropped > 7000 && dropped < 7500, String(dropped));
  log.write('out', Buffer.from('on\n'));
  assert.equal(linesOf(out).at(-1), 'on');
});

test('lines cut by chunks are dropped whole while the disk is full', (t) => {
  const out = path.join(tempDir(t), 'o.log');
  const clock = new HandClock();
  const disk = full(0);
  const { files, told } = logFiles(t, { clock, write: disk.write });
  const log = new ProcessLog(target({ out }), files, clock);
  log.write('out', Buffer.from('first\n'));
  for (let i = 0; i < 10; i++) log.write('out', Buffer.from('y'.repeat(50_000)));
  disk.room = 1e9;
  clock.pass(1500);
  log.write('out', Buffer.from('still the long line\nnext\n'));
  const lines = linesOf(out);
  assert.equal(lines[0], 'first');
  assert.equal(lines.at(-1), 'next');
  assert.ok(!lines.some((l) => l.includes('still')));
  assert.equal(told.recovered[0], 1);
});

test('a file that may not be opened is trouble, not the end; it is tried again', (t) => {
  const dir = tempDir(t);
  const blocked = path.join(dir, 'logs');
  fs.writeFileSync(blocked, '');
  const clock = new HandClock();
  const { files, told } = logFiles(t, { clock });
  const log = new ProcessLog(target({ out: path.join(blocked, 'o.log') }), files, clock);
  assert.equal(told.troubles.length, 0); // it is opened with its first line, or a moment later
  log.write('out', Buffer.from('kept\n'));
  assert.equal(told.troubles.length, 1);
  fs.rmSync(blocked);
  clock.pass(1100);
  assert.deepEqual(told.recovered, [0]);
  assert.deepEqual(linesOf(path.join(blocked, 'o.log')), ['kept']);
});

test('/dev/full and /dev/null as log files', { skip: !fs.existsSync('/dev/full') }, (t) => {
  const { files, told } = logFiles(t);
  const log = new ProcessLog(target({ out: '/dev/full', err: '/dev/null' }), files, systemClock);
  assert.equal(log.write('out', Buffer.from('x\n')), true);
  assert.equal(log.write('err', Buffer.from('x\n')), true);
  assert.equal(told.troubles.length, 1);
  log.close();
});

test('a real full disk under a real child', async (t) => {
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'mlog-'));
  // Hooks run in order: unmounted before the folder goes, and lazily, should a file still be open.
  t.after(() => spawnSync('umount', ['-l', disk]));
  t.after(() => fs.rmSync(disk, { recursive: true, force: true }));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]).status !== 0) { t.skip('no right to mount'); return; }
  const dir = tempDir(t);
  const ballast = path.join(disk, 'ballast');
  fs.writeFileSync(ballast, Buffer.alloc(40_000));
  const out = path.join(disk, 'o.log');
  const { files, told } = logFiles(t);
  const log = new ProcessLog(target({ out }), files, systemClock);
  // 58 lines fit beside nothing else, 24 beside the ballast.
  await flow(t, dir, hashWriter(58, 900), log).ended;
  assert.equal(told.troubles.length, 1);
  fs.rmSync(ballast);
  await until(() => told.recovered.length === 1, 'recovery by itself');
  assert.deepEqual(told.recovered, [0]);
  checkHashed(linesOf(out), 58);
  files.close();
});

test('a file nobody wrote into yet is there a moment later, for whoever tails it', (t) => {
  const dir = tempDir(t);
  const clock = new HandClock();
  const { files } = logFiles(t, { clock });
  new ProcessLog(target({ out: path.join(dir, 'new', 'o.log') }), files, clock);
  clock.pass(1000);
  assert.ok(fs.existsSync(path.join(dir, 'new', 'o.log')));
});
