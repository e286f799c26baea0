import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isRestart } from '../../src/daemon/unit.js';

test('only the mark of the service makes an end a restart', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-m-'));
  try {
    const mark = path.join(dir, 'x.restart');
    assert.equal(isRestart({}), false);
    assert.equal(isRestart({ MGR_UNIT_RESTART: '' }), false);
    assert.equal(isRestart({ MGR_UNIT_RESTART: mark }), false);
    fs.writeFileSync(mark, '');
    assert.equal(isRestart({ MGR_UNIT_RESTART: mark }), true);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
});
