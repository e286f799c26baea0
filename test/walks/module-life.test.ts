// A module from its first line on, as its author meets it: the real command, the real daemon, no network.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { within, type Rig } from '../helpers/rig.js';
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
