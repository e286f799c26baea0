import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { linkSdk, wantsSdk } from '../../src/base/sdk-link.js';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-link-'));
const root = path.join(dir, 'ours');
const write = (file: string, text: string): void => { fs.mkdirSync(path.dirname(file), { recursive: true }); fs.writeFileSync(file, text); };
const ours = (at: string): void => {
  write(path.join(at, 'package.json'), JSON.stringify({ name: 'mgr', version: '9.9.9', dependencies: { x: '1' }, exports: { './module': './dist/module.cjs' } }));
  write(path.join(at, 'dist/module.cjs'), '');
};
const project = (name: string): string => { const d = path.join(dir, name); fs.mkdirSync(d, { recursive: true }); return d; };
const leads = (d: string): string => fs.realpathSync(path.join(d, 'node_modules/mgr/dist'));

before(() => ours(root));
after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('who wants it: a package that names it without bringing it', () => {
  assert.deepEqual([{}, null, { peerDependencies: { mgr: '*' } }, { devDependencies: { mgr: '*' } }, { peerDependencies: { mgr: '*' }, dependencies: { mgr: '1' } }, { peerDependencies: { other: '1' } }].map(wantsSdk), [false, false, true, true, false, false]);
});

test('put there once; what it says has no dependencies that npm would look for', () => {
  const d = project('a');
  assert.deepEqual([linkSdk(d, root), linkSdk(d, root)], [true, false]);
  assert.equal(leads(d), fs.realpathSync(path.join(root, 'dist')));
  assert.deepEqual(Object.keys(JSON.parse(fs.readFileSync(path.join(d, 'node_modules/mgr/package.json'), 'utf8')) as object), ['name', 'version', 'private', 'description', 'exports']);
  assert.equal(linkSdk(project('a/below/it'), root), false, 'found in a folder above');
});

test('led to another mgr, or to where we were: led to the one that runs it', () => {
  for (const gone of [false, true]) {
    const d = project(`b-${gone}`);
    const before = path.join(dir, `old-${gone}`);
    ours(before);
    linkSdk(d, before);
    if (gone) fs.rmSync(before, { recursive: true });
    assert.deepEqual([linkSdk(d, root), linkSdk(d, root)], [true, false]);
    assert.equal(leads(d), fs.realpathSync(path.join(root, 'dist')));
    // An update in the same place may export more.
    fs.writeFileSync(path.join(d, 'node_modules/mgr/package.json'), '{"name":"mgr","version":"0.0.1"}');
    assert.deepEqual([linkSdk(d, root), linkSdk(d, root)], [true, false]);
  }
});

test('a package of its own stays, with the SDK in it or another one of that name', () => {
  const [has, other] = [project('c'), project('d')];
  ours(path.join(has, 'node_modules/mgr'));
  write(path.join(other, 'node_modules/mgr/package.json'), '{"name":"mgr"}');
  assert.deepEqual([linkSdk(has, root), linkSdk(other, root)], [false, false]);
  assert.equal(fs.readFileSync(path.join(other, 'node_modules/mgr/package.json'), 'utf8'), '{"name":"mgr"}');
});
