import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { SavedApps } from '../../src/daemon/saved.js';

test('a dump that a PM2 client wrote: apps from its records, what is broken left out by name', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'msaved-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const file = path.join(dir, 'dump.pm2');
  const script = path.join(dir, 'app.js');
  fs.writeFileSync(script, '');
  const left: string[] = [];
  const saved = new SavedApps(file, { execPath: process.execPath, version: process.versions.node, logs: path.join(dir, 'logs'), pids: path.join(dir, 'pids') }, (text) => left.push(text));
  assert.equal(await saved.read(), undefined);
  const env = { PATH: '/bin', A: '1', unique_id: 'u', PM2_USAGE: 'CLI', api: {}, N: 2 };
  const record = {
    name: 'api', namespace: 'web', pm_exec_path: script, pm_cwd: dir, args: ['x'], node_args: ['--stack-size=900'], exec_interpreter: 'node', exec_mode: 'fork_mode', merge_logs: true, status: 'online',
    env, ...env, user: 'a variable', log: 'another', max_memory_restart: 1024, watch: false, autorestart: false, axm_monitor: {}, restart_time: 4,
    pm_out_log_path: path.join(dir, 'logs/api-out.log'), pm_err_log_path: path.join(dir, 'else.log'), pm_pid_path: path.join(dir, 'pids/api-0.pid'),
  };
  const twin = { ...record, name: 'twin', merge_logs: undefined, exec_mode: 'cluster_mode', status: 'stopped', pm_out_log_path: path.join(dir, 'logs/twin-out-7.log'), pm_err_log_path: path.join(dir, 'else-7.log') };
  fs.writeFileSync(file, JSON.stringify([record, twin, { name: 'gone', pm_exec_path: path.join(dir, 'gone.js') }, { name: 'no script' }, 5]));
  const [api, second, ...more] = await saved.read() ?? [];
  assert.deepEqual(more, []);
  assert.ok(api && second);
  assert.deepEqual([api.name, api.namespace, api.exec_path, api.args, api.interpreter_args, api.interpreter, api.exec_mode, api.autorestart, api.autostart, api.max_memory_restart], ['api', 'web', script, ['x'], ['--stack-size=900'], process.execPath, 'fork', false, true, 1024]);
  assert.deepEqual([api.out_file, api.error_file, api.pid_file, api.log_file, api.uid], [undefined, path.join(dir, 'else.log'), undefined, undefined, undefined]);
  assert.deepEqual(api.env.inherited, { PATH: '/bin', A: '1', N: '2' });
  assert.deepEqual([second.exec_mode, second.autostart, second.merge_logs, second.out_file, second.error_file], ['cluster', false, false, undefined, path.join(dir, 'else.log')]);
  assert.deepEqual([left.length, /gone.*gone\.js does not exist/.test(left[0] ?? ''), /no script/.test(left[1] ?? '')], [2, true, true]);
  // Our own keeps the declaration as it is.
  await saved.write([{ record, spec: api }]);
  assert.deepEqual(await saved.read(), [api]);
  await saved.write([{ record: { ...record, pm_id: 4 }, spec: api }]);
  assert.deepEqual(await saved.read(), [{ ...api, id: 4 }]);
});
