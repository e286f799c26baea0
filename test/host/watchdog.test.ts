import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { folder, write } from './rig.js';

const WATCHDOG = pathToFileURL(path.resolve(import.meta.dirname, '../../src/host/watchdog.js')).href;

/** A program with a watchdog of 2 s; resolves with how it ended. */
async function run(t: TestContext, body: string): Promise<{ dir: string; signal: string | null; code: number | null; err: string }> {
  const dir = folder(t);
  const script = write(dir, 'x.mjs', `import { watchdog } from ${JSON.stringify(WATCHDOG)};\nwatchdog({ loadingFile: ${JSON.stringify(path.join(dir, 'loading.json'))}, hangFile: ${JSON.stringify(path.join(dir, 'hang.json'))}, looks: 4 });\n${body}`);
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000, killSignal: 'SIGKILL' });
  t.after(() => { child.kill('SIGKILL'); });
  let err = '';
  child.stderr.on('data', (d: Buffer) => { err += d.toString(); });
  return new Promise((resolve) => { child.on('close', (code, signal) => { resolve({ dir, signal, code, err }); }); });
}

test('a loop ends the process, and its place is left for the next life', async (t) => {
  const { dir, signal, err } = await run(t, 'setTimeout(function spin() { for (;;); }, 100);');
  assert.equal(signal, 'SIGKILL', err);
  assert.match(err, /no sign of life for 2 s, so this process ends; it was in\n +at spin \(.*x\.mjs:3:/);
  assert.match((JSON.parse(fs.readFileSync(path.join(dir, 'hang.json'), 'utf8')) as { stack: string }).stack, /x\.mjs:3/);
});

test('while something is loaded, that is what hangs', async (t) => {
  const { dir, signal, err } = await run(t, "(await import('node:fs')).writeFileSync(new URL('loading.json', import.meta.url), JSON.stringify({ file: 'modules/loop.js', stamp: 's', boot: 'b' }));\nfor (;;);");
  assert.equal(signal, 'SIGKILL', err);
  assert.match(err, /modules\/loop\.js is being loaded and gives no sign of life for 2 s/);
  const note = JSON.parse(fs.readFileSync(path.join(dir, 'loading.json'), 'utf8')) as { file: string; boot: string; end: string };
  assert.deepEqual([note.file, note.boot], ['modules/loop.js', 'b']);
  assert.match(note.end, /^no sign of life for 2 s while it was loaded \(.*x\.mjs:4\)$/);
});

test('a busy program that turns its loop is left alone, and nothing is kept alive', async (t) => {
  const { signal, code, err } = await run(t, 'const end = Date.now() + 3500; const busy = () => { for (const at = Date.now(); Date.now() - at < 300;); if (Date.now() < end) setTimeout(busy, 1); }; busy();');
  assert.deepEqual([signal, code], [null, 0], err);
});
