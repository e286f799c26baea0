import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { moduleData, moduleDoor } from '../../src/base/module-door.js';
import type { AppSpec } from '../../src/config/spec.js';
import { projectFiles } from '../../src/cli/generate/project.js';
import { guardOf } from '../../src/modules/guard.js';
import { checkSettings } from '../../src/modules/settings-check.js';

const app = (over: object = {}): AppSpec => ({ name: 'm', interpreter: process.execPath, interpreter_args: [], exec_mode: 'fork', ...over }) as unknown as AppSpec;
const at = { module: '@s/m', spec: 'm', home: '/h', folder: '/h/modules/m', dir: '/h/modules/m/node_modules/m', userHome: '/home/ann' };
const box = { rights: [], sandbox: { read: ['/proc', 'data', '~/x'], write: ['/var/w'] } } as const;

test('what a module is held to, by what it declares', () => {
  assert.equal(guardOf(undefined, app(), at), undefined);
  assert.deepEqual(guardOf({ rights: ['read'] }, app({ interpreter: '/usr/bin/python3' }), at), { rights: ['read'] });
  const data = moduleData('/h', '@s/m');
  assert.equal(data, '/h/module-data/@s+m');
  assert.deepEqual(guardOf(box, app(), at), { rights: [], sandbox: { read: ['/h/modules/m', data, '/var/w', '/proc', `${at.dir}/data`, '/home/ann/x'], write: [data, '/var/w'], node: process.versions.node } });
  const { sandbox } = guardOf({ ...box, rights: ['read'] }, app(), at) ?? {};
  for (const file of [moduleDoor('/h', '@s/m'), '/h/logs', '/h/pm2.log']) assert.ok(sandbox?.read.includes(file), file);
  assert.ok(!sandbox?.write.includes('/h/logs'));
});

test('folders are known by their links and by where these lead', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mg-'));
  try {
    fs.mkdirSync(path.join(dir, 'real'));
    fs.symlinkSync('real', path.join(dir, 'link'));
    const { sandbox } = guardOf({ rights: [], sandbox: { read: [], write: [] } }, app(), { ...at, home: path.join(dir, 'link') }) ?? {};
    assert.deepEqual(sandbox?.write, [path.join(dir, 'link/module-data/@s+m'), path.join(dir, 'real/module-data/@s+m')]);
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
});

test('an app that Node cannot hold is refused at the installation', () => {
  for (const [over, why] of [
    [{ interpreter: '/usr/bin/python3' }, /it is run by python3/], [{ interpreter: 'none' }, /no program of Node/], [{ exec_mode: 'cluster' }, /cluster mode/],
    [{ interpreter_args: ['--max-old-space-size=9', '--allow-fs-read=*'] }, /node_args have --allow-fs-read=\*/], [{ interpreter_args: ['--allow_fs_read=*'] }, /--allow_fs_read/],
    [{ interpreter_args: ['--env-file=its.env'] }, /--env-file/], [{ interpreter_args: ['--experimental-default-config-file'] }, /config-file/], [{ interpreter_args: ['--experimental-config-file', 'x.json'] }, /config-file/],
    [{ interpreter: `${at.dir}/bin/node` }, /it brings .*bin\/node along/], [{ interpreter: '/var/w/node' }, /it brings/], [{ interpreter: '/usr/bin/nodemon' }, /it is run by nodemon/], [{ interpreter: '/usr/bin/node-18' }, /it is run by node-18/], [{ interpreter: '/not/there/node' }, /ENOENT/],
  ] as const) {
    assert.throws(() => guardOf(box, app(over), at), (e) => isMgrError(e) && e.code === 'MODULE_BAD' && why.test(e.message), JSON.stringify(over));
  }
});

test('what is generated has settings that can be used', async () => {
  for (const [ts, contained] of [[false, false], [true, false], [false, true], [true, true]] as const) {
    const files = projectFiles({ name: 'hello', ts, contained, version: '1.0.0' });
    await checkSettings(JSON.parse(files['package.json'] ?? ''), { spec: 'hello', name: 'hello' });
  }
  await assert.rejects(checkSettings({ mgr: { schema: [{ field: 'a', type: 'nubmer' }] } }, { spec: './m', name: 'm' }), (e) => isMgrError(e) && e.code === 'MODULE_BAD' && e.message === '`./m` is not a module: mgr.schema field `a`: unknown type `nubmer`; did you mean `number`?');
});
