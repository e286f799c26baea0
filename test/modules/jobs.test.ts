// What the installer process does besides installing: pack, audit, latest.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isMgrError } from '../../src/base/errors.js';
import { askInstaller } from '../../src/client/installer.js';
import { leaksIn } from '../../src/modules/leaks.js';
import type { Jobs, Packed, Surroundings } from '../../src/modules/report.js';
import { pack as runPack } from '../../src/modules/pack.js';
import { readTarball } from '../../src/modules/tar.js';
import { Rig } from './registry.js';

const installer = fileURLToPath(new URL('../../src/modules/main.js', import.meta.url));
const RUN = 'setInterval(() => {}, 1000)';
let rig: Rig;
beforeEach(async () => { rig = await new Rig().open(); });
afterEach(() => rig.close());

const at = (): Surroundings => ({ cwd: rig.dir, env: rig.request('').env, userHome: rig.dir });
const ask = <J extends keyof Jobs>(job: J, question: Jobs[J]['ask']): Promise<Jobs[J]['answer']> => askInstaller(installer, job, question, at());
const pack = (dir: string, publish = false): Promise<Packed> => ask('pack', { dir, to: path.join(rig.dir, 'out'), publish });
const coded = (code: string, text: RegExp) => (e: unknown): boolean => {
  assert.ok(isMgrError(e), String(e));
  assert.equal(`${e.code} ${text.test(`${e.message} ${e.hint ?? ''}`)}`, `${code} true`, `${e.message} ${e.hint ?? ''}`);
  return true;
};

test('pack: the files npm takes, in the order of their names, and `mgr install` takes the tarball', async () => {
  const long = `${'deep/'.repeat(30)}file.js`;
  const dir = rig.folder('p', { name: '@s/m', version: '1.2.3-rc.1', main: 'a.js', files: ['a.js', 'deep'] }, { 'a.js': RUN, [long]: 'x', 'b.js': 'not', 'README.md': '# m', '.env': 'A=1' });
  const packed = await pack(dir);
  assert.deepEqual([packed.name, packed.version, path.basename(packed.file)], ['@s/m', '1.2.3-rc.1', 's-m-1.2.3-rc.1.tgz']);
  assert.deepEqual(packed.files.map((f) => f.path), ['README.md', 'a.js', long, 'package.json']);
  assert.deepEqual(execFileSync('tar', ['-tzf', packed.file]).toString().trim().split('\n').sort(), packed.files.map((f) => `package/${f.path}`).sort());
  assert.deepEqual([packed.bytes, packed.leaks], [fs.statSync(packed.file).size, []]);
  const { install } = await import('../../src/modules/install.js');
  const done = await install(rig.request(packed.file), rig.report, process.pid);
  assert.deepEqual([done.prepared.module.name, done.prepared.module.integrity], ['@s/m', packed.integrity]);
  await done.close();
});

test('pack: the scripts around it, in npm\'s order; one that fails leaves no tarball', async () => {
  const log = (word: string): string => `echo ${word} >> log`;
  const dir = rig.folder('p', { name: 'm', version: '1.0.0', scripts: { prepublishOnly: log('only'), prepack: `${log('pre')} && echo '${RUN}' > built.js`, prepare: log('prepare'), postpack: log('post') }, main: 'built.js', files: ['built.js'] });
  assert.deepEqual((await pack(dir, true)).files.map((f) => f.path), ['built.js', 'package.json']);
  assert.equal(fs.readFileSync(path.join(dir, 'log'), 'utf8'), 'only\npre\nprepare\npost\n');
  rig.folder('p', { name: 'm', version: '2.0.0', scripts: { prepack: 'echo half; echo no compiler >&2; exit 7' }, main: 'built.js' });
  await assert.rejects(pack(dir), coded('SCRIPT_FAILED', /`prepack` of m ended with code 7.*no compiler/s));
  assert.deepEqual(fs.readdirSync(path.join(rig.dir, 'out')), ['m-1.0.0.tgz']);
});

test('pack: what is no module is told', async () => {
  const table: readonly [object, Record<string, string>, RegExp][] = [
    [{ version: '1.0.0' }, {}, /no name/], [{ name: 'm' }, {}, /no version/], [{ name: 'm', version: 'one' }, {}, /version "one".*three numbers/],
    [{ name: 'm', version: '1.0.0' }, {}, /no entry point/], [{ name: 'm', version: '1.0.0', apps: [{ script: 'a.js' }] }, {}, /script a\.js does not exist/],
    [{ name: 'm', version: '1.0.0', apps: [{ script: 'a.js' }], files: ['lib'] }, { 'a.js': RUN, 'lib/x.js': '' }, /not among those that go.*`files`/],
  ];
  for (const [i, [pkg, files, text]] of table.entries()) await assert.rejects(runPack({ dir: rig.folder(`n${i}`, pkg, files), to: rig.dir }, at(), () => undefined), coded('MODULE_BAD', text));
  await assert.rejects(pack(path.join(rig.dir, 'nowhere')), coded('MODULE_FETCH', /is not a folder/));
});

const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA'.repeat(4)}\n`;
test('what should not leave the house, by name and by content', () => {
  const leaks: readonly [path: string, text: string, why: RegExp | undefined][] = [
    ['.env', '', /environment/], ['config/.env.production', '', /environment/], ['.env.example', '', undefined], ['.envrc.md', '', undefined],
    ['.npmrc', '', /logins/], ['id_rsa', '', /private key/], ['id_rsa.pub', '', undefined], ['certs/server.p12', '', /keys/], ['service-account.json', '{}', /logins/],
    ['certs/server.key', PEM, /private key in it/], ['lib/pem.js', 'const head = "-----BEGIN PRIVATE KEY-----";', undefined],
    ['readme.md', '//registry.npmjs.org/:_authToken=npm_abcdef123456', /npm's login/], ['ci.yml', '//registry.npmjs.org/:_authToken=${NPM_TOKEN}', undefined],
    ['index.js', `\n\nconst t = 'ghp_${'a1B2'.repeat(9)}';`, /a token in it \(ghp_a1…, line 3\)/], ['aws.js', 'AKIAABCDEFGHIJKLMNOP', /AWS/], ['aws.md', 'AKIAIOSFODNN7EXAMPLE', undefined],
    ['m-0.9.0.tgz', '', /earlier tarball/], ['vendor/m-0.9.0.tgz', '', undefined], ['data.bin', `\0ghp_${'a1B2'.repeat(9)}`, undefined], ['index2.js', 'const password = process.env.PASSWORD;', undefined],
  ];
  for (const [file, text, why] of leaks) {
    const [found] = leaksIn([{ path: file, bytes: text.length, data: Buffer.from(text) }], 'm');
    if (why === undefined) assert.equal(found, undefined, file);
    else assert.match(found?.why ?? 'nothing', why, file);
  }
});

test('the reader of tarballs agrees with tar, long names of GNU included', () => {
  const dir = rig.folder('t/package', { name: 'x', version: '1.0.0' }, { [`${'a'.repeat(99)}/${'b'.repeat(99)}/ö.js`]: 'long', 'empty.js': '', 'three.js': 'x'.repeat(1500) });
  for (const format of ['gnu', 'pax']) {
    const bytes = execFileSync('tar', ['-czf', '-', `--format=${format}`, '-C', path.dirname(dir), 'package']);
    assert.ok(gunzipSync(bytes).length > 0);
    const found = readTarball(bytes).map((f) => `${f.path} ${f.bytes} ${f.data.toString().slice(0, 4)}`).sort();
    assert.deepEqual(found, [`${'a'.repeat(99)}/${'b'.repeat(99)}/ö.js 4 long`, 'empty.js 0 ', 'package.json 30 {"na', 'three.js 1500 xxxx'], format);
  }
});

test('audit: scripts, native code, binaries, licences, size, nested packages', async () => {
  rig.publish({ name: 'nat', version: '1.0.0', license: 'ISC' } as never, { 'binding.gyp': '{}', 'prebuilds/linux/x.node': 'n' });
  rig.publish({ name: 'deep', version: '2.0.0', scripts: { postinstall: 'true' }, licenses: [{ type: 'MIT' }, { type: 'BSD' }] } as never, { 'tool.so': '\u007fELFxxxx', 'notes.so': 'words' });
  rig.publish({ name: 'mod', version: '1.0.0', license: 'MIT', bin: { modctl: 'index.js' }, dependencies: { nat: '1', deep: '2' }, mgr: { permissions: ['read'] } } as never, { 'index.js': RUN });
  const { install } = await import('../../src/modules/install.js');
  const done = await install(rig.request('mod'), rig.report, process.pid);
  assert.deepEqual([done.prepared.permissions, done.prepared.module.permissions], [{ rights: ['read'] }, 'read']);
  const [found] = await ask('audit', { modules: [{ name: 'mod', dir: done.prepared.staged }] });
  assert.ok(found);
  const { bytes, files, ...rest } = found;
  assert.deepEqual(rest, {
    name: 'mod', version: '1.0.0', packages: 3, commands: ['modctl'], licences: { ISC: 1, 'MIT or BSD': 1, MIT: 1 }, permissions: { rights: ['read'] },
    scripts: [{ package: 'deep@2.0.0', what: ['postinstall'] }, { package: 'nat@1.0.0', what: ['install (node-gyp)'] }],
    native: [{ package: 'nat@1.0.0', what: ['binding.gyp', 'prebuilds/linux/x.node'] }],
    binaries: [{ package: 'deep@2.0.0', what: ['tool.so'] }],
  });
  assert.ok(files === 8 && bytes > 100, `${files} files, ${bytes} bytes`);
  await done.close();
});

test('latest: by the words typed, a pinned one, a dead source beside living ones', async () => {
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) rig.publish({ name: 'mod', version }, { 'index.js': RUN });
  const found = await ask('latest', { modules: [{ name: 'mod', source: 'mod' }, { name: 'mod', source: 'mod@^1' }, { name: 'gone', source: 'gone' }, { name: 'mod', source: 'mod@1.0.0' }] });
  assert.deepEqual(found.map((l) => ('error' in l ? l.error.code : [l.wanted.version, l.latest])), [['2.0.0', '2.0.0'], ['1.1.0', '2.0.0'], 'MODULE_FETCH', ['1.0.0', '2.0.0']]);
});
