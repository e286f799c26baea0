// Who is given whom: providers, references, cycles.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleManager } from '../../src/container/container.js';
import { fails, quiet } from './rig.js';

function storages(log: string[] = []) {
  class S3Storage { static moduleProvides = 'Storage'; static moduleSchema = { bucket: { type: 'string', required: true } }; constructor() { log.push('s3'); } }
  class LocalStorage { static moduleProvides = 'Storage'; static moduleSchema = { folder: 'data' }; constructor() { log.push('local'); } start(): void { log.push('local started'); } }
  class App { declare storage: object; static moduleSchema = { storage: { type: 'Storage' } }; main(): void { log.push(this.storage.constructor.name); } }
  return { S3Storage, LocalStorage, App };
}

test('C11: several providers and none chosen is E_PROVIDER_AMBIGUOUS with both names and the ways to choose', async () => {
  const log: string[] = [];
  const { S3Storage, LocalStorage, App } = storages(log);
  const { manager } = quiet();
  await assert.rejects(manager.register(S3Storage).register(LocalStorage).register(App).run({}), fails('E_PROVIDER_AMBIGUOUS', 's3-storage', 'local-storage', '--storage s3-storage', 'mgr set app:storage s3-storage'));
  assert.deepEqual(log, []);
  assert.throws(() => manager.resolve('storage'), fails('E_PROVIDER_AMBIGUOUS', 's3-storage', 'local-storage'));
});

test('C11: the chosen one is given, the other is never made, and its missing values are nobody\'s business', async () => {
  for (const context of [{ argv: ['--storage', 'local-storage'] }, { env: { APP_STORAGE: 'LocalStorage' } }, { overrides: { storage: 'local-storage' } }, { argv: ['-P', 'app.storage', 'local-storage'] }, { argv: ['-s', 'local-storage'] }]) {
    const log: string[] = [];
    const { S3Storage, LocalStorage, App } = storages(log);
    const { manager } = quiet();
    await manager.register(S3Storage).register(LocalStorage).register(App).run(context);
    assert.deepEqual(log, ['local', 'local started', 'LocalStorage'], JSON.stringify(context));
    assert.deepEqual(manager.graph().map((n) => [n.name, n.active, n.constructed]), [['s3-storage', false, false], ['local-storage', true, true], ['app', true, true]]);
    assert.equal(manager.resolve<object>('Storage').constructor, LocalStorage);
  }
  const { S3Storage, LocalStorage, App } = storages();
  await assert.rejects(quiet().manager.register(S3Storage).register(LocalStorage).register(App).run({ argv: ['--storage', 's3-storage'] }), fails('E_CONFIG', 's3Storage.bucket', 'required', '--s3-storage-bucket'));
});

test('C11: one provider is given without a word; none is an error only where it is required', async () => {
  const log: string[] = [];
  const { LocalStorage, App } = storages(log);
  await quiet().manager.register(LocalStorage).register(App).run({});
  assert.deepEqual(log, ['local', 'local started', 'LocalStorage']);
  class Optional { declare cache: unknown; static moduleSchema = { cache: { type: 'Cache' } }; main(): number { return this.cache === undefined ? 5 : 6; } }
  const { manager, said } = quiet();
  assert.equal((await manager.register(Optional).run({})).exitCode, 5);
  assert.match(said.join(), /nothing provides `cache`/);
  await assert.rejects(quiet().manager.register(Optional, { schema: { cache: { required: true } } }).run({}), fails('E_PROVIDER_NONE', 'optional.cache', 'provides'));
});

test('C11: what was chosen has to provide it, and there is one choice for all', async () => {
  const { S3Storage, LocalStorage, App } = storages();
  class Other { static moduleSchema = { store: { type: 'storage' } }; }
  const made = () => quiet().manager.register(S3Storage, { schema: { bucket: 'b' } }).register(LocalStorage).register(Other).register(App, { schema: { other: { type: Other } } });
  await assert.rejects(made().run({ argv: ['--storage', 'other'] }), fails('E_PROVIDER_MISMATCH', 'other', 'argv --storage', 's3-storage, local-storage'));
  await assert.rejects(made().run({ argv: ['--storage', 'locl-storage'] }), fails('E_UNKNOWN', 'did you mean `local-storage`'));
  await assert.rejects(made().run({ argv: ['--storage', 'local-storage', '--other-store', 's3-storage'] }), fails('E_PROVIDER_MISMATCH', 'app.storage', 'other.store'));
  // Said once, it holds for the other as well.
  const manager = made();
  await manager.run({ argv: ['--storage', 's3-storage'] });
  assert.equal(manager.resolve<{ store: object }>('other').store.constructor, S3Storage);
});

test('a module may be called like an interface; its own name comes first', async () => {
  class Storage { static moduleSchema = { size: 5 }; }
  class Disk { static moduleProvides = 'Storage'; }
  class App { declare storage: { size: number }; static moduleSchema = { storage: { type: 'storage' } }; main(): number { return this.storage.size; } }
  assert.equal((await quiet().manager.register(Storage).register(Disk).register(App).run({ argv: ['--storage', 'storage'] })).exitCode, 5);
});

test('C12: class, name, interface, alias and instance lead to the same singleton', async () => {
  class SomeClass { static moduleProvides = 'SomeInterface'; }
  abstract class Shape { abstract draw(): void; }
  class Circle extends Shape { static moduleProvides = 'Shape'; draw(): void {} }
  let seen: unknown[] = [];
  class Main {
    declare a: unknown; declare b: unknown; declare c: unknown; declare d: unknown; declare shape: unknown; declare zero: unknown; declare manager: unknown; declare self: unknown;
    static moduleSchema = { a: { type: SomeClass }, b: { type: 'some-class' }, c: { type: 'SomeInterface' }, d: { type: 'alias' }, shape: { type: Shape }, zero: { type: 'zero' }, manager: { type: ModuleManager }, self: { type: 'module-manager' } };
    main(): void { seen = [this.a, this.b, this.c, this.d, this.shape, this.zero, this.manager, this.self]; }
  }
  const { manager } = quiet();
  await manager.register(Main).register(SomeClass).register(Circle).registerAlias('alias', 'SomeClass').registerConstant('zero', 0).run({});
  const it = manager.resolve(SomeClass);
  assert.deepEqual(seen.map((x, i) => x === [it, it, it, it, manager.resolve(Circle), 0, manager, manager][i]), Array.from({ length: 8 }, () => true));
});

test('a resolver gets what was configured, the module\'s other values, and the type', async () => {
  let seen: unknown;
  class Main { declare at: unknown; static moduleSchema = { at: { type: 'place' }, zoom: 3 }; main(): void { seen = this.at; } }
  await quiet().manager.register(Main).registerResolver('place', (value, config, type) => [value, config['zoom'], type]).run({ argv: ['--at', 'here'] });
  assert.deepEqual(seen, ['here', 3, 'place']);
  await assert.rejects(quiet().manager.register(Main).registerResolver('place', () => { throw new Error('lost'); }).run({}), fails('E_LIFECYCLE', 'main: init failed: main.at: resolver `place`: lost'));
});

test('C13: a cycle gives each the other, with a warning; strictly it is E_CYCLE', async () => {
  class A { declare b: B; static moduleSchema = { b: { type: 'b' } }; }
  class B { declare a: A; static moduleSchema = { a: { type: A } }; main(): void {} }
  const { manager, said } = quiet();
  const result = await manager.register(A).register(B).run({});
  assert.equal(manager.resolve(A).b, manager.resolve(B));
  assert.equal(manager.resolve(B).a, manager.resolve(A));
  assert.match(said.join(), /b→a→b/);
  assert.deepEqual(result.warnings, said);
  await assert.rejects(quiet({ strictCycles: true }).manager.register(A).register(B, { isMain: false }).run({}), fails('E_CYCLE', 'a→b→a'));
  for (const parallel of [true, false]) await quiet({ parallel }).manager.register(A).register(B).run({});
});

test('what nobody needs is not made, not configured and not checked', async () => {
  const log: string[] = [];
  class Unused { static moduleSchema = { must: { required: true } }; constructor() { log.push('made'); } start(): void { log.push('started'); } }
  class Main { main(): void { log.push('main'); } }
  await quiet().manager.register(Unused).register(Main).run({});
  assert.deepEqual(log, ['main']);
});

test('types that are none are told with the nearest', async () => {
  class Main { main(): void {} }
  class Forgotten {}
  await assert.rejects(quiet().manager.register(Main, { schema: { n: { type: 'numbr' } } }).run({}), fails('E_UNKNOWN', 'did you mean `number`'));
  await assert.rejects(quiet().manager.register(Main, { schema: { n: { type: Forgotten } } }).run({}), fails('E_UNKNOWN', 'Forgotten', 'not registered'));
});
