// C19: what the compiler accepts and what it refuses, on files as a user would write them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-c-'));
after(() => { fs.rmSync(folder, { recursive: true, force: true }); });

fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');

/** Lines the compiler complains about. */
function compile(name: string, source: string): string[] {
  fs.writeFileSync(path.join(folder, `${name}.ts`), source);
  fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({
    extends: path.join(ROOT, 'tsconfig.json'),
    compilerOptions: { paths: { 'mgr/container': [path.join(ROOT, 'src/container/container.ts')] }, typeRoots: [path.join(ROOT, 'node_modules/@types')], noEmit: true },
    files: [path.join(folder, `${name}.ts`), path.join(ROOT, 'src/base/globals.d.ts')], include: [],
  }));
  const r = spawnSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path.join(folder, `${name}.json`), '--pretty', 'false'], { encoding: 'utf8', cwd: folder });
  assert.equal(r.error, undefined);
  return r.stdout.split('\n').filter((l) => /error TS\d+/.test(l));
}

const GOOD = `
import { ModuleManager, defineModule, schema, type ConfigOf, type Ctx, type Lifecycle, type ModuleInfo } from 'mgr/container';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(_is: Same<A, B>): void => {};

class Storage { put(key: string): void { void key; } }
const fields = schema({
  port: { type: 'number', default: 80, validator: '$port' }, host: { type: 'string' }, name: { required: true }, level: { validator: { $in: ['low', 'high'] }, default: 'low' },
  tags: { type: 'array', default: [] }, sizes: { type: 'array', items: 'number', required: true }, since: { type: 'date' }, storage: { type: Storage },
  tls: { configurables: { cert: { type: 'string', required: true }, strict: true } }, plain: 5, any: { type: 'any', default: 1 }, count: { type: Number }, flag: { type: Boolean, default: false },
});
type Config = ConfigOf<typeof fields>;
same<Config, {
  port: number; host: string | undefined; name: string; level: 'low' | 'high'; tags: string[]; sizes: number[]; since: Date | undefined; storage: Storage;
  tls: { cert: string; strict: boolean }; plain: number; any: unknown; count: number | undefined; flag: boolean;
}>(true);
const records = schema([{ field: 'port', type: 'number', default: 80 }, { child: 'tls', configurables: [{ field: 'cert' }] }]);
same<ConfigOf<typeof records>, { port: number; tls: { cert: string | undefined } }>(true);

class Server implements Lifecycle<Config> {
  static moduleInfo = { schema: fields, reload: true, initConfig: 'own' } satisfies ModuleInfo;
  static moduleLifecycle = true;
  init(config: Config, { signal }: Ctx): void { config.storage.put(config.tls.cert); signal.throwIfAborted(); }
  async main(): Promise<number> { return 0; }
}
const counter = defineModule({
  name: 'counter', schema: { step: { type: 'number', default: 2 }, label: { type: 'string' } }, total: 0,
  init(config) { same<typeof config, { step: number; label: string | undefined }>(true); this.total = config.step; },
  add(): number { return this.total; },
});
const manager = new ModuleManager({ timeouts: { init: 5 } }).register(Server, { lifecycle: false }).register(Storage).register(counter).registerInstance({ bar: true }, { name: 'foo' });
same<ReturnType<typeof make>, Server>(true);
function make() { return manager.resolve(Server); }
const total: number = manager.resolve(counter).add();
const foo = manager.resolve<{ bar: boolean }>('foo');
const bar: boolean = foo.bar;
const unknown = manager.resolve('anything');
same<typeof unknown, unknown>(true);
void [total, bar];

declare module 'mgr/container' { interface Modules { storage: Storage } }
const named = manager.resolve('storage');
same<typeof named, Storage>(true);
same<ConfigOf<{ s: { type: 'storage'; required: true } }>, { s: Storage }>(true);
`;

test('the good one compiles', () => {
  assert.deepEqual(compile('good', GOOD), []);
});

test('a wrong config type, an unknown setting and a wrong use of resolve are refused, each at its line', () => {
  const errors = compile('bad', `
import { ModuleManager, defineModule } from 'mgr/container';
class Server { start(): void {} }
export const m = defineModule({ name: 'm', schema: { port: { type: 'number', default: 80 } }, init(config) {
  const port: string = config.port; // WRONG: a number
  void port;
} });
export const manager = new ModuleManager().register(Server, { lifecyle: false }); // WRONG: no such setting
export const started: number = manager.resolve(Server); // WRONG: a Server
export const fine: Server = manager.resolve(Server);
`);
  assert.deepEqual(errors.map((e) => /^\S+?\((\d+),/.exec(e)?.[1]), ['5', '8', '9'], errors.join('\n'));
});
