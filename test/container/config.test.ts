// Where values come from and what becomes of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { SEQUENCE, envSource, objectSource, withSequence, argvSource, type ModuleManager, type PartialConfig, type RunContext, type RunError, type SchemaSpec } from '../../src/container/container.js';
import { fails, quiet } from './rig.js';

/** What a main module with this schema is given. */
async function given(schema: SchemaSpec, context: RunContext, o: { name?: string } = {}): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown> = {};
  class Server { init(config: Record<string, unknown>): void { seen = config; } main(): void {} }
  await quiet(o).manager.register(Server, { schema }).run(context);
  return seen;
}
async function folder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-c-'));
  try { await use(dir); } finally { fs.rmSync(dir, { recursive: true, force: true }); }
}

test('C14: each layer lies above the former, and explain shows all of them with one winner', async () => {
  await folder(async (cwd) => {
    fs.writeFileSync(path.join(cwd, 'app.json'), '{"server": {"k": 3}}');
    fs.writeFileSync(path.join(cwd, 'store.json'), '{"server": {"k": "6"}}');
    const layers: Partial<RunContext>[] = [{ packageConfig: { k: 1 } }, { defaults: { server: { k: 2 } } }, { file: 'app.json' }, { env: { SERVER_K: '4' } }, { argv: ['--k', '5'] }, { store: 'store.json' }, { overrides: { server: { k: 7 } } }];
    let context: RunContext = { cwd };
    for (let n = 0; n <= layers.length; n++) {
      if (n > 0) context = { ...context, ...layers[n - 1] };
      const { manager } = quiet();
      await manager.register(class Server {}, { schema: { k: 0 } }).configure(context);
      assert.deepEqual(manager.dump(), { server: { k: n } });
      const shown = manager.explain('server.k');
      assert.deepEqual(shown.map((l) => l.source), ['default', 'package', 'defaults', 'file', 'env', 'argv', 'store', 'overrides'].slice(0, n + 1));
      assert.deepEqual(shown.map((l) => l.winner), shown.map((_, i) => i === n));
      assert.deepEqual(shown.map((l) => l.sequence), [...shown.map((l) => l.sequence)].sort((a, b) => a - b));
    }
    const { manager } = quiet();
    await manager.register(class Server {}, { schema: { k: 0 } }).configure(context);
    assert.deepEqual(manager.explain('k').map((l) => l.detail), ['', 'package.json', '', 'app.json', 'SERVER_K', '--k', 'store.json', '']);
  });
});

test('properties are won one by one; a layer may be put elsewhere', async () => {
  const schema = { a: 1, b: 2, tls: { configurables: { cert: 'c', key: 'k' } }, labels: { type: 'object', default: { x: 1 } } } as const;
  const seen = await given(schema, { defaults: { server: { a: 10, tls: { cert: 'd' } } }, overrides: { server: { tls: { key: 'o' } } }, argv: ['-P', 'server.labels.y.z', '5'] });
  assert.deepEqual(seen, { a: 10, b: 2, tls: { cert: 'd', key: 'o' }, labels: { x: 1, y: { z: '5' } } });
  // Something set as a whole hides what lower layers say about its parts.
  assert.deepEqual((await given(schema, { defaults: { tls: { cert: 'd' } }, argv: ['-P', 'tls', '{"key":"whole"}'] }))['tls'], { key: 'whole' });
  assert.deepEqual((await given(schema, { defaults: { a: 5, tls: { cert: 'd' } }, overrides: { tls: null, a: null } })), { b: 2, tls: {}, labels: { x: 1 } });
  // The order of another framework: the file above the command line.
  const { manager } = quiet({ sources: [argvSource(['--a', '1']), withSequence(objectSource('file', SEQUENCE.file, { a: 2 }), 900), envSource({ SERVER_A: '3' })] });
  await manager.register(class Server {}, { schema: { a: 0 } }).configure();
  assert.deepEqual(manager.dump(), { server: { a: 2 } });
  // A source of one's own, asked at each loading.
  const own = quiet({ sources: [{ name: 'mine', sequence: 450, load: () => ({ pairs: [{ path: ['server', 'a'], value: '7', detail: 'here' }] }) }] }).manager;
  await own.register(class Server {}, { schema: { a: 0 } }).configure();
  assert.deepEqual(own.explain('server.a').at(-1), { source: 'mine', detail: 'here', sequence: 450, value: '7', winner: true });
});

test('C15: what is wrong is told with path, value and source, and everything at once', async () => {
  const schema = { port: { type: 'number', default: 80, validator: '$port' }, mode: { default: 'a', validator: { $in: ['a', 'b'] } } } as const;
  await assert.rejects(given(schema, { argv: ['--port', 'abc'] }), fails('E_CONFIG', 'server.port', '`abc`', 'argv --port', 'a number'));
  await assert.rejects(given(schema, { argv: ['--nope', '1'] }), fails('E_CONFIG', '--nope', '`1`', 'argv'));
  await assert.rejects(given(schema, { argv: ['--prot', '1'] }), fails('E_CONFIG', '--prot', 'there is no such option'));
  await assert.rejects(given(schema, { env: { SERVER_PORT: '70000' } }), fails('E_CONFIG', 'server.port', '70000', 'env SERVER_PORT', 'a port'));
  await assert.rejects(given(schema, { overrides: { server: { prot: 1 } } }), fails('E_CONFIG', 'server.prot', 'overrides'));
  await assert.rejects(given(schema, { argv: ['--port', 'x', '--mode', 'c', '--nope', 'word'] }), (e: unknown) => {
    assert.deepEqual((e as RunError).errors.map((x) => [x.code, x.path, x.source]), [['E_CONFIG', '--nope', 'argv'], ['E_CONFIG', 'server.port', 'argv --port'], ['E_CONFIG', 'server.mode', 'argv --mode']]);
    return true;
  });
});

test('C17: init gets its own configuration, or with `full` everybody\'s', async () => {
  const seen: unknown[] = [];
  class Base { static moduleSchema = { deep: { configurables: { n: 1 } } }; init(config: object): void { seen.push(config); } }
  class Main { static moduleSchema = { base: { type: Base }, size: 2 }; init(config: { base: unknown }): void { seen.push({ ...config, base: config.base instanceof Base }); } main(): void {} }
  await quiet().manager.register(Base).register(Main).run({});
  assert.deepEqual(seen, [{ deep: { n: 1 } }, { base: true, size: 2 }]);
  seen.length = 0;
  await quiet().manager.register(Base, { initConfig: 'full' }).register(class App { static moduleSchema = { base: { type: Base }, size: 2 }; main(): void {} }).run({});
  const [full] = seen as unknown as [{ base: object; app: { base: unknown; size: number } }];
  assert.deepEqual([full.base, full.app.size, full.app.base instanceof Base], [{ deep: { n: 1 } }, 2, true]);
});

test('injection: declared fields, before start, and not what the module itself has set', async () => {
  let seen: unknown;
  class Main { host = 'own'; port = 1; extra = true; static moduleSchema = { host: { type: 'string' }, port: { type: 'number', default: 80 } }; start(): void { seen = Object.fromEntries(Object.entries(this)); } main(): void {} }
  await quiet().manager.register(Main).run({});
  assert.deepEqual(seen, { host: 'own', port: 80, extra: true });
  // With an init nothing is assigned, unless asked for.
  class Init { declare port: number; static moduleSchema = { port: 80 }; init(c: { port: number }): void { seen = [c.port, this.port]; } main(): void {} }
  await quiet().manager.register(Init).run({});
  assert.deepEqual(seen, [80, undefined]);
  await quiet().manager.register(Init, { inject: true }).run({});
  assert.deepEqual(seen, [80, 80]);
});

test('types: texts are read, other values have to fit', async () => {
  const when = new Date('2026-01-02T03:04:05Z');
  const table: readonly (readonly [string, unknown, unknown])[] = [
    ['number', '8', 8], ['number', ' 1e3 ', 1000], ['number', '', Error], ['number', 'NaN', Error], ['number', 'Infinity', Error], ['number', true, Error],
    ['boolean', 'yes', true], ['boolean', '1', true], ['boolean', 'OFF', false], ['boolean', 0, false], ['boolean', 'maybe', Error], ['boolean', {}, Error],
    ['string', 5, '5'], ['string', '', ''], ['string', {}, Error], ['array', 'a, b', ['a', 'b']], ['array', '', []], ['array', '["x,y"]', ['x,y']], ['array', 5, Error], ['array', [{}], Error],
    ['object', '{"a":1}', { a: 1 }], ['object', '[1]', Error], ['object', 'x', Error], ['date', '2026-01-02T03:04:05Z', when], ['date', when.getTime(), when], ['date', 'soon', Error],
    ['buffer', 'aGk=', Buffer.from('hi')], ['buffer', 'hex:6869', Buffer.from('hi')], ['buffer', '?', Error], ['any', '[1]', [1]], ['any', 'x', 'x'], ['any', 0, 0],
  ];
  for (const [type, value, wanted] of table) {
    const got = await given({ x: { type } }, { overrides: { server: { x: value } } }).then((c) => c['x'], (e: unknown) => { assert.ok(fails('E_CONFIG', 'server.x', 'overrides')(e)); return Error; });
    assert.deepEqual(got, wanted, `${type} ${JSON.stringify(value)}`);
  }
  assert.deepEqual(await given({ x: { type: 'array', items: 'number' } }, { argv: ['--x', '1,2', '--x', '3'] }), { x: [1, 2, 3] });
  await assert.rejects(given({ x: { type: 'array', items: 'number' } }, { argv: ['--x', '1,b'] }), fails('E_CONFIG', 'each member a number'));
  // A type of one's own.
  const { manager } = quiet({ types: { span: { parse: (v) => { const m = /^(\d+)s$/.exec(String(v)); if (m === null) throw new Error('wanted 5s'); return Number(m[1]) * 1000; }, serialize: (v) => `${Number(v) / 1000}s` } } });
  await manager.register(class S {}, { schema: { wait: { type: 'span', default: '2s' } } }).configure({ argv: ['--wait', '7s'] });
  assert.deepEqual(manager.dump(), { s: { wait: '7s' } });
  await assert.rejects(manager.configure({ argv: ['--wait', 'long'] }), fails('E_CONFIG', 'wanted 5s'));
});

test('a default says the type; a list of records and a map are the same', async () => {
  assert.deepEqual(await given({ n: 1, b: false, s: 't', l: ['a'] }, { argv: ['--n', '2', '--b', '--s', '3', '--l', 'x,y'] }), { n: 2, b: true, s: '3', l: ['x', 'y'] });
  const records: SchemaSpec = [{ field: 'port', type: 'number', default: 80 }, { child: 'tls', configurables: [{ field: 'cert' }] }];
  assert.deepEqual(await given(records, { argv: ['--tls-cert', 'c'] }), { port: 80, tls: { cert: 'c' } });
});

test('environment: names, the prefix of an application, and a word about what is not known', async () => {
  assert.deepEqual(await given({ maxSize: 1, tls: { configurables: { certFile: 'a' } } }, { env: { SERVER_MAX_SIZE: '2', SERVER_TLS_CERT_FILE: 'b', PATH: '/bin' } }), { maxSize: 2, tls: { certFile: 'b' } });
  assert.deepEqual(await given({ port: 1 }, { env: { SHOP_PORT: '2', SERVER_PORT: '9' } }, { name: 'shop' }), { port: 2 });
  assert.deepEqual(await given({ port: 1 }, { env: { SHOP_SERVER_PORT: '2' } }, { name: 'shop' }), { port: 2 });
  assert.deepEqual(await given({ port: 1 }, { env: { SERVER_PORT: '2' } }, { name: 'server' }), { port: 2 });
  const warned = async (env: Record<string, string>, name?: string): Promise<string[]> => {
    const { manager, said } = quiet(name === undefined ? {} : { name });
    await manager.register(class Server { main(): void {} }, { schema: { port: 1 } }).run({ env });
    return said;
  };
  assert.deepEqual(await warned({ SERVER_PROT: '2' }), ['environment variable SERVER_PROT is not known; did you mean SERVER_PORT?']);
  assert.deepEqual(await warned({ SERVER_SOFTWARE: 'x', PORT: '5' }), [], 'others have variables too');
  assert.deepEqual(await warned({ SHOP_SOMETHING_ELSE: 'x' }, 'shop'), ['environment variable SHOP_SOMETHING_ELSE is not known']);
});

test('files: JSON, standard input, and what is wrong with them', async () => {
  await folder(async (cwd) => {
    fs.writeFileSync(path.join(cwd, 'a.json'), '{"server": {"port": 81}, "port": 82}');
    fs.writeFileSync(path.join(cwd, 'bad.json'), '{\n  "server": {,}\n}');
    const schema = { port: 80 };
    assert.deepEqual(await given(schema, { cwd, argv: ['-C', 'a.json'] }), { port: 82 });
    assert.deepEqual(await given(schema, { cwd, argv: ['--config=-'], stdin: () => Promise.resolve('{"port": 5}') }), { port: 5 });
    assert.deepEqual(await given(schema, { cwd, argv: ['--config', 'a.json', '--port', '1'] }), { port: 1 });
    await assert.rejects(given(schema, { cwd, argv: ['-C', 'bad.json'] }), fails('E_CONFIG', 'bad.json', 'line 2, column 14'));
    await assert.rejects(given(schema, { cwd, argv: ['-C', 'none.json'] }), fails('E_CONFIG', 'none.json', 'cannot be read'));
    assert.deepEqual(await given(schema, { cwd, store: 'none.json' }), { port: 80 }, 'a store need not exist yet');
  });
});

test('command line: flags in all forms', async () => {
  const schema = {
    port: { type: 'number', default: 80, flagHint: 'o' }, verbose: false, quiet: false, color: true, dbHost: 'h', files: { type: 'array' }, env: { default: 'x' },
    pattern: { type: 'string', hidden: true }, inner: { type: 'string', system: true },
  } as const;
  const plain = { port: 80, verbose: false, quiet: false, color: true, dbHost: 'h', env: 'x' };
  const table: readonly (readonly [string[], object])[] = [
    [['--port', '1'], { port: 1 }], [['--port=1'], { port: 1 }], [['--server-port=1'], { port: 1 }], [['-o', '1'], { port: 1 }], [['-o1'], { port: 1 }], [['-o=1'], { port: 1 }], [['--port', '-1'], { port: -1 }],
    [['-vq'], { verbose: true, quiet: true }], [['-vo5'], { verbose: true, port: 5 }], [['--no-color'], { color: false }], [['--color=false'], { color: false }], [['--verbose', 'true', '--quiet'], { verbose: true, quiet: true }],
    [['--db-host', 'z'], { dbHost: 'z' }], [['--dh', 'z'], { dbHost: 'z' }], [['--files', 'a,b', '--files=c'], { files: ['a', 'b', 'c'] }], [['--', 'a,b', '--port'], { files: ['a,b', '--port'] }],
    [['-P', 'server.port', '7'], { port: 7 }], [['-P', 'dbHost', 'q'], { dbHost: 'q' }], [['--pattern', 'p'], { pattern: 'p' }], [['--env='], { env: '' }], [['--env', '-'], { env: '-' }],
  ];
  for (const [argv, wanted] of table) assert.deepEqual(await given(schema, { argv }), { ...plain, ...wanted }, argv.join(' '));
  const wrong: readonly (readonly [string[], string])[] = [
    [['--port'], 'a value is missing'], [['--port', '--verbose'], 'a value is missing'], [['-x'], '-x'], [['-vx'], '-x'], [['word'], 'no such argument'], [['--inner', '1'], '--inner'], [['--no-port'], '--no-port'],
    [['-P', 'server.none', '1'], 'server.none'], [['-P', 'port'], '-P needs'], [['--verbos'], 'did you mean --verbose'], [['--__proto__', '1'], '--__proto__'],
  ];
  for (const [argv, message] of wrong) await assert.rejects(given(schema, { argv }), fails('E_CONFIG', message), argv.join(' '));
});

test('command line: sub-commands and arguments', async () => {
  const schema = { command: { selector: true, validator: { $in: ['serve', 'check'] }, default: 'serve' }, rest: { type: 'array', general: true } } as const;
  assert.deepEqual(await given(schema, { argv: ['check', 'a', 'b,c'] }), { command: 'check', rest: ['a', 'b,c'] });
  assert.deepEqual(await given(schema, { argv: ['other', '--', '-x'] }), { command: 'serve', rest: ['other', '-x'] });
  await assert.rejects(given({ command: schema.command }, { argv: ['chekc'] }), fails('E_CONFIG', 'chekc'));
  // Providers as sub-commands.
  const log: string[] = [];
  class Serve { static moduleProvides = 'Command'; start(): void { log.push('serve'); } }
  class Check { static moduleProvides = 'Command'; start(): void { log.push('check'); } }
  class Tool { static moduleSchema = { run: { type: 'Command', selector: true, required: true } }; main(): void {} }
  await quiet().manager.register(Serve).register(Check).register(Tool).run({ argv: ['check'] });
  assert.deepEqual(log, ['check']);
});

test('--help and --dump answer and bring nothing up', async () => {
  await folder(async (cwd) => {
    const schema = { port: { type: 'number', default: 80, description: 'Where it listens', unit: 'tcp' }, deep: { default: 'd', advanced: true }, no: { hidden: true, default: 'x' }, pw: { secret: true, default: 's3cret' }, must: { required: true } } as const;
    const made = (): { manager: ModuleManager; log: string[] } => { const log: string[] = []; return { log, manager: quiet().manager.register(class Server { constructor() { log.push('made'); } main(): void {} }, { schema }) }; };
    const help = made();
    let out = '';
    const result = await help.manager.run({ argv: ['--help', '--nope'], out: (t) => { out += t; } });
    assert.deepEqual([result.reason, result.exitCode, result.output === out, help.log], ['help', 0, true, []]);
    assert.match(out, /-p, --port <number> +Where it listens \(tcp, default 80, SERVER_PORT\)/);
    assert.doesNotMatch(out, /deep|--no\b|s3cret|--pw/);
    assert.match(out, /SERVER_PW/);
    assert.match((await made().manager.run({ argv: ['-h', 'advanced'] })).output, /--deep/);
    const dumped = await made().manager.run({ cwd, argv: ['--dump', 'd.json', '--must', 'm', '--port', '5'] });
    assert.deepEqual([dumped.reason, JSON.parse(fs.readFileSync(path.join(cwd, 'd.json'), 'utf8'))], ['dump', { server: { port: 5, deep: 'd', no: 'x', pw: '********', must: 'm' } }]);
    assert.deepEqual(JSON.parse((await made().manager.run({ argv: ['--dump', '-'], env: { SERVER_MUST: 'm' } })).output), { server: { port: 80, deep: 'd', no: 'x', pw: '********', must: 'm' } });
    await assert.rejects(made().manager.run({ argv: ['--dump', '-'] }), fails('E_CONFIG', 'server.must', 'required'));
    // What was dumped can be read again, and the mask stands for the secret that is there.
    const again = made().manager;
    await again.configure({ cwd, file: 'd.json' });
    assert.deepEqual(again.dump({ redact: false }), { server: { port: 5, deep: 'd', no: 'x', pw: 's3cret', must: 'm' } });
  });
});

test('secrets are shown nowhere and are not taken from the command line', async () => {
  const schema = { pw: { secret: true, type: 'number' } } as const;
  const { manager } = quiet();
  await manager.register(class Server {}, { schema }).configure({ env: { SERVER_PW: '1234' } });
  assert.deepEqual(manager.explain('pw').map((l) => l.value), ['********']);
  assert.deepEqual([manager.dump(), manager.dump({ redact: false })], [{ server: { pw: '********' } }, { server: { pw: 1234 } }]);
  await assert.rejects(given(schema, { env: { SERVER_PW: 'hunter2' } }), (e: unknown) => { assert.ok(fails('E_CONFIG', 'server.pw', '********')(e)); assert.doesNotMatch((e as Error).message, /hunter2/); return true; });
  for (const argv of [['--pw', 'hunter2'], ['-P', 'pw', 'hunter2'], ['--server-pw=hunter2']]) {
    await assert.rejects(given(schema, { argv }), (e: unknown) => { assert.ok(fails('E_CONFIG', 'secret', 'SERVER_PW')(e)); assert.doesNotMatch((e as Error).message, /hunter2/); return true; });
  }
});

test('what is told of sources and schemas that are not right', async () => {
  await assert.rejects(given({ tls: { configurables: { cert: 'a' } } }, { argv: ['-P', 'tls', '{"crt":"x"}'] }), fails('E_CONFIG', 'server.tls.crt', 'argv -P tls', 'did you mean `server.tls.cert`'));
  await assert.rejects(given({ proto: 1 }, { overrides: JSON.parse('{"server":{"__proto__":5}}') as PartialConfig }), fails('E_CONFIG', 'server.__proto__'));
  await assert.rejects(given({ n: 1 }, { argv: ['-P', 'server', '5'] }), fails('E_CONFIG', 'wanted an object'));
  const broken = quiet({ sources: [{ name: 'vault', sequence: 450, load: () => { throw new Error('sealed'); } }] }).manager.register(class Server {}, { schema: { n: 1 } });
  await assert.rejects(broken.configure(), fails('E_CONFIG', 'vault: cannot be loaded: sealed'));
  const stray = quiet({ sources: [{ name: 'mine', sequence: 450, load: () => ({ pairs: [{ path: ['server', 'm'], value: 1 }] }) }] }).manager.register(class Server {}, { schema: { n: 1 } });
  await assert.rejects(stray.configure(), fails('E_CONFIG', 'server.m', 'mine'));
  const twice = quiet().manager.register(class A {}, { schema: { bC: 1 } }).register(class AB {}, { name: 'a-b', schema: { c: 1 } });
  await assert.rejects(twice.configure(), fails('E_CONFIG', 'a.bC and aB.c have the same flag, --a-b-c'));
  await assert.rejects(quiet().manager.registerInstance(Object.freeze({ n: 0 }), { name: 'f', schema: { n: 1 } }).run({}), fails('E_LIFECYCLE', 'f: init failed', 'field n cannot be assigned'));
  await assert.rejects(given({ n: { default: 1, validator: '$prt' } }, {}), fails('E_CONFIG', 'server.n', 'unknown validator `$prt`', 'schema'));
  await assert.rejects(given({ n: { type: 'number', default: 'x' } }, {}), fails('E_CONFIG', 'server.n', '`x` (from default)'));
});

test('whose fields stand at the top: the main module\'s, else those of the one that nobody is given', async () => {
  class Base { static moduleSchema = { port: 1 }; }
  class Server { static moduleSchema = { port: 2, base: { type: Base } }; }
  class Other { static moduleSchema = { port: 3 }; }
  const dumped = async (argv: string[], ...more: (new () => object)[]): Promise<unknown> => {
    const { manager } = quiet();
    for (const Class of [Base, Server, ...more]) manager.register(Class);
    await manager.configure({ argv });
    return (manager.dump() as { server: { port: number } }).server.port;
  };
  assert.equal(await dumped(['--port', '9']), 9);
  await assert.rejects(dumped(['--port', '9'], Other), fails('E_CONFIG', '--port'));
  assert.equal(await dumped(['--port', '9'], class Main { static moduleSchema = { port: 4, server: { type: Server } }; main(): void {} }), 2);
});

test('constructors as types are the types they stand for', async () => {
  const schema: SchemaSpec = { n: { type: Number }, b: { type: Boolean }, s: { type: String }, l: { type: Array }, d: { type: Date }, o: { type: Object } };
  assert.deepEqual(await given(schema, { argv: ['--n', '1', '--b', '--s', '2', '--l', 'a', '--d', '2026-01-01', '--o', '{"x":1}'] }), { n: 1, b: true, s: '2', l: ['a'], d: new Date('2026-01-01'), o: { x: 1 } });
  const { manager } = quiet();
  await manager.register(class Base {}, { schema: { n: { type: 'number', default: 1 } } }).register(class Main {}, { schema: { n: { type: Number, default: 1 } } }).configure();
  assert.deepEqual(manager.dump(), { base: { n: 1 }, main: { n: 1 } });
});

test('false, 0 and the empty text are values in every layer', async () => {
  const schema = { b: true, n: 5, s: 'x' };
  const none = { b: false, n: 0, s: '' };
  for (const context of [{ defaults: none }, { packageConfig: none }, { file: none }, { store: none }, { overrides: none }, { env: { SERVER_B: '0', SERVER_N: '0', SERVER_S: '' } }, { argv: ['--b=false', '--n=0', '--s='] }] satisfies { [K in keyof RunContext]: RunContext[K] }[]) {
    assert.deepEqual(await given(schema, context), none, JSON.stringify(context));
  }
});

test('no module can change what another one gets', async () => {
  const defaults = { labels: { a: 1 }, list: ['x'] };
  const schema: SchemaSpec = { labels: { type: 'object', default: defaults.labels }, list: { type: 'array', default: defaults.list } };
  class Main { init(c: { labels: Record<string, unknown>; list: string[] }): void { c.labels['b'] = 2; c.list.push('y'); } main(): void {} }
  const { manager } = quiet();
  await manager.register(Main, { schema }).run({});
  assert.deepEqual([defaults, manager.dump()], [{ labels: { a: 1 }, list: ['x'] }, { main: { labels: { a: 1 }, list: ['x'] } }]);
});

test('JSON Schema, .env and TypeScript are made of the same schema', async () => {
  const schema: SchemaSpec = { port: { type: 'number', default: 80, validator: '$port', description: 'Where it listens' }, mode: { validator: { $in: ['a', 'b'] }, required: true }, tls: { configurables: { certFile: { type: 'string' } } }, pw: { secret: true } };
  const manager = quiet().manager.register(class Server {}, { schema });
  assert.deepEqual(manager.jsonSchema(), {
    $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', additionalProperties: false,
    properties: {
      server: {
        type: 'object', additionalProperties: false, required: ['mode'],
        properties: {
          port: { type: 'integer', minimum: 0, maximum: 65_535, description: 'Where it listens', default: 80 }, mode: { type: 'string', enum: ['a', 'b'] },
          tls: { type: 'object', additionalProperties: false, properties: { certFile: { type: 'string' } } }, pw: { type: 'string', writeOnly: true },
        },
      },
    },
  });
  assert.equal(manager.envTemplate(), '# Where it listens — number\n#SERVER_PORT=80\n\n# a|b, required\n#SERVER_MODE=\n\n# string\n#SERVER_TLS_CERT_FILE=\n\n# string\n#SERVER_PW=\n');
  assert.equal(manager.typeScript('server'), 'export interface ServerConfig {\n  /** Where it listens */\n  port: number;\n  mode: "a" | "b";\n  tls: {\n    certFile: string | undefined;\n  };\n  pw: string | undefined;\n}\n');
  assert.throws(() => manager.dump(), fails('E_CONFIG', 'configure'));
  await manager.configure({ argv: ['--mode', 'a'] });
  assert.throws(() => manager.explain('server.none'), fails('E_CONFIG', 'server.none'));
});

test('package.json belongs to everybody: unknown keys are passed over, with a word when they nearly fit', async () => {
  const { manager, said } = quiet();
  const packageConfig: PartialConfig = { commitizen: { path: 'x' }, days_intervall: 9 };
  await manager.register(class Server { main(): void {} }, { schema: { days_interval: 7 } }).run({ packageConfig });
  assert.deepEqual(said, ['package package.json: `days_intervall` is not known; did you mean `days_interval`?']);
});
