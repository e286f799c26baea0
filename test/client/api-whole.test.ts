// The rest of PM2's API, in programs of its own, against the real daemon.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOT, Rig, alive } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const DIST = path.join(ROOT, 'dist');
const APP = `process.send({ type: 'axm:action', data: { action_name: 'sum', action_type: 'custom', opts: null, arity: 2 } });
process.on('message', (m) => { if (m === 'sum' || m.msg === 'sum') process.send({ type: 'axm:reply', data: { return: (m.opts ?? [0]).reduce((a, b) => a + b), action_name: 'sum' } }); });
process.stdin.setEncoding('utf8').on('data', (d) => process.send({ type: 'heard', data: d }));
process.send('ready');`;

function rigFor(t: TestContext): Rig {
  const rig = new Rig();
  t.after(() => rig.close());
  rig.file('app.js', APP);
  return rig;
}

/** Runs a program that ends by itself; what it stored in `seen` comes back. */
async function program(rig: Rig, body: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const file = rig.file('program.cjs', `const mgr = require('${DIST}/index.cjs'); const seen = {};
const error = (p) => p.then(() => 'no error', (e) => e.message);
(async () => { ${body} })().then(() => console.log(JSON.stringify(seen))).catch((e) => { console.error(e); process.exit(1); });`);
  const { code, out, err } = await rig.run(rig.node, [file], env);
  assert.equal(code, 0, `${out}${err}${rig.read('pm2.log')}`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

test('every verb has its name in the package, both ways of loading it', async (t) => {
  const rig = rigFor(t);
  const { code, out, err } = await rig.run(rig.node, [rig.file('names.mjs', `import * as esm from '${DIST}/index.mjs'; import { createRequire } from 'node:module';
const cjs = createRequire(import.meta.url)('${DIST}/index.cjs');
const names = Object.keys(esm.default);
console.log(JSON.stringify({ count: names.length, cjs: names.filter((n) => !(n in cjs)), esm: names.filter((n) => !(n in esm)), home: cjs.pm2_home, same: cjs.default === esm.default, custom: typeof cjs.default.custom }));`)]);
  assert.equal(code, 0, err);
  const { count, ...rest } = JSON.parse(out) as { count: number };
  assert.deepEqual(rest, { cjs: [], esm: [], home: rig.home, same: true, custom: 'function' });
  assert.ok(count > 60);
});

test('processes: reload, scale, pids, variables; the errors have PM2\'s sentences', async (t) => {
  const rig = rigFor(t);
  rig.file('eco.config.js', "module.exports = { apps: [{ name: 'good', script: 'app.js' }, { name: 'never', script: 'app.js' }] }");
  const seen = await program(rig, `
    const [made] = await mgr.start({ script: 'app.js', name: 'a', wait_ready: true, env: { X: 'y' } });
    seen.made = [made.process.pid === made.pid, made.status];
    seen.reload = (await mgr.reload('a', { parallel: 1, force: true })).map((p) => [p.name, p.status, p.restart_time]);
    seen.scale = [await mgr.scale('a', 3), (await mgr.getPID('a')).length, await mgr.scale('a', '-1'), (await mgr.list()).length];
    seen.pids = (await mgr.getPID()).every((pid) => pid > 0);
    seen.env = (await mgr.env(0)).X;
    seen.report = typeof (await mgr.report()).node_version;
    seen.errors = [await error(mgr.stop('nobody')), await error(mgr.start('app.js', { name: 'a' })), await error(mgr.scale('nobody', 2)), await error(mgr.scale('a', 2)), await error(mgr.sendSignalToProcessName('SIGUSR2', 'nobody')),
      await error(mgr.delete('nobody')), await error(mgr.sendSignalToProcessId('SIGNOPE', 0)), await error(mgr.sendSignalToProcessId('SIGUSR2', 99)), await error(mgr.sendDataToProcessId(99, { topic: true, data: 1 })),
      await error(mgr.sendDataToProcessId({ id: 0 })), await error(mgr.reset('nobody')), await error(mgr.trigger('nobody', 'x')), await error(mgr.start('nope.js')), await error(new Promise((ok, no) => mgr.monit((e) => no(e))))];
    seen.some = await new Promise((ok) => mgr.start([{ script: 'app.js', name: 'good' }, { script: 'nope.js' }], (err, done) => ok([err.length, err[0].message.slice(0, 16), done.map((p) => p.name)])));
    seen.file = [await error(mgr.stop('eco.config.js')), (await mgr.delete('good')).length];
    seen.code = await mgr.restart('nobody').catch((e) => [e.code, e.data]);
    await mgr.disconnect();`);
  assert.deepEqual(seen, {
    made: [true, 'online'], reload: [['a', 'online', 1]], scale: [{ success: true }, 3, { success: true }, 2], pids: true, env: 'y', report: 'string',
    errors: ['process or namespace not found', 'Script already launched', 'App not found', 'Same process number', 'Unknown process name', 'process or namespace not found', 'Error when sending signal (signal unknown)', '99 id unknown', 'Process with ID <99> unknown.',
      'ID, DATA or TOPIC field is missing', 'Unknown process name', 'Unknown process', `Script not found: ${path.join(rig.dir, 'nope.js')}`, 'monit cannot be called with a callback: it is a screen'],
    some: [1, 'Script not found', ['good']], file: ['no error', 1], code: ['NOT_FOUND', { target: 'nobody' }],
  });
});

test('messages: trigger, standard input, msgProcess; the three arguments of launchBus; the low level', async (t) => {
  const rig = rigFor(t);
  const seen = await program(rig, `
    await mgr.start({ script: 'app.js', name: 'a', wait_ready: true });
    const [bus, socket] = await new Promise((ok) => mgr.launchBus((err, b, s) => ok([b, s, err])));
    seen.bus = [typeof bus.on, typeof bus.off, typeof socket.close, typeof socket.on];
    while ((await mgr.list())[0].pm2_env.axm_actions.length === 0);
    const next = (topic) => new Promise((ok) => bus.on(topic, (...all) => ok(all)));
    seen.trigger = (await mgr.trigger('a', 'sum', [1, 2, 3])).map((p) => [p.data.return, p.process.name]);
    seen.noAction = await mgr.trigger('a', 'nothing').catch((e) => e.code);
    const heard = next('heard');
    seen.line = await mgr.sendLineToStdin(0, 'hi', '!');
    seen.heard = (await heard)[0].data;
    const reply = next('axm:*');
    seen.msg = await mgr.msgProcess({ name: 'a', msg: 'sum', opts: [4, 5] });
    seen.reply = (await reply).map((x) => x.data?.return ?? x);
    const c = mgr.Client;
    seen.client = [await c.executeRemote('ping', {}), (await c.getAllProcess()).length, await c.getAllProcessId(), await c.getProcessIdByName('a'), (await c.getProcessByNameOrId('0'))[0].name, await c.getProcessIdsByNamespace('default'), await c.pingDaemon(), await c.launchRPC()];
    seen.unknown = await error(c.executeRemote('nonsense', {}));
    seen.callback = await new Promise((ok) => c.executeRemote('getVersion', {}, (err, v) => ok([err, typeof v])));
    await mgr.disconnect();`);
  assert.deepEqual(seen, {
    bus: ['function', 'function', 'function', 'function'], trigger: [[6, 'a']], noAction: 'NO_ACTION', line: { pm_id: 0, line: 'hi!' }, heard: 'hi!', msg: { process_count: 1, success: true }, reply: ['reply', 9],
    client: [{ msg: 'pong' }, 1, [0], [0], 'a', [0], true, true], unknown: 'method "nonsense" does not exist', callback: [null, 'string'],
  });
});

test('settings, a module, saved lists, a new daemon, a profile', async (t) => {
  const rig = rigFor(t);
  rig.file('mod/package.json', '{ "name": "mod", "version": "1.2.3", "main": "main.js", "config": { "a": "1" } }');
  rig.file('mod/main.js', 'setInterval(() => {}, 1e6)');
  const seen = await program(rig, `
    seen.set = [await mgr.set('x:y', 5), await mgr.multiset("x:a 1 x:b 'two words'"), (await mgr.get('x')).value, (await mgr.conf('x:y')).value, await mgr.conf('x:y', 'z'), (await mgr.get('x:y')).value, await mgr.unset('x:y')];
    seen.noKey = await error(mgr.get('x:y'));
    seen.nothing = [await mgr.resurrect(), await error(mgr.dump())];
    seen.install = (await mgr.install('./mod')).map((p) => [p.name, p.status, p.pm2_env.pmx_module]);
    seen.modules = (await mgr.launchModules()).map((p) => p.name);
    await mgr.start({ script: 'app.js', name: 'a' });
    const [{ pid }] = await mgr.describe('a');
    seen.update = [await mgr.update(), (await mgr.describe('a'))[0].pid === pid];
    seen.dump = [await mgr.dump(), (await mgr.delete('a')).length, (await mgr.resurrect()).map((p) => p.name), await mgr.clearDump()];
    seen.uninstall = [await mgr.uninstall('all'), (await mgr.list()).map((p) => p.name)];
    const { file } = await mgr.profile('cpu', 30);
    seen.profile = Array.isArray(JSON.parse(require('node:fs').readFileSync(file, 'utf8')).nodes);
    seen.memory = Object.keys(JSON.parse(require('node:fs').readFileSync((await mgr.profile('mem', 30)).file, 'utf8'))).includes('head');
    await mgr.disconnect();`);
  assert.deepEqual(seen, {
    set: [{ success: true }, { success: true }, { y: '5', a: '1', b: 'two words' }, '5', { success: true }, 'z', { success: true }], noKey: 'no setting `x:y`',
    install: [['mod', 'online', true]], modules: ['mod'], nothing: [false, 'Process list empty, cannot save empty list'],
    update: [{ success: true }, true], dump: [{ success: true }, 1, ['a'], { success: true }], uninstall: [{ success: true }, ['a']], profile: true, memory: true,
  });
});

test('custom: homes of their own, side by side; destroy takes one away and no other', async (t) => {
  const rig = rigFor(t);
  const seen = await program(rig, `
    const one = new mgr.custom({ pm2_home: 'one' });
    const two = new mgr.custom({ mgr_home: require('node:path').resolve('two'), cwd: 'sub' });
    const free = new mgr.custom({ independent: true });
    require('node:fs').mkdirSync('sub'); require('node:fs').copyFileSync('app.js', 'sub/other.js');
    await one.start({ script: 'app.js', name: 'a' });
    await two.start('other.js');
    await free.connect();
    seen.lists = [(await one.list()).map((p) => p.name), (await two.list()).map((p) => p.name), await free.list(), await mgr.list()];
    seen.modes = [one.daemon_mode, free.daemon_mode, free.pm2_home !== one.pm2_home];
    seen.ids = [await one.getProcessIdByName('a'), await two.getProcessIdByName('other')];
    await free.destroy();
    seen.gone = require('node:fs').existsSync(free.pm2_home);
    seen.refused = [await error(new mgr.custom({ pm2_home: '/tmp' }).destroy()), await error(new mgr.custom({ pm2_home: 'x/.pm2' }).destroy())].map((m) => /destroy/.test(m));
    await one.destroy();
    seen.left = (await two.list()).length;
    await two.killDaemon();
    for (const m of [one, two, free, mgr]) await m.disconnect();`);
  assert.deepEqual(seen, { lists: [['a'], ['other'], [], []], modes: [true, false, true], ids: [[0], [0]], gone: false, refused: [true, true], left: 1 });
  assert.equal(fs.existsSync(path.join(rig.dir, 'one')), false);
});

test('connect(true): the manager lives only as long as the program, however that ends', async (t) => {
  const rig = rigFor(t);
  const script = rig.file('alone.cjs', `const mgr = require('${DIST}/index.cjs');
mgr.connect(true, async (err, info) => { const [{ pid }] = await mgr.start('app.js'); console.log(JSON.stringify([info.daemon_mode, pid])); });`);
  for (const how of ['SIGKILL', 'SIGTERM'] as const) {
    const child = spawn(rig.node, [script], { cwd: rig.dir, env: rig.env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (d: string) => { out += d; });
    const [mode, pid] = JSON.parse(await waitFor('the app', () => (out.endsWith('\n') ? out : undefined))) as [boolean, number];
    assert.deepEqual([mode, alive(pid)], [false, true]);
    child.kill(how);
    await waitFor(`the end of all after ${how}`, () => !alive(pid) && rig.pids().length === 0);
  }
  // A daemon that was there before stays.
  await rig.ok('start', 'app.js', '--name', 'stays');
  assert.deepEqual(await program(rig, 'seen.new = (await mgr.connect(true)).new_pm2_instance; await mgr.disconnect();'), { new: false });
  assert.equal((await rig.row('stays')).pm2_env['status'], 'online');
});

test('git: pull and restart, back and forward again; nothing new restarts nothing', async (t) => {
  const rig = rigFor(t);
  const origin = path.join(rig.dir, 'origin');
  const git = (cwd: string, ...args: string[]): void => { execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@x', '-c', 'init.defaultBranch=main', ...args], { cwd, env: { ...rig.env, GIT_CONFIG_GLOBAL: '/dev/null' }, stdio: 'pipe' }); };
  const commit = (text: string): void => { rig.file('origin/app.js', text); git(origin, 'add', '.'); git(origin, 'commit', '-qm', text); };
  fs.mkdirSync(origin);
  git(origin, 'init', '-q');
  const forever = 'setInterval(() => {}, 1e6);';
  commit(`${forever} // 1`);
  git(rig.dir, 'clone', '-q', origin, 'work');
  commit(`${forever} // 2`);
  const seen = await program(rig, `
    const text = () => require('node:fs').readFileSync('work/app.js', 'utf8').slice(-1);
    await mgr.start({ script: 'app.js', name: 'repo', cwd: 'work', post_update: ['echo updated > done'] });
    seen.pull = [(await mgr.pullAndRestart('repo')).map((p) => p.restart_time), text(), require('node:fs').existsSync('work/done')];
    seen.again = await mgr.pullAndReload('repo');
    seen.back = [(await mgr.backward('repo')).length, text()];
    seen.forward = [(await mgr.forward('repo')).length, text()];
    seen.newest = await error(mgr.forward('repo'));
    await mgr.start({ script: '../app.js', name: 'none', cwd: '/tmp' }).catch(() => {});
    seen.none = await error(mgr.pullAndRestart('nobody'));
    await mgr.disconnect();`);
  assert.deepEqual(seen, { pull: [[1], '2', true], again: [], back: [1, '1'], forward: [1, '2'], newest: 'cannot move the repository of `repo`: git rev-list HEAD..@{upstream}: it is at the newest commit of its branch', none: 'process or namespace not found' });
});

test('serve: the files of a folder, as a process', async (t) => {
  const rig = rigFor(t);
  rig.file('www/index.html', 'hello');
  const seen = await program(rig, `
    const [p] = await mgr.serve('www', 0, { name: 'files' }).catch((e) => [e.message]);
    seen.p = p.name ?? p;
    await mgr.disconnect();`);
  assert.deepEqual(seen, { p: 'files' });
});
