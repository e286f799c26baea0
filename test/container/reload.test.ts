import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { ModuleError, Change, Ctx, ManagerOptions, ModuleManager, ReloadReport, RunContext } from '../../src/container/container.js';
import { fails, quiet } from './rig.js';

/** Runs until `use` is done; the container is up then. */
async function up(register: (m: ModuleManager) => void, context: RunContext, use: (m: ModuleManager) => Promise<void>, o: ManagerOptions = {}): Promise<void> {
  const { manager } = quiet(o);
  register(manager);
  let ready: () => void = () => {};
  const started = new Promise<void>((r) => { ready = r; });
  class Last { start(): void { setImmediate(ready); } }
  manager.register(Last);
  const running = manager.run(context);
  await Promise.race([started, running]);
  try { await use(manager); } finally { await manager.stop(); await running; }
}
const reportOf = (e: unknown): ReloadReport => (e as { report: ReloadReport }).report;

test('a module that can takes new values while running: declared fields, then reload with what was before', async () => {
  const log: unknown[] = [];
  class Rotate {
    declare maxSize: string; declare keep: number; counter = 0;
    static moduleSchema = { maxSize: '10M', keep: 5, tls: { configurables: { cert: 'a' } } }; static moduleReload = true;
    start(): void { log.push('start'); this.counter++; }
    reload(config: object, { previous, changed }: Change, { signal }: Ctx): void { log.push([config, previous, changed, this.maxSize, signal.aborted]); }
    stop(): void { log.push('stop'); }
  }
  await up((m) => m.register(Rotate), {}, async (manager) => {
    const it = manager.resolve(Rotate);
    it.counter = 41;
    const report = await manager.reload({ rotate: { maxSize: '20M', tls: { cert: 'b' } } });
    assert.equal(report.outcome, 'hot');
    assert.equal(report.version, 2);
    assert.deepEqual(report.changes, [{ module: 'rotate', path: 'maxSize', from: '10M', to: '20M' }, { module: 'rotate', path: 'tls.cert', from: 'a', to: 'b' }]);
    assert.match(report.lines[0] ?? '', /^rotate\.maxSize 10M → 20M  applied hot \(v2, \d+ ms\)$/);
    assert.deepEqual(log, ['start', [{ maxSize: '20M', keep: 5, tls: { cert: 'b' } }, { maxSize: '10M', keep: 5, tls: { cert: 'a' } }, ['maxSize', 'tls.cert'], '20M', false]]);
    assert.equal(manager.resolve(Rotate), it);
    assert.equal(it.counter, 41);
    assert.deepEqual(manager.dump(), { rotate: { maxSize: '20M', keep: 5, tls: { cert: 'b' } } });
    assert.equal(manager.explain('rotate.maxSize').at(-1)?.detail, 'set while running');
    // What was set before stays, and texts are read.
    assert.deepEqual((await manager.reload({ rotate: { keep: '7' } })).changes, [{ module: 'rotate', path: 'keep', from: 5, to: 7 }]);
    assert.equal(it.maxSize, '20M');
    const same = await manager.reload({ rotate: { keep: 7 } });
    assert.deepEqual([same.outcome, same.version, same.lines], ['unchanged', 3, ['nothing has changed']]);
  });
  assert.deepEqual(log.slice(-1), ['stop']);
});

test('without a reload method init is called again; only modules whose own values differ are told, dependencies first', async () => {
  const log: string[] = [];
  class Base { static moduleSchema = { n: 1 }; static moduleReload = true; init(c: { n: number }): void { log.push(`base ${c.n}`); } }
  class Full { static moduleSchema = { base: { type: Base } }; static moduleInfo = { reload: true, initConfig: 'full' as const }; init(c: { base: { n: number }; other: { n: number } }): void { log.push(`full ${c.base.n} ${c.other.n}`); } }
  class Other { static moduleSchema = { n: 1, full: { type: Full } }; static moduleReload = true; init(c: { n: number }): void { log.push(`other ${c.n}`); } }
  await up((m) => m.register(Other).register(Full).register(Base), {}, async (manager) => {
    log.length = 0;
    await manager.reload({ base: { n: 2 } });
    assert.deepEqual(log.splice(0), ['base 2', 'full 2 1']);
    await manager.reload({ other: { n: 3 }, base: { n: 4 } });
    assert.deepEqual(log.splice(0), ['base 4', 'full 4 3', 'other 3']);
  });
});

test('what is not valid changes nothing at all', async () => {
  const log: unknown[] = [];
  class M { static moduleSchema = { a: 1, b: { type: 'number', default: 2, validator: '$positive' } }; static moduleReload = true; reload(): void { log.push('reload'); } }
  await up((m) => m.register(M), {}, async (manager) => {
    for (const patch of [{ m: { a: 5, b: 'bad' } }, { m: { a: 5, b: -1 } }, { m: { a: 5, c: 1 } }, { nobody: { a: 1 } }]) {
      await assert.rejects(manager.reload(patch), (e: unknown) => {
        assert.ok(fails('E_CONFIG')(e));
        assert.equal(reportOf(e).outcome, 'rejected');
        assert.match(reportOf(e).lines[0] ?? '', /^rejected: .*(?:store|reload)/);
        return true;
      });
    }
    assert.deepEqual([log, manager.dump()], [[], { m: { a: 1, b: 2 } }]);
    assert.equal((await manager.reload()).outcome, 'unchanged', 'nothing of a refused patch is kept');
  });
});

test('a reload that throws is rolled back everywhere; the old values are in force', async () => {
  const log: string[] = [];
  let fail = true;
  class A { declare n: number; static moduleSchema = { n: 1 }; static moduleReload = true; reload(c: { n: number }): void { log.push(`a ${c.n} ${this.n}`); } }
  class B { declare n: number; static moduleSchema = { n: 1, a: { type: A } }; static moduleReload = true; reload(c: { n: number }): void { log.push(`b ${c.n} ${this.n}`); if (fail && c.n === 2) throw new Error('disk full'); } }
  await up((m) => m.register(A).register(B), {}, async (manager) => {
    await assert.rejects(manager.reload({ a: { n: 2 }, b: { n: 2 } }), (e: unknown) => {
      assert.ok(fails('E_RELOAD', 'rolled back: b: reload failed: disk full')(e));
      assert.deepEqual([reportOf(e).outcome, reportOf(e).version, (e as ModuleError).module], ['rolled back', 1, 'b']);
      return true;
    });
    assert.deepEqual(log, ['a 2 2', 'b 2 2', 'b 1 1', 'a 1 1']);
    assert.deepEqual([manager.dump(), manager.resolve(A).n, manager.resolve(B).n], [{ a: { n: 1 }, b: { n: 1, a: 'a' } }, 1, 1]);
    fail = false;
    assert.equal((await manager.reload({ b: { n: 2 } })).version, 2);
  });
});

test('a reload that hangs is rolled back after its time; when going back fails too, it says to restart', async () => {
  class Hang { static moduleSchema = { n: 1 }; static moduleReload = true; reload(c: { n: number }): Promise<void> | undefined { return c.n === 2 ? new Promise(() => {}) : undefined; } }
  class Stuck { static moduleSchema = { n: 1 }; static moduleReload = true; reload(): void { throw new Error('stuck'); } }
  await up((m) => m.register(Hang).register(Stuck), {}, async (manager) => {
    await assert.rejects(manager.reload({ hang: { n: 2 } }), fails('E_RELOAD', 'rolled back', 'timed out'));
    assert.deepEqual(manager.dump(), { hang: { n: 1 }, stuck: { n: 1 } });
    await assert.rejects(manager.reload({ stuck: { n: 2 } }), (e: unknown) => { assert.equal(reportOf(e).outcome, 'failed'); return fails('E_RELOAD', 'did not take its old configuration back')(e); });
  }, { timeouts: { reload: 50 } });
});

test('a module that cannot, and another provider, need a restart; nothing is applied', async () => {
  class Cold { declare n: number; static moduleSchema = { n: 1 }; }
  class Hot { declare n: number; static moduleSchema = { n: 1 }; static moduleReload = true; }
  class One { static moduleProvides = 'Store'; }
  class Two { static moduleProvides = 'Store'; }
  class User { static moduleSchema = { store: { type: 'Store' } }; static moduleReload = true; }
  await up((m) => m.register(Cold).register(Hot).register(One).register(Two).register(User), { overrides: {}, defaults: { user: { store: 'one' } } }, async (manager) => {
    const needs = async (patch: object): Promise<ReloadReport> => {
      const e: unknown = await manager.reload({ ...patch }).then(() => undefined, (x: unknown) => x);
      assert.ok(fails('E_RELOAD', 'needs a restart')(e));
      return reportOf(e);
    };
    const cold = await needs({ cold: { n: 2 }, hot: { n: 2 } });
    assert.equal(cold.outcome, 'restart');
    assert.match(cold.lines.join('\n'), /cold\.n 1 → 2  needs a restart\nhot\.n 1 → 2  needs a restart\nneeds a restart: cold cannot/);
    assert.deepEqual([manager.resolve(Cold).n, manager.resolve(Hot).n], [1, 1]);
    const provider = await needs({ user: { store: 'two' } });
    assert.equal(provider.outcome, 'restart');
    assert.match(provider.reasons.join(), /user\.store is another module: one → two/);
    assert.deepEqual((await manager.reload()).outcome, 'unchanged');
  });
});

test('sources are asked again: a file that changed, and one that is broken', async () => {
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-c-'));
  try {
    const write = (text: string): void => { fs.writeFileSync(path.join(cwd, 'c.json'), text); };
    write('{"m": {"n": 2}}');
    class M { declare n: number; static moduleSchema = { n: 1 }; static moduleReload = true; }
    await up((m) => m.register(M), { cwd, file: 'c.json' }, async (manager) => {
      assert.equal(manager.resolve(M).n, 2);
      write('{"m": {"n": 3}}');
      assert.deepEqual((await manager.reload()).changes, [{ module: 'm', path: 'n', from: 2, to: 3 }]);
      write('{"m": ');
      await assert.rejects(manager.reload(), fails('E_CONFIG', 'c.json', 'line 1'));
      assert.equal(manager.resolve(M).n, 3);
      write('{}');
      assert.equal((await manager.reload()).outcome, 'hot');
      assert.equal(manager.resolve(M).n, 1);
    });
  } finally { fs.rmSync(cwd, { recursive: true, force: true }); }
});

test('an object that changes, and a function, are asked again', async () => {
  const live = { m: { n: 2, deep: { x: 1 } } };
  let more = 5;
  class M { declare n: number; declare k: number; static moduleSchema = { n: 1, k: 1, deep: { type: 'object' } }; static moduleReload = true; }
  await up((m) => m.register(M), { store: live, defaults: () => Promise.resolve({ m: { k: more } }) }, async (manager) => {
    live.m.n = 3;
    live.m.deep.x = 2;
    more = 6;
    assert.deepEqual((await manager.reload()).changes.map((c) => [c.path, c.from, c.to]), [['n', 2, 3], ['k', 5, 6], ['deep', { x: 1 }, { x: 2 }]]);
    assert.deepEqual([manager.resolve(M).n, manager.resolve(M).k], [3, 6]);
  });
});

test('fifty at once: in the order of the calls, one at a time, the last one stays, versions grow', async () => {
  let inside = 0;
  let most = 0;
  class M { declare n: number; static moduleSchema = { n: 0 }; static moduleReload = true; async reload(): Promise<void> { inside++; most = Math.max(most, inside); await new Promise((r) => setImmediate(r)); inside--; } }
  await up((m) => m.register(M), {}, async (manager) => {
    const reports = await Promise.all(Array.from({ length: 50 }, (_, i) => manager.reload({ m: { n: i + 1 } })));
    assert.deepEqual(reports.map((r) => r.version), Array.from({ length: 50 }, (_, i) => i + 2));
    assert.deepEqual([manager.resolve(M).n, most], [50, 1]);
  });
});

test('a reload under way is finished before anything is stopped, and none is begun after', async () => {
  const log: string[] = [];
  class M { static moduleSchema = { n: 0 }; static moduleReload = true; async reload(c: { n: number }): Promise<void> { log.push(`begin ${c.n}`); await new Promise((r) => setTimeout(r, 20)); log.push(`end ${c.n}`); } stop(): void { log.push('stop'); } }
  let second: Promise<unknown> = Promise.resolve();
  await up((m) => m.register(M), {}, async (manager) => {
    void manager.reload({ m: { n: 1 } });
    second = manager.reload({ m: { n: 2 } }).catch((e: unknown) => (e as ModuleError).code);
    await new Promise((r) => setTimeout(r, 5));
  });
  assert.equal(await second, 'E_RELOAD');
  assert.deepEqual(log, ['begin 1', 'end 1', 'stop']);
});

test('secrets do not show in reports; a value taken away is taken away; not running is an error', async () => {
  class M { declare pw: string; declare opt: string | undefined; static moduleSchema = { pw: { secret: true, default: 'old' }, opt: { type: 'string' } }; static moduleReload = true; }
  const { manager } = quiet();
  await assert.rejects(manager.reload(), fails('E_RELOAD', 'not running'));
  await up((m) => m.register(M), { env: { M_OPT: 'x' } }, async (running) => {
    const report = await running.reload({ m: { pw: 'new', opt: null } });
    assert.doesNotMatch(JSON.stringify(report), /old|new/);
    assert.deepEqual([running.resolve(M).pw, running.resolve(M).opt], ['new', undefined]);
  });
});
