import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { rootToken } from '../../../src/host/resources/guard.js';
import { folder } from '../rig.js';

test('the token is made once, for its user alone; what stands there needs nothing written', (t) => {
  const dir = path.join(folder(t), 'h');
  const file = path.join(dir, 'root.token');
  const token = rootToken(file);
  assert.match(token, /^[0-9a-f]{64}$/);
  fs.chmodSync(file, 0o644);
  assert.equal(rootToken(file), token);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(dir), ['root.token']);
  // No other file fits beside a name of this length: as on a full disk.
  const long = path.join(dir, 'x'.repeat(250));
  assert.throws(() => rootToken(long), { code: 'ENAMETOOLONG' });
  fs.renameSync(file, long);
  assert.equal(rootToken(long), token);
  fs.writeFileSync(long, 'short');
  assert.throws(() => rootToken(long), /holds no token: remove it/);
});
