// A module that is one container: its settings are the container's, checked by its schemas, taken over while it runs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { withBox } from '../helpers/box.js';
import type { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const MODULE = `import { action, runContainer } from 'mgr/module';
import { ModuleManager } from 'mgr/container';
let counter = 0;
class FileStore { static moduleProvides = 'Store'; }
class S3Store { static moduleInfo = { provides: 'Store', schema: { bucket: 'b1' } }; }
class Ticker {
  static moduleInfo = { reload: RELOAD, schema: {
    every: { type: 'number', default: 100, validator: '$positive', description: 'time between looks', unit: 'ms' }, label: 'a', pw: { secret: true }, store: { type: 'Store' },
    must: { required: true }, odd: { type: 'number', default: 1, validator: (n) => n % 2 === 1 || 'wanted an odd number' },
  } };
  start() { this.timer = setInterval(() => { console.log(JSON.stringify({ pid: process.pid, label: this.label, every: this.every, counter: ++counter, store: this.store.constructor.name, pw: this.pw?.length, odd: this.odd })); }, 50); }
  reload({ label }) { if (label === 'bad') throw new Error('no such label'); if (label === 'hang') return new Promise(() => {}); }
  stop({ reason }) { clearInterval(this.timer); console.log('stopped by ' + reason); }
}
action('count', () => counter);
runContainer(new ModuleManager({ name: 'box' }).register(Ticker).register(FileStore).register(S3Store));
`;

interface Tick { readonly pid: number; readonly label: string; readonly every: number; readonly counter: number; readonly store: string; readonly pw?: number; readonly odd: number }

const within = (body: (rig: Rig, tick: (fits: (t: Tick) => boolean) => Promise<Tick>) => Promise<void>, reload = true): Promise<void> =>
  withBox<Tick>({ apps: [{ script: 'index.mjs', args: ['--store', 'file-store', '--must', 'x'], wait_ready: true }] }, MODULE.replace('RELOAD', String(reload)), body);
const stored = (rig: Rig): unknown => (JSON.parse(rig.read('module_conf.json')) as Record<string, unknown>)['box'];

describe('a module that is a container', { concurrency: 2 }, () => {
  test('H1: a new value is taken over with the same pid and what was in memory', () => within(async (rig, tick) => {
    const before = await tick((t) => t.every === 100 && t.counter > 2);
    assert.match(await rig.ok('set', 'box:every', '20'), /saved box:every = 20\nbox took it over while running \(applied hot, \d+ ms\)\n/);
    const after = await tick((t) => t.every === 20);
    assert.equal(after.pid, before.pid);
    assert.ok(after.counter > before.counter);
    assert.deepEqual(stored(rig), { every: 20 });
  }));

  test('H2: without reload it is restarted once, as somebody would do it, and why is told', () => within(async (rig, tick) => {
    const before = await tick((t) => t.every === 100);
    const told = await rig.ok('set', 'box:every', '20');
    const after = await tick((t) => t.every === 20);
    assert.ok(told.includes(`box was restarted with it (pid ${before.pid} → ${after.pid}): ticker cannot take new configuration while it runs (reload is not set)\n`), told);
    const { pm2_env: env } = await rig.row('box');
    assert.deepEqual([env['restart_time'], env['unstable_restarts']], [1, 0]);
    assert.match(rig.read('logs/box-out.log'), /stopped by SIGINT\n/);
    // Nobody is to be restarted: it counts later.
    assert.match(await rig.ok('set', 'box:every', '30', '--no-restart'), /stored: box has it from its next start: ticker cannot/);
    assert.equal((await rig.row('box')).pid, after.pid);
    await rig.ok('restart', 'box');
    await tick((t) => t.every === 30);
  }, false));

  test('H3, H4: what the schema or the module refuses is not saved and not in force', () => within(async (rig, tick) => {
    const before = await tick((t) => t.counter > 0);
    await rig.ok('set', 'box:odd', '3');
    const kept = rig.read('module_conf.json');
    // The second is a function: only the module itself can check it.
    for (const [key, value, told] of [
      ['box:every', '-5', /box:every: got `-5`, wanted a number above 0/], ['box:every', 'abc', /box:every: got `abc`, wanted a number/], ['box:odd', '4', /ticker\.odd: got 4 \(from store\), wanted an odd number/],
      ['box:store', 'tape', /box:store: got `tape`, wanted one of `file-store`, `s3-store`/], ['box:label', 'bad', /rolled back: ticker: reload failed: no such label\n {2}→ rolled back: nothing was saved/],
    ] as const) {
      const r = await rig.mgr('set', key, value);
      assert.equal(r.code, 1, `${key} ${value}`);
      assert.match(r.err, told);
      assert.equal(rig.read('module_conf.json'), kept);
    }
    const seen = (await tick(() => true)).counter;
    assert.deepEqual(await tick((t) => t.counter > seen + 1).then((t) => [t.pid, t.every, t.label, t.odd]), [before.pid, 100, 'a', 3]);
  }));

  test('H5: a reload that hangs where nothing may be restarted: the old value stays', () => within(async (rig, tick) => {
    const before = await tick((t) => t.counter > 0);
    const kept = await rig.mgr('set', 'box:label', 'hang', '--no-restart');
    assert.equal(kept.code, 1);
    assert.match(kept.err, /`box` does not take label: (?:no answer within 5000 ms|.*timed out)/);
    assert.deepEqual([(await rig.row('box')).pid, stored(rig)], [before.pid, undefined]);
    await tick((t) => t.label === 'a' && t.pid === before.pid);
  }));

  test('H9, H12: a value that was told as saved outlives the daemon; one for a stopped module counts at its next start', () => within(async (rig, tick) => {
    const before = await tick((t) => t.counter > 0);
    await rig.ok('set', 'box:every', '20');
    await rig.killDaemon();
    assert.deepEqual(stored(rig), { every: 20 });
    await rig.status('box', 'online');
    assert.equal((await tick((t) => t.every === 20)).pid, before.pid);
    await rig.ok('stop', 'box');
    assert.equal(await rig.ok('set', 'box:every', '30'), 'saved box:every = 30\nstored: box has it from its next start\n');
    // What it told of its settings counts while it is down.
    assert.equal((await rig.mgr('set', 'box:every', 'abc')).code, 1);
    await rig.ok('restart', 'box');
    await tick((t) => t.every === 30);
  }));

  test('H10, H11: conf shows the settings of the container; a secret is seen by it only; a dump is no news', () => within(async (rig, tick) => {
    await tick((t) => t.counter > 0);
    const said = await rig.ok('set', 'box:pw', 'hush-hush-7');
    const { pid } = await tick((t) => t.pw === 11);
    const shown = await Promise.all([['conf', 'box'], ['conf'], ['describe', 'box'], ['env', 'box'], ['jlist'], ['logs', 'box', '--nostream'], ['get', 'box:pw'], ['conf', 'box', '--dump', '-']].map((words) => rig.ok(...words)));
    for (const text of [said, ...shown]) assert.equal(text.includes('hush-hush-7'), false, text);
    assert.match(shown[0] ?? '', /every +100 .*time between looks/);
    assert.match(shown[0] ?? '', /pw +\*{8}/);
    assert.match(shown[2] ?? '', /Settings\n[^]*every +100\n[^]*pw +\*+\n/);
    assert.equal(fs.statSync(path.join(rig.home, 'module_conf.json')).mode & 0o777, 0o600);

    const schema = JSON.parse(await rig.ok('conf', 'box', '--json-schema')) as { properties: Record<string, object> };
    assert.deepEqual(schema.properties['every'], { type: 'number', exclusiveMinimum: 0, description: 'time between looks (ms)', default: 100 });
    assert.match(await rig.ok('conf', 'box', '--env'), /#BOX_EVERY=100\n/);
    await rig.ok('unset', 'box:pw');
    const dump = await rig.ok('conf', 'box', '--dump', '-');
    const values = JSON.parse(dump) as Record<string, unknown>;
    assert.deepEqual(values, { every: 100, label: 'a', must: 'x', odd: 1, store: 'file-store', s3Store: { bucket: 'b1' } });
    // Written where settings are kept, it says nothing new.
    const all = JSON.parse(rig.read('module_conf.json')) as Record<string, unknown>;
    fs.writeFileSync(path.join(rig.home, 'module_conf.json'), JSON.stringify({ ...all, box: values }));
    await waitFor('the edit', () => rig.read('pm2.log').includes('box took it over while running') || undefined);
    assert.equal(await rig.ok('conf', 'box', '--dump', '-'), dump);
    assert.equal((await tick((t) => t.every === 100 && t.label === 'a')).pid, pid);
  }));

  test('C14: conf --explain shows every layer the container has, the last of them in force', () => withBox<Tick>(
    { config: { every: 150 }, apps: [{ script: 'index.mjs', args: ['--every', '70', '--must', 'x', '--store', 'file-store', '-C', '../box.json'], wait_ready: true, env: { BOX_EVERY: '80' } }] },
    MODULE.replace('RELOAD', 'true').replace(/^/, "import fs from 'node:fs'; fs.writeFileSync('../box.json', '{\"every\": 90}');\n"),
    async (rig, tick) => {
      const layers = async (): Promise<string[]> => (await rig.ok('conf', 'box:every', '--explain')).split('\n').slice(1).map((l) => l.trim().replace(/\s+/g, ' ')).filter((l) => l !== '');
      // What package.json has is written into module_conf.json at the installation, as in PM2.
      await rig.ok('unset', 'box:every');
      await rig.ok('restart', 'box');
      await tick((t) => t.every === 70);
      const below = ['schema 100', 'package.json 150', 'file ../box.json 90', 'env BOX_EVERY 80'];
      assert.deepEqual(await layers(), [...below, '→ argv --every 70']);
      await rig.ok('set', 'box:every', '60');
      await tick((t) => t.every === 60);
      assert.deepEqual(await layers(), [...below, 'argv --every 70', '→ mgr set 60']);
      assert.match(await rig.ok('conf', 'box'), /every +60 ms +150 +mgr set/);
    },
  ));

  test('H13: another provider is another structure: restarted, never hot', () => within(async (rig, tick) => {
    const before = await tick((t) => t.store === 'FileStore');
    assert.match(await rig.ok('set', 'box:store', 's3-store'), /box was restarted with it .*ticker\.store is another module: file-store → s3-store/);
    assert.notEqual((await tick((t) => t.store === 'S3Store')).pid, before.pid);
  }));

  test('it is stopped in order', () => within(async (rig, tick) => {
    await tick((t) => t.counter > 0);
    assert.match(await rig.ok('trigger', 'box', 'count'), /=\d+\n/);
    await rig.ok('stop', 'box');
    await waitFor('the word of stop', () => (rig.read('logs/box-out.log').endsWith('stopped by SIGINT\n') ? true : undefined));
    assert.equal((await rig.row('box')).pm2_env['exit_code'], 0);
  }));
});
