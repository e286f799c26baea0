import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { readFolder, shortName } from '../../src/host/folder.js';
import { folder } from './rig.js';

const pkg = (more: object = {}): string => JSON.stringify({ name: 'x', version: '1.0.0', ...more });
const files = (t: TestContext, of: Readonly<Record<string, string>>): string[] => readFolder(folder(t, of)).candidates.map((c) => c.file);

test('modules first, then files of node_modules, then packages that declare themselves; each by the alphabet', (t) => {
  assert.deepEqual(files(t, {
    'modules/b.js': '', 'modules/a.mjs': '', 'modules/c.cjs': '', 'modules/d.ts': '', 'modules/e.d.ts': '', 'modules/.hidden.js': '', 'modules/readme.md': '', 'modules/sub/x.js': '',
    'node_modules/z.js': '', 'node_modules/y.ts': '', 'node_modules/.package-lock.json': '',
    'node_modules/dpd-event/package.json': pkg(), 'node_modules/by-key/package.json': pkg({ keywords: ['mgr-module'] }), 'node_modules/old-key/package.json': pkg({ keywords: ['dpdmodule'] }),
    'node_modules/says/package.json': pkg({ mgr: { host: true } }), 'node_modules/@scope/dpd-x/package.json': pkg(), 'node_modules/left-pad/package.json': pkg(), 'node_modules/mgr/package.json': pkg({ keywords: ['mgr-module'] }), 'node_modules/program/package.json': pkg({ keywords: ['mgr-module'], apps: [] }),
  }), ['modules/a.mjs', 'modules/b.js', 'modules/c.cjs', 'modules/d.ts', 'node_modules/z.js', '@scope/dpd-x', 'by-key', 'dpd-event', 'old-key', 'says']);
});

test('D2: with no package.json, an empty one, and dependencies for the browser, the same is loaded', (t) => {
  const drop = { 'modules/hello.js': '', 'node_modules/browser-thing/package.json': pkg(), 'node_modules/browser-thing/index.js': 'window.x' };
  for (const more of [{}, { 'package.json': '{}' }, { 'package.json': pkg({ dependencies: {} }) }, { 'package.json': pkg({ dependencies: { 'browser-thing': '*' } }) }]) {
    assert.deepEqual(files(t, { ...drop, ...more }), ['modules/hello.js']);
  }
  assert.deepEqual(files(t, {}), []);
});

test('include brings in, exclude takes away, in package.json, in mgr.json and by the names of Deployd', (t) => {
  const of = { 'modules/a.js': '', 'modules/b.js': '', 'modules/c.js': '', 'node_modules/plain/package.json': pkg(), 'node_modules/dpd-x/package.json': pkg(), 'node_modules/dpd-y/package.json': pkg() };
  assert.deepEqual(files(t, { ...of, 'package.json': pkg({ mgr: { include: ['plain'], exclude: ['a'] }, dpdIgnore: ['dpd-x'] }), 'mgr.json': '{"exclude":["modules/b.js"]}' }), ['modules/c.js', 'dpd-y', 'plain']);
  assert.deepEqual(files(t, { ...of, 'package.json': pkg({ dpdInclude: ['plain'] }), 'mgr.json': '{"exclude":["b.js"]}' }), ['modules/a.js', 'modules/c.js', 'dpd-x', 'dpd-y', 'plain']);
});

test('what cannot be understood is said, and keeps nobody from starting', (t) => {
  const dir = folder(t, { 'modules/a.js': '', 'package.json': '{ not json', 'mgr.json': '{"exclude":"a","include":["absent"]}' });
  const { candidates, warnings } = readFolder(dir);
  assert.deepEqual(candidates.map((c) => c.file), ['modules/a.js']);
  assert.equal(warnings.length, 3);
  assert.match(warnings[0] ?? '', /package\.json: .*JSON/);
  assert.match(warnings[1] ?? '', /mgr\.json: exclude: got "a", wanted a list of names/);
  assert.match(warnings[2] ?? '', /include: absent is not in node_modules/);
});

test('a file that cannot be read, or a circle of links, keeps nobody from starting either', (t) => {
  const dir = folder(t, { 'modules/a.js': '' });
  fs.symlinkSync('circle.js', path.join(dir, 'modules/circle.js'));
  fs.symlinkSync('/proc/self/mem', path.join(dir, 'modules/mem.js')); // also root cannot read its beginning
  fs.symlinkSync('nowhere.js', path.join(dir, 'modules/dangling.js'));
  const { candidates, warnings } = readFolder(dir);
  assert.deepEqual(candidates.map((c) => c.file), ['modules/a.js', 'modules/dangling.js', ...(process.platform === 'linux' ? ['modules/mem.js'] : [])]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /modules\/circle\.js: ELOOP/);
});

test('I3: a drop-in asks for a host of its own in its first comment, or in mgr.json', (t) => {
  const dir = folder(t, {
    'modules/line.js': '#!/usr/bin/env node\n// Reports.\n// isolate: true\nrun();', 'modules/block.js': '/* what it is\n * isolate: true\n */', 'modules/later.js': 'run();\n// isolate: true',
    'modules/text.js': "const s = 'isolate: true';", 'modules/named.js': '', 'mgr.json': '{"isolate":["named"]}',
  });
  assert.deepEqual(readFolder(dir).candidates.filter((c) => c.isolate).map((c) => c.file), ['modules/block.js', 'modules/line.js', 'modules/named.js']);
  assert.equal(readFolder(dir).candidates[0]?.path, path.join(dir, 'modules/block.js'));
});

test('the short name of a module', () => {
  assert.deepEqual(['modules/hits.js', 'node_modules/hello.cjs', 'dpd-event', '@scope/dpd-x'].map(shortName), ['hits', 'hello', 'dpd-event', '@scope+dpd-x']);
});
