import assert from 'node:assert/strict';
import test from 'node:test';
import { type Running, nextSpec, planOf, planSteps } from '../../src/config/plan.js';
import { markOf } from '../../src/config/plan-keys.js';
import type { AppSpec } from '../../src/config/spec.js';
import { toSpecs } from '../../src/config/validate.js';
import { fakeCtx } from './fake.js';

const FILE = '/app/eco.json';
const ENV = { PATH: '/bin', SHELL_SECRET: 'x' };

function spec(declared: Record<string, unknown> = {}, env: Record<string, string> = ENV, origin: string | undefined = FILE): AppSpec {
  const [made] = toSpecs({ script: 'app.js', name: 'api', ...declared }, { ...fakeCtx({ '/app/other.js': '', '/app/sub/x': '' }), env, ...(origin === undefined ? {} : { origin }) }).specs;
  assert.ok(made);
  return made;
}

const up = (s: AppSpec, id = 0, more: Partial<Running> = {}): Running => ({ id, instance: id, spec: s, is: 'up', mark: markOf(s), ...more });
const WISH = { origin: FILE };
const plan = (wanted: readonly AppSpec[], running: readonly Running[], wish = {}) => planOf(planSteps(wanted, running, { ...WISH, ...wish }, (s) => s.exec_mode === 'cluster'), FILE);
const one = (wanted: AppSpec, running: readonly Running[], wish = {}) => {
  const [app] = plan([wanted], running, wish).apps;
  assert.ok(app);
  return app;
};

test('the same file, another shell: nothing to do', () => {
  assert.deepEqual(plan([spec()], [up(spec({}, { ...ENV, SHLVL: '2', OTHER: '1' }))]), { file: FILE, changes: 0, apps: [{ name: 'api', action: 'keep', ids: [0], keys: [], vars: [], restart: false }] });
});

test('what is not there is started', () => {
  const { apps, changes } = plan([spec(), spec({ name: 'idle', autostart: false })], []);
  assert.equal(changes, 2);
  assert.deepEqual(apps.map((a) => [a.name, a.action, a.why]), [['api', 'start', undefined], ['idle', 'start', 'it is registered only: autostart is off']]);
});

test('each changed option and variable, by its effect', () => {
  const old = spec({ env: { KEPT: '1', CHANGED: 'a', GONE: 'g', PATH: '/mine', DB_PASSWORD: 'old' }, max_restarts: 3, args: ['a'] });
  const next = spec({ env: { KEPT: '1', CHANGED: 'b', ADDED: 'n', DB_PASSWORD: 'new' }, args: 'a b', cron_restart: '* * * * *' });
  const app = one(next, [up(old)]);
  assert.equal(app.action, 'change');
  assert.equal(app.restart, 'restart');
  assert.deepEqual(app.keys, [
    { key: 'max_restarts', from: 3, to: 16, restart: false },
    { key: 'cron_restart', to: '* * * * *', restart: false },
    { key: 'args', from: ['a'], to: ['a', 'b'], restart: true },
  ]);
  assert.deepEqual(app.vars, [
    { name: 'ADDED', to: 'n' }, { name: 'CHANGED', from: 'a', to: 'b' }, { name: 'DB_PASSWORD', from: '***', to: '***' }, { name: 'GONE', from: 'g' },
    { name: 'PATH', from: '/mine', to: '/bin', inherited: true },
  ]);
  assert.deepEqual(one(next, [up(old)], { show: true }).vars[2], { name: 'DB_PASSWORD', from: 'old', to: 'new' });
});

test('what the program never hears of needs no restart', () => {
  for (const more of [{ max_restarts: 5 }, { kill_timeout: '3s' }, { autorestart: false }, { max_memory_restart: '1G' }, { watch: true }, { script: './app.js' }, { log_keep: 3 }, { restart_delay: 5 }, { post_update: ['x'] }]) {
    const app = one(spec(more), [up(spec())]);
    assert.deepEqual([app.action, app.restart], ['change', false], JSON.stringify(more));
  }
  for (const more of [{ args: 'x' }, { cwd: '/app/sub', script: '/app/app.js' }, { env: { A: '' } }, { namespace: 'n' }, { interpreter: 'bash' }, { instance_var: 'N' }, { script: 'other.js' }, { node_args: '--x' }, { out_file: 'o.log' }, { port: 1 }]) {
    const app = one(spec(more), [up(spec())]);
    assert.deepEqual([app.action, app.restart], ['change', 'restart'], JSON.stringify(more));
  }
});

test('secrets are compared by reference and never shown', () => {
  const by = (ref: string) => spec({ env: { KEY: { secret: ref } } });
  assert.equal(one(by('file:/k'), [up(by('file:/k'))]).action, 'keep');
  assert.deepEqual(one(by('cmd:pass x'), [up(by('file:/k'))]).vars, [{ name: 'KEY', from: '{secret file:/k}', to: '{secret cmd:pass x}' }]);
  assert.deepEqual(one(by('file:/k'), [up(spec({ env: { KEY: 'v' } }))]).vars, [{ name: 'KEY', from: 'v', to: '{secret file:/k}' }]);
});

test('env_<name>: without the same --env the difference is seen', () => {
  const eco = { env: { A: 'dev' }, env_production: { A: 'prod' } };
  const [prod] = toSpecs({ script: 'app.js', name: 'api', ...eco }, { ...fakeCtx(), env: ENV, origin: FILE, envName: 'production' }).specs;
  assert.ok(prod);
  assert.equal(one(prod, [up(prod)]).action, 'keep');
  const app = one(spec(eco), [up(prod)]);
  assert.deepEqual(app.vars, [{ name: 'A', from: 'prod', to: 'dev' }]);
  assert.deepEqual(app.keys, [{ key: 'env_name', from: 'production', restart: false }]);
});

test('instances: by their number, not by what a record says', () => {
  const two = spec({ instances: 2 });
  const alone = { ...two, instances: 1 };
  assert.equal(one(two, [up(alone, 0), up(alone, 1)]).action, 'keep');
  const app = one(spec({ instances: 3 }), [up(two, 0), up(two, 1)]);
  assert.deepEqual([app.action, app.restart, app.instances, app.keys], ['change', false, { from: 2, to: 3 }, []]);
  assert.equal(one(spec({ instances: 2, env: { A: '1' } }), [up(two, 0), up(two, 1)]).restart, 'reload');
  assert.equal(one(spec({ env: { A: '1' } }), [up(two, 0), up(two, 1)]).restart, 'restart');
});

test('what does not run though it should is started; a job that is done is not', () => {
  const s = spec();
  assert.deepEqual([one(s, [up(s, 0, { is: 'down' })]).action, one(s, [up(s, 0, { is: 'failed', why: 'it gave up' })]).why], ['start', 'it gave up']);
  assert.equal(one(s, [up(s, 0, { is: 'done' })]).action, 'keep');
  const both = one(spec({ max_restarts: 1 }), [up(s, 0, { is: 'down', why: 'it is stopped' })]);
  assert.deepEqual([both.action, both.restart, both.starts, both.why], ['change', false, true, 'it is stopped']);
  // A saved list says by autostart that it was stopped.
  assert.deepEqual(one(s, [up({ ...s, autostart: false }, 0, { is: 'down' })]), { name: 'api', action: 'start', ids: [0], keys: [], vars: [], restart: false, why: 'it is stopped' });
  const idle = spec({ autostart: false });
  assert.equal(one(idle, [up(idle, 0, { is: 'down' })]).action, 'keep');
});

test('a program that a restart never reached is seen', () => {
  const s = spec({ env: { A: '2' } });
  const app = one(s, [up(s, 0, { mark: markOf(spec({ env: { A: '1' } })) })]);
  assert.deepEqual([app.action, app.restart, app.why], ['change', 'restart', 'its program still runs by an earlier declaration']);
  assert.equal(markOf(spec({ max_restarts: 1 })), markOf(spec({ max_restarts: 2 })));
  assert.equal(markOf(spec({ env: { A: '1', B: '2' } })), markOf(spec({ env: { B: '2', A: '1' } })));
});

test('removed: what came from this file; everything only with all', () => {
  const other = up(spec({ name: 'other' }, ENV, '/else.json'), 5);
  const hand = up(spec({ name: 'hand' }, ENV, ''), 6);
  const left = up(spec({ name: 'left' }), 7);
  const faulty = up(spec({ name: 'faulty' }), 8);
  const running = [up(spec()), other, hand, left, faulty];
  const removed = (wish: object) => plan([spec()], running, { faulty: ['faulty'], ...wish });
  assert.deepEqual(removed({}).apps[1], { name: 'left', action: 'remove', ids: [7], keys: [], vars: [], restart: false, left: true });
  assert.equal(removed({}).changes, 0);
  assert.deepEqual(removed({ prune: 'file' }).apps.filter((a) => a.action === 'remove').map((a) => a.name), ['left']);
  assert.equal(removed({ prune: 'file' }).changes, 1);
  assert.deepEqual(removed({ prune: 'all' }).apps.filter((a) => a.action === 'remove').map((a) => a.name), ['other', 'hand', 'left']);
  assert.equal(removed({ prune: 'all', only: true }).apps.length, 1);
});

test('the next declaration keeps the shell and the person of the first one', () => {
  const old = { ...spec({}, { PATH: '/bin', OLD: '1' }), username: 'bob' };
  const kept = nextSpec(spec({ env: { A: '1' } }, { PATH: '/bin', NEW: '1' }), old, {});
  assert.deepEqual(kept.env, { inherited: { PATH: '/bin', OLD: '1' }, declared: { A: '1' } });
  assert.equal(kept.username, 'bob');
  assert.deepEqual(nextSpec(spec({}, { NEW: '1' }), old, { updateEnv: true }).env.inherited, { NEW: '1' });
  assert.deepEqual(nextSpec(spec({ filter_env: ['OLD'] }, { NEW: '1' }), old, {}).env.inherited, { NEW: '1' });
  assert.deepEqual(one(spec({}, { PATH: '/bin', NEW: '1', SHLVL: '3' }), [up(old)], { updateEnv: true }).vars, [{ name: 'NEW', to: '1' }, { name: 'OLD', from: '1' }]);
});
