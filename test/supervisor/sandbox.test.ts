import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Right } from '../../src/config/permissions.js';
import type { AppSpec } from '../../src/config/spec.js';
import { commandOf } from '../../src/supervisor/launch/command.js';
import { dropsNetwork, guardEnv, sandboxArgs } from '../../src/supervisor/launch/sandbox.js';

const app = (node: string, rights: readonly Right[] = []): AppSpec => ({ interpreter: '/opt/node', guard: { rights, sandbox: { read: ['/m'], write: ['/d'], node } } }) as unknown as AppSpec;
const ours = { preload: '/p/dist/preload.cjs', note: '/h/run/note-1' };
const files = ['--allow-fs-read=/p/dist', '--allow-fs-read=/p/package.json', '--allow-fs-read=/m', '--allow-fs-write=/h/run/note-1', '--allow-fs-write=/d'];

test('options of Node by its version and by what is declared', () => {
  assert.deepEqual(sandboxArgs({ interpreter: '/opt/node' } as AppSpec, ours), []);
  assert.deepEqual(sandboxArgs({ interpreter: '/opt/node', guard: { rights: ['read'] } } as unknown as AppSpec, ours), []);
  assert.deepEqual(sandboxArgs(app('20.19.0'), ours), ['--experimental-permission', ...files]);
  assert.deepEqual(sandboxArgs(app('24.1.0', ['programs', 'workers', 'native', 'network']), ours), ['--permission', ...files, '--allow-child-process', '--allow-worker', '--allow-addons']);
  assert.deepEqual(sandboxArgs(app('26.0.0'), ours), ['--permission', ...files, '--allow-net']);
  // The daemon's own Node may be newer than the one that installed.
  const now = Number.parseInt(process.versions.node, 10) < 24 ? '--experimental-permission' : '--permission';
  assert.equal(sandboxArgs({ ...app('99.0.0'), interpreter: process.execPath }, ours)[0], now);
});

test('connections are given back where Node knows of them and nothing needs one', () => {
  assert.deepEqual([dropsNetwork(app('26.0.0')), dropsNetwork(app('24.0.0')), dropsNetwork(app('26.0.0', ['network'])), dropsNetwork(app('26.0.0', ['read'])), dropsNetwork(app('26.0.0', ['programs']))], [true, false, false, false, true]);
});

test('variables lead to the door, and no module loosens its sandbox by them', () => {
  const env: Record<string, string> = { PM2_HOME: '/h', MGR_DOOR: 'mine', PM2_DAEMON_RPC_PORT: '/h/rpc.sock', NODE_OPTIONS: '--allow-fs-read=*', LD_PRELOAD: '/m/x.so', OPENSSL_CONF: '/m/ssl.cnf' };
  guardEnv({ rights: [], sandbox: { read: [], write: [], node: '26.0.0' } }, env, '/h/m/x', {}, true);
  assert.deepEqual(env, { PM2_HOME: '/h/m/x', MGR_DOOR: '/h/m/x', MGR_DROP: 'net' });
  const own: Record<string, string> = { NODE_OPTIONS: '--max-old-space-size=50' };
  guardEnv({ rights: [] }, own, '/h/m/x', {}, false);
  assert.equal(own['NODE_OPTIONS'], '--max-old-space-size=50');
  guardEnv({ rights: [], sandbox: { read: [], write: [], node: '26.0.0' } }, own, '/h/m/x', { NODE_OPTIONS: '--no-warnings', LD_PRELOAD: '/usr/lib/ours.so' }, false);
  assert.deepEqual([own['NODE_OPTIONS'], own['LD_PRELOAD']], ['--no-warnings', '/usr/lib/ours.so']);
});

test('nothing a module has a say in stands before its sandbox', () => {
  const spec = { ...app('24.1.0'), interpreter_args: ['evil.js'], exec_path: '/m/app.js', args: ['--x'] } as unknown as AppSpec;
  const { args } = commandOf(spec, ours.preload, false, ours.note);
  assert.ok(args.indexOf('--permission') === 0 && args.indexOf(ours.preload) < args.indexOf('evil.js'), args.join(' '));
  const free = commandOf({ ...spec, guard: undefined } as unknown as AppSpec, '/p', false).args;
  assert.deepEqual(free, ['evil.js', '--require', '/p', '/m/app.js', '--x']);
});
