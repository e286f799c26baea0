// A module's own sockets: what may be asked there, by our own calls and by PM2's.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { MgrError, isMgrError } from '../../src/base/errors.js';
import { moduleDoor } from '../../src/base/module-door.js';
import { homeAt } from '../../src/base/paths.js';
import type { Right } from '../../src/config/permissions.js';
import type { AppSpec } from '../../src/config/spec.js';
import { Doors } from '../../src/daemon/doors.js';
import { Bus } from '../../src/rpc/bus.js';
import { RpcClient } from '../../src/rpc/client.js';
import { subscribe } from '../../src/rpc/bus-client.js';
import type { Handlers } from '../../src/rpc/server.js';
import { waitFor } from '../helpers/wait.js';

let home: ReturnType<typeof homeAt>;
let bus: Bus;
let doors: Doors;
let asked: string[];
let said: string[];
const clients: { close(): void }[] = [];
const METHODS = ['hello', 'process.list', 'process.describe', 'process.metrics', 'process.start', 'process.restart', 'process.delete', 'settings.get', 'settings.set', 'module.activate', 'daemon.kill', 'later.method'];

beforeEach(async () => {
  home = homeAt(fs.mkdtempSync(path.join(os.tmpdir(), 'md-')));
  fs.mkdirSync(home.logs);
  bus = await Bus.listen(home.pubSocket);
  asked = [];
  said = [];
  const methods = Object.fromEntries(METHODS.map((m) => [m, () => { asked.push(m); return m === 'hello' ? { notices: ['a path'] } : []; }])) as unknown as Handlers;
  doors = new Doors({ home, bus, methods, say: (text) => { said.push(text); }, legacy: (body, reply) => { asked.push(JSON.stringify(body)); reply({ args: ['done'] }); } });
});
afterEach(async () => {
  for (const c of clients.splice(0)) c.close();
  await doors.close();
  await bus.close();
  fs.rmSync(home.dir, { recursive: true });
});

const guarded = (rights: readonly Right[], module = '@s/m'): AppSpec => ({ module, guard: { rights } }) as unknown as AppSpec;
const connect = async (module = '@s/m'): Promise<RpcClient> => { const c = await RpcClient.connect(path.join(moduleDoor(home.dir, module), 'rpc.sock')); clients.push(c); return c; };
const denied = (needs: string | undefined) => (e: unknown): boolean => {
  assert.ok(isMgrError(e), String(e));
  assert.deepEqual([e.code, e.data['module'], e.data['needs']], ['PERMISSION_DENIED', '@s/m', needs]);
  return true;
};

test('none: it learns who answers, and nothing else', async () => {
  await doors.open([guarded([])]);
  const c = await connect();
  assert.deepEqual(await c.call('hello', { version: '1', protocol: 1 }), { notices: [] });
  await assert.rejects(c.call('process.list', {}), denied('read'));
  await assert.rejects(c.call('process.restart', { targets: ['all'] }), denied('control'));
  await assert.rejects(c.call('daemon.kill', {}), denied(undefined));
  assert.equal(await c.pm2Call('ping', {}), 'done');
  await assert.rejects(c.pm2Call('getMonitorData', {}), /the module `@s\/m` may not call getMonitorData: its package\.json declares the permissions none; "read" in mgr\.permissions there, and an installation anew, allow it/);
  assert.deepEqual(asked.filter((a) => !a.includes('ping')), ['hello']);
  await assert.rejects(c.call('process.list', {}), denied('read'));
  assert.equal(said.filter((text) => text.includes('process.list')).length, 1, 'told once');
  const dir = moduleDoor(home.dir, '@s/m');
  assert.deepEqual([fs.statSync(dir).mode & 0o777, fs.statSync(path.join(dir, 'rpc.sock')).mode & 0o777, fs.existsSync(path.join(dir, 'logs'))], [0o700, 0o600, false]);
});

test('read: it looks, without secrets, and at its own settings only', async () => {
  await doors.open([guarded(['read'])]);
  const c = await connect();
  await c.call('process.list', {});
  await c.call('process.metrics', {});
  await c.call('settings.get', { key: '@s/m:size' });
  for (const key of ['@s/mine:size', 'other:size', 'all', '@s/m'.replace('/', '.')]) await assert.rejects(c.call('settings.get', { key }), denied(undefined));
  await assert.rejects(c.call('settings.get', {}), denied(undefined));
  await assert.rejects(c.call('process.describe', { target: 'x', secrets: true }), denied(undefined));
  await assert.rejects(c.call('process.restart', { targets: ['x'] }), denied('control'));
  await assert.rejects(c.call('settings.set', { entries: [['@s/m:size', '1']] }), denied(undefined));
  await assert.rejects(c.pm2Call('restartProcessId', { id: 1 }), /may not call restartProcessId/);
  await assert.rejects(c.call('later.method' as never, {} as never), denied(undefined));
  assert.deepEqual(asked, ['process.list', 'process.metrics', 'settings.get']);
  assert.equal(fs.readlinkSync(path.join(moduleDoor(home.dir, '@s/m'), 'logs')), home.logs);
});

test('control: it looks and restarts, but neither starts, changes nor removes anything', async () => {
  await doors.open([guarded(['control'])]);
  const c = await connect();
  await c.call('process.list', {});
  await c.call('process.restart', { targets: ['x'] });
  await assert.rejects(c.call('process.restart', { targets: ['x'], env: { NODE_OPTIONS: '--require /tmp/x.js' } }), denied(undefined));
  await assert.rejects(c.call('process.restart', { targets: ['x'], patch: { interpreter: '/bin/sh' } }), denied(undefined));
  for (const [method, params] of [['process.start', { apps: [], ifKnown: 'refuse' }], ['process.delete', { targets: ['x'] }], ['module.activate', {}]] as const) await assert.rejects(c.call(method as never, params as never), denied(undefined), method);
  // What PM2's clients send along by themselves.
  await c.pm2Call('restartProcessId', { id: 3, env: { NODE_OPTIONS: '--require /tmp/x.js' } });
  assert.deepEqual(JSON.parse(asked.at(-1) ?? ''), { type: 'call', method: 'restartProcessId', args: [{ id: 3 }] });
  for (const method of ['prepare', 'deleteProcessId', 'killMe', 'profileCPU', 'another']) await assert.rejects(c.pm2Call(method, {}), new RegExp(`may not call ${method}`));
});

test('news go to those who may look; an update changes the rights, a removal takes the sockets away', async () => {
  await doors.open([guarded([], 'deaf'), guarded(['read'], 'ears')]);
  const heard: string[] = [];
  const listen = async (module: string): Promise<void> => { clients.push(await subscribe(path.join(moduleDoor(home.dir, module), 'pub.sock'), { events: ['process'] }, { onEvent: ({ event }) => { heard.push(`${module} ${event}`); } })); };
  await assert.rejects(listen('deaf'), /connection to the daemon was lost/);
  await listen('ears');
  assert.equal(bus.subscribers, 1);
  bus.publish('process', { event: 'online', id: 1, name: 'x', namespace: 'default', at: 1, manually: false });
  await waitFor('the news', () => heard.length > 0);
  assert.deepEqual(heard, ['ears process']);
  // A copy of pm2 makes the folders it misses.
  fs.mkdirSync(path.join(moduleDoor(home.dir, 'deaf'), 'logs'));
  await doors.open([guarded(['read'], 'deaf')]);
  assert.equal(fs.readlinkSync(path.join(moduleDoor(home.dir, 'deaf'), 'logs')), home.logs);
  await doors.open([guarded(['control'], 'ears')]);
  await (await connect('ears')).call('process.restart', { targets: ['x'] });
  await doors.open([guarded([], 'ears')]);
  await assert.rejects((await connect('ears')).call('process.restart', { targets: ['x'] }), /may not call process\.restart/);
  await doors.shut('ears');
  assert.equal(fs.existsSync(moduleDoor(home.dir, 'ears')), false);
});

test('a home whose path leaves no room for the socket', async () => {
  const long = { ...home, dir: path.join(home.dir, 'x'.repeat(90)) };
  const far = new Doors({ home: long, bus, methods: {} as Handlers, say: () => {} });
  await assert.rejects(far.open([guarded([])]), (e: unknown) => e instanceof MgrError && e.code === 'HOME_TOO_LONG');
});
