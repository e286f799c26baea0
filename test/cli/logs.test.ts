import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { missed, seam } from '../../src/cli/seam.js';
import { selectionOf } from '../../src/cli/selection.js';
import { lineMaker, stamp } from '../../src/cli/render/log-line.js';
import type { LogFile } from '../../src/protocol/views.js';
import type { Pushed } from '../../src/cli/world.js';
import { rig } from './rig.js';
import type { Rig, RigOptions } from './rig.js';

const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'mgr-logs-'));
test.after(() => fs.rm(dir, { recursive: true, force: true }));

const file = (id: number, name: string, stream: 'out' | 'err'): LogFile => ({ id, name, namespace: 'default', stream, path: path.join(dir, `${name}-${stream}.log`), type: 'raw', date: '' });
const FILES = [file(0, 'api', 'out'), file(0, 'api', 'err'), file(1, 'worker', 'out')];
const lines = (name: string, n: number): string => Array.from({ length: n }, (_, i) => `${name} ${i + 1}\n`).join('');

async function write(): Promise<void> {
  for (const [i, f] of FILES.entries()) {
    await fs.writeFile(f.path, lines(`${f.name}-${f.stream}`, 30));
    // The order of the files is the order they were written in.
    await fs.utimes(f.path, 1000 + i, 1000 + i);
  }
}

function logRig(o: RigOptions = {}): Rig {
  return rig({ 'logs.files': ({ targets }) => FILES.filter((f) => targets.includes('all') || targets.includes(f.name)) }, o);
}

const pushed = (text: string, o: { id?: number; name?: string; stream?: 'out' | 'err'; at?: number } = {}): Pushed =>
  ({ event: 'log', payload: { id: o.id ?? 0, name: o.name ?? 'api', namespace: 'default', stream: o.stream ?? 'out', at: o.at ?? 2_000_000, data: text } });

async function show(...argv: string[]): Promise<string> {
  await write();
  const r = logRig();
  assert.equal(await r.run('logs', '--nostream', ...argv), 0);
  assert.equal(r.stderr, '');
  assert.deepEqual(r.subscriptions, []);
  return r.stdout;
}

test('the last lines of each file, in the order the files were written', async () => {
  assert.equal(await show('--lines', '2'), '0|api | api-out 29\n0|api | api-out 30\n0|api | api-err 29\n0|api | api-err 30\n1|worker | worker-out 29\n1|worker | worker-out 30\n');
  assert.equal((await show('api')).split('\n').length - 1, 30);
  assert.equal(await show('--lines', '0'), '');
});

test('--err, --out, --raw, --grep, --format, --json', async () => {
  assert.equal(await show('--lines', '1', '--err'), '0|api | api-err 30\n');
  assert.equal(await show('--lines', '1', '--out', '--raw', 'api'), 'api-out 30\n');
  assert.equal(await show('--lines', '2', '--grep', '^worker.*5$', '--raw'), 'worker-out 15\nworker-out 25\n');
  assert.equal(await show('--lines', '1', '--err', '--format'), 'app=api id=0 type=error message=api-err 30\n');
  assert.deepEqual(JSON.parse(await show('--lines', '1', '--err', '--json')), { message: 'api-err 30', type: 'err', process_id: 0, app_name: 'api' });
});

test('--since takes lines by their own date', async () => {
  await write();
  await fs.writeFile(file(0, 'api', 'out').path, ['2026-01-01T10:00:00.000Z: old', 'its second line', '2026-01-01T10:09:00.000Z: new', 'its second line'].join('\n') + '\n');
  const r = logRig({ clock: () => Date.parse('2026-01-01T10:10:00.000Z') });
  assert.equal(await r.run('logs', 'api', '--out', '--nostream', '--since', '5m', '--raw'), 0);
  assert.equal(r.stdout, '2026-01-01T10:09:00.000Z: new\nits second line\n');
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => { setImmediate(resolve); });
}

test('following: what was pushed while the file was read is shown once, later lines at once, Ctrl-C is status 0', async () => {
  await write();
  const r = logRig({ clock: () => 1_000_000 });
  const run = r.run('logs', 'api', '--lines', '2', '--out', '--raw');
  await r.following;
  // In the file already, and pushed as well; then one that came after.
  r.push(pushed('api-out 29\napi-out 30\n', { at: 900_000 }));
  r.push(pushed('api-out 31\n', { at: 1_000_100 }));
  await until(() => r.stdout.includes('31'));
  r.push(pushed('api-out 31\n', { at: 1_000_200 }));
  r.push(pushed('not asked for\n', { stream: 'err' }));
  assert.equal(r.stdout, 'api-out 29\napi-out 30\napi-out 31\napi-out 31\n');
  assert.deepEqual(r.subscriptions, [{ events: ['log'], names: ['api'] }]);
  r.interrupt();
  assert.equal(await run, 0);
});

test('following all asks for every id, and --json for the events of processes too', async () => {
  await write();
  const r = logRig();
  const run = r.run('logs', '--json', '--lines', '0');
  await r.following;
  r.push({ event: 'process', payload: { event: 'restart', id: 0, name: 'api', namespace: 'default', at: 0, manually: true } });
  r.push(pushed('x\n', { at: 5_000 }));
  await until(() => r.stdout.includes('"x"'));
  assert.deepEqual(r.subscriptions, [{ events: ['log', 'process'] }]);
  const [event, line] = r.stdout.trim().split('\n').map((l) => JSON.parse(l) as Record<string, unknown>);
  assert.deepEqual(event, { timestamp: '1970-01-01T00:00:00.000Z', type: 'process_event', status: 'restart', app_name: 'api' });
  assert.deepEqual(line, { message: 'x', timestamp: '1970-01-01T00:00:05.000Z', type: 'out', process_id: 0, app_name: 'api' });
  r.interrupt();
  assert.equal(await run, 0);
});

test('a daemon that dies: what was written meanwhile is shown, nothing twice, and stderr says so', async () => {
  await write();
  const r = logRig({ clock: () => 1_000_000 });
  const run = r.run('logs', 'api', '--out', '--lines', '1', '--raw');
  await r.following;
  r.push(pushed('api-out 31\n', { at: 1_000_001 }));
  await until(() => r.stdout.endsWith('31\n'));
  await fs.appendFile(file(0, 'api', 'out').path, 'api-out 31\napi-out 32\napi-out 33\n');
  r.lose();
  await until(() => r.stderr.includes('following again'));
  r.push(pushed('api-out 33\napi-out 34\n', { at: 1_000_000 }));
  await until(() => r.stdout.endsWith('34\n'));
  assert.equal(r.stdout, 'api-out 30\napi-out 31\napi-out 32\napi-out 33\napi-out 34\n');
  assert.match(r.stderr, /^mgr: the daemon went away; the programs run on/);
  r.interrupt();
  assert.equal(await run, 0);
});

test('following holds to the targets, not to the ids of the beginning; a stranger is followed on over a lost daemon too', async () => {
  await write();
  const files = [...FILES];
  const r = rig({ 'logs.files': ({ targets }) => files.filter((f) => targets.includes(f.name)) }, { clock: () => 1_000_000 });
  const run = r.run('logs', 'api', '--out', '--lines', '0', '--raw');
  await r.following;
  // Deleted and started again: a new id, the same file. And a new instance with a file of its own.
  files.splice(0, 2, { ...file(5, 'api', 'out') }, { ...file(6, 'api', 'out'), path: path.join(dir, 'api-out-1.log') });
  await fs.writeFile(path.join(dir, 'api-out-1.log'), 'old\nfrom six\n');
  await fs.appendFile(file(0, 'api', 'out').path, 'from five\n');
  r.push(pushed('from five\n', { id: 5 }));
  r.push(pushed('from six\n', { id: 6 }));
  await until(() => r.stdout.includes('six'));
  await fs.appendFile(path.join(dir, 'api-out-1.log'), 'meanwhile\n');
  r.lose();
  await until(() => r.stderr.includes('following again'));
  assert.equal(r.stdout, 'from five\nfrom six\nmeanwhile\n');
  assert.deepEqual(r.subscriptions, [{ events: ['log'], names: ['api'] }, { events: ['log'], names: ['api'] }]);
  r.interrupt();
  assert.equal(await run, 0);
});

test('what a target means is decided once: name, namespace, id, pattern, or the path of a script', () => {
  const [api, , worker] = FILES;
  assert.deepEqual(selectionOf(['api', 'default', '1', '/^w/'], FILES), { names: ['api'], namespaces: ['default'], ids: [1], patterns: ['^w'] });
  assert.deepEqual(selectionOf(['/srv/worker.js'], worker ? [worker] : []), { names: ['worker'] });
  assert.deepEqual(selectionOf(['api', '/srv/worker.js'], api && worker ? [api, worker] : []), { names: ['api', 'worker'] });
});

test('lines that a slow reader misses are told of', async () => {
  await write();
  const r = logRig();
  const run = r.run('logs', 'api', '--lines', '0');
  await r.following;
  r.drop(12);
  await until(() => r.stderr !== '');
  assert.equal(r.stderr, 'mgr: 12 lines dropped, you read slower than they come; the log files have them\n');
  r.interrupt();
  assert.equal(await run, 0);
});

test('a reader that goes away ends the command quietly', async () => {
  await write();
  const r = logRig();
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
  const run = r.run('logs', 'api', '--lines', '0', '--raw');
  await r.following;
  r.breakStdout(closed);
  r.push(pushed('x\n'));
  await assert.rejects(run, closed);
});

test('the seam compares lines, not counts', () => {
  const s = seam(['a', 'b', 'b', 'c'], 100);
  assert.deepEqual(['b', 'b', 'c', 'c', 'b'].map((l) => s.fresh(l, 50)), [false, false, false, true, true]);
  const young = seam(['a'], 100);
  assert.equal(young.fresh('a', 101), true);
  const unknown = seam(['a', 'b'], 100);
  assert.deepEqual(['z', 'b'].map((l) => unknown.fresh(l, 50)), [true, false]);
});

test('what was missed is what follows the last shown lines', () => {
  assert.deepEqual(missed(['a', 'b'], ['x', 'a', 'b', 'c', 'd']), ['c', 'd']);
  assert.deepEqual(missed(['a', 'b'], ['b', 'q', 'a', 'b']), []);
  assert.equal(missed(['a', 'b'], ['q', 'r']), undefined, 'rotated: the place is not there');
  assert.deepEqual(missed([], ['q']), ['q']);
});

test('on a terminal a line keeps its colours and nothing else that a terminal obeys; --raw is as it is', () => {
  const evil = '\u001b[31mred\u001b[6n\u001b]0;title\u0007\u001b[2J\u009b5n end\ttab \u001b[8mhidden';
  const line = { id: 3, name: 'api', stream: 'out' as const, text: evil };
  assert.equal(lineMaker({ form: 'prefix', colour: false, terminal: true })(line), '3|api | red end\ttab hidden\n');
  assert.equal(lineMaker({ form: 'format', colour: true, terminal: true })(line), 'app=api id=3 type=out message=\u001b[0m\u001b[31mred end\ttab \u001b[0m\u001b[31mhidden\u001b[0m\n');
  assert.equal(lineMaker({ form: 'raw', colour: true, terminal: true })(line), `${evil}\n`);
  assert.equal(lineMaker({ form: 'prefix', colour: false, terminal: true })({ ...line, text: '10 %\r50 %\rdone\r' }), '3|api | done\n');
});

test('the prefix: colour by stream, one column on a terminal, dates and highlights', () => {
  const look = { form: 'prefix', colour: false } as const;
  const line = { id: 3, name: 'api', stream: 'err', text: 'boom', at: 0 } as const;
  assert.equal(lineMaker({ ...look, labels: ['3|api', '12|worker'] })(line), '3|api     | boom\n');
  assert.equal(lineMaker({ ...look, labels: ['1|a-name-that-goes-on-and-on-for-ever'] })({ ...line, name: 'a-name-that-goes-on-and-on' }), '3|a-name-that-goes-on-a… | boom\n');
  assert.equal(lineMaker({ ...look, colour: true, highlight: 'oo' })(line), '\u001b[31m3|api | \u001b[39mb\u001b[7moo\u001b[27mm\n');
  assert.equal(lineMaker({ ...look, date: (at) => `T${at}` })(line), '3|api | T0: boom\n');
  assert.match(stamp(0, 'YYYY-MM-DDTHH:mm:ssZZ'), /^19(70|69)-\d\d-\d\dT\d\d:00:00[+-]\d{4}$/);
});

test('a daemon that is replaced between the question for the files and the subscription costs nothing', async () => {
  await write();
  const r = logRig({ refuseFollow: 1 });
  const run = r.run('logs', 'api', '--lines', '1', '--out', '--raw');
  await until(() => r.stderr.includes('following again'));
  assert.equal(r.stdout, 'api-out 30\n');
  r.interrupt();
  assert.equal(await run, 0);
});
