// The standard input of a program: never ended, written to by name, its own again in each run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { writeStdin } from '../../src/supervisor/launch/stdin.js';
import { Bench } from '../helpers/supervise.js';

const READER = ['echo up', 'while read -r l; do echo "got $l"; done', 'echo the end'];

test('lines arrive, the end does not; each run has a fresh one', async (t) => {
  const bench = await Bench.open(t);
  const p = await bench.up({ name: 'reader', script: bench.sh('reader.sh', ...READER), interpreter: 'none' });
  await bench.said(p, /up/);
  await writeStdin('reader', p.stdin, 'one\n');
  await writeStdin('reader', p.stdin, 'two\nthree\n');
  await bench.said(p, /got one\ngot two\ngot three/);
  // Half a line is what the first run leaves unread.
  await writeStdin('reader', p.stdin, 'half');
  const first = p.stdin;
  await bench.supervisor.restart([p.id]);
  await bench.said(p, /up[^]*up/);
  await writeStdin('reader', p.stdin, 'four\n');
  await bench.said(p, /got four/);
  assert.doesNotMatch(bench.log(p), /half|the end/);
  await bench.supervisor.stop([p.id]);
  assert.equal(p.stdin, undefined);
  await assert.rejects(writeStdin('reader', first, 'x\n'), { code: 'NO_STDIN' });
  await assert.rejects(writeStdin('reader', undefined, 'x\n'), { code: 'NO_STDIN' });
});

test('Node: process.stdin waits; what nobody reads is refused when the pipe is full', async (t) => {
  const bench = await Bench.open(t);
  const file = bench.file('in.cjs', `process.stdin.setEncoding('utf8').on('data', (d) => console.log('got', d.length)).on('end', () => console.log('the end')); console.log('up');`);
  const p = await bench.up({ name: 'node', script: file });
  await bench.said(p, /up/);
  await writeStdin('node', p.stdin, `${'x'.repeat(99)}\n`);
  await bench.said(p, /got 100\n/);
  assert.doesNotMatch(bench.log(p), /the end/);

  const deaf = await bench.up({ name: 'deaf', script: bench.sh('deaf.sh', 'exec sleep 1000'), interpreter: 'none' });
  await assert.rejects(writeStdin('deaf', deaf.stdin, 'y'.repeat(200_000)), /deaf.*does not read: \d+ of 200000/);
});

test('a FIFO that a grandchild still holds is not given to another run', async (t) => {
  const bench = await Bench.open(t);
  const p = await bench.up({ name: 'parent', script: bench.sh('parent.sh', 'exec 5<&0', 'setsid sleep 1000 <&5 >/dev/null 2>&1 &', 'exec sleep 1000'), interpreter: 'none', treekill: false });
  const held = p.stdin;
  assert.ok(held !== undefined && fs.existsSync(held));
  // Not before the grandchild is there.
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  await bench.supervisor.stop([p.id]);
  assert.equal(fs.existsSync(held), false);
});

test('a worker of a cluster has none', async (t) => {
  const bench = await Bench.open(t);
  const spec = { ...bench.spec({ name: 'w', script: bench.sh('w.sh', 'exec sleep 1000'), interpreter: 'none' }), exec_mode: 'cluster' as const };
  assert.equal((await bench.up(spec)).stdin, undefined);
});
