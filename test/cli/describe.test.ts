// What `mgr describe` says, on a terminal and in a pipe.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { AppSpec } from '../../src/config/spec.js';
import type { ExitRecord, ProcessDetail } from '../../src/protocol/views.js';
import { renderDescribe } from '../../src/cli/render/describe.js';
import { width } from '../../src/cli/width.js';
import { rig, view } from './rig.js';

const NOW = Date.UTC(2026, 2, 4, 12, 0, 0);
const spec = {
  name: 'api', namespace: 'default', exec_path: '/srv/app.js', args: ['--port', '1'], interpreter: '/usr/bin/node', interpreter_args: [], cwd: '/srv', instances: 2, autorestart: true,
  max_restarts: 16, min_uptime: 1000, restart_delay: 0, exp_backoff_restart_delay: 0, max_memory_restart: 0, watch: false, shutdown_with_message: false, kill_signal: 'SIGINT', kill_timeout: 1600,
  wait_ready: false, listen_timeout: 3000, env: { inherited: {}, declared: { GREETING: 'hello' } },
} as unknown as AppSpec;
const exit = (ago: number, over: Partial<ExitRecord> = {}): ExitRecord => ({ at: NOW - ago, pid: 70, ran: 50, code: 1, then: 'restarted', ...over });
function detail(over: Partial<ProcessDetail> = {}): ProcessDetail {
  return { ...view(), spec, instance: 0, uniqueId: 'u-1', createdAt: NOW, outPath: `/h/logs/api-out-${over.id ?? 0}.log`, pidPath: `/h/pids/api-${over.id ?? 0}.pid`, exits: [], stderrTail: [], actions: [{ action_name: 'gc' }], metrics: {}, options: {}, ...over };
}
const look = { colour: false, now: NOW };

test('one program: why first, then what it is', () => {
  const text = renderDescribe([detail({ pid: 0, status: 'errored', note: 'it ended 16 times', exits: [exit(48 * 3_600_000), exit(5000, { signal: 'SIGSEGV', then: 'gave up' })], stderrTail: ['boom'] })], look);
  assert.match(text, /^api \(0\) {2}errored\n\n {2}why +it ended 16 times\n {2}last exit {2}signal SIGSEGV 5s ago, after 50 ms: gave up\n/);
  for (const line of ['  arguments    --port 1', '  unique id    u-1', 'Last lines of stderr\n  boom', '  GREETING  hello', '  mgr trigger api gc']) assert.ok(text.includes(line), line);
  // The day of an exit is said when it is another one.
  assert.match(text, /\n {2}\d\d:\d\d:\d\d {2}pid 70 {2}signal SIGSEGV after 50 ms {2}-> gave up\n {2}2026-03-0[12] \d\d:/);
  assert.doesNotMatch(text, /pid +0/);
});

test('an app of several processes is one text: a line each, the program once, who failed last', () => {
  const text = renderDescribe([detail(), detail({ id: 1, pid: 0, status: 'stopped', note: 'exit code 3 is in stop_exit_codes', exits: [exit(100)], stderrTail: ['of one'] }), detail({ id: 7, name: 'db' })], look);
  assert.match(text, /^api {2}2 processes\n\n {2}id {2}pid {2}status +uptime .*\n {2}0 +77 +online .*\n {2}1 +0 +stopped .*\n {2}1: exit code 3 is in stop_exit_codes\n/);
  assert.equal(text.match(/\nProgram\n/g)?.length, 2, 'api and db');
  for (const line of ['out log 0 ', 'out log 1 ', 'Last lines of stderr of 1\n  of one', '\n\ndb (7)  online']) assert.ok(text.includes(line), line);
});

for (const columns of [80, 60]) {
  test(`${columns} columns: long values go on below their beginning, nothing is lost`, () => {
    const long = `/srv/${'a-very-long-folder-name/'.repeat(6)}out.log`;
    const text = renderDescribe([detail({ outPath: long, note: 'word '.repeat(40).trim() })], { ...look, columns });
    for (const line of text.split('\n')) assert.ok(width(line) < columns, line);
    assert.ok(text.replace(/\n\s+/g, '').includes(long));
  });
}

test('a pipe breaks nothing', async () => {
  const note = 'word '.repeat(60).trim();
  const r = rig({ 'process.describe': [detail({ note })] });
  assert.equal(await r.run('describe', 'api'), 0);
  assert.ok(r.stdout.includes(`why       ${note}\n`));
});
