// The documentation's example scripts (test/fixtures/api-doc.md), word for word but for the name, as a program that has the package installed
// meets them: require('mgr') and import from 'mgr' through node_modules; and what TypeScript makes of the types.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOT, Rig, type Ran } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const APP = 'setInterval(() => {}, 1e6);';

function rigFor(t: TestContext): Rig {
  const rig = new Rig();
  t.after(() => rig.close());
  fs.mkdirSync(path.join(rig.dir, 'node_modules'));
  fs.symlinkSync(ROOT, path.join(rig.dir, 'node_modules/mgr'), 'dir');
  rig.file('api.js', APP);
  return rig;
}

/** Ends by itself or is killed after the rig's minute: then the status is null. */
const script = (rig: Rig, name: string, text: string): Promise<Ran> => rig.run(rig.node, [rig.file(name, text)]);

function ended({ code, out, err }: Ran): string {
  assert.equal(code, 0, `${out}${err}`);
  return out;
}

/** A script of the documentation; only the name of the module is ours. */
function documented(heading: string): string {
  const text = fs.readFileSync(path.join(ROOT, 'test/fixtures/api-doc.md'), 'utf8');
  const block = new RegExp(`## ${heading}\\n\\n\`\`\`js\\n([^]*?)\`\`\``).exec(text)?.[1];
  if (block === undefined) throw new Error(`no script "${heading}"`);
  return block.replace("require('pm2')", "require('mgr')");
}

/** A script that listens for ever, as most of the documentation's do; ended with the test. */
function listening(t: TestContext, rig: Rig, name: string, text: string): { out: string } {
  const child = spawn(rig.node, [rig.file(name, text)], { cwd: rig.dir, env: rig.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const said = { out: '' };
  child.stdout.setEncoding('utf8').on('data', (d: string) => { said.out += d; });
  t.after(() => { child.kill('SIGKILL'); });
  return said;
}

test('the documentation: quick start: connect, start, list, restart, disconnect; the program ends', async (t) => {
  const rig = rigFor(t);
  const out = ended(await script(rig, 'pm2-control.js', documented('quick start')));
  assert.match(out, /^null \[\n {2}\{\n {4}pid: \d+,\n {4}name: 'api',/);
  const row = await rig.row('api');
  assert.deepEqual([row.pm2_env['status'], row.pm2_env['restart_time']], ['online', 1]);
});

test('the documentation: restart with options: a new name and new arguments', async (t) => {
  const rig = rigFor(t);
  await rig.ok('start', 'api.js', '--name', 'test');
  const said = listening(t, rig, 'rename.js', documented('restart with options'));
  await waitFor('the callback', () => said.out === 'rmq conn is null pm2 restart\n');
  const row = await rig.row('test2');
  assert.deepEqual([row.pm2_env['args'], row.pm2_env['status']], [['-e', 'development'], 'online']);
  assert.equal((await rig.rows()).length, 1);
  await waitFor('the pid file under the new name alone', () => (fs.readdirSync(path.join(rig.home, 'pids')).join() === 'test2-0.pid' ? true : undefined));
  assert.match((await rig.mgr('restart', 'test2', '--name', ' ')).err, /name.*got " "/);
});

test('the documentation: messages of programs on the bus', async (t) => {
  const rig = rigFor(t);
  await rig.ok('start', rig.file('app.js', `${documented('receive data')}\n${documented('send a message')}`), '--name', 'app');
  const said = listening(t, rig, 'bus.js', documented('messages of programs'));
  // The program says it once a run; the first may have been before the bus was there.
  await waitFor('the packet', async () => {
    if (said.out !== '') return true;
    await rig.ok('restart', 'app');
    return undefined;
  });
  assert.match(said.out, /data: \{ success: true \}/);
  assert.match(said.out, /process: \{ pm_id: 0, name: 'app', rev: null, namespace: 'default' \}/);
});

test('the documentation: data to a process, its answer on the bus', async (t) => {
  const rig = rigFor(t);
  await rig.ok('start', 'api.js', '--name', 'first');
  // Beside the documentation's listener one that tells what came.
  await rig.ok('start', rig.file('pm2-app.js', `${documented('data to a process: pm2-app.js')}\nprocess.on('message', (m) => console.log(JSON.stringify(m)));`), '--name', 'app');
  const said = listening(t, rig, 'pm2-call.js', documented('data to a process: pm2-call.js'));
  await waitFor('the packet', async () => {
    if (said.out !== '') return true;
    // The answer may have been before the bus was there.
    ended(await script(rig, 'again.js', `const m = require('mgr'); m.sendDataToProcessId({ id: 1, type: 'process:msg', data: { again: 1 }, topic: true }, () => m.disconnect())`));
    return undefined;
  });
  assert.match(said.out, /data: \{ success: true \}/);
  await waitFor('the packet as it is', () => rig.read('logs/app-out.log').split('\n').includes('{"id":1,"type":"process:msg","data":{"some":"data"},"topic":true}'));
});

test('an ES module: promises, the structure of a process, signals, delete, killDaemon', async (t) => {
  const rig = rigFor(t);
  rig.file('sig.js', `process.on('SIGUSR2', () => console.log('usr2')); process.send('ready'); ${APP}`);
  const out = ended(await script(rig, 'all.mjs', `
import mgr, { connect, list } from 'mgr';
await connect();
const [started] = await mgr.start('sig.js', { name: 'sig', cwd: '.', wait_ready: true });
const bus = await mgr.launchBus();
// Two signals of one kind that wait are one: the second goes when the first was heard.
const heard = () => new Promise((resolve) => { bus.on('log:out', ({ data }) => { if (data.includes('usr2')) resolve(); }); });
let answer = heard();
await mgr.sendSignalToProcessName('SIGUSR2', 'sig');
await answer;
answer = heard();
await mgr.sendSignalToProcessId('SIGUSR2', started.pm_id);
await answer;
const [d] = await mgr.describe('sig');
const stopped = await mgr.stop(started.pm_id);
const deleted = await mgr.delete('sig');
const errors = {};
for (const [what, call] of Object.entries({
  noScript: () => mgr.start('nope.js'), noName: () => mgr.stop('nope'), noId: () => mgr.restart(99), badOption: () => mgr.start({ script: 'sig.js', max_restarts: 'many' }),
  badSignal: () => mgr.start('sig.js', { name: 'other', kill_signal: 'SIGNOPE' }), noProcess: () => mgr.sendDataToProcessId({ id: 99, topic: true, data: {} }), nothing: () => mgr.start({}), all: () => mgr.delete('all'),
})) errors[what] = await call().then(() => 'no error', (e) => [e instanceof Error, e.message]);
const left = (await list()).length;
const kill = await mgr.killDaemon();
await mgr.disconnect();
console.log(JSON.stringify({ d, stopped, deleted, errors, left, kill }));`));
  const got = JSON.parse(out) as { d: Record<string, unknown> & { pm2_env: Record<string, unknown>; monit: object }; stopped: Record<string, unknown>[]; deleted: Record<string, unknown>[]; errors: Record<string, [boolean, string]>; left: number; kill: unknown };
  assert.deepEqual([got.d['name'], got.d['pm_id'], typeof got.d['pid'], Object.keys(got.d.monit).toSorted()], ['sig', 0, 'number', ['cpu', 'memory']]);
  for (const key of ['pm_cwd', 'pm_out_log_path', 'pm_err_log_path', 'exec_interpreter', 'pm_uptime', 'unstable_restarts', 'restart_time', 'status', 'instances', 'pm_exec_path']) assert.ok(key in got.d.pm2_env, key);
  for (const [list, status] of [[got.stopped, 'stopped'], [got.deleted, 'stopped']] as const) {
    assert.equal(list.length, 1);
    const [p] = list;
    assert.deepEqual([p?.['name'], p?.['namespace'], p?.['pm_id'], p?.['status'], p?.['restart_time'], (p?.['pm2_env'] as { status: string } | undefined)?.status], ['sig', 'default', 0, status, 0, status]);
  }
  assert.deepEqual([got.left, got.kill], [0, { success: true }]);
  const says: Record<string, RegExp> = { noScript: /^Script not found: .*nope\.js$/, noName: /^process or namespace not found$/, noId: /^process or namespace not found$/, badOption: /max_restarts.*many/, badSignal: /SIGNOPE/, noProcess: /<99>/, nothing: /script/, all: /./ };
  for (const [what, message] of Object.entries(says)) {
    assert.ok(Array.isArray(got.errors[what]), `${what}: ${String(got.errors[what])}`);
    assert.deepEqual(got.errors[what][0], true, what);
    assert.match(got.errors[what][1], message, what);
    assert.doesNotMatch(got.errors[what][1], /\[object|undefined/, what);
  }
  await waitFor('the end of the daemon', () => (rig.pids().length === 0 ? true : undefined));
});

test('what never connected, or only asked, ends by itself too; a throw in a callback is loud', async (t) => {
  const rig = rigFor(t);
  ended(await script(rig, 'load.js', `require('mgr'); import('mgr').then(({ default: m }) => { if (m !== require('mgr').default) throw new Error('two APIs'); });`));
  assert.equal(fs.existsSync(path.join(rig.home, 'rpc.sock')), false, 'loading starts nothing');
  ended(await script(rig, 'twice.js', `const mgr = require('mgr'); mgr.disconnect(); mgr.connect().then(() => mgr.disconnect()).then(() => mgr.list()).then((l) => { console.log(l.length); mgr.disconnect(); mgr.disconnect(); });`));
  const loud = await script(rig, 'loud.js', `const mgr = require('mgr'); mgr.list(() => { throw new Error('of the caller'); });`);
  assert.deepEqual([loud.code, /of the caller/.test(loud.err)], [1, true]);
  const bad = await rig.run(rig.node, [rig.file('bad.js', `require('mgr').connect((err) => { console.log(err instanceof Error, err.message); });`)], { MGR_HOME: path.join(rig.dir, 'api.js/home') });
  assert.equal(bad.code, 0, bad.err);
  assert.match(bad.out, /^true .*api\.js/);
});

test('types: CommonJS, an ES module and a bundler see the same API', async (t) => {
  const rig = new Rig();
  t.after(() => rig.close());
  const pkg = path.join(rig.dir, 'node_modules/mgr');
  fs.mkdirSync(pkg, { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(pkg, 'package.json'));
  const made = await rig.run(rig.node, [path.join(ROOT, 'scripts/types.mjs'), path.join(pkg, 'dist/types')]);
  assert.equal(made.code, 0, `${made.out}${made.err}`);
  // What package.json promises must be made by the build.
  const { types, exports } = JSON.parse(fs.readFileSync(path.join(pkg, 'package.json'), 'utf8')) as { types: string; exports: { '.': Record<string, { types: string }> } };
  for (const file of [types, ...Object.values(exports['.']).map((c) => c.types)]) assert.ok(fs.existsSync(path.join(pkg, file)), file);
  fs.mkdirSync(path.join(rig.dir, 'node_modules/@types'));
  for (const name of ['@types/node', 'undici-types']) fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(rig.dir, 'node_modules', name), 'dir');
  const use = `
async function use(): Promise<void> {
  const info: string = (await mgr.connect()).pm2_home;
  const started: readonly ProcessDescription[] = await mgr.start({ script: 'a.js', name: info, instances: 2 });
  mgr.list((err: Error | null, all) => { const n: string | undefined = all[0]?.name; console.log(err, n, all[0]?.pm2_env.status === 'online'); });
  mgr.start('a.js', { name: 'x' }, (err, apps) => { console.log(err?.message, apps[0]?.pm_id.toFixed()); });
  const bus = await mgr.launchBus();
  bus.on('process:msg', (packet: { data: unknown }) => console.log(packet.data));
  await mgr.sendDataToProcessId({ id: started[0]?.pm_id ?? 0, topic: true, data: {} });
  await mgr.delete('all');
  const second = new mgr.custom({ pm2_home: '/x', daemon_mode: false });
  const pids: number[] = await second.getPID('a');
  mgr.launchBus((err, b, socket) => { b.off('x'); socket.on('close', () => console.log(err, pids)); socket.close(); });
  const given: unknown = (await mgr.trigger('a', 'b', { c: 1 }))[0]?.data.return;
  await mgr.sendLineToStdin(0, String(given), '\\n');
  await mgr.scale('a', '+1');
  await mgr.reload('a', { parallel: 2 });
  mgr.Client.executeRemote('ping', {}, (err, answer) => { console.log(err, answer); });
  const { value } = await mgr.get('a:b');
  await mgr.set('a:b', value);
  // @ts-expect-error -- a number of processes
  await mgr.scale('a');
  // @ts-expect-error -- a target is a name or an id
  await mgr.stop({});
  // @ts-expect-error -- there is no such verb
  mgr.halt();
  await mgr.disconnect();
}
void use();`;
  rig.file('one.cts', `import mgr = require('mgr');\nimport type { ProcessDescription } from 'mgr';\n${use}`);
  rig.file('two.mts', `import mgr, { list, type ProcessDescription } from 'mgr';\n${use}\nlist().then((l) => l.length.toFixed(), () => {});`);
  rig.file('package.json', '{"private":true}');
  const tsc = (file: string, module: string, resolution: string): Promise<Ran> => rig.run(rig.node, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--module', module, '--moduleResolution', resolution, file]);
  for (const [file, module, resolution] of [['one.cts', 'nodenext', 'nodenext'], ['two.mts', 'nodenext', 'nodenext'], ['two.mts', 'esnext', 'bundler']] as const) {
    const { code, out } = await tsc(file, module, resolution);
    assert.equal(code, 0, `${file} ${resolution}:\n${out}`);
  }
});
