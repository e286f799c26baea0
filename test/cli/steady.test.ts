import assert from 'node:assert/strict';
import test from 'node:test';
import { MgrError } from '../../src/base/errors.js';
import { steady } from '../../src/cli/steady.js';
import type { Caller } from '../../src/cli/world.js';
import type { MethodName } from '../../src/protocol/contract.js';
import { daemonView, rig, view } from './rig.js';

const listed = { processes: [view()], daemon: daemonView };

/** Answers with these errors, one a call, then as it should. */
function failing<T>(answer: T, ...errors: readonly MgrError[]): () => T {
  let n = 0;
  return () => {
    const e = errors[n++];
    if (e) throw e;
    return answer;
  };
}
const lost = (data = {}): MgrError => new MgrError('CONNECTION_LOST', data);

test('what only asks is asked again when the connection is lost', async () => {
  for (const [argv, answers] of [
    [['list'], { 'process.list': failing(listed, lost(), lost()) }],
    [['jlist'], { 'process.jlist': failing({ tag: 't', text: '[]' }, lost()) }],
    [['pid', 'api'], { 'process.list': failing(listed, lost()) }],
    [['env', 'api'], { 'process.list': listed, 'process.env': failing({ A: '1' }, lost()) }],
    [['describe', 'api'], { 'process.describe': failing([], lost()) }],
    [['get'], { 'settings.get': failing({ found: true, value: {} }, lost()) }],
    [['ping'], { 'hello': failing(daemonView, lost()) }],
    [['logs', '--nostream'], { 'logs.files': failing([], lost()) }],
  ] as const) {
    const r = rig(answers);
    assert.equal(await r.run(...argv), 0, `${argv.join(' ')}: ${r.stderr}`);
    assert.equal(r.stderr, '', argv.join(' '));
  }
});

test('what changes something is repeated only when the daemon cannot have taken it', async () => {
  const ok = [{ target: 'api', ok: true as const, value: [view()] }];
  const gone = rig({ 'process.stop': failing(ok, lost({ method: 'process.stop' })) });
  assert.equal(await gone.run('stop', 'api'), 1);
  assert.match(gone.stderr, /connection to the daemon was lost during process\.stop/);
  assert.equal(gone.asked.filter((a) => a.method === 'process.stop').length, 1);
  for (const refusal of [new MgrError('DAEMON_ENDING'), lost({ unsent: true })]) {
    const r = rig({ 'process.list': listed, 'process.stop': failing(ok, refusal) });
    assert.equal(await r.run('stop', 'api'), 0, r.stderr);
    assert.equal(r.asked.filter((a) => a.method === 'process.stop').length, 2);
  }
});

test('the repeating ends with the deadline of the call, and goes over lost attempts to connect', async () => {
  let opened = 0;
  const caller = (answer: () => unknown): Caller => ({ call: async (_m: MethodName) => answer() as never, close() {} });
  const never = await steady(async () => caller(() => { throw lost(); }), async () => {});
  await assert.rejects(never.call('process.list', {}, { deadline: 60 }), { code: 'CONNECTION_LOST' });
  const late = await steady(async () => {
    opened++;
    if (opened === 2) throw lost();
    return caller(() => { if (opened < 3) throw new MgrError('DAEMON_ENDING'); return {}; });
  }, async () => {});
  assert.deepEqual(await late.call('logs.reopen', {}), {});
  assert.equal(opened, 3);
  const stranger = await steady(async () => caller(() => { throw new MgrError('NOT_FOUND', { target: 'x' }); }), async () => {});
  await assert.rejects(stranger.call('process.describe', { target: 'x' }), { code: 'NOT_FOUND' });
});

test('update: another one at the same moment is no failure', async () => {
  const ended = new MgrError('DAEMON_ENDING');
  for (const answers of [
    { 'hello': failing(daemonView, lost()), 'daemon.handover': { pid: 1 } },
    { 'daemon.handover': failing({ pid: 1 }, lost()) },
    { 'daemon.handover': failing({ pid: 1 }, ended) },
  ]) {
    const r = rig(answers);
    assert.equal(await r.run('update'), 0, r.stderr);
    assert.match(r.stdout, /^the daemon was replaced: /);
  }
  const fresh = rig({ 'hello': { ...daemonView, startedAt: 2_000_000 } });
  assert.equal(await fresh.run('update'), 0);
  assert.match(fresh.stdout, /^the daemon was just replaced by another command: it is /);
  assert.deepEqual(fresh.asked.filter((a) => a.method === 'daemon.handover'), []);
});
