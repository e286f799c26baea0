// The declarations as the authors of modules meet them: an ES module, CommonJS, and the module that is generated for them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { projectFiles } from '../../src/cli/generate/project.js';
import { ROOT, within } from '../helpers/rig.js';

const ES = `import mgr, { config, initModule, histogram, action, onConfig, jobs, type ActionHandler, type Job } from 'mgr/module';
declare module 'mgr/module' { interface Config { every: number } }
const n: number = config.every;
const u: unknown = config['other'];
const h: ActionHandler = async (params, call) => { call.send(1); return params; };
action('x', h); action('y', { timeout: 5 }, (p, reply) => reply(p)); mgr.action('z', () => 1);
onConfig((now, { changed }) => { const e: number = now.every; void e; void changed[0]; });
const c = await initModule<{ a: string }>(); const s: string = c.a; const v: string = c.module_version;
initModule({}, (err, conf) => { void err?.message; const e: number | undefined = conf?.every; void e; });
histogram({ name: 'a', measurement: 'p95' }).update(1);
jobs.define<{ to: string }>('mail', async ({ payload, signal }: Job<{ to: string }>) => [payload.to.length, signal.aborted], { retries: 5 });
jobs.schedule('tidy', { every: '5m' }, (job) => job.complete((tx) => { tx.add('next'); tx.database.run('DELETE FROM x'); }), { catchUp: 'one' });
// @ts-expect-error -- no such option
jobs.define('x', () => 1, { leese: 5 });
// @ts-expect-error -- no such measurement
histogram({ name: 'a', measurement: 'p42' });
// @ts-expect-error -- declared as a number above
const bad: string = config.every;
// @ts-expect-error -- the handler is missing
action('w', { timeout: 5 });
void [n, u, s, v, bad];
`;
const CJS = `import mgr = require('mgr/module');
mgr.initModule({ pid: mgr.resolvePidPaths(['/x']) }).then((c) => c.module_name.length, () => {});
const c: mgr.Counter = mgr.counter('x'); c.inc();
`;

test('typed: config by declaration or by argument, handlers, wrong use refused; the generated module compiles', () => within(async (rig) => {
  const pkg = path.join(rig.dir, 'node_modules/mgr');
  fs.mkdirSync(pkg, { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(pkg, 'package.json'));
  const made = await rig.run(rig.node, [path.join(ROOT, 'scripts/types.mjs'), path.join(pkg, 'dist/types')]);
  assert.equal(made.code, 0, `${made.out}${made.err}`);
  fs.mkdirSync(path.join(rig.dir, 'node_modules/@types'));
  for (const name of ['@types/node', 'undici-types']) fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(rig.dir, 'node_modules', name), 'dir');
  for (const [name, text] of Object.entries(projectFiles({ name: 'typed', ts: true, contained: true, version: '0.1.0' }))) rig.file(name.replace('src/index', 'src/boxed'), text);
  for (const [name, text] of Object.entries(projectFiles({ name: 'typed', ts: true, contained: false, version: '0.1.0' }))) rig.file(name, text);
  const tsc = (): ReturnType<typeof rig.run> => rig.run(rig.node, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', rig.dir, '--noEmit', '--pretty', 'false']);
  rig.file('src/es.mts', ES);
  rig.file('src/cjs.cts', CJS);
  const { code, out } = await tsc();
  assert.equal(code, 0, out);
  rig.file('src/index.ts', fs.readFileSync(path.join(rig.dir, 'src/index.ts'), 'utf8').replace('config.greeting', 'config.greting'));
  assert.match((await tsc()).out, /Property 'greting' does not exist/);
}));
