import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { hostApp } from '../../src/config/host-app.js';
import { ignorer } from '../../src/supervisor/triggers/watch-filter.js';
import { watchPaths } from '../../src/supervisor/triggers/watch.js';
import { waitFor } from '../helpers/wait.js';
import { folder, write } from './rig.js';

const { watch, ignore_watch: ignore } = hostApp({ name: 'h', dir: '/h', dist: '/d', dev: true }) as { watch: string[]; ignore_watch: string[] };

test('--dev watches drop-ins, those of node_modules too, and no package', () => {
  const ignored = ignorer('/h', ['/h/node_modules'], ignore, undefined);
  for (const name of ['hello.js', 'a.cjs', 'b.mjs', 'x.y.js']) assert.equal(ignored(`/h/node_modules/${name}`), false, name);
  for (const name of ['left-pad', 'left-pad/index.js', 'express', 'js/index.js', 'nodejs', 'xcjs', 'dpd-js', '@scope', '@scope/x', '@scope/x/index.js', 'chart.js/dist', 'chart.js/package.json', '.bin', '.package-lock.json', 'types']) assert.equal(ignored(`/h/node_modules/${name}`), true, name);
});

test('a changed file of node_modules is told, a changed package is not', async (t) => {
  const dir = folder(t, { 'node_modules/hello.js': '1', 'node_modules/left-pad/index.js': '1', 'modules/a.js': '1' });
  const told: string[] = [];
  const watching = await watchPaths(dir, watch, { ignore, delay: 50 }, (changes) => { told.push(...changes.keys()); });
  t.after(() => watching.close());
  write(dir, 'node_modules/left-pad/index.js', '2');
  write(dir, 'node_modules/new/index.js', '2');
  write(dir, 'node_modules/hello.js', '2');
  await waitFor('the drop-in', () => told.includes('node_modules/hello.js'));
  fs.writeFileSync(path.join(dir, 'node_modules/more.mjs'), '1');
  await waitFor('a new one', () => told.includes('node_modules/more.mjs'));
  assert.deepEqual([...new Set(told)].sort(), ['node_modules/hello.js', 'node_modules/more.mjs']);
});
