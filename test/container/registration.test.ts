// What may be registered, under which name, and with which settings. Ids are those of the acceptance list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleManager, defineModule, type ModuleOptions, type PartialConfig } from '../../src/container/container.js';
import { fails, quiet } from './rig.js';

test('C1: names in the graph are made of class names', () => {
  class MyModule {}
  class HTTPServer {}
  class S3Storage {}
  const names = new ModuleManager().register(MyModule).register(HTTPServer).register(S3Storage).graph().map((n) => n.name);
  assert.deepEqual(names, ['my-module', 'http-server', 's3-storage']);
});

test('C2: the same again is nothing, anything else of that name is E_DUPLICATE with both places', () => {
  class Twice {}
  const one = (() => { class Other { static moduleName = 'twice'; } return Other; })();
  const manager = new ModuleManager().register(Twice, { lifecycle: false, schema: { a: 1 } });
  manager.register(Twice, { lifecycle: false, schema: { a: 1 } });
  assert.equal(manager.graph().length, 1);
  const here = /registration\.test\.js:\d+:\d+.*registration\.test\.js:\d+:\d+/s;
  assert.throws(() => manager.register(Twice, { lifecycle: true }), fails('E_DUPLICATE', 'twice', 'other options', here));
  assert.throws(() => manager.register(one), fails('E_DUPLICATE', 'another class', here));
  assert.throws(() => manager.registerInstance({}, { name: 'TWICE' }), fails('E_DUPLICATE', here));
  assert.throws(() => manager.registerConstant('twice', 1), fails('E_DUPLICATE', 'constant', here));
  // Two classes whose names become one.
  class HTTPThing {}
  class HttpThing {}
  assert.throws(() => new ModuleManager().register(HTTPThing).register(HttpThing), fails('E_DUPLICATE', 'http-thing'));
});

test('C3: a plain object needs a name', () => {
  const foo = { bar: true };
  assert.throws(() => new ModuleManager().registerInstance(foo), fails('E_NAME', 'name'));
  const manager = new ModuleManager().registerInstance(foo, { name: 'foo' });
  assert.equal(manager.resolve('foo'), foo);
  assert.equal(manager.resolve(foo), foo);
  assert.throws(() => new ModuleManager().registerInstance(5 as never, { name: 'n' }), fails('E_NAME', 'number'));
  assert.throws(() => new ModuleManager().registerInstance(null as never, { name: 'n' }), fails('E_NAME', 'null'));
  assert.throws(() => new ModuleManager().registerInstance(undefined as never), fails('E_NAME'));
  assert.throws(() => new ModuleManager().register(class {}), fails('E_NAME', 'class'));
  assert.throws(() => new ModuleManager().register(undefined as never), fails('E_NAME', 'undefined'));
  assert.throws(() => new ModuleManager().register((() => 5) as never, { name: 'n' }), fails('E_NAME', 'not a class'));
});

test('C4: lifecycle false counts in each of the three spellings', async () => {
  for (const spelling of ['none', 'static', 'info', 'option'] as const) {
    let started = 0;
    class Base { start(): void { started++; } async main(): Promise<void> {} }
    class Static extends Base { static moduleLifecycle = false; }
    class Info extends Base { static moduleInfo = { lifecycle: false }; }
    const { manager } = quiet();
    const Class = { none: Base, static: Static, info: Info, option: Base }[spelling];
    manager.register(Class, spelling === 'option' ? { lifecycle: false } : {});
    setTimeout(() => void manager.stop(), 20);
    await manager.run({});
    assert.equal(started, spelling === 'none' ? 1 : 0, spelling);
  }
});

test('C5: settings and schemas are merged one by one along the prototype chain, options last', async () => {
  class Base { static moduleProvides = 'Store'; static moduleInfo = { schema: { size: { type: 'number', default: 1 }, kind: { default: 'plain' } }, reload: true }; }
  class Child extends Base { static moduleSchema = { size: { default: 2 } }; }
  const before = JSON.stringify([Base.moduleProvides, Base.moduleInfo]);
  const { manager } = quiet();
  let seen: unknown;
  class Main { declare store: Child & { size: number; kind: string }; static moduleSchema = { store: { type: 'Store' } }; main(): void { seen = [this.store.size, this.store.kind, this.store instanceof Child]; } }
  await manager.register(Child, { schema: { kind: { default: 'option' } } }).register(Main).run({});
  assert.deepEqual(seen, [2, 'option', true]);
  assert.equal(manager.graph()[0]?.provides, 'store');
  assert.equal(JSON.stringify([Base.moduleProvides, Base.moduleInfo]), before, 'the base class is as it was');
  // The base class alone is not changed by having had a child.
  let alone: unknown;
  class Look { declare store: { size: number; kind: string }; static moduleSchema = { store: { type: 'Store' } }; main(): void { alone = [this.store.size, this.store.kind]; } }
  await quiet().manager.register(Base).register(Look).run({});
  assert.deepEqual(alone, [1, 'plain']);
});

test('a setting of the nearest class wins, whatever its spelling; an option wins over all', async () => {
  class Base { static moduleLifecycleStart = 'begin'; static moduleInfo = { lifecycleStop: 'halt' }; }
  class Child extends Base { static override moduleInfo = { lifecycleStop: 'end', lifecycleStart: 'go' }; log: string[] = log; go(): void { log.push('go'); } begin(): void { log.push('begin'); } end(): void { log.push('end'); } halt(): void { log.push('halt'); } main(): void {} }
  const log: string[] = [];
  await quiet().manager.register(Child).run({});
  await quiet().manager.register(Child, { lifecycleStart: 'begin', lifecycleStop: 'halt' }).run({});
  assert.deepEqual(log, ['go', 'end', 'begin', 'halt']);
});

test('inherited statics are not doubled, and the author\'s own arrays are not touched', () => {
  const list = Object.freeze([Object.freeze({ field: 'b', default: 1 }), Object.freeze({ field: 'a', default: 2 })]);
  class Base { static moduleSchema = list; }
  class Child extends Base {}
  class Grand extends Child { static override moduleSchema = Object.freeze([Object.freeze({ field: 'a', default: 2 })]) as typeof list; }
  const { manager } = quiet();
  manager.register(Grand);
  assert.deepEqual(Object.keys((manager.jsonSchema() as { properties: { grand: { properties: object } } }).properties.grand.properties), ['b', 'a']);
  assert.deepEqual(list.map((r) => r.field), ['b', 'a']);
});

test('C6: constants that are nothing much are constants all the same', () => {
  const manager = new ModuleManager().registerConstant('zero', 0).registerConstant('none', undefined).registerConstant('no', false).registerConstant('empty', '');
  assert.equal(manager.resolve('zero'), 0);
  assert.equal(manager.resolve('none'), undefined);
  assert.equal(manager.resolve('no'), false);
  assert.equal(manager.resolve('empty'), '');
  assert.ok(manager.has('none') && !manager.has('nothing'));
});

test('C10: there is one main module', () => {
  class One { main(): void {} }
  class Two { main(): void {} }
  const manager = new ModuleManager().register(One);
  assert.throws(() => manager.register(Two), fails('E_MAIN', 'already registered', 'one', 'two'));
  assert.equal(manager.has('two'), false);
  manager.register(Two, { isMain: false });
  assert.deepEqual(manager.graph().map((n) => n.main), [true, false]);
});

test('C18: a field cannot be called like a way to the prototype, or like a method', () => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    class Victim { static moduleSchema = [{ field: name, default: { polluted: 1 } }]; }
    assert.throws(() => new ModuleManager().register(Victim), fails('E_CONFIG', name));
  }
  class Literal { static moduleSchema = { __proto__: { type: 'number' } }; }
  assert.throws(() => new ModuleManager().register(Literal), fails('E_CONFIG', '__proto__'));
  class Method { static moduleSchema = { send: { type: 'string' } }; send(): void {} }
  assert.throws(() => new ModuleManager().register(Method), fails('E_CONFIG', 'send', 'method'));
  class Inherited extends Method { static override moduleSchema = { send: { type: 'string' }, toString: 'x' }; }
  assert.throws(() => new ModuleManager().register(Inherited), fails('E_CONFIG', 'method'));
  assert.throws(() => new ModuleManager().register(class Getter { get size(): number { return 1; } }, { schema: { size: 1 } }), fails('E_CONFIG', 'read-only'));
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test('C18: values from outside reach declared fields only', async () => {
  let seen: unknown;
  class Main { static moduleSchema = { labels: { type: 'object', default: {} } }; main(): void { seen = Object.keys(this); } }
  await quiet().manager.register(Main).run({ overrides: JSON.parse('{"main":{"labels":{"__proto__":{"x":1},"a":1}}}') as PartialConfig });
  assert.equal(({} as { x?: unknown }).x, undefined);
  assert.deepEqual(seen, ['labels']);
  await assert.rejects(quiet().manager.register(Main).run({ overrides: JSON.parse('{"main":{"__proto__":{"x":1}}}') as PartialConfig }), fails('E_CONFIG', '__proto__'));
  await assert.rejects(quiet().manager.register(Main).run({ overrides: { main: { main: 1 } } }), fails('E_CONFIG', 'main.main'));
  assert.equal(({} as { x?: unknown }).x, undefined);
});

test('C21: definitions register further modules', () => {
  class X {}
  class Y { static moduleDefinitions = [X, { instance: { z: 1 }, name: 'zed' }, { ModuleClass: class {}, name: 'nameless' }, defineModule({ name: 'free' })]; }
  const manager = new ModuleManager().register(class Root {}, { definitions: [Y] });
  assert.ok(manager.resolve(X) instanceof X);
  assert.equal(manager.resolve(X), manager.resolve('x'));
  assert.deepEqual(manager.resolve('zed'), { z: 1 });
  assert.ok(manager.has('nameless') && manager.has('free') && manager.has('y'));
  // One that cannot be registered takes its parent with it.
  class Bad { static moduleDefinitions = [X, class {}]; }
  const other = new ModuleManager();
  assert.throws(() => other.register(Bad), fails('E_NAME'));
  assert.deepEqual(other.graph(), []);
});

test('C22: methods can have other names', async () => {
  const log: string[] = [];
  class Renamed {
    static moduleLifecycleStop = 'halt'; static moduleInfo = { lifecycleInit: 'prepare', lifecycleMain: 'work' };
    prepare(): void { log.push('prepare'); } init(): void { log.push('init'); } work(): void { log.push('work'); } main(): void { log.push('main'); }
    begin(): void { log.push('begin'); } start(): void { log.push('start'); } halt(): void { log.push('halt'); } stop(): void { log.push('stop'); }
    finish(): void { log.push('finish'); } terminate(): void { log.push('terminate'); }
  }
  await quiet().manager.register(Renamed, { lifecycleStart: 'begin', lifecycleTerminate: 'finish' }).run({});
  assert.deepEqual(log, ['prepare', 'begin', 'work', 'halt', 'finish']);
});

test('settings that are none, or of the wrong kind, are told with the nearest', () => {
  class M {}
  const wrong: readonly [ModuleOptions, RegExp][] = [
    [{ lifecyle: false } as never, /unknown setting `lifecyle`; did you mean `lifecycle`/], [{ reload: 'yes' } as never, /`reload`: got `yes`, wanted boolean/],
    [{ initConfig: 'all' } as never, /wanted `own` or `full`/], [{ definitions: {} } as never, /wanted array/], [{ schema: { port: { typ: 'number' } } } as never, /unknown attribute `typ`; did you mean `type`/],
    [{ schema: { a: null } } as never, /got null/], [{ schema: { maxSize: 1, max_size: 2 } }, /rename one/], [{ schema: [{ default: 1 }] } as never, /`field` or `child`/],
  ];
  for (const [options, message] of wrong) assert.throws(() => new ModuleManager().register(M, options), fails('E_CONFIG', message));
  assert.throws(() => new ModuleManager().register(class N { static moduleInfo = { nmae: 'x' }; }), fails('E_CONFIG', 'nmae'));
});

test('resolve: own name, class, alias, resolver, interface; constructors run once and late', () => {
  let made = 0;
  class Service { constructor() { made++; } }
  class Disk { static moduleProvides = 'Storage'; }
  const manager = new ModuleManager().register(Service).register(Disk).registerAlias('svc', 'service').registerAlias('s', 'svc').registerResolver('clock', (_v, _c, type) => `${type}!`);
  assert.equal(made, 0);
  const it = manager.resolve(Service);
  assert.deepEqual([manager.resolve('service'), manager.resolve('Service'), manager.resolve('s'), manager.resolve(it)].map((x) => x === it), [true, true, true, true]);
  assert.equal(made, 1);
  assert.equal(manager.resolve('clock'), 'clock!');
  assert.equal(manager.resolve('storage'), manager.resolve(Disk));
  assert.equal(manager.resolve('module-manager'), manager);
  assert.equal(manager.resolve(ModuleManager), manager);
  assert.throws(() => manager.resolve('servise'), fails('E_UNKNOWN', 'did you mean `service`'));
  assert.throws(() => manager.resolve({}), fails('E_UNKNOWN'));
  assert.throws(() => new ModuleManager().registerAlias('a', 'b').registerAlias('b', 'a').resolve('a'), fails('E_CYCLE', 'a→b→a'));
  assert.throws(() => manager.registerResolver('r', undefined as never), fails('E_UNKNOWN', 'function'));
  assert.throws(() => new ModuleManager().register(class Broken { constructor() { throw new Error('no'); } }).resolve('broken'), fails('E_LIFECYCLE', 'broken', 'construct', 'no'));
});

test('a module without a class: typed config, this, and what it offers', async () => {
  const log: unknown[] = [];
  const counter = defineModule({
    name: 'counter', schema: { step: { type: 'number', default: 2 } }, total: 0,
    init(config) { this.total = config.step; },
    add() { this.total += 1; return this.total; },
  });
  const main = defineModule({ name: 'app', schema: { counter: { type: 'counter' } }, main() { log.push('main'); return 4; } });
  const { manager } = quiet();
  const result = await manager.register(counter).register(main).run({ argv: ['--counter-step', '5'] });
  assert.equal(result.exitCode, 4);
  assert.equal(manager.resolve(counter).add(), 6);
  assert.throws(() => new ModuleManager().register(defineModule({ init() {} })), fails('E_NAME'));
});
