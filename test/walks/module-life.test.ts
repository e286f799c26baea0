// A module from its first line on, as its author meets it: the real command, the real daemon, no network.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, within, type Rig } from '../helpers/rig.js';
import { HAS_SCRIPT, TestTerminal } from '../helpers/terminal.js';
import { waitFor } from '../helpers/wait.js';

/** As somebody who stands in the module's folder. */
function at(rig: Rig, folder: string): { mgr(...args: string[]): Promise<string> } {
  return {
    async mgr(...args) {
      const bin = path.resolve(import.meta.dirname, '../../../../bin/mgr.js');
      const r = await rig.run('/bin/sh', ['-c', 'cd "$0" && exec "$@"', folder, rig.node, bin, ...args]);
      assert.equal(r.code, 0, `mgr ${args.join(' ')}: ${r.out}${r.err}`);
      return r.out;
    },
  };
}

const lines = (rig: Rig, name: string): string[] => rig.read(`logs/${name}-out.log`).split('\n');

/** A module of this code, linked. */
async function linked(rig: Rig, name: string, code: string, config: object = {}): Promise<void> {
  rig.file(`${name}/package.json`, JSON.stringify({ name, version: '1.0.0', config, apps: [{ script: 'app.cjs', wait_ready: true }], peerDependencies: { mgr: '*' } }));
  rig.file(`${name}/app.cjs`, `const mgr = require('mgr/module'); const config = mgr.initModule();\n${code}\nmgr.ready();`);
  await at(rig, path.join(rig.dir, name)).mgr('install', '.');
}

describe('settings while running', { concurrency: 2 }, () => {
  test('taken hot: same process, saved after it was taken; refused: nothing changed, exit 1; by the next daemon too', () => within(async (rig) => {
    await linked(rig, 'hot', `let seen = 0;
mgr.onConfig((now, { previous, changed }) => { if (now.size > 100) throw new Error('at most 100'); seen++; console.log([changed.join(), previous.size, now.size, seen].join(' ')); });
mgr.action('size', () => config.size);`, { size: 10, other: 'a' });
    const { pid } = await rig.row('hot');
    const saved = (): unknown => JSON.parse(rig.read('module_conf.json')).hot;
    const conf = (): string => rig.read('module_conf.json');
    assert.match(await rig.ok('set', 'hot:size', '20'), /saved hot:size = 20\nhot took it over while running \(applied hot, \d+ ms\)\n/);
    assert.deepEqual(saved(), { size: '20', other: 'a' });
    const before = conf();
    const bad = await rig.mgr('set', 'hot:size', '500');
    assert.deepEqual([bad.code, bad.out, bad.err], [1, '', 'mgr: `hot` does not take size: at most 100\n  → rolled back: nothing was saved; it runs on with what it had\n']);
    // Of several all or none.
    assert.equal((await rig.mgr('multiset', 'hot:other b hot:size 600')).code, 1);
    assert.equal(conf(), before);
    assert.match(await rig.ok('trigger', 'hot', 'size'), /=20\n/);
    await rig.killDaemon();
    await rig.status('hot', 'online');
    await waitFor('what it takes, told to the next daemon', async () => (await rig.row('hot')).pm2_env['axm_options'] !== undefined && ((await rig.row('hot')).pm2_env['axm_options'] as { hot_reload?: boolean }).hot_reload || undefined);
    assert.match(await rig.ok('set', 'hot:size', '30'), /took it over/);
    const many = await Promise.all(Array.from({ length: 8 }, (_, i) => rig.mgr('set', 'hot:size', String(40 + i))));
    assert.ok(many.every((r) => r.code === 0));
    const row = await rig.row('hot');
    assert.deepEqual([row.pid, row.pm2_env['restart_time']], [pid, 0]);
    const size = (saved() as { size: string }).size;
    assert.match(await rig.ok('trigger', 'hot', 'size'), new RegExp(`=${size}\n`), 'what runs is what is saved');
    assert.match(await rig.ok('describe', 'hot'), new RegExp(`Settings\\n +size +${size}\\n`));
    await rig.killDaemon();
    await waitFor('what it has, told to the next daemon', async () => new RegExp(`Settings\\n +size +${size}\\n[^]*trigger hot size`).test(await rig.ok('describe', 'hot')) || undefined);
    const seen = lines(rig, 'hot').filter((l) => l.startsWith('size '));
    assert.equal(seen.length, new Set(seen.map((l) => l.split(' ').at(-1))).size);
    assert.equal(seen[0], 'size 10 20 1');
    // Without the library's handler a module is restarted; a program that is down has its setting at its next start.
    await linked(rig, 'cold', 'setInterval(() => {}, 1e6);', { n: 1 });
    assert.match(await rig.ok('set', 'cold:n', '2'), /cold was restarted with it/);
    await rig.ok('stop', 'hot');
    assert.equal(await rig.ok('set', 'hot:size', '500'), 'saved hot:size = 500\nstored: hot has it from its next start\n');
  }));

  test('H6: fifty in a row: the last one counts, each change has a number above the one before', () => within(async (rig) => {
    await linked(rig, 'quick', `mgr.onConfig(() => {}); process.on('message', ({ t, v, values }) => { if (t === 'config') console.log('v', v, values.n); }); mgr.action('n', () => config.n);`, { n: 0 });
    const { pid } = await rig.row('quick');
    const many = rig.file('many.cjs', `const mgr = require(${JSON.stringify(path.join(ROOT, 'dist/index.cjs'))});
(async () => { await mgr.connect(); await Promise.all(Array.from({ length: 50 }, (_, i) => mgr.set('quick:n', i + 1))); mgr.disconnect(); })();`);
    const ran = await rig.run(rig.node, [many]);
    assert.equal(ran.code, 0, ran.err);
    const told = await waitFor('the last', () => { const all = lines(rig, 'quick').filter((l) => l.startsWith('v ')).map((l) => l.split(' ').map(Number)); return all.at(-1)?.[2] === 50 ? all : undefined; });
    assert.ok(told.length > 0 && told.length <= 50 && told.every(([, v = 0], i) => i === 0 || v > (told[i - 1]?.[1] ?? 0)), JSON.stringify(told));
    assert.match(await rig.ok('trigger', 'quick', 'n'), /=50\n/);
    assert.deepEqual([JSON.parse(rig.read('module_conf.json')).quick, (await rig.row('quick')).pid], [{ n: '50' }, pid]);
  }));

  test('H5: no answer: restarted with the new one; no way back: restarted with the old one', () => within(async (rig) => {
    await linked(rig, 'mute', `mgr.onConfig(() => new Promise(() => {}));`, { n: 1 });
    const { pid } = await rig.row('mute');
    assert.match(await rig.ok('set', 'mute:n', '2'), /mute was restarted with it/);
    assert.notEqual((await rig.status('mute', 'online')).pid, pid);
    await linked(rig, 'stuck', `mgr.onConfig(() => { throw new Error('never'); }); mgr.action('n', () => config.n);`, { n: 1 });
    const old = await rig.row('stuck');
    const refused = await rig.mgr('set', 'stuck:n', '2');
    assert.match(`${refused.code} ${refused.err}`, /^1 mgr: `stuck` does not take n: never/);
    await waitFor('another process', async () => { const row = await rig.row('stuck'); return row.pid !== old.pid && row.pm2_env['status'] === 'online' ? row : undefined; });
    assert.match(await rig.ok('trigger', 'stuck', 'n'), /=1\n/);
  }));
});

test('asked to end by a message; the figures of the program it looks after; secrets in no view', () => within(async (rig) => {
  // Twice the memory of the module itself, which it looks after by its pid file.
  rig.file('big.cjs', `const b = Buffer.alloc(150 * 1024 ** 2, 1); require('fs').writeFileSync(__dirname + '/big.pid', String(process.pid)); setInterval(() => b[0], 1e6);`);
  await rig.ok('start', 'big.cjs');
  const pid = await waitFor('its pid file', () => { try { return Number(fs.readFileSync(path.join(rig.dir, 'big.pid'), 'utf8')) || undefined; } catch { return undefined; } });
  await linked(rig, 'keeper', `mgr.initModule({ pid: mgr.resolvePidPaths(['/nowhere.pid', ${JSON.stringify(path.join(rig.dir, 'big.pid'))}]) });
mgr.onStop(async (reason) => { await new Promise((r) => setTimeout(r, 50)); console.log('ended by', reason); });
mgr.action('nothing', () => undefined);`, { password: 'pw-1', size: 1 });
  await waitFor('the figures', async () => (await rig.row('keeper')).monit.memory > 150 * 1024 ** 2 || undefined);
  const told = await rig.ok('describe', 'keeper');
  assert.match(told, new RegExp(`cpu and memory +of pid ${pid}, which it looks after`));
  assert.match(told, /Settings\n +password +\*+\n +size +1\n/);
  assert.equal(`${told}${await rig.ok('jlist')}${await rig.ok('env', 'keeper')}`.includes('pw-1'), false);
  await rig.ok('restart', 'keeper', '--shutdown-with-message');
  assert.match(rig.read('logs/keeper-out.log'), /ended by shutdown\n$/);
  await rig.ok('restart', 'keeper');
  assert.match(rig.read('logs/keeper-out.log'), /ended by shutdown\nended by shutdown\n$/);
  await linked(rig, 'plain', `mgr.onStop((reason) => { console.log('ended by', reason); }); setInterval(() => {}, 1e6);`);
  await rig.ok('stop', 'plain');
  assert.match(rig.read('logs/plain-out.log'), /ended by SIGINT\n$/);
  await rig.ok('stop', 'keeper');
  assert.equal(((await rig.row('keeper')).pm2_env['exit_code']), 0);
}));

test('actions: failures reach the caller, answers the call they are of, parts come together', () => within(async (rig) => {
  await linked(rig, 'acts', `mgr.action('fails', () => { throw new Error('no disk'); });
mgr.action('slow', { timeout: 50 }, () => new Promise(() => {}));
mgr.action('wait', async (ms) => { await new Promise((r) => setTimeout(r, Number(ms))); return ms; });
mgr.scopedAction('count', async function* (n) { for (let i = 1; i <= n; i++) yield i; });`);
  const failed = await rig.mgr('trigger', 'acts', 'fails');
  assert.deepEqual([failed.code, failed.out], [1, '']);
  assert.match(failed.err, /the action `fails` of `acts \(0\)` failed: no disk/);
  assert.match((await rig.mgr('trigger', 'acts', 'slow')).err, /failed: slow did not answer within 50 ms/);
  const both = await Promise.all([rig.ok('trigger', 'acts', 'wait', '900'), rig.ok('trigger', 'acts', 'wait', '10')]);
  assert.deepEqual(both.map((t) => /="(\d+)"/.exec(t)?.[1]), ['900', '10']);
  assert.match(await rig.ok('trigger', 'acts', 'count', '3'), /=\[1,2,3\]\n/);
  // As the libraries of PM2 have them: a uuid is wanted, and the end is a message.
  rig.file('tx.cjs', `process.send({ type: 'axm:action', data: { action_name: 'tail', action_type: 'scoped', opts: null, arity: 2 } });
process.on('message', ({ action_name, uuid, opts }) => {
  const send = (kind, data) => process.send({ type: 'axm:scoped_action:' + kind, data: { data, uuid, action_name } });
  send('stream', 'a'); send('stream', opts); send(opts === 'bad' ? 'error' : 'end', opts === 'bad' ? { message: 'not that' } : undefined);
});`);
  await rig.ok('start', 'tx.cjs');
  await waitFor('its action', async () => ((await rig.row('tx')).pm2_env['axm_actions'] as object[]).length > 0 || undefined);
  assert.match(await rig.ok('trigger', 'tx', 'tail', 'b'), /=\["a","b"\]\n/);
  assert.match((await rig.mgr('trigger', 'tx', 'tail', 'bad')).err, /failed: not that/);
}));

test('in a terminal the parts of a scoped action are seen as they come', { skip: !HAS_SCRIPT && 'no script(1) here' }, () => within(async (rig) => {
  const go = path.join(rig.dir, 'go');
  await linked(rig, 'slow', `mgr.scopedAction('steps', async function* () {
  yield 'first';
  while (!require('fs').existsSync(${JSON.stringify(go)})) await new Promise((r) => setTimeout(r, 20));
  yield { n: 2 };
});`);
  const screen = new TestTerminal(`'${rig.node}' '${path.join(ROOT, 'bin/mgr.js')}' trigger slow steps`, 100, 20, rig.env, rig.dir);
  await waitFor('the first part', () => screen.screen.text.includes('[slow:0] "first"') || undefined);
  assert.equal(screen.screen.text.includes('='), false, 'the answer is not there yet');
  fs.writeFileSync(go, '');
  assert.equal(await screen.ended, 0);
  assert.match(screen.screen.text, /\[slow:0:default\]=\["first",\{"n":2\}\]/);
}));

describe('a generated module', { concurrency: 2 }, () => {
  for (const [name, flags] of [['hello', []], ['typed', ['--ts']]] as const) {
    test(`${name} ${flags.join()}: runs, is tested, edited, set, triggered, looked at`, () => within(async (rig) => {
      await rig.ok('module:generate', name, ...flags);
      const dir = path.join(rig.dir, name);
      const here = at(rig, dir);
      const tested = spawnSync(rig.node, ['--test'], { cwd: dir, env: rig.env, encoding: 'utf8' });
      assert.match(tested.stdout, /pass 2\n/, tested.stdout);
      assert.match(await here.mgr('install', '.'), new RegExp(`linked ${name} 0\\.1\\.0`));
      await waitFor('a greeting from the default', async () => JSON.parse(await rig.ok('jlist'))[0]?.pm2_env.axm_options.module_conf?.every === 5000 || undefined);
      await rig.ok('set', `${name}:every`, '20');
      await waitFor('greetings', () => lines(rig, name).filter((l) => l === 'Hello, world!').length > 3 || undefined);
      assert.match(await rig.ok('logs', name, '--nostream', '--lines', '1'), new RegExp(`\\|${name} +\\| Hello, world!`));

      assert.match(await rig.ok('trigger', name, 'greet', 'Ann'), /="Hello, Ann!"\n/);
      const told = await waitFor('metrics', async () => { const d = await rig.ok('describe', name); return /greetings +[1-9]/.test(d) && /time +[\d.]+ ms/.test(d) ? d : undefined; });
      assert.match(told, new RegExp(`mgr trigger ${name} greet`));

      // It is edited: what it says next is new, and it is another process.
      const { pid } = await rig.row(name);
      const work = path.join(dir, flags.length > 0 ? 'dist/work.js' : 'work.js');
      fs.writeFileSync(work, fs.readFileSync(work, 'utf8').replace('${greeting}, ', '${greeting} there, '));
      await waitFor('the new greeting', () => lines(rig, name).includes('Hello there, world!') || undefined);
      assert.notEqual((await rig.status(name, 'online')).pid, pid);
      await rig.ok('uninstall', name);
      assert.ok(fs.existsSync(path.join(dir, 'package.json')), 'its folder is its author\'s');
    }));
  }

  for (const flags of [['--container'], ['--container', '--ts']]) {
    test(`a container ${flags.slice(1).join()}: runs, is tested, shown, set well and badly, edited`, () => within(async (rig) => {
      await rig.ok('module:generate', 'hello', ...flags);
      const dir = path.join(rig.dir, 'hello');
      const tested = spawnSync(rig.node, ['--test'], { cwd: dir, env: rig.env, encoding: 'utf8' });
      assert.match(tested.stdout, /pass 3\n/, tested.stdout);
      await at(rig, dir).mgr('install', '.');
      assert.match(await rig.ok('conf', 'hello'), /every +5000 .*time between two greetings/);
      const { pid } = await rig.row('hello');
      assert.match(await rig.ok('set', 'hello:every', '20'), /applied hot/);
      await waitFor('greetings', () => lines(rig, 'hello').filter((l) => l === 'Hello, world!').length > 3 || undefined);
      const bad = await rig.mgr('set', 'hello:every', '5');
      assert.deepEqual([bad.code, /hello:every: got `5`, wanted from 10 up/.test(bad.err)], [1, true], bad.err);
      assert.match(await rig.ok('trigger', 'hello', 'greet', 'Ann'), /="Hello, Ann!"\n/);
      assert.equal((await rig.row('hello')).pid, pid);
      const file = path.join(dir, flags.length > 1 ? 'dist/greeter.js' : 'greeter.js');
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('${this.greeting}, ', '${this.greeting} there, '));
      await waitFor('the new greeting', () => lines(rig, 'hello').includes('Hello there, world!') || undefined);
    }));
  }

  test('npm removes what nobody declared: the module is given the SDK again when it starts', () => within(async (rig) => {
    await rig.ok('module:generate', 'hello');
    const dir = path.join(rig.dir, 'hello');
    await at(rig, dir).mgr('install', '.');
    fs.rmSync(path.join(dir, 'node_modules'), { recursive: true });
    await rig.ok('restart', 'hello');
    await rig.status('hello', 'online');
    assert.ok(fs.existsSync(path.join(dir, 'node_modules/mgr/dist/module.mjs')));
    // From a tarball it is put beside the module, which brings none.
    const packed = spawnSync('npm', ['pack', '--silent'], { cwd: dir, env: { ...rig.env, npm_config_update_notifier: 'false' }, encoding: 'utf8' });
    await rig.ok('uninstall', 'hello');
    await rig.ok('install', path.join(dir, packed.stdout.trim()));
    assert.equal((await rig.status('hello', 'online')).pm2_env['version'], '0.1.0');
    assert.ok(fs.lstatSync(path.join(rig.home, 'modules/hello/node_modules/mgr/dist')).isSymbolicLink());
  }));
});
