import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { readEntry } from '../../src/modules/entry.js';
import { parseNpmrc, readNpmConfig } from '../../src/modules/npmrc.js';
import { parseSpec } from '../../src/modules/spec.js';

const AT = { cwd: '/w/d', userHome: '/u' };
const SPECS: readonly (readonly [spec: string, kind: string, fetch: string])[] = [
  ['pm2-logrotate', 'registry', 'pm2-logrotate@latest'],
  ['pm2-logrotate@2.7.0', 'registry', 'pm2-logrotate@2.7.0'],
  ['pm2-logrotate@^2 || 3', 'registry', 'pm2-logrotate@^2 || 3'],
  ['@pm2/io@next', 'registry', '@pm2/io@next'],
  ['@s/x', 'registry', '@s/x@latest'],
  ['keymetrics/pm2-docker', 'git', 'github:keymetrics/pm2-docker'],
  ['user/repo#branch/x', 'git', 'github:user/repo#branch/x'],
  ['gitlab:user/repo', 'git', 'gitlab:user/repo'],
  ['git+https://h.example/a.git#v1', 'git', 'git+https://h.example/a.git#v1'],
  ['git@github.com:user/repo.git', 'git', 'git+ssh://git@github.com/user/repo.git'],
  ['https://github.com/user/repo', 'git', 'git+https://github.com/user/repo'],
  ['https://h.example/a.git', 'git', 'git+https://h.example/a.git'],
  ['https://github.com/user/repo/archive/v1.tar.gz', 'url', 'https://github.com/user/repo/archive/v1.tar.gz'],
  ['https://h.example/x.tgz', 'url', 'https://h.example/x.tgz'],
  ['.', 'folder', 'file:/w/d'],
  ['..', 'folder', 'file:/w'],
  ['./mod', 'folder', 'file:/w/d/mod'],
  ['/abs/mod', 'folder', 'file:/abs/mod'],
  ['~/mod', 'folder', 'file:/u/mod'],
  ['file:mod', 'folder', 'file:/w/d/mod'],
  ['file:///abs/mod', 'folder', 'file:/abs/mod'],
  ['x.tgz', 'file', 'file:/w/d/x.tgz'],
  ['dir/x.tar.gz', 'file', 'file:/w/d/dir/x.tar.gz'],
];
for (const [spec, kind, fetch] of SPECS) {
  test(`spec ${spec}`, () => {
    const got = parseSpec(spec, AT);
    assert.deepEqual([got.kind, got.fetch], [kind, fetch]);
  });
}
for (const [spec, code] of [['', 'BAD_USAGE'], ['a b', 'MODULE_NAME'], ['a;b', 'MODULE_NAME'], ['-x;y', 'MODULE_NAME'], ['@s', 'MODULE_NAME'], ['@s/a/b', 'MODULE_NAME'], ['_x/y/z', 'MODULE_NAME'], ['.x', 'MODULE_NAME'], ['a\nb', 'MODULE_NAME'], ['constructor', 'MODULE_NAME'], ['x@npm:y', 'BAD_USAGE'], ['x@git+https://h/y', 'BAD_USAGE'], ['ftp://h/x', 'BAD_USAGE'], ['npm:x', 'BAD_USAGE']] as const) {
  test(`refused spec ${JSON.stringify(spec)}`, () => assert.throws(() => parseSpec(spec, AT), (e) => isMgrError(e) && e.code === code));
}

const entry = (pkg: unknown, files: readonly string[] = []): ReturnType<typeof readEntry> => readEntry(pkg, { spec: 'm', name: 'm', dir: '/d', isFile: (f) => files.includes(f.replace(/^\.\//, '')) });
const ENTRIES: readonly (readonly [what: string, pkg: object, files: readonly string[], want: readonly (readonly [name: string, script: string])[]])[] = [
  ['apps', { apps: [{ script: 'a.js' }], pm2: [{ script: 'b.js' }] }, ['a.js', 'b.js'], [['m', './a.js']]],
  ['apps as one object', { apps: { script: './a.js', name: 'own' } }, ['a.js'], [['m', './a.js']]],
  ['pm2', { pm2: [{ script: 'b.js' }], main: 'm.js' }, ['b.js', 'm.js'], [['m', './b.js']]],
  ['pm2 with apps inside', { pm2: { apps: [{ exec: 'b.js' }] } }, ['b.js'], [['m', './b.js']]],
  ['several apps', { apps: [{ script: 'a.js', name: 'x' }, { script: 'b.js', name: 'worker' }, { script: 'lib/c.js' }, { script: 'c.js' }] }, ['a.js', 'b.js', 'lib/c.js', 'c.js'], [['m', './a.js'], ['m:worker', './b.js'], ['m:c', './lib/c.js'], ['m:c-4', './c.js']]],
  ['empty apps', { apps: [], main: 'm.js' }, ['m.js'], [['m', './m.js']]],
  ['first bin', { bin: { a: 'bin/a.js', b: 'bin/b.js' }, main: 'm.js' }, ['bin/a.js', 'bin/b.js', 'm.js'], [['m', './bin/a.js']]],
  ['bin as text', { bin: './cli.js' }, ['cli.js'], [['m', './cli.js']]],
  ['main', { main: 'm.js' }, ['m.js'], [['m', './m.js']]],
  ['main without extension', { main: 'lib/m' }, ['lib/m.js'], [['m', './lib/m.js']]],
  ['main is a folder', { main: 'lib' }, ['lib/index.js'], [['m', './lib/index.js']]],
  ['nothing but index.js', {}, ['index.js'], [['m', './index.js']]],
  ['a command', { apps: [{ script: 'python3', args: 'x.py' }] }, [], [['m', 'python3']]],
];
for (const [what, pkg, files, want] of ENTRIES) {
  test(`entry: ${what}`, () => {
    const got = entry(pkg, files);
    assert.deepEqual(got.declared.map((a) => [a['name'], a['script']]), want);
    assert.ok(got.declared.every((a) => a['cwd'] === '/d' && a['exec'] === undefined));
  });
}
for (const [pkg, reason] of [[{}, /no `apps`/], [{ main: 'x.js' }, /x\.js, which does not exist/], [{ apps: [{}] }, /app 1 .* no `script`/], [{ apps: ['x'] }, /wanted an object/], [{ apps: [{ script: 'lib/x' }] }, /does not exist/], [[], /no object/], [{ bin: { a: 'gone.js' } }, /gone\.js/]] as const) {
  test(`no entry: ${JSON.stringify(pkg)}`, () => assert.throws(() => entry(pkg), (e) => isMgrError(e) && e.code === 'MODULE_BAD' && reason.test(e.message)));
}

test('npmrc lines', () => {
  const text = '; comment\n# too\nregistry = https://r.example/ \n//h/:_authToken="a=b;c"\n@s:registry=\'https://s/\'\nca[]="x\\ny"\nstrict-ssl\n[section]\n//h/p/:_password=${SECRET}\nproxy=${NONE}\ncafile=${NONE?}\n';
  assert.deepEqual(parseNpmrc(text, { SECRET: 's3' }), { registry: 'https://r.example/', '//h/:_authToken': 'a=b;c', '@s:registry': 'https://s/', ca: 'x\ny', 'strict-ssl': 'true', '//h/p/:_password': 's3', proxy: '${NONE}', cafile: '' });
});

test('npm\'s layers: user, project above it, environment on top', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mn-'));
  try {
    fs.mkdirSync(path.join(dir, 'p/sub'), { recursive: true });
    fs.writeFileSync(path.join(dir, 'p/package.json'), '{}');
    fs.writeFileSync(path.join(dir, '.npmrc'), 'registry=https://user/\nproxy=http://px/\nfetch-retries=5\nglobal=true\n//h/:_authToken=t\n');
    fs.writeFileSync(path.join(dir, 'p/.npmrc'), 'registry=https://project/\nstrict-ssl=false\n');
    const at = { cwd: path.join(dir, 'p/sub'), userHome: dir };
    const cache = path.join(dir, '.npm/_cacache');
    const globalconfig = path.join(dir, 'none');
    assert.deepEqual(readNpmConfig({ ...at, env: { npm_config_globalconfig: globalconfig } }), { registry: 'https://project/', proxy: 'http://px/', fetchRetries: 5, strictSSL: false, '//h/:_authToken': 't', cache });
    const env = { npm_config_globalconfig: globalconfig, NPM_CONFIG_REGISTRY: 'https://env/', npm_config_https_proxy: 'http://env/', 'npm_config_//h/:_authToken': 'e', npm_config_strict_ssl: '' };
    assert.deepEqual(readNpmConfig({ ...at, env }), { registry: 'https://env/', httpsProxy: 'http://env/', proxy: 'http://px/', fetchRetries: 5, strictSSL: false, '//h/:_authToken': 'e', cache });
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
});
