import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const FILE = pathToFileURL(path.resolve(import.meta.dirname, '../../src/base/write-all.js')).href;

/** A program whose output nobody reads at first: more than a pipe holds, after a `console.log` made the pipe non-blocking. */
async function run(body: string): Promise<{ out: string; err: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import { writeAll } from ${JSON.stringify(FILE)};\nconsole.log('first');\n${body}`], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let out = '';
  let err = '';
  const told = new Promise<void>((resolve) => { child.stderr.setEncoding('utf8').on('data', (d: string) => { err += d; resolve(); }); });
  const end = once(child, 'close');
  await told;
  child.stdout.setEncoding('utf8').on('data', (d: string) => { out += d; });
  await end;
  return { out, err };
}

test('a full pipe is waited for, and nothing is lost', async () => {
  const { out } = await run("process.stderr.write('now'); writeAll(1, 'x'.repeat(1_000_000));");
  assert.equal(out.length, 'first\n'.length + 1_000_000);
});

test('with a limit, what the pipe did not take is given back', async () => {
  const { out, err } = await run("const rest = writeAll(1, 'x'.repeat(1_000_000), 20);\nprocess.stderr.write(String(rest.length));");
  assert.ok(Number(err) > 0);
  assert.equal(out.length + Number(err), 'first\n'.length + 1_000_000);
});
