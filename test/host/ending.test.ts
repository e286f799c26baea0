// The host's own program, ended by others while it loads: no module is to blame for that.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOT, alive } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';
import { folder, write } from './rig.js';

const HOST = path.join(ROOT, 'dist/host.cjs');
// Waits at its top level and tells when it does: the host is in the middle of loading.
const SLOW = "import fs from 'node:fs';\nfs.appendFileSync('loads', `${process.pid}\\n`);\nawait new Promise((resolve) => setTimeout(resolve, 5000));\n";

interface Stage { readonly dir: string; readonly loads: () => number[]; readonly notes: () => string[]; run: (file: string, args: readonly string[]) => ChildProcess }

function stage(t: TestContext, files: Readonly<Record<string, string>>): Stage {
  const dir = folder(t, files);
  const home = folder(t);
  const started: number[] = [];
  const loads = (): number[] => (fs.existsSync(path.join(dir, 'loads')) ? fs.readFileSync(path.join(dir, 'loads'), 'utf8').trim().split('\n').map(Number) : []);
  const at = path.join(home, 'hosts/h');
  t.after(async () => {
    for (const pid of [...started, ...loads()]) if (alive(pid)) process.kill(pid, 'SIGKILL');
    await waitFor('their end', () => [...started, ...loads()].every((pid) => !alive(pid)));
  });
  return {
    dir, loads, notes: () => (fs.existsSync(at) ? fs.readdirSync(at).filter((n) => n.endsWith('.json')) : []),
    run(file, args) {
      const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, MGR_HOME: home, name: 'h' }, stdio: 'ignore' });
      if (child.pid !== undefined) started.push(child.pid);
      return child;
    },
  };
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => { child.once('exit', (code, signal) => { resolve(signal ?? code); }); });

test('SIGTERM while a module is loaded: the rest is not loaded, and none of them is noted', async (t) => {
  const s = stage(t, { 'modules/a.mjs': SLOW.replace('5000', '2000'), 'modules/b.mjs': SLOW });
  const child = s.run(HOST, ['--dir', s.dir, '--port', '0']);
  const end = ended(child);
  await waitFor('the load', () => s.loads().length === 1);
  child.kill('SIGTERM');
  assert.equal(await end, 0);
  assert.deepEqual([s.loads().length, s.notes()], [1, []]);
});

test('the primary of a cluster goes while a module is loaded: its worker ends, and nothing is noted of the module', async (t) => {
  const s = stage(t, { 'modules/a.mjs': SLOW });
  const primary = write(s.dir, 'primary.cjs', "const cluster = require('node:cluster');\nconst [exec, ...args] = process.argv.slice(2);\ncluster.setupPrimary({ exec, args });\ncluster.fork();\n");
  const child = s.run(primary, [HOST, '--dir', s.dir, '--port', '0']);
  const end = ended(child);
  const [worker = 0] = await waitFor('the load', () => s.loads().length === 1 && s.loads());
  child.kill('SIGKILL');
  await end;
  await waitFor('the end of the worker', () => !alive(worker));
  assert.deepEqual(s.notes(), []);
});

test('a module that ends the process itself is noted, also when it does so later', async (t) => {
  const s = stage(t, { 'modules/a.mjs': 'setTimeout(process.exit, 100, 0);\nawait new Promise((resolve) => setTimeout(resolve, 5000));\n' });
  assert.equal(await ended(s.run(HOST, ['--dir', s.dir, '--port', '0'])), 0);
  assert.deepEqual(s.notes(), ['loading-0.json']);
});
