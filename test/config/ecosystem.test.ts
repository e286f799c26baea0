import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { isConfigFile, readEcosystem, readEcosystemText } from '../../src/config/ecosystem.js';
import { placeOf } from '../../src/config/place.js';

const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'mgr-eco-'));
test.after(() => fs.rm(dir, { recursive: true, force: true }));
let n = 0;
async function read(name: string, text: string) {
  const folder = path.join(dir, String(n++));
  await fs.mkdir(folder);
  await fs.writeFile(path.join(folder, name), text);
  return readEcosystem(name, { cwd: folder });
}
const fails = (code: string, text: RegExp, data: Record<string, unknown> = {}) => (e: unknown) => {
  assert.ok(isMgrError(e), String(e));
  assert.equal(e.code, code);
  assert.match(e.message, text);
  for (const [k, v] of Object.entries(data)) assert.equal(e.data[k], v, k);
  return true;
};

test('which names are config files', () => {
  for (const yes of ['a.json', 'a.json5', 'a.yml', 'a.yaml', 'ecosystem.config.js', 'x/a.config.cjs', 'a.config.mjs', 'a.config.ts', 'package.json']) assert.equal(isConfigFile(yes), true, yes);
  for (const no of ['ecosystem.js', 'app.js', 'a.json.js', 'config.js', 'a.ts', 'json', 'a.jsonl']) assert.equal(isConfigFile(no), false, no);
});

test('every format and shape gives the same apps', async () => {
  const app = '{"script":"app.js","name":"api"}';
  const cases: readonly (readonly [name: string, text: string, at: string])[] = [
    ['e.json', `{"apps":[${app}]}`, 'apps[0]'],
    ['e.json', `\uFEFF// a comment\n{apps: [{script: 'app.js', name: "api",},], /* more */}`, 'apps[0]'],
    ['e.json5', `{apps: [${app},]}`, 'apps[0]'],
    ['e.json', `[${app}]`, '[0]'],
    ['e.json', app, ''],
    ['e.json', `{"apps":${app}}`, 'apps'],
    ['package.json', `{"name":"pkg","version":"1.0.0","pm2":[${app}]}`, 'pm2[0]'],
    ['package.json', `{"name":"pkg","pm2":{"apps":[${app}]}}`, 'pm2.apps[0]'],
    ['e.yml', 'apps:\n  - script: app.js\n    name: api\n', 'apps[0]'],
    ['e.yaml', 'x: &base\n  script: app.js\napps:\n  - <<: *base\n    name: api\n', 'apps[0]'],
    ['e.config.js', `module.exports = {apps: [${app}]}`, 'apps[0]'],
    ['e.config.js', `export default {apps: [${app}]}`, 'apps[0]'],
    ['e.config.cjs', `exports.apps = [${app}]`, 'apps[0]'],
    ['e.config.cjs', `module.exports = Promise.resolve([${app}])`, '[0]'],
    ['e.config.mjs', `export default {apps: [${app}]}`, 'apps[0]'],
    ['e.config.mjs', `export const apps = [${app}]`, 'apps[0]'],
    ['e.config.mjs', `export default await Promise.resolve(${app})`, ''],
  ];
  for (const [name, text, at] of cases) {
    const eco = await read(name, text);
    assert.deepEqual(eco.apps, [{ script: 'app.js', name: 'api' }], text);
    assert.equal(eco.file, name);
    assert.equal(placeOf(eco.apps[0] ?? {}), at, text);
  }
});

test('deploy comes along', async () => {
  assert.deepEqual((await read('e.json', '{"apps":[{"script":"a"}],"deploy":{"prod":{}}}')).deploy, { prod: {} });
});

test('a .config.js in a module package, and one that requires its neighbour, read afresh', async () => {
  const folder = await fs.mkdtemp(path.join(dir, 'm'));
  await fs.writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await fs.writeFile(path.join(folder, 'e.config.js'), 'export default [{script: "a.js"}]');
  assert.deepEqual((await readEcosystem('e.config.js', { cwd: folder })).apps, [{ script: 'a.js' }]);
  const shared = path.join(folder, 'shared.cjs');
  await fs.writeFile(path.join(folder, 'f.config.cjs'), 'module.exports = [{script: require("./shared.cjs")}]');
  for (const script of ['one.js', 'two.js']) {
    await fs.writeFile(shared, `module.exports = ${JSON.stringify(script)}`);
    assert.deepEqual((await readEcosystem('f.config.cjs', { cwd: folder })).apps, [{ script }]);
  }
});

test('JSON is data: code in it is not run', async () => {
  await assert.rejects(read('e.json', '{apps: [{script: process.exit(3)}]}'), fails('BAD_FILE', /line 1/));
});

test('standard input', async () => {
  for (const text of ['{"apps":[{"script":"a.js"}]}', '// c\n[{script: "a.js"}]', 'apps:\n- script: a.js\n']) {
    assert.deepEqual((await readEcosystemText(text)).apps, [{ script: 'a.js' }], text);
  }
  await assert.rejects(readEcosystemText(''), fails('BAD_FILE', /standard input: no apps in it/));
});

test('faults say what and where', async () => {
  await assert.rejects(readEcosystem('none.json', { cwd: dir }), fails('FILE_NOT_FOUND', /none\.json does not exist/));
  await assert.rejects(readEcosystem('none.config.js', { cwd: dir }), fails('FILE_NOT_FOUND', /none\.config\.js/));
  await fs.mkdir(path.join(dir, 'd.json'));
  await assert.rejects(readEcosystem('d.json', { cwd: dir }), fails('BAD_FILE', /is a directory/));
  await assert.rejects(read('e.json', '{\n  "apps": [\n    {"script": "a.js" "name": 1}\n]}'), fails('BAD_FILE', /^cannot read e\.json: line 3, column 23: /, { line: 3, column: 23 }));
  await assert.rejects(read('e.json', ''), fails('BAD_FILE', /e\.json/));
  await assert.rejects(read('e.yml', 'apps:\n  - script: a\n bad: [\n'), fails('BAD_FILE', /^cannot read e\.yml: line \d+, column \d+: /));
  await assert.rejects(read('e.yml', 'apps: 1\napps: 2\n'), fails('BAD_FILE', /line 2, column 1: .*unique/));
  await assert.rejects(read('e.config.js', 'module.exports = {\n  apps: [}\n'), fails('BAD_FILE', /e\.config\.js: line 2.*SyntaxError/, { line: 2 }));
  await assert.rejects(read('e.config.cjs', '\n\nthrow new Error("no database")'), fails('BAD_FILE', /line 3, column \d+: Error: no database/));
  await assert.rejects(read('e.config.mjs', '\nnope()'), fails('BAD_FILE', /line 2, column 1: ReferenceError: nope/));
  await assert.rejects(read('e.config.cjs', 'require("./absent-thing")'), fails('BAD_FILE', /absent-thing/));
  await assert.rejects(read('e.config.cjs', 'throw "text"'), fails('BAD_FILE', /text/));
  for (const empty of ['{}', '[]', '{"apps":[]}', '{"deploy":{}}', '3', 'null', '"x"']) await assert.rejects(read('e.json', empty), fails('BAD_FILE', /no apps in it/), empty);
  await assert.rejects(read('package.json', '{"name":"x","main":"y"}'), fails('BAD_FILE', /no apps in it/));
  await assert.rejects(read('e.config.js', 'module.exports = () => ({})'), fails('BAD_FILE', /exports a function/));
  await assert.rejects(read('e.json', '{"apps":[{"script":"a"},{"script":"b"},"c"]}'), fails('BAD_OPTION', /^e\.json: apps\[2\]: got "c", wanted an object with a `script`/, { path: 'apps[2]' }));
  await assert.rejects(read('e.json', '{"apps":"app.js"}'), fails('BAD_OPTION', /^e\.json: apps: got "app\.js", wanted a list of apps/));
});
