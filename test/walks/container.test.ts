// A module that is one container: its settings are the container's, checked by its schemas, taken over while it runs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withBox } from '../helpers/box.js';
import type { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const MODULE = `import { config, initModule, onConfig } from 'mgr/module';
import { ModuleManager, processContext } from 'mgr/container';
let counter = 0;
class Ticker {
  static moduleInfo = { reload: true, schema: { every: { type: 'number', default: 100, validator: '$positive' }, label: 'a' } };
  start() { this.timer = setInterval(() => { console.log(JSON.stringify({ pid: process.pid, label: this.label, every: this.every, counter: ++counter })); }, 50); }
  reload({ label }) { if (label === 'bad') throw new Error('no such label'); }
  stop({ reason }) { clearInterval(this.timer); console.log('stopped by ' + reason); }
}
await initModule();
const manager = new ModuleManager().register(Ticker);
onConfig(() => manager.reload());
await manager.run({ ...processContext(), store: config });
`;

interface Tick { readonly pid: number; readonly label: string; readonly every: number; readonly counter: number }

const within = (body: (rig: Rig, tick: (fits: (t: Tick) => boolean) => Promise<Tick>) => Promise<void>): Promise<void> =>
  withBox<Tick>({ config: { every: 100, label: 'a' }, mgr: { reload: true }, apps: [{ script: 'index.mjs' }] }, MODULE, body);

describe('a module that is a container', { concurrency: 2 }, () => {
  test('H1: a new value is taken over with the same pid and what was in memory', () => within(async (rig, tick) => {
    const before = await tick((t) => t.every === 100 && t.counter > 2);
    assert.match(await rig.ok('set', 'box:every', '20'), /while running/);
    const after = await tick((t) => t.every === 20);
    assert.equal(after.pid, before.pid);
    assert.ok(after.counter > before.counter);
  }));

  test('H3, H4: what the schema or the module refuses is not saved and not in force', () => within(async (rig, tick) => {
    const before = await tick((t) => t.counter > 0);
    const stored = rig.read('module_conf.json');
    for (const [key, value, told] of [['box:every', '-5', /ticker\.every: got -5 \(from store\), wanted a number above 0/], ['box:every', 'abc', /ticker\.every: got `abc`/], ['box:label', 'bad', /rolled back: ticker: reload failed: no such label/]] as const) {
      const r = await rig.mgr('set', key, value);
      assert.equal(r.code, 1, `${key} ${value}`);
      assert.match(r.err, told);
      assert.equal(rig.read('module_conf.json'), stored);
    }
    const seen = (await tick(() => true)).counter;
    assert.deepEqual(await tick((t) => t.counter > seen + 1).then((t) => [t.pid, t.every, t.label]), [before.pid, 100, 'a']);
  }));

  test('it is stopped in order', () => within(async (rig, tick) => {
    await tick((t) => t.counter > 0);
    await rig.ok('stop', 'box');
    await waitFor('the word of stop', () => (rig.read('logs/box-out.log').endsWith('stopped by SIGINT\n') ? true : undefined));
  }));
});
