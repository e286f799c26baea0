import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.js';
import { ProcessLog } from '../../src/logs/process-log.js';
import { rotatedOf } from '../../src/logs/rotate.js';
import { plainLines } from '../../src/logs/search.js';
import { checkHashed, flow, hashWriter, linesOf, logFiles, mkfifo, target, tempDir, until } from './rig.js';

for (const how of [{ date: '' }, { date: 'YYYY-MM-DDTHH:mm:ss' }, { type: 'json' }] as const) {
  test(`20,000 lines of 2 KB through a FIFO: ${JSON.stringify(how)}`, async (t) => {
    const dir = tempDir(t);
    const out = path.join(dir, 'out.log');
    const log = new ProcessLog(target({ out, ...how }), logFiles(t).files, systemClock);
    await flow(t, dir, hashWriter(20_000, 2000), log).ended;
    const lines = linesOf(out).map((l) => ('type' in how ? (JSON.parse(l) as { message: string }).message : how.date === '' ? l : l.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: /, '')));
    checkHashed(lines, 20_000);
  });
}

test('out and err of a child merged in one file: each line whole, each stream in order', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'all.log');
  const log = new ProcessLog(target({ out, err: out }), logFiles(t).files, systemClock);
  await Promise.all([
    flow(t, dir, hashWriter(5000, 300, 'O'), log, 'out').ended,
    flow(t, dir, hashWriter(5000, 300, 'E', 2), log, 'err').ended,
  ]);
  const lines = linesOf(out);
  checkHashed(lines.filter((l) => l.startsWith('O')), 5000, 'O');
  checkHashed(lines.filter((l) => l.startsWith('E')), 5000, 'E');
  assert.equal(lines.length, 10_000);
});

test('many rotations under a writing child lose nothing', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'out.log');
  const { files } = logFiles(t);
  const log = new ProcessLog(target({ out, limits: { maxSize: 100_000, keep: 0, total: 0, compress: true } }), files, systemClock);
  await flow(t, dir, hashWriter(20_000, 200), log).ended;
  await files.idle();
  const rotated = await rotatedOf(out);
  assert.ok(rotated.length > 20, `${rotated.length} rotations`);
  assert.ok(rotated.every((r) => r.gz));
  const lines: string[] = [];
  for (const file of [...rotated.map((r) => r.path), out]) for await (const batch of plainLines(file)) lines.push(...batch);
  checkHashed(lines, 20_000);
});

test('a slow sink makes the program wait, not our memory grow, and loses nothing', async (t) => {
  const dir = tempDir(t);
  const sink = mkfifo(path.join(dir, 'sink'));
  const copy = path.join(dir, 'copy');
  const { files } = logFiles(t);
  const log = new ProcessLog(target({ out: sink, date: '[d]' }), files, systemClock);
  const before = process.memoryUsage().rss;
  const { intake, ended, child } = flow(t, dir, `${hashWriter(50_000, 600)}; require('node:fs').writeFileSync(${JSON.stringify(path.join(dir, 'written'))}, '')`, log);
  let drains = 0;
  log.onDrain = () => { drains++; intake.resume(); };
  // Nobody reads the sink: the child must get stuck with most of its 33 MB unwritten.
  await new Promise((r) => setTimeout(r, 500));
  assert.equal(fs.existsSync(path.join(dir, 'written')), false);
  assert.equal(child.exitCode, null);
  assert.ok(process.memoryUsage().rss - before < 30e6, `grew by ${process.memoryUsage().rss - before}`);
  const reader = spawn('sh', ['-c', 'exec cat "$0" > "$1"', sink, copy], { stdio: 'ignore' });
  t.after(() => reader.kill('SIGKILL'));
  await ended;
  log.close();
  files.close();
  await until(() => reader.exitCode !== null, 'the end of the reader');
  checkHashed(linesOf(copy).map((l) => l.replace(/^d: /, '')), 50_000);
  assert.ok(drains > 0);
});

test('what a program wrote just before it died is drained at its exit', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'o');
  const log = new ProcessLog(target({ out }), logFiles(t).files, systemClock);
  const { intake, child } = flow(t, dir, 'require("node:fs").writeSync(1, "x\\n".repeat(20000) + "end"); process.exit(3)', log);
  intake.pause();
  await until(() => child.exitCode === 3, 'the exit');
  intake.resume();
  assert.equal(intake.drain(), true);
  intake.close();
  log.end('out');
  assert.equal(fs.readFileSync(out, 'utf8'), `${'x\n'.repeat(20_000)}end\n`);
});
