import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { watchFolder } from '../../src/supervisor/triggers/watch.js';

test('a burst is one call; node_modules, dotfiles and ignored names are none', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mw-'));
  for (const sub of ['node_modules', 'logs', 'lib/tmp']) fs.mkdirSync(path.join(dir, sub), { recursive: true });
  const calls: (readonly string[])[] = [];
  let called = (): void => {};
  const next = (): Promise<void> => new Promise((resolve) => { called = resolve; });
  const watch = await watchFolder(dir, { ignore: ['logs', './lib/tmp/', '*.bak'], delay: 200 }, (paths) => { calls.push([...paths].sort()); called(); });
  try {
    const first = next();
    for (const file of ['a.js', 'lib/b.js', '.hidden', 'node_modules/x.js', 'logs/o.log', 'lib/tmp/t', 'c.bak', 'a.js']) fs.writeFileSync(path.join(dir, file), 'x');
    await first;
    assert.deepEqual(calls, [['a.js', 'lib/b.js']]);
    const second = next();
    fs.rmSync(path.join(dir, 'a.js'));
    await second;
    assert.deepEqual(calls[1], ['a.js']);
  } finally {
    await watch.close();
    fs.rmSync(dir, { recursive: true });
  }
});

test('a folder that goes away after close disturbs nobody', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mw-'));
  let calls = 0;
  const watch = await watchFolder(dir, { delay: 0 }, () => { calls++; });
  fs.writeFileSync(path.join(dir, 'x'), '');
  await watch.close();
  fs.rmSync(dir, { recursive: true });
  assert.equal(calls, 0);
});
