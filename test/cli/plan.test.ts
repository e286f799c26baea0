import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { AppPlan, Plan } from '../../src/config/plan.js';
import type { EnvRow } from '../../src/config/explain.js';
import type { Params } from '../../src/protocol/contract.js';
import { rig, view } from './rig.js';

function folder(t: TestContext, apps: readonly Record<string, unknown>[]): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mplan-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  fs.writeFileSync(path.join(dir, 'app.js'), '');
  fs.writeFileSync(path.join(dir, 'eco.json'), JSON.stringify({ apps }));
  return dir;
}

/** What the first call of this method was given. */
function wishOf(r: { readonly asked: readonly { readonly method: string; readonly params: unknown }[] }): Params<'process.plan'> {
  const [first] = r.asked;
  assert.ok(first);
  return first.params as Params<'process.plan'>;
}

const app = (over: Partial<AppPlan>): AppPlan => ({ name: 'api', action: 'keep', ids: [0], keys: [], vars: [], restart: false, ...over });
const REST: Plan = { apps: [app({})], changes: 0 };
const BUSY: Plan = {
  changes: 3,
  apps: [
    app({ action: 'change', ids: [0, 1], restart: 'reload', instances: { from: 2, to: 4 }, keys: [{ key: 'args', from: ['a'], to: ['b'], restart: true }, { key: 'env', restart: false }], vars: [{ name: 'A', to: '' }, { name: 'B', from: 'b\u001b[2J', to: 'c', inherited: true }, { name: 'PASS', from: '***', to: '***' }] }),
    app({ name: 'new', action: 'start', ids: [] }), app({ name: 'job', action: 'start', ids: [3], why: 'it gave up' }),
    app({ name: 'old', action: 'remove', ids: [9], left: true }), app({ name: 'same' }),
  ],
};

test('plan: what is asked, what is shown, and how it ends', async (t) => {
  const dir = folder(t, [{ name: 'api', script: 'app.js' }]);
  const r = rig({ 'process.plan': BUSY }, { cwd: dir, columns: 100 });
  assert.equal(await r.run('plan', 'eco.json', '--prune', '-a'), 0);
  const { apps, wish } = wishOf(r);
  assert.deepEqual([r.asked[0]?.method, apps.map((a) => [a.name, a.origin]), wish], ['process.plan', [['api', path.join(dir, 'eco.json')]], { origin: path.join(dir, 'eco.json'), faulty: [], only: false, updateEnv: true, show: false, prune: 'file' }]);
  // eslint-disable-next-line no-control-regex -- colours
  assert.equal(r.stdout.replace(/\u001b\[\d+m/g, ''), `~ api (0, 1): reload
    instances  2 -> 4
    args       ["a"] -> ["b"]
    env          (same values from other places)
    env.A      + ""
    env.B      b?[2J -> c  (removed from the file; the shell it was started by has it too)
    env.PASS   *** -> ***  (another value; --show-secrets shows it)
+ new: start
+ job (3): start (it gave up)
- old (9): no longer in the file, and left alone without --prune
= same: unchanged

2 to start, 1 to change
`);
});

test('plan: exit status 2 only when asked for; a fault is 1', async (t) => {
  const dir = folder(t, [{ name: 'api', script: 'app.js' }]);
  for (const [plan, args, status] of [[REST, ['plan', 'eco.json', '--check'], 0], [BUSY, ['plan', 'eco.json'], 0], [BUSY, ['plan', 'eco.json', '--check'], 2], [BUSY, ['diff', 'eco.json', '--detailed-exitcode'], 2]] as const) {
    assert.equal(await rig({ 'process.plan': plan }, { cwd: dir }).run(...args), status, args.join(' '));
  }
  const faulty = folder(t, [{ name: 'api', script: 'app.js' }, { name: 'bad', script: './none.js' }]);
  const r = rig({ 'process.plan': REST }, { cwd: faulty });
  assert.equal(await r.run('plan', 'eco.json', '--json'), 1);
  assert.deepEqual((JSON.parse(r.stdout) as { faults: { name: string }[] }).faults.map((f) => f.name), ['bad']);
  assert.deepEqual(wishOf(r).wish.faulty, ['bad']);
  assert.match(r.stderr, /cannot start `bad`/);
  for (const [args, text] of [[['plan', 'app.js'], /`app\.js` is no config file/], [['apply'], /apply: got nothing/], [['plan', 'none.json'], /does not exist/]] as const) {
    const e = rig({}, { cwd: dir });
    assert.equal(await e.run(...args), 1);
    assert.match(e.stderr, text);
    assert.deepEqual(e.asked, []);
  }
});

test('apply: a line for each program, errors on stderr, 1 when one failed; --dry-run asks for the plan alone', async (t) => {
  const dir = folder(t, [{ name: 'api', script: 'app.js' }]);
  const done = [
    { target: 'api', did: 'reloaded' as const, ok: true as const, value: [view({ id: 0, name: 'api' }), view({ id: 4, name: 'api' })] },
    { target: 'job', did: 'changed' as const, ok: true as const, value: [view({ id: 3, name: 'job' })], said: 'a word' },
    { target: 'bad', did: 'failed' as const, ok: false as const, error: { code: 'START_FAILED', message: '', data: { name: 'bad', reason: 'no' } } },
  ];
  const r = rig({ 'process.apply': { plan: BUSY, done } }, { cwd: dir });
  assert.equal(await r.run('apply', 'eco.json'), 1);
  assert.match(r.stdout, /^\[api\]\(0\) ✓ reloaded\n\[api\]\(4\) ✓ started\n\[job\]\(3\) ✓ changed, not touched\n/);
  assert.match(r.stderr, /mgr: a word\nmgr: `bad` did not come up: no\n[^]*`old` is no longer in the file and runs on: --prune removes it/);
  const rest = rig({ 'process.apply': { plan: REST, done: [] } }, { cwd: dir });
  assert.equal(await rest.run('apply', 'eco.json', '--prune-all'), 0);
  assert.equal(rest.stdout, 'nothing to do: everything is as the file says\n');
  assert.equal(wishOf(rest).wish.prune, 'all');
  const dry = rig({ 'process.plan': BUSY }, { cwd: dir });
  assert.equal(await dry.run('apply', 'eco.json', '--dry-run'), 0);
  assert.deepEqual(dry.asked.map((a) => a.method), ['process.plan']);
});

test('env: masked values are counted on stderr; --explain fits 80 columns', async () => {
  const list = { processes: [view({ id: 3, name: 'api' })], daemon: { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] } };
  const r = rig({ 'process.list': list, 'process.env': (p) => (p.secrets === true ? { A: '1', KEY: 'k' } : { A: '1', KEY: '***' }) });
  assert.equal(await r.run('env', 'api'), 0);
  assert.deepEqual([r.stdout, r.stderr], ['A: 1\nKEY: ***\n', 'mgr: a value that looks like a secret is masked: --show-secrets shows it\n']);
  const rows: EnvRow[] = [{ name: 'A', from: 'env_prod', value: 'x'.repeat(200), shadows: [{ from: 'env', value: 'y' }] }, { name: 'KEY', from: 'env', secret: 'file:/k', shadows: [] }, { name: 'LANG', from: 'filter_env', shadows: [] }];
  const wide = rig({ 'process.list': list, 'process.explain': rows, 'process.describe': [] }, { columns: 80 });
  assert.equal(await wide.run('env', '3', '--explain'), 0);
  for (const line of wide.stdout.split('\n')) {
    // eslint-disable-next-line no-control-regex -- colours
    assert.ok(line.replace(/\u001b\[\d+m/g, '').length <= 80, line);
  }
  assert.match(wide.stdout, /\{secret file:\/k\}/);
  const unknown = rig({ 'process.list': list });
  assert.equal(await unknown.run('env', 'apy'), 1);
  assert.match(unknown.stderr, /did you mean `api`/);
});
