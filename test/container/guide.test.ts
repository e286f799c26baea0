// The guide that module authors follow, example by example, as it stands there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ModuleManager, SETTING_NAMES, type ModuleOptions } from '../../src/container/container.js';
import { quiet } from './rig.js';

test('both faces of the package export the same', async () => {
  const face = fs.readFileSync(path.resolve(import.meta.dirname, '../../../../src/container/container.mjs'), 'utf8');
  const names = /\{([^}]*)\}/.exec(face)?.[1]?.split(',').map((n) => n.trim()).filter((n) => n !== '') ?? [];
  assert.deepEqual(names.sort(), Object.keys(await import('../../src/container/container.js')).sort());
});

test('a class, instantiated on demand', () => {
  const moduleManager = new ModuleManager();
  const options = undefined;
  class MyModule {}
  moduleManager.register(MyModule, options);
  assert.equal(moduleManager.graph()[0]?.constructed, false);
  assert.ok(moduleManager.resolve('my-module') instanceof MyModule);
});

test('a pre-created instance', () => {
  const moduleManager = new ModuleManager();
  const options = undefined;
  class MyComplicatedModule { readonly words: string[]; constructor(...words: string[]) { this.words = words; } }
  const myComplicatedModule = new MyComplicatedModule('xyzzy', 'plugh');
  moduleManager.registerInstance(myComplicatedModule, options);
  assert.equal(moduleManager.resolve(MyComplicatedModule as never), myComplicatedModule);
  assert.equal(moduleManager.resolve('my-complicated-module'), myComplicatedModule);
});

test('any object, with a name', () => {
  const moduleManager = new ModuleManager();
  const foo = {bar: true}
  moduleManager.registerInstance(foo, {name: "foo"})
  assert.equal(moduleManager.resolve('foo'), foo);
});

test('the three ways to give a setting, each example of them', async () => {
  const log: string[] = [];
  const one = (() => {
    class MyModule {
      static moduleLifecycle = false;
      start(): void { log.push('static'); }
    }
    return (m: ModuleManager) => m.register(MyModule);
  })();
  const two = (() => {
    class MyModule {
      static moduleInfo = {
        lifecycle: false
      }
      start(): void { log.push('info'); }
    }
    return (m: ModuleManager) => m.register(MyModule);
  })();
  const three = (() => {
    class MyModule { start(): void { log.push('option'); } }
    return (moduleManager: ModuleManager) => moduleManager.register(MyModule, { lifecycle: false });
  })();
  for (const register of [one, two, three]) {
    const manager = register(quiet().manager);
    await manager.register(class Main { main(): void { log.push('main'); } }, { schema: { my: { type: 'my-module' } } }).run({});
    assert.equal(manager.graph()[0]?.active, true);
  }
  assert.deepEqual(log, ['main', 'main', 'main']);
});

test('every setting of the table, in each of the three spellings, is in force', async () => {
  const names = ['name', 'ModuleClass', 'instance', 'schema', 'inject', 'reload', 'lifecycle', 'isMain', 'definitions', 'provides', 'initConfig', 'lifecycleInit', 'lifecycleStart', 'lifecycleMain', 'lifecycleStop', 'lifecycleTerminate'];
  assert.deepEqual(names.filter((n) => !(SETTING_NAMES as readonly string[]).includes(n)), []);
  class Extra {}
  const settings: ModuleOptions = {
    name: 'other-name', schema: { size: 7 }, inject: true, reload: true, lifecycle: true, isMain: true, definitions: [Extra], provides: 'Thing', initConfig: 'full',
    lifecycleInit: 'i', lifecycleStart: 's', lifecycleMain: 'm', lifecycleStop: 'h', lifecycleTerminate: 't',
  };
  for (const spelling of ['static', 'info', 'option'] as const) {
    const log: unknown[] = [];
    class MyModule {
      declare size: number;
      i(config: { otherName: { size: number } }): void { log.push(['i', config.otherName.size, this.size]); }
      s(): void { log.push('s'); } async m(): Promise<number> { const r = await manager.reload({ size: 8 }); log.push(r.outcome); return 9; } h(): void { log.push('h'); } t(): void { log.push('t'); }
      init(): void { log.push('no'); } start(): void { log.push('no'); } main(): void { log.push('no'); } stop(): void { log.push('no'); } terminate(): void { log.push('no'); }
    }
    if (spelling === 'static') for (const [k, v] of Object.entries(settings)) Object.defineProperty(MyModule, `module${k.charAt(0).toUpperCase()}${k.slice(1)}`, { value: v });
    if (spelling === 'info') Object.defineProperty(MyModule, 'moduleInfo', { value: settings });
    const { manager } = quiet();
    manager.register(MyModule, spelling === 'option' ? settings : {});
    const { exitCode } = await manager.run({});
    assert.deepEqual([exitCode, ...log], [9, ['i', 7, 7], 's', ['i', 8, 8], 'hot', 'h', 't'], spelling);
    assert.equal(manager.resolve('Thing'), manager.resolve('other-name'));
    assert.ok(manager.resolve(Extra) instanceof Extra);
    assert.deepEqual(manager.graph().map((n) => [n.name, n.main, n.provides]), [['other-name', true, 'thing'], ['extra', false, undefined]]);
  }
});

test('ModuleClass and instance as settings', () => {
  class Real {}
  const made = new Real();
  const manager = new ModuleManager().register({ ModuleClass: Real, name: 'a' }).register({ instance: made, name: 'b' }).register({ instance: { x: 1 }, ModuleClass: class Shape {} });
  assert.ok(manager.resolve('a') instanceof Real);
  assert.notEqual(manager.resolve('a'), made);
  assert.equal(manager.resolve('b'), made);
  assert.deepEqual(manager.resolve('shape'), { x: 1 });
  class Holder { static moduleInstance = made; }
  assert.equal(new ModuleManager().register(Holder).resolve('holder'), made);
  class Stand { static moduleInfo = { ModuleClass: Real }; }
  assert.ok(new ModuleManager().register(Stand).resolve('stand') instanceof Real);
});

test('individually merged with base class settings, and options override', async () => {
  const log: string[] = [];
  class Base { static moduleInfo = { lifecycleStart: 'begin', lifecycleStop: 'halt', lifecycle: false }; begin(): void { log.push('begin'); } halt(): void { log.push('halt'); } stop(): void { log.push('stop'); } }
  class Child extends Base { static moduleLifecycle = true; main(): void { log.push('main'); } }
  await quiet().manager.register(Child, { lifecycleStop: 'stop' }).run({});
  assert.deepEqual(log, ['begin', 'main', 'stop']);
});
