import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childTopic, daemonLogTopic, exceptionTopic, killTopic, logTopic, processEvent } from '../../src/compat/bus.js';
import { parseChildMessage } from '../../src/compat/child.js';
import { pm2Calls, type CompatPort } from '../../src/compat/methods.js';
import { pm2Record } from '../../src/compat/record.js';
import { MgrError } from '../../src/base/errors.js';
import type { AppSpec } from '../../src/config/spec.js';
import type { ProcessDetail } from '../../src/protocol/views.js';

const spec: AppSpec = {
  name: 'api', namespace: 'default', script: 'app.js', exec_path: '/srv/app.js', cwd: '/srv', args: ['-p', '1'], interpreter: '/usr/bin/node', interpreter_args: [],
  exec_mode: 'fork', instances: 1, env: { inherited: { PATH: '/bin', A: 'shell', status: 'a variable' }, declared: { A: 'file' } }, filter_env: false, username: 'me',
  autostart: true, autorestart: true, stop_exit_codes: [], min_uptime: 1000, max_restarts: 16, restart_delay: 0, exp_backoff_restart_delay: 0, max_memory_restart: 0,
  kill_timeout: 1600, kill_signal: 'SIGINT', treekill: true, shutdown_with_message: false, wait_ready: false, listen_timeout: 3000, merge_logs: false, disable_logs: false,
  log_type: 'raw', log_date_format: '', instance_var: 'NODE_APP_INSTANCE', watch: false, ignore_watch: [], watch_delay: 0, vizion: true, automation: true, pmx: true,
  source_map_support: true, extra: { post_update: ['x'] },
};
const detail = (over: Partial<ProcessDetail> = {}): ProcessDetail => ({
  id: 3, name: 'api', namespace: 'default', mode: 'fork', pid: 77, status: 'online', restarts: 2, unstable: 1, startedAt: 5000, cpu: 1.5, memory: 4096, user: 'me', watching: false,
  spec, instance: 0, uniqueId: 'u-1', createdAt: 1000, outPath: '/l/api-out.log', errPath: '/l/api-error.log', pidPath: '/p/api-3.pid',
  // oxlint-disable-next-line unicorn/no-thenable -- what followed the exit, in our own record
  exits: [{ at: 1, pid: 5, ran: 10, code: 1, then: 'restarted' }, { at: 2, pid: 6, ran: 10, code: 9, then: 'restarted' }], stderrTail: [], actions: [{ action_name: 'go' }], metrics: { m: { value: 1 } }, options: {}, ...over,
});

test('a record has the keys that modules and scripts read', () => {
  const r = pm2Record(detail());
  assert.deepEqual(Object.keys(r), ['pid', 'name', 'pm2_env', 'pm_id', 'monit']);
  assert.deepEqual(r.monit, { memory: 4096, cpu: 1.5 });
  const env = r.pm2_env;
  const expected = {
    name: 'api', namespace: 'default', status: 'online', pm_id: 3, pm_exec_path: '/srv/app.js', pm_cwd: '/srv', exec_mode: 'fork_mode', exec_interpreter: 'node',
    pm_out_log_path: '/l/api-out.log', pm_err_log_path: '/l/api-error.log', pm_pid_path: '/p/api-3.pid', pm_uptime: 5000, created_at: 1000, restart_time: 2, unstable_restarts: 1,
    NODE_APP_INSTANCE: 0, unique_id: 'u-1', version: 'N/A', exit_code: 9, A: 'file', PATH: '/bin', watch: false, instances: 1, username: 'me',
  };
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(env[key], value, key);
  assert.deepEqual(env['env'], { PATH: '/bin', A: 'file', status: 'a variable', unique_id: 'u-1' });
  for (const key of ['axm_actions', 'axm_monitor', 'axm_options', 'axm_dynamic']) assert.equal(typeof env[key], 'object', key);
  for (const key of ['pm_log_path', 'pmx_module', 'cron_restart', 'uid']) assert.equal(key in env, false, key);
  const module = pm2Record(detail({ spec: { ...spec, module: 'm', exec_mode: 'cluster' } })).pm2_env;
  assert.deepEqual([module['pmx_module'], module['exec_mode'], module['_pm2_version']], [true, 'cluster_mode', '7.0.4']);
  assert.deepEqual(JSON.parse(JSON.stringify(r)), r, 'nothing that JSON would change');
});

test('what a child says', () => {
  const table: [unknown, unknown][] = [
    ['ready', { kind: 'ready' }],
    [{ node_version: '20.1.0' }, { kind: 'nodeVersion', version: '20.1.0' }],
    [{ type: 'axm:monitor', data: { a: { value: 1 }, b: 2 } }, { kind: 'monitor', data: { a: { value: 1 }, b: 2 } }],
    [{ type: 'axm:action', data: { action_name: 'go', arity: 0 } }, { kind: 'action', action: { action_name: 'go', arity: 0 } }],
    [{ type: 'axm:option:configuration', data: { isModule: true } }, { kind: 'options', data: { isModule: true } }],
    [{ type: 'process:msg', data: { x: 1 } }, { kind: 'publish', topic: 'process:msg', data: { x: 1 } }],
    [{ type: 'my:topic', data: 1 }, { kind: 'publish', topic: 'my:topic', data: 1 }],
    [{ type: 'my:topic' }, { kind: 'publish', topic: 'process:msg', raw: { type: 'my:topic' } }],
    [{ type: 'my:topic', data: 0 }, { kind: 'publish', topic: 'process:msg', raw: { type: 'my:topic', data: 0 } }],
    ['hello', { kind: 'publish', topic: 'process:msg', raw: 'hello' }],
    [null, { kind: 'publish', topic: 'process:msg', raw: null }],
    [[1], { kind: 'publish', topic: 'process:msg', raw: [1] }],
  ];
  for (const [message, effect] of table) assert.deepEqual(parseChildMessage(message), effect);
  const big = 'x'.repeat(2_000_000);
  let deep: unknown = 1;
  for (let i = 0; i < 5000; i++) deep = [deep];
  const refused = [
    { type: 'process:event', data: { event: 'exit' } }, { type: 'pm2:kill', data: 1 }, { type: 'log:out', data: 'forged' }, { type: 'axm:monitor', data: 'x' },
    { type: 'axm:action', data: { name: 'x' } }, { type: 'axm:action', data: { action_name: 'x', opts: big } }, { type: 'x', data: big }, { x: big }, { type: big, data: 1 }, deep, { type: 'x', data: deep },
  ];
  for (const message of refused) assert.equal(parseChildMessage(message).kind, 'nothing');
  const many = parseChildMessage({ type: 'axm:monitor', data: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`m${i}`, i])) });
  assert.ok(many.kind === 'monitor' && Object.keys(many.data).length === 500);
  const proto = parseChildMessage(JSON.parse('{"type":"axm:option:configuration","data":{"__proto__":{"x":1},"ok":1}}'));
  assert.ok(proto.kind === 'options');
  assert.deepEqual(Object.keys(proto.data), ['ok']);
});

test('topics and payloads', () => {
  const p = { id: 3, name: 'api', namespace: 'default' };
  const process = { pm_id: 3, name: 'api', rev: null, namespace: 'default' };
  assert.deepEqual(logTopic('out', p, 9, 'x\n').payload(), { process, at: 9, data: 'x\n' });
  assert.deepEqual(exceptionTopic(p, 9, { message: 'm' }).payload(), { at: 9, data: { message: 'm' }, process });
  const event = processEvent('exit', false, 9, () => pm2Record(detail()));
  const payload = event.payload() as { event: string; manually: boolean; at: number; process: Record<string, unknown> };
  assert.deepEqual([event.topic, payload.event, payload.manually, payload.at, payload.process['name'], 'env' in payload.process], ['process:event', 'exit', false, 9, 'api', false]);
  assert.deepEqual([payload.process['status'], daemonLogTopic(9, 'x').payload()], ['stopped', { process: { pm_id: 'PM2', name: 'PM2', rev: null }, at: 9, data: 'x\n' }]);
  const topic = (message: unknown): unknown => {
    const t = childTopic(parseChildMessage(message), p, 9);
    return t && [t.topic, t.payload()];
  };
  assert.deepEqual(topic({ type: 'process:msg', data: { a: 1 } }), ['process:msg', { at: 9, data: { a: 1 }, process }]);
  assert.deepEqual(topic('ready'), ['process:msg', { at: 9, raw: 'ready', process }]);
  assert.deepEqual(topic({ any: 1 }), ['process:msg', { at: 9, raw: { any: 1 }, process }]);
  assert.equal(topic({ type: 'axm:monitor', data: {} }), undefined);
  assert.deepEqual(killTopic('bye').payload(), { status: 'killed', msg: 'bye' });
});

test('PM2 calls', async () => {
  const done: unknown[] = [];
  const note = (...what: unknown[]): Promise<void> => { done.push(what); return Promise.resolve(); };
  const port: CompatPort = {
    list: () => Promise.resolve([pm2Record(detail()), pm2Record(detail({ id: 4, name: 'other', status: 'stopped', pid: 0 }))]),
    place: { execPath: process.execPath, version: process.versions.node, logs: '/h/logs', pids: '/h/pids' },
    start: (id) => note('start', id), stop: (id) => note('stop', id), remove: (id) => note('remove', id), reset: (id) => note('reset', id),
    restart: (id, change) => note('restart', id, change?.(spec).env.inherited), reload: (id, change) => note('reload', id, change?.(spec).max_memory_restart),
    launch: async (made) => { await note('launch', made.name, made.exec_path); return [3, 4]; }, duplicate: async (id) => { await note('duplicate', id); return 4; },
    watch: (id, on) => { done.push(['watch', id, on]); }, write: (id, text) => note('write', id, text), kill: (client) => { done.push(['kill', client]); }, profile: (...a) => note('profile', ...a),
    signal: (id, s) => (s === 'SIGBAD' ? Promise.reject(new MgrError('BAD_USAGE', { reason: 'no such signal' })) : note('signal', id, s)), send: (id, m) => note('send', id, m),
    reopenLogs: () => { done.push(['reopen']); }, notify: (...a) => { done.push(['notify', ...a]); }, report: () => ({ user: 'me' }),
  };
  const call = (body: unknown): Promise<Record<string, unknown>> => new Promise((resolve) => { pm2Calls(port)(body, (a) => resolve(a as Record<string, unknown>)); });
  const ask = async (method: string, ...args: unknown[]): Promise<unknown> => {
    const a = await call({ type: 'call', method, args });
    return 'error' in a ? a['error'] : (a['args'] as unknown[])[0];
  };
  assert.deepEqual(await ask('ping', {}), { msg: 'pong' });
  assert.equal(await ask('getVersion', {}), '7.0.4');
  assert.deepEqual((await ask('getMonitorData', {}) as { pm_id: number }[]).map((r) => r.pm_id), [3, 4]);
  assert.equal((await ask('getReport', {}) as Record<string, unknown>)['user'], 'me');
  const stopped = await ask('stopProcessId', { id: 3 }) as Record<string, unknown>;
  assert.deepEqual([stopped['pm_id'], stopped['name']], [3, 'api']);
  await ask('restartProcessId', { id: '3', env: { A: 'b', current_conf: { x: 1 } } });
  await ask('reloadProcessId', { id: 3, env: { current_conf: { max_memory_restart: '1M', merge_logs: true, instance_var: 'X' } } });
  await ask('startProcessId', 4);
  assert.deepEqual((await ask('prepare', { pm_exec_path: import.meta.filename, name: 'p', env: {} }) as { process: { pid: number } }[]).map((p) => p.process.pid), [77, 0]);
  assert.equal((await ask('duplicateProcessId', 3) as { pm_id: number }).pm_id, 4);
  assert.deepEqual(await ask('sendLineToStdin', { pm_id: '3', line: 'x\n' }), { pm_id: '3', line: 'x\n' });
  assert.deepEqual(await ask('toggleWatch', 'restartProcessId', { id: 3 }), { success: true });
  assert.deepEqual(await ask('startWatch', 'restartProcessId', 3), { success: true });
  assert.deepEqual(await ask('stopWatch', 'stopProcessId', 3), { success: true });
  assert.deepEqual(await ask('profileCPU', { pwd: '/p/x', timeout: 5 }), { file: '/p/x' });
  assert.match(String(await ask('profileMEM', { pwd: 'x' })), /absolute/);
  assert.equal(pm2Calls(port)({ type: 'call', method: 'killMe', args: [{ pid: 4711 }] }, () => assert.fail('answered')), 'silent');
  await ask('deleteProcessId', 4);
  await ask('resetMetaProcessId', 3);
  await ask('sendSignalToProcessId', { process_id: 3, signal: 'SIGUSR1' });
  await ask('sendSignalToProcessName', { process_name: 'api', signal: 'SIGUSR1' });
  const packet = { id: 3, type: 'process:msg', topic: true, data: { some: 'data' } };
  assert.deepEqual(await ask('sendDataToProcessId', packet), { success: true, data: packet });
  assert.deepEqual(await ask('msgProcess', { name: 'api', msg: 'go' }), { process_count: 1, success: true });
  assert.deepEqual(await ask('msgProcess', { name: 'api', msg: 'unknown action' }), { process_count: 0, success: true });
  await new Promise((resolve) => { setTimeout(resolve, 40); });
  assert.deepEqual(await ask('reloadLogs', {}), {});
  await ask('notifyByProcessId', { id: 3, action_name: 'graceful reload', manually: true });
  await ask('notifyByProcessId', { id: 3, action_name: 'restart', manually: true });
  assert.deepEqual(done, [
    ['stop', 3], ['restart', 3, { ...spec.env.inherited, A: 'b' }], ['reload', 3, 1024 ** 2], ['start', 4], ['launch', 'p', import.meta.filename], ['duplicate', 3], ['write', 3, 'x\n'], ['watch', 3, undefined], ['watch', 3, true], ['profile', 'cpu', '/p/x', 5], ['kill', 4711], ['remove', 4], ['reset', 3], ['signal', 3, 'SIGUSR1'], ['signal', 3, 'SIGUSR1'], ['send', 3, packet], ['send', 3, 'go'], ['reopen'], ['notify', 3, 'graceful reload', true],
  ]);
  assert.equal(await ask('nonsense', {}), 'method "nonsense" does not exist');
  assert.equal(await ask('__proto__', {}), 'method "__proto__" does not exist');
  assert.equal(await ask('stopProcessId', 99), '99 : id unknown');
  assert.equal(await ask('sendSignalToProcessId', { process_id: 3, signal: 'SIGBAD' }), 'no such signal');
  assert.equal(await ask('sendDataToProcessId', { id: 3 }), 'ID, DATA or TOPIC field is missing');
  assert.deepEqual(await call({ type: 'call' }), { error: '.method required' });
  assert.deepEqual(await call({ type: 'call', method: 'ping' }), { error: '.args required' });
  assert.deepEqual(await call(null), { error: '.method required' });
  const { methods } = await call({ type: 'methods' }) as { methods: Record<string, { name: string }> };
  assert.equal(methods['ping']?.name, 'ping');
});
