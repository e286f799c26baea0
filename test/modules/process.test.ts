import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, test } from 'node:test';
import { MgrError, isMgrError } from '../../src/base/errors.js';
import { installModule, type Caller } from '../../src/client/install.js';
import type { InstallEvent } from '../../src/modules/report.js';
import { Rig } from './registry.js';

const installer = fileURLToPath(new URL('../../src/modules/main.js', import.meta.url));
let rig: Rig;
beforeEach(async () => { rig = await new Rig().open(); });
afterEach(() => rig.close());

/** A daemon that takes the staged folder, or does not. */
const daemon = (act: (method: string, params: { readonly staged: string }) => void): Caller => ({
  call: ((method: string, params: { readonly staged: string }) => { act(method, params); return Promise.resolve([]); }) as unknown as Caller['call'],
});
const RUN = { 'index.js': 'setInterval(() => {}, 1000)' };

test('prepared in its own process, activated by the daemon, nothing staged stays', async () => {
  rig.publish({ name: 'mod', version: '1.0.0', scripts: { postinstall: 'x' } }, RUN);
  const events: InstallEvent[] = [];
  let locked: string[] = [];
  const client = daemon((method, { staged }) => {
    assert.equal(method, 'module.activate');
    // The lock lasts until the daemon has answered.
    locked = rig.left().locks;
    fs.renameSync(staged, path.join(rig.modules, 'mod'));
  });
  const { prepared } = await installModule(client, { installer, request: rig.request('mod'), safeMs: 0, report: (e) => { events.push(e); } });
  assert.deepEqual([prepared.module.version, prepared.scriptsSkipped, locked], ['1.0.0', ['mod@1.0.0'], ['mod']]);
  assert.deepEqual(events.map((e) => (e.type === 'progress' ? e.step : e.type)), ['manifest', 'dependencies', 'check']);
  assert.deepEqual(rig.left(), { modules: ['mod'], staging: [], locks: [] });
});

test('what the installer says comes out as the error it was', async () => {
  await assert.rejects(installModule(daemon(() => assert.fail()), { installer, request: rig.request('nope'), safeMs: 0, report: () => {} }), (e) => isMgrError(e) && e.code === 'MODULE_FETCH' && e.hint !== undefined);
});

test('the daemon refuses: its error, and nothing stays', async () => {
  rig.publish({ name: 'mod', version: '1.0.0' }, RUN);
  const client = daemon(() => { throw new MgrError('MODULE_START', { name: 'mod', version: '1.0.0', reason: 'x' }); });
  await assert.rejects(installModule(client, { installer, request: rig.request('mod'), safeMs: 0, report: () => {} }), (e) => isMgrError(e) && e.code === 'MODULE_START');
  assert.deepEqual(rig.left(), { modules: [], staging: [], locks: [] });
});

test('an installer that dies is an error, and the next one sweeps after it', async () => {
  rig.publish({ name: 'mod', version: '1.0.0' }, RUN);
  const killer = path.join(rig.dir, 'dies.mjs');
  fs.writeFileSync(killer, `import fs from 'node:fs'; process.stdin.once('data', () => { fs.mkdirSync(${JSON.stringify(path.join(rig.modules, '.staging'))} + '/' + process.pid + '-1-x', { recursive: true }); process.kill(process.pid, 'SIGKILL'); });`);
  await assert.rejects(installModule(daemon(() => assert.fail()), { installer: killer, request: rig.request('mod'), safeMs: 0, report: () => {} }), (e) => isMgrError(e) && /ended with SIGKILL/.test(e.message));
  assert.equal(rig.left().staging.length, 1);
  await installModule(daemon((_m, { staged }) => fs.renameSync(staged, path.join(rig.modules, 'mod'))), { installer, request: rig.request('mod'), safeMs: 0, report: () => {} });
  assert.deepEqual(rig.left(), { modules: ['mod'], staging: [], locks: [] });
});

for (const signal of [undefined, 'SIGINT'] as const) {
  test(`the command goes away half-way (${signal ?? 'end of the stream'}): nothing stays`, async () => {
    rig.publish({ name: 'mod', version: '1.0.0' }, RUN);
    const child = spawn(process.execPath, [installer], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.write(`${JSON.stringify(rig.request('mod'))}\n`);
    await once(child.stdout, 'data');
    const exited = once(child, 'exit');
    if (signal === undefined) { child.stdout.destroy(); child.stdin.destroy(); } else child.kill(signal);
    assert.deepEqual(await exited, [signal === undefined ? 0 : 130, null]);
    assert.deepEqual(rig.left(), { modules: [], staging: [], locks: [] });
  });
}
