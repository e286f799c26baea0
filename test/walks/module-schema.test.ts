// A module with a schema: what is set is checked first, saved with its type, and shown as what it is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { withBox } from '../helpers/box.js';
import type { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const SCHEMA = [
  { field: 'every', type: 'number', default: 500, validator: '$positive', description: 'time between looks', unit: 'ms' },
  { field: 'level', enum: ['info', 'debug'], default: 'info' },
  { field: 'deep', type: 'boolean', default: false },
  { field: 'pw', type: 'string', secret: true }, { field: 'pin', secret: true },
  { child: 'tls', configurables: [{ field: 'port', type: 'number', validator: '$port', default: 443 }] },
];
const MODULE = `import { config, initModule, onConfig } from 'mgr/module';
await initModule();
if (process.env.HOT) onConfig(() => {});
let counter = 0;
setInterval(() => { console.log(JSON.stringify({ pid: process.pid, counter: ++counter, every: config.every, level: config.level, deep: config.deep, pw: typeof config.pw, port: config.tls.port })); }, 50);
`;

interface Line { readonly pid: number; readonly counter: number; readonly every: unknown; readonly level: unknown; readonly deep: unknown; readonly pw: string; readonly port: unknown }

const within = (hot: boolean, body: (rig: Rig, line: (fits: (l: Line) => boolean) => Promise<Line>) => Promise<void>): Promise<void> =>
  withBox<Line>({ config: { every: 100 }, mgr: { reload: true, schema: SCHEMA }, apps: [{ script: 'index.mjs', env: { ...(hot && { HOT: '1' }), BOX_LEVEL: 'debug' } }] }, MODULE, body);

const stored = (rig: Rig): unknown => (JSON.parse(rig.read('module_conf.json')) as Record<string, unknown>)['box'];

describe('a module with a schema', { concurrency: 2 }, () => {
  test('H3, H7: a bad value is refused with what was wanted, and all that came with it', () => within(true, async (rig, line) => {
    // Package over schema, the environment over both.
    const before = await line((l) => l.every === 100 && l.level === 'debug' && l.deep === false && l.port === 443);
    await rig.ok('set', 'box:every', '20');
    const file = rig.read('module_conf.json');
    for (const [words, told] of [
      [['box:every', 'abc'], /box:every: got `abc`, wanted a number/], [['box:every', '-5'], /box:every: got -?.?-5.?, wanted a number above 0/],
      [['box', 'every=30', 'level=loud'], /box:level: got `loud`, wanted one of `info`, `debug`/], [['box:deep', 'maybe'], /wanted true or false/],
      [['box:tls:port', '70000'], /box:tls:port: .*wanted a port/], [['box:tls', 'x'], /wanted a group/], [['box', '5'], /wanted the key of a setting/], [['box:pw', '********'], /wanted the secret itself/],
    ] as const) {
      const r = await rig.mgr('set', ...words);
      assert.equal(r.code, 1, words.join(' '));
      assert.match(r.err, told);
      assert.match(r.err, /nothing was saved/);
      assert.equal(rig.read('module_conf.json'), file);
    }
    await rig.ok('set', 'box', 'every=30', 'deep=yes');
    await rig.ok('set', 'box:tls:port', '8443');
    const after = await line((l) => l.every === 30 && l.deep === true && l.port === 8443);
    assert.equal(after.pid, before.pid);
    assert.deepEqual(stored(rig), { every: 30, deep: true, tls: { port: 8443 } });
    const typo = await rig.mgr('set', 'box:evry', '1');
    assert.equal(typo.code, 0);
    assert.match(typo.err, /box knows no setting `evry`; did you mean `every`\?/);
  }));

  test('H10: a secret is seen by the module only', () => within(false, async (rig, line) => {
    const said = await rig.ok('set', 'box:pw', 'hush-hush-7');
    // Of a name that tells nothing.
    await rig.ok('set', 'box:pin', 'hush-hush-7');
    await line((l) => l.pw === 'string');
    const shown = [said, await rig.ok('get', 'box'), await rig.ok('get', 'box:pw'), await rig.ok('get'), await rig.ok('conf', 'box'), await rig.ok('describe', 'box'), await rig.ok('jlist'), await rig.ok('env', 'box'), rig.read('pm2.log')];
    for (const text of shown) assert.doesNotMatch(text, /hush-hush-7/);
    assert.match(shown[0] + (shown[2] ?? ''), /saved box:pw = \*{8}[^]*\*{8}/);
    assert.equal(fs.statSync(path.join(rig.home, 'module_conf.json')).mode & 0o777, 0o600);
    assert.deepEqual(stored(rig), { pw: 'hush-hush-7', pin: 'hush-hush-7' });
    assert.match(await rig.ok('conf', 'box', '--show-secrets'), /hush-hush-7/);
    for (const flag of ['--json', '--explain', '--dump', '--env', '--json-schema']) assert.doesNotMatch(await rig.ok('conf', 'box', flag), /hush-hush-7/);
  }));

  test('H11, C14: what is in force, where it comes from, and the forms made of the schema', () => within(true, async (rig, line) => {
    await rig.ok('set', 'box:tls:port', '8443');
    await line((l) => l.port === 8443);
    const seen = await rig.ok('conf', 'box');
    assert.match(seen, /every +100 ms +100 +package\.json +number +time between looks/);
    assert.match(seen, /level +debug +info +env BOX_LEVEL +info\|debug/);
    assert.match(seen, /tls:port +8443 +443 +mgr set +number/);
    assert.match(await rig.ok('conf', 'box:every', '--explain'), /^box:every\n +schema +500\n +→ package\.json +100\n$/);
    assert.deepEqual(JSON.parse(await rig.ok('conf', 'box', '--dump')), { every: 100, level: 'debug', deep: false, tls: { port: 8443 } });
    const schema = JSON.parse(await rig.ok('conf', 'box', '--json-schema')) as { properties: Record<string, object> };
    assert.deepEqual(schema.properties['every'], { type: 'number', exclusiveMinimum: 0, description: 'time between looks (ms)', default: 100 });
    assert.match(await rig.ok('conf', 'box', '--env'), /# time between looks — number, ms\n#BOX_EVERY=100\n/);
    const bad = await rig.mgr('conf', 'nobody', '--json');
    assert.match(bad.err, /`nobody` is no installed module/);
  }));

  test('H8, H12: an edit of the file is checked and applied; a bad one is told of, and nothing is written over', () => within(true, async (rig, line) => {
    const first = await line((l) => l.every === 100);
    const file = path.join(rig.home, 'module_conf.json');
    const edit = (change: (box: Record<string, unknown>) => void): string => {
      const all = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>;
      change(all['box'] ??= {});
      fs.writeFileSync(file, JSON.stringify(all));
      return fs.readFileSync(file, 'utf8');
    };
    const logged = (what: string): Promise<unknown> => waitFor(what, () => rig.read('pm2.log').includes(what));
    fs.chmodSync(file, 0o644);
    edit((box) => { box['every'] = '40'; });
    assert.equal((await line((l) => l.every === 40)).pid, first.pid);
    await logged('box: every changed by hand; box took it over while running');
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);

    const bad = edit((box) => { box['every'] = -1; box['deep'] = true; });
    await logged('box:every: got -1, wanted a number above 0; the edit of box is not applied');
    assert.match((await rig.mgr('list')).err + (await rig.mgr('list')).out, /got -1, wanted a number above 0/);
    assert.equal(fs.readFileSync(file, 'utf8'), bad);
    await rig.ok('restart', 'box');
    await line((l) => l.pid !== first.pid && l.every === 40 && l.deep === false);
    await rig.ok('set', 'box:every', '60');
    const good = await line((l) => l.every === 60 && l.deep === true);
    assert.deepEqual(stored(rig), { every: 60, deep: true });

    fs.writeFileSync(file, '{ "box": ');
    await logged('it is not applied');
    assert.match((await rig.mgr('set', 'box:every', '70')).err, /line 1, column/);
    assert.equal(fs.readFileSync(file, 'utf8'), '{ "box": ');
    const seen = (await line(() => true)).counter;
    assert.equal((await line((l) => l.counter > seen + 1)).every, good.every);
    await rig.ok('stop', 'box');
  }));

  test('H8: reload-config tells of the modules whose section changed, and of no other', () => within(true, async (rig, line) => {
    const first = await line((l) => l.every === 100);
    rig.file('other/package.json', JSON.stringify({ name: 'other', version: '1.0.0', config: { n: 1 }, apps: [{ script: 'a.cjs' }] }));
    rig.file('other/a.cjs', 'setInterval(() => {}, 1e6);');
    await rig.ok('install', path.join(rig.dir, 'other'));
    const { pid } = await rig.row('other');
    const file = path.join(rig.home, 'module_conf.json');
    const all = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, object>;
    const said = async (box: object, what: RegExp): Promise<number | null> => {
      fs.writeFileSync(file, JSON.stringify({ ...all, box: { ...all['box'], ...box } }));
      const r = await rig.mgr('reload-config');
      // Or it was seen already.
      const told = /nothing new/.test(r.out) ? rig.read('pm2.log') : r.out;
      assert.match(told, what);
      assert.doesNotMatch(told, /\bother\b.*changed/);
      return r.code;
    };
    await said({ every: 40 }, /box: every changed by hand; box took it over while running/);
    assert.equal((await line((l) => l.every === 40)).pid, first.pid);
    await said({ every: -1 }, /box:every: got -1, wanted a number above 0; the edit of box is not applied/);
    assert.equal((await rig.row('other')).pid, pid);
  }));

  test('a bad edit made while no daemon ran is left out at the start', () => within(false, async (rig, line) => {
    await rig.ok('set', 'box', 'every=20', 'deep=true');
    await rig.ok('kill');
    fs.writeFileSync(path.join(rig.home, 'module_conf.json'), rig.read('module_conf.json').replace('"every": 20', '"every": "soon"'));
    await rig.ok('list');
    await line((l) => l.every === 100 && l.deep === true);
    assert.match(rig.read('pm2.log'), /box:every: got `soon`, wanted a number; the default is used/);
  }));
});
