import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { makeFolder } from '../../src/base/folders.js';

test('makes what is missing, leaves what stands, and ends where nothing can be made', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-folders-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  makeFolder(path.join(dir, 'a/b/c'), 0o700);
  assert.equal(fs.statSync(path.join(dir, 'a/b/c')).mode & 0o777, 0o700);
  makeFolder(path.join(dir, 'a/b/c'));
  makeFolder('/');
  fs.writeFileSync(path.join(dir, 'file'), '');
  assert.throws(() => makeFolder(path.join(dir, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(path.join(dir, 'file/x')), { code: 'ENOTDIR' });
  fs.symlinkSync(path.join(dir, 'nowhere'), path.join(dir, 'link'));
  assert.throws(() => makeFolder(path.join(dir, 'link/x')), { code: 'EEXIST' });
  if (process.platform === 'linux') assert.throws(() => makeFolder('/proc/nope/deeper'), { code: 'ENOENT' });
});
