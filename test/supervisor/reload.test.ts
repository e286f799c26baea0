// A reload as a transaction, with real children that do not fight for a port (`overlap`).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import type { Declared } from '../../src/config/declare.js';
import type { ManagedProcess } from '../../src/supervisor/process.js';
import { viewOf } from '../../src/supervisor/view.js';
import { alive } from '../helpers/rig.js';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const SLEEP = 'exec sleep 100000';
const QUICK = { overlap: true, min_uptime: 100, listen_timeout: 3000, kill_timeout: 1000, drain_timeout: 200 } as const;

function failure(error: unknown): { code: string; reason: string } {
  assert.ok(isMgrError(error), `no error of ours: ${String(error)}`);
  return { code: error.code, reason: String(error.data['reason']) };
}

/** Only the living run is there, and the records say so. */
async function settled(b: Bench, p: ManagedProcess): Promise<void> {
  await waitFor('only the living run', () => { const pids = b.pids(); return pids.length === 1 && pids[0] === p.pid; });
  const kept = b.kept.get(p.id);
  assert.equal(kept?.live?.pid, p.pid);
  assert.equal(kept?.others, undefined);
  assert.equal(p.leaving, 0);
}

const error = async (result: Promise<readonly { error?: unknown }[]>): Promise<unknown> => (await result)[0]?.error;

describe('a reload', { timeout: 60_000 }, () => {
  test('the new run takes over when it stands, then the old one goes', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', ...QUICK });
    const old = p.pid;
    b.news.length = 0;
    let both = false;
    b.onNews = () => { both ||= alive(old) && alive(p.pid) && p.pid !== old; };
    assert.equal(await error(b.supervisor.reload([p.id])), undefined);
    assert.notEqual(p.pid, old);
    assert.ok(both, 'they lived side by side');
    assert.equal(alive(old), false);
    assert.equal(p.restarts, 1);
    assert.equal(p.state.name, 'online');
    assert.deepEqual(b.news, ['online a', 'exit a', 'reload a']);
    assert.deepEqual(p.exits.map((e) => [e.pid, e.then]), [[old, 'replaced by a reload']]);
    assert.equal(Number(fs.readFileSync(await waitFor('pid file', () => (fs.existsSync(p.pidPath) && p.pidPath) || undefined), 'utf8')) > 0, true);
    await settled(b, p);
  });

  test('a new run that ends at once is not taken: the reason, and the old one as it was', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', `[ -e broken ] && { echo "Error: no database" >&2; exit 3; }`, 'echo up', SLEEP), name: 'a', ...QUICK });
    await b.said(p, /up/);
    const old = p.pid;
    b.file('broken', '');
    const { code, reason } = failure(await error(b.supervisor.reload([p.id])));
    assert.equal(code, 'RELOAD_FAILED');
    assert.match(reason, /^it ended after \d+ ms with exit code 3: Error: no database$/);
    assert.equal(p.pid, old);
    assert.equal(p.restarts, 0);
    assert.equal(p.state.name, 'online');
    assert.match(p.refused ?? '', /no database/);
    await settled(b, p);
    // The next one succeeds, and nothing of the failure is left.
    fs.rmSync(path.join(b.dir, 'broken'));
    assert.equal(await error(b.supervisor.reload([p.id])), undefined);
    assert.equal(p.refused, undefined);
    await settled(b, p);
  });

  test('one that cannot be spawned is not taken', async (t) => {
    const b = await Bench.open(t);
    const script = b.sh('a', SLEEP);
    const p = await b.up({ script, name: 'a', ...QUICK });
    const old = p.pid;
    fs.chmodSync(script, 0o644);
    const { code, reason } = failure(await error(b.supervisor.reload([p.id])));
    assert.equal(code, 'RELOAD_FAILED');
    assert.match(reason, /may not be executed/);
    assert.equal(p.pid, old);
    await settled(b, p);
  });

  test('wait_ready: late is not taken, with what it said; in time is', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('a.js', `
      const fs = require('fs');
      const ms = Number(fs.readFileSync('wait', 'utf8'));
      if (ms > 1000) console.error('Error: still compiling');
      setTimeout(() => process.send('ready'), ms); setInterval(() => {}, 1000);`), name: 'a', ...QUICK, wait_ready: true, ...(b.file('wait', '0') && {}) });
    const old = p.pid;
    b.file('wait', '100000');
    await b.supervisor.restart([]); // nothing
    p.respec({ ...p.spec, listen_timeout: 700 });
    const { code, reason } = failure(await error(b.supervisor.reload([p.id])));
    assert.equal(code, 'RELOAD_FAILED');
    assert.equal(reason, 'it did not say `ready` within 700 ms (wait_ready): Error: still compiling');
    assert.equal(p.pid, old);
    await settled(b, p);
    b.file('wait', '50');
    p.respec({ ...p.spec, listen_timeout: 5000 });
    assert.equal(await error(b.supervisor.reload([p.id])), undefined);
    assert.notEqual(p.pid, old);
    await settled(b, p);
  });

  test('a new declaration counts only when its run took over', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', 'echo "v=$V"; [ "$V" = bad ] && exit 1', SLEEP), name: 'a', ...QUICK, env: { V: 'one' } });
    const to = (v: string, listen_timeout = 3000) => ({ change: () => ({ ...p.spec, listen_timeout, env: { ...p.spec.env, declared: { V: v } } }) });
    assert.equal(failure(await error(b.supervisor.reload([p.id], to('bad', 1234)))).code, 'RELOAD_FAILED');
    assert.equal(p.spec.env.declared['V'], 'one');
    assert.equal(p.spec.listen_timeout, 3000);
    assert.equal(b.kept.get(p.id)?.spec.env.declared['V'], 'one');
    assert.equal(await error(b.supervisor.reload([p.id], to('two'))), undefined);
    assert.equal(p.spec.env.declared['V'], 'two');
    assert.equal(b.kept.get(p.id)?.spec.env.declared['V'], 'two');
    await b.said(p, /v=one\nv=bad\nv=two\n/);
    await settled(b, p);
  });

  test('lines of both runs stay whole', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('a.js', `
      let n = 0; const long = 'x'.repeat(3000);
      setInterval(() => { for (let i = 0; i < 40; i++) process.stdout.write(process.pid + ':' + (n++) + ':' + long + '\\n'); }, 5);`), name: 'a', ...QUICK });
    await waitFor('some output', () => b.log(p).length > 100_000);
    for (let i = 0; i < 2; i++) {
      assert.equal(await error(b.supervisor.reload([p.id])), undefined);
      await b.said(p, new RegExp(`^${p.pid}:`, 'm'));
    }
    await b.supervisor.stop([p.id]);
    const seen = new Map<string, number>();
    const cut: string[] = [];
    for (const line of b.log(p).split('\n').slice(0, -1)) {
      const [, pid = '', n] = /^(\d+):(\d+):x{3000}$/.exec(line) ?? [];
      // A program that is killed may leave its last line unfinished.
      if (pid === '' && /^\d+(:\d+(:x*)?)?$/.test(line)) { cut.push(line.split(':')[0] ?? ''); continue; }
      assert.ok(pid !== '' && !cut.includes(pid), `torn: ${line.slice(0, 80)}`);
      assert.equal(Number(n), (seen.get(pid) ?? -1) + 1, `of ${pid}`);
      seen.set(pid, Number(n));
    }
    assert.equal(seen.size, 3);
    assert.equal(new Set(cut).size, cut.length);
  });

  test('fork mode without held sockets: a restart, and it says so', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a' });
    const [result] = await b.supervisor.reload([p.id]);
    assert.equal(result?.error, undefined);
    assert.match(result?.said ?? '', /`a`: restarted, not replaced/);
    assert.equal(p.restarts, 1);
    assert.equal(p.exits.at(-1)?.then, 'restarted: asked');
  });

  test('what does not run is started', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', ...QUICK });
    await b.supervisor.stop([p.id]);
    assert.equal(await error(b.supervisor.reload([p.id])), undefined);
    assert.equal(p.state.name, 'online');
  });

  test('what a new run tells counts from its succession on', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('a.js', `process.send({ pid: process.pid }); setInterval(() => {}, 1000);`), name: 'a', ...QUICK, min_uptime: 600 });
    await waitFor('the first word', () => b.messages.length === 1);
    const old = p.pid;
    const done = b.supervisor.reload([p.id]);
    await waitFor('the second run', () => b.pids().length === 2);
    assert.equal(b.messages.length, 1);
    assert.equal(await error(done), undefined);
    assert.deepEqual(b.messages, [{ pid: old }, { pid: p.pid }]);
  });
});

/** A process whose reload hangs: the new run never says `ready`. */
async function hanging(t: TestContext, more: Declared = {}): Promise<{ b: Bench; p: ManagedProcess; old: number; done: Promise<unknown>; heir: number }> {
  const b = await Bench.open(t);
  const p = await b.up({ script: b.file('a.js', `if (!require('fs').existsSync('hang')) process.send('ready'); process.on('SIGINT', () => process.exit(0)); setInterval(() => { if (require('fs').existsSync('go')) process.send('ready'); }, 10);`), name: 'a', ...QUICK, wait_ready: true, listen_timeout: 30_000, ...more });
  const old = p.pid;
  b.file('hang', '');
  const done = error(b.supervisor.reload([p.id]));
  const heir = await waitFor('the new run', () => b.pids().find((pid) => pid !== old && pid !== process.pid));
  assert.ok(p.reloading);
  return { b, p, old, done, heir };
}

test('scale during a reload waits for its end: what is new is of the new declaration', { timeout: 60_000 }, async (t) => {
  const b = await Bench.open(t);
  const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', ...QUICK });
  const done = error(b.supervisor.reload([p.id], { change: (spec) => ({ ...spec, args: ['new'] }) }));
  assert.ok(p.reloading);
  assert.equal((await b.supervisor.scale('a', { by: 1 })).error, undefined);
  assert.equal(await done, undefined);
  assert.deepEqual([...b.supervisor.processes.values()].map((q) => q.spec.args), [['new'], ['new']]);
});

describe('what happens while a new run boots', { timeout: 60_000 }, () => {
  test('stop: the reload is given up, both are gone', async (t) => {
    const { b, p, done } = await hanging(t);
    await b.supervisor.stop([p.id]);
    const told = await done;
    assert.deepEqual(failure(told), { code: 'RELOAD_FAILED', reason: 'it was stopped meanwhile' });
    assert.ok(isMgrError(told) && !('serves' in told.data), 'nobody serves on');
    assert.equal(p.state.name, 'stopped');
    assert.equal(viewOf(p, { cpu: 0, memory: 0 }).note, undefined, 'the stop was asked for');
    assert.deepEqual(b.pids(), []);
    assert.equal(b.kept.get(p.id)?.others, undefined);
  });

  test('delete: nothing is left', async (t) => {
    const { b, p, done } = await hanging(t);
    await b.supervisor.remove([p.id]);
    assert.equal(failure(await done).code, 'RELOAD_FAILED');
    assert.deepEqual(b.pids(), []);
    assert.equal(b.kept.size, 0);
  });

  test('restart: the reload is given up, one new run', async (t) => {
    const { b, p, done, old } = await hanging(t);
    fs.rmSync(path.join(b.dir, 'hang'));
    assert.equal(await error(b.supervisor.restart([p.id])), undefined);
    assert.deepEqual(failure(await done), { code: 'RELOAD_FAILED', reason: 'it was restarted meanwhile' });
    assert.notEqual(p.pid, old);
    await settled(b, p);
  });

  test('another declaration: given up', async (t) => {
    const { b, p, done, old } = await hanging(t);
    p.respec({ ...p.spec, kill_timeout: 999 });
    assert.deepEqual(failure(await done), { code: 'RELOAD_FAILED', reason: 'it was given another declaration' });
    assert.equal(p.pid, old);
    await settled(b, p);
  });

  test('a signal goes to the living run', async (t) => {
    const { b, p, done, old } = await hanging(t);
    assert.equal((await b.supervisor.signal([p.id], 'SIGWINCH'))[0]?.error, undefined);
    assert.equal(p.pid, old);
    b.file('go', '');
    assert.equal(await done, undefined);
    await settled(b, p);
  });

  test('the living run dies: the new one takes over when it is ready', async (t) => {
    const { b, p, done, old, heir } = await hanging(t);
    process.kill(old, 'SIGKILL');
    await b.state(p, 'starting');
    assert.equal(p.pid, heir);
    assert.deepEqual(p.exits.map((e) => [e.pid, e.signal, e.then]), [[old, 'SIGKILL', 'its successor, which was booting, takes over']]);
    b.file('go', '');
    await b.state(p, 'online');
    assert.equal(await done, undefined);
    assert.equal(p.restarts, 1);
    await settled(b, p);
  });

  test('both die: judged as any end, and the command says so', async (t) => {
    const { b, p, done, old, heir } = await hanging(t, { autorestart: false });
    process.kill(old, 'SIGKILL');
    await b.state(p, 'starting');
    process.kill(heir, 'SIGKILL');
    const { code, reason } = failure(await done);
    assert.equal(code, 'RELOAD_FAILED');
    assert.match(reason, /^the former run ended meanwhile, and the new one did not come up: it ended after \d+ ms with signal SIGKILL/);
    await b.state(p, 'stopped');
    assert.deepEqual(b.pids(), []);
  });

  test('a second reload: refused; forced: the first is given up', async (t) => {
    const { b, p, done } = await hanging(t);
    assert.equal(failure(await error(b.supervisor.reload([p.id]))).code, 'RELOAD_BUSY');
    assert.ok(p.reloading);
    const second = error(b.supervisor.reload([p.id], { force: true }));
    assert.deepEqual(failure(await done), { code: 'RELOAD_FAILED', reason: 'another reload was forced' });
    b.file('go', '');
    assert.equal(await second, undefined);
    await settled(b, p);
  });

  test('the daemon is replaced: told, and both runs are on record', async (t) => {
    const { b, p, done, old, heir } = await hanging(t);
    const kept = b.kept.get(p.id);
    assert.equal(kept?.live?.pid, old);
    assert.deepEqual(kept?.others?.map((r) => r.pid), [heir]);
    b.supervisor.release();
    assert.deepEqual(failure(await done), { code: 'RELOAD_FAILED', reason: 'the daemon was replaced meanwhile' });
    assert.ok(alive(old) && alive(heir));
    assert.deepEqual(b.kept.get(p.id), kept);
  });
});

describe('a next daemon', { timeout: 60_000 }, () => {
  test('ends a heir that never took over, and the living run serves on', async (t) => {
    const { b, p, old, heir } = await hanging(t);
    const records = [...b.kept.values()];
    b.supervisor.release();
    const next = b.successor();
    next.adopt(records);
    const q = next.processes.get(p.id);
    assert.ok(q);
    await waitFor('the end of the heir', () => !alive(heir));
    await waitFor('the record', () => b.kept.get(p.id)?.others === undefined);
    assert.equal(q.pid, old);
    assert.ok(alive(old));
    assert.equal(q.exits.at(-1)?.then, 'not taken: the daemon ended during the reload');
    // And it can be reloaded.
    b.file('go', '');
    assert.equal(await error(next.reload([p.id])), undefined);
    assert.notEqual(q.pid, old);
    await waitFor('the end of the old one', () => !alive(old));
  });

  test('finishes one that was leaving', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', `trap 'touch asked' INT; while :; do sleep 0.05; done`), name: 'a', ...QUICK, kill_timeout: 60_000 });
    const old = p.pid;
    const done = error(b.supervisor.reload([p.id]));
    await waitFor('the succession', () => p.pid !== old && fs.existsSync(path.join(b.dir, 'asked')));
    const records = [...b.kept.values()].map((r) => ({ ...r, spec: { ...r.spec, kill_timeout: 300 } }));
    assert.deepEqual(records[0]?.others?.map((r) => r.pid), [old]);
    b.supervisor.release();
    assert.equal(await done, undefined);
    assert.ok(alive(old));
    const next = b.successor();
    next.adopt(records);
    await waitFor('the end of the old one', () => !alive(old));
    await waitFor('the record', () => b.kept.get(p.id)?.others === undefined);
    assert.equal(next.processes.get(p.id)?.pid, p.pid);
    assert.ok(alive(p.pid));
  });

  test('a heir that was intended and never born leaves nothing', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', ...QUICK });
    const records = [...b.kept.values()].map((r) => (r.live ? { ...r, runs: 2, others: [{ ...r.live, run: 2, token: 'never', pid: undefined, start: undefined, out: 'o', err: 'e' } as unknown as NonNullable<typeof r.live>] } : r));
    b.supervisor.release();
    b.kept.set(p.id, records[0] ?? assert.fail());
    const next = b.successor();
    next.adopt(records);
    assert.equal(b.kept.get(p.id)?.others, undefined);
    assert.equal(next.processes.get(p.id)?.pid, p.pid);
    assert.equal(await error(next.reload([p.id])), undefined);
    assert.equal(b.kept.get(p.id)?.runs, 3);
  });
});

describe('rolling', { timeout: 60_000 }, () => {
  test('a few at a time; ends at the first failure', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.sh('a', '[ "$NODE_APP_INSTANCE" = 1 ] && [ -e broken ] && { echo "Error: bad" >&2; exit 1; }', SLEEP), name: 'a', ...QUICK });
    const [made] = await b.supervisor.start([{ ...spec, instances: 3 }], 'another');
    const processes = made?.processes ?? [];
    assert.equal(processes.length, 3);
    let most = 0;
    b.onNews = () => { most = Math.max(most, b.pids().length); };
    assert.equal(await error(b.supervisor.reload(['a'], { parallel: 1 })), undefined);
    assert.ok(most <= 4, `${most} at once`);
    assert.deepEqual(processes.map((p) => p.restarts), [1, 1, 1]);
    b.file('broken', '');
    const [result] = await b.supervisor.reload(['a'], { parallel: 1 });
    assert.equal(failure(result?.error).code, 'RELOAD_FAILED');
    assert.match(isMgrError(result?.error) ? result.error.hint ?? '' : '', /1 of 3 processes run the new version/);
    assert.deepEqual(processes.map((p) => p.restarts), [2, 1, 1]);
    assert.ok(processes.every((p) => p.state.name === 'online'));
  });

  test('a config file: reloaded, and instances come and go', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.sh('a', SLEEP), name: 'a', ...QUICK });
    await b.supervisor.start([{ ...spec, instances: 2 }], 'another');
    const pids = [...b.supervisor.processes.values()].map((p) => p.pid);
    const [more] = await b.supervisor.start([{ ...spec, instances: 3, max_restarts: 7 }], 'reload');
    assert.equal(more?.error, undefined);
    assert.deepEqual(more?.processes.map((p) => [p.restarts, p.spec.max_restarts, pids.includes(p.pid)]), [[1, 7, false], [1, 7, false], [0, 7, false]]);
    const [less] = await b.supervisor.start([{ ...spec, instances: 1 }], 'reload');
    assert.equal(less?.error, undefined);
    await waitFor('one process', () => b.supervisor.processes.size === 1 && b.pids().length === 1);
  });

  test('restart of what shares a port: one half after the other', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.sh('a', SLEEP), name: 'a', ...QUICK });
    const [made] = await b.supervisor.start([{ ...spec, instances: 2 }], 'another');
    const processes = made?.processes ?? [];
    let least = 2;
    b.onNews = () => { least = Math.min(least, processes.filter((p) => p.state.name === 'online').length); };
    assert.equal(await error(b.supervisor.restart(['a'])), undefined);
    assert.equal(least, 1);
    assert.deepEqual(processes.map((p) => p.restarts), [1, 1]);
    // By a config file as well.
    least = 2;
    assert.equal(await error(b.supervisor.start([{ ...spec, instances: 2 }], 'restart')), undefined);
    assert.equal(least, 1);
    assert.deepEqual(processes.map((p) => p.restarts), [2, 2]);
  });
});
