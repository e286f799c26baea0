import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { deferred } from '../../src/base/deferred.js';
import { isMgrError, reasonOf } from '../../src/base/errors.js';
import type { DependsOn } from '../../src/config/spec.js';
import { type Ordered, Turns, checkOrder } from '../../src/supervisor/order.js';
import { viewOf } from '../../src/supervisor/view.js';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const app = (name: string, ...needs: string[]): Ordered => ({ name, ...(needs.length === 0 ? {} : { depends_on: Object.fromEntries(needs.map((n) => [n, 'ready'])) as DependsOn }) });
const fault = (apps: readonly Ordered[], managed: readonly Ordered[] = []): string => {
  try { checkOrder(apps, managed); } catch (e) { return isMgrError(e) ? `${e.message} (${e.hint ?? ''})` : String(e); }
  return '';
};

describe('what is let in', () => {
  test('circles by name, unknown names with the nearest; managed apps count', () => {
    assert.equal(fault([app('web', 'db'), app('db')]), '');
    assert.equal(fault([app('web', 'db')], [app('db')]), '');
    assert.equal(fault([app('web', 'db')]), '`web` depends on `db`, which is neither started with it nor managed (start `db` too, or take it out of depends_on; nothing was started)');
    assert.match(fault([app('web', 'postgers')], [app('postgres')]), /did you mean `postgres`\?/);
    assert.match(fault([app('a', 'b'), app('b', 'c'), app('c', 'a')]), /in a circle: a -> b -> c -> a /);
    assert.match(fault([app('a', 'a')]), /a -> a /);
    assert.match(fault([app('a', 'b')], [app('b', 'a')]), /b -> a -> b /);
    assert.equal(fault([app('a', 'b')], [app('b', 'a'), app('a')].filter((x) => x.name !== 'b').concat(app('b'))), '');
    assert.match(fault([app('web', 'mod')], [{ ...app('mod'), module: 'mod' }]), /neither started/);
  });

  test('a deep and wide graph takes no time', () => {
    const apps = Array.from({ length: 60 }, (_, i) => app(`a${i}`, ...Array.from({ length: 60 - i - 1 }, (_x, j) => `a${i + j + 1}`)));
    assert.equal(fault(apps), '');
  });
});

describe('turns', () => {
  const one = (spec: Ordered, id = 0) => ({ spec, id });

  test('side by side where nothing stands between them, else one after the other; a failure is told on', async () => {
    const [db, cache, web] = [one(app('db')), one(app('cache')), one(app('web', 'db', 'cache'))];
    const turns = Turns.of([[web, db, cache]], 'up');
    const log: string[] = [];
    const gates = { db: deferred<void>(), cache: deferred<void>(), web: deferred<void>() };
    const done = turns?.run([web, db, cache], async (part, sooner) => {
      const name = part[0]?.spec.name as 'db' | 'cache' | 'web';
      log.push(`${name}${[...sooner].map(([n, e]) => ` ${n}:${e === undefined ? 'ok' : reasonOf(e)}`).join('')}`);
      await gates[name].promise;
      if (name === 'cache') throw new Error('no cache');
    });
    await new Promise((r) => setImmediate(r));
    assert.deepEqual(log, ['db', 'cache']);
    gates.cache.resolve();
    gates.db.resolve();
    gates.web.resolve();
    await assert.rejects(async () => done, /no cache/);
    assert.deepEqual(log.slice(2), ['web db:ok cache:no cache']);
  });

  test('backwards for a stop; two targets with processes of one app are waited for both', async () => {
    const [d1, d2, web] = [one(app('db'), 1), one(app('db'), 2), one(app('web', 'db'), 3)];
    const parts = [[d1], [web], [d2]];
    const turns = Turns.of(parts, 'down');
    const log: number[] = [];
    await Promise.all(parts.map(async (p) => turns?.run(p, (part) => { log.push(...part.map((x) => x.id)); return Promise.resolve(); })));
    assert.deepEqual(log[0], 3);
    const up: number[] = [];
    const forth = Turns.of(parts, 'up');
    await Promise.all(parts.map(async (p) => forth?.run(p, (part) => { up.push(...part.map((x) => x.id)); return Promise.resolve(); })));
    assert.deepEqual(up.at(-1), 3);
    assert.equal(Turns.of([[d1], [d2]], 'up'), undefined);
  });
});

describe('with programs', { timeout: 60_000 }, () => {
  const SLEEP = 'exec sleep 100000';
  const names = (b: Bench, event: string): string[] => b.news.filter((n) => n.startsWith(`${event} `)).map((n) => n.slice(event.length + 1));

  test('ready is waited for, stops go backwards, a restart of one that is needed touches nobody', async (t) => {
    const b = await Bench.open(t);
    const db = b.spec({ name: 'db', script: b.file('db.js', 'setTimeout(() => process.send("ready"), 400); setInterval(() => {}, 1e6)'), wait_ready: true });
    const api = b.spec({ name: 'api', script: b.sh('api', SLEEP), depends_on: ['db'] });
    const web = b.spec({ name: 'web', script: b.sh('web', SLEEP), depends_on: { api: 'started' } });
    const results = await b.supervisor.start([web, api, db], 'restart');
    assert.deepEqual(results.map((r) => r.error), [undefined, undefined, undefined]);
    assert.deepEqual(names(b, 'online'), ['db', 'api', 'web']);
    assert.deepEqual([...b.supervisor.processes.values()].map((p) => p.spec.name), ['web', 'api', 'db'], 'ids in the order of the file');
    const before = [...b.supervisor.processes.values()].map((p) => p.restarts);
    await b.supervisor.restart(['db']);
    assert.deepEqual([...b.supervisor.processes.values()].map((p) => p.restarts), before.map((n, i) => (i === 2 ? n + 1 : n)));
    b.news.length = 0;
    await b.supervisor.stop(['all']);
    assert.deepEqual(names(b, 'stop'), ['web', 'api', 'db']);
    b.news.length = 0;
    const [again] = await b.supervisor.restart(['web']);
    assert.equal(again?.error, undefined);
    assert.deepEqual(names(b, 'online'), ['db', 'api', 'web'], 'what it needs is started first');
    b.news.length = 0;
    await b.supervisor.restart(['all']);
    assert.deepEqual(names(b, 'online'), ['db', 'api', 'web']);
    b.news.length = 0;
    await b.supervisor.remove(['db', 'web', 'api']);
    assert.deepEqual(names(b, 'delete'), ['web', 'api', 'db']);
  });

  test('whose need fails is not started, and says which; others are', async (t) => {
    const b = await Bench.open(t);
    const started = b.file('started', '');
    const touch = b.sh('touch', `echo $name >> ${started}`, SLEEP);
    const results = await b.supervisor.start([
      b.spec({ name: 'web', script: touch, depends_on: ['api'] }), b.spec({ name: 'api', script: touch, depends_on: ['db'] }),
      b.spec({ name: 'db', script: b.file('db.js', 'throw new Error("no disk")'), autorestart: false }), b.spec({ name: 'free', script: touch }),
    ], 'restart');
    const [web, api, db, free] = results;
    assert.match(String(db?.error), /no disk/);
    assert.match(String(api?.error), /^MgrError: `api` is not started: it needs `db` ready, and `db` did not come up: .*no disk/);
    assert.match(String(web?.error), /^MgrError: `web` is not started: it needs `api` ready, and `api` is not started: it needs `db`/);
    assert.equal(free?.error, undefined);
    for (const r of [web, api]) {
      const p = r?.processes[0];
      assert.equal(p?.state.name, 'failed');
      assert.equal(p.runNumber, 0);
      assert.match(p.state.reason, /needs `/);
      assert.equal(b.kept.get(p.id)?.failed, p.state.reason, 'a daemon that follows does not start it');
    }
  });

  test('completed: the end of a job, with 0; a job that failed is named; the bound is kept', async (t) => {
    const b = await Bench.open(t);
    const migrate = b.spec({ name: 'migrate', script: b.sh('migrate', 'sleep 0.5; [ -e bad ] && exit 3; date > migrated'), autorestart: false });
    const web = b.spec({ name: 'web', script: b.sh('web', 'cat migrated', SLEEP), depends_on: { migrate: 'completed' } });
    const [, done] = await b.supervisor.start([migrate, web], 'restart');
    assert.equal(done?.error, undefined);
    const p = done?.processes[0];
    assert.ok(p);
    await b.said(p, /\d/);
    assert.equal(b.log(p, 'err'), '');
    // A job that is done is not done again for a restart.
    await b.supervisor.stop(['web']);
    const runs = b.supervisor.find('migrate')[0]?.runNumber;
    await b.supervisor.restart(['web']);
    assert.equal(b.supervisor.find('migrate')[0]?.runNumber, runs);
    b.file('bad', '');
    const pid = p.pid;
    const [, failed] = await b.supervisor.start([migrate, web], 'restart');
    assert.match(String(failed?.error), /needs `migrate` completed, and it is stopped: exit code 3/);
    assert.equal(p.pid, pid, 'what ran runs on');
    const [late] = await b.supervisor.start([b.spec({ name: 'late', script: b.sh('late', SLEEP), depends_on: { web: 'completed' }, depends_timeout: '200ms' })], 'restart');
    assert.match(String(late?.error), /needs `web` completed, and it was not completed within 200 ms/);
  });

  test('stopped while it waits it is not started; it is listed with what it waits for', async (t) => {
    const b = await Bench.open(t);
    const job = b.spec({ name: 'job', script: b.sh('job', 'while [ ! -e go ]; do sleep 0.02; done'), autorestart: false });
    const web = b.spec({ name: 'web', script: b.sh('web', SLEEP), depends_on: { job: 'completed' } });
    const starting = b.supervisor.start([web, job], 'restart');
    const p = await waitFor('web', () => [...b.supervisor.processes.values()].find((x) => x.remarks.size > 0));
    assert.equal(p.remarks.get('depends_on'), 'waits for `job` (completed)');
    assert.equal(b.kept.get(p.id)?.want, 'up', 'a daemon that follows starts it');
    await b.supervisor.stop(['web']);
    b.file('go', '');
    assert.deepEqual((await starting).map((r) => r.error), [undefined, undefined]);
    assert.equal(p.state.name, 'stopped');
    assert.equal(p.runNumber, 0);
    assert.equal(p.remarks.size, 0);
  });

  test('who waits is on its way up to those who look, also when it was known and down; a stop calls it off', async (t) => {
    const b = await Bench.open(t);
    const shown = (name: string): [string, string | undefined] => { const [p] = b.supervisor.find(name); assert.ok(p); const { status, note } = viewOf(p, { cpu: 0, memory: 0 }); return [status, note]; };
    const job = b.spec({ name: 'job', script: b.sh('job', 'while [ ! -e go ]; do sleep 0.02; done'), autorestart: false });
    const web = b.spec({ name: 'web', script: b.sh('web', SLEEP), depends_on: { job: 'completed' }, autostart: false });
    await b.supervisor.start([web], 'restart');
    assert.equal(shown('web')[0], 'stopped');
    await b.supervisor.start([job], 'restart');
    for (const verb of [() => b.supervisor.start([web], 'restart'), () => b.supervisor.restart(['web']), () => b.supervisor.reload(['web']), () => b.supervisor.startAgain(['web'])]) {
      fs.rmSync(path.join(b.dir, 'go'), { force: true });
      await b.supervisor.restart(['job']);
      const begun = verb();
      await waitFor('it waits', () => shown('web')[0] === 'launching');
      assert.match(shown('web')[1] ?? '', /waits for `job` \(completed\)/);
      await b.supervisor.stop(['web']);
      assert.equal(shown('web')[0], 'stopped');
      b.file('go', '');
      assert.deepEqual((await begun).map((r) => r.error), [undefined]);
      assert.deepEqual([b.supervisor.find('web')[0]?.runNumber, shown('web')[0]], [0, 'stopped']);
    }
  });

  test('a reload of what is down, and a scale: what is needed comes first', async (t) => {
    const b = await Bench.open(t);
    const db = b.spec({ name: 'db', script: b.file('db.js', 'setTimeout(() => process.send("ready"), 300); setInterval(() => {}, 1e6)'), wait_ready: true, autostart: false });
    const api = b.spec({ name: 'api', script: b.sh('api', SLEEP), depends_on: ['db'], autostart: false });
    await b.supervisor.start([api, db], 'restart');
    const [reloaded] = await b.supervisor.reload(['api']);
    assert.equal(reloaded?.error, undefined, String(reloaded?.error));
    assert.deepEqual(names(b, 'online'), ['db', 'api']);
    await b.supervisor.stop(['all']);
    b.news.length = 0;
    const all = await b.supervisor.reload(['api', 'db']);
    assert.deepEqual(all.map((r) => r.error), [undefined, undefined]);
    assert.match(String(all[0]?.said), /`api`: restarted, not replaced/);
    assert.deepEqual(names(b, 'online'), ['db', 'api']);
    await b.supervisor.stop(['all']);
    b.news.length = 0;
    const scaled = await b.supervisor.scale('api', { by: 1 });
    assert.equal(scaled.error, undefined, String(scaled.error));
    assert.deepEqual(names(b, 'online'), ['db', 'api']);
  });

  test('the next daemon starts what waited, in its order', async (t) => {
    const b = await Bench.open(t);
    const spec = (name: string, ...needs: string[]) => b.spec({ name, script: b.sh(name, SLEEP), ...(needs.length > 0 && { depends_on: needs }) });
    const record = (id: number, s: ReturnType<typeof spec>) => ({ id, spec: s, instance: 0, uniqueId: `u${id}`, createdAt: 1, want: 'up' as const, restarts: 0, intensity: { ranTotal: 0, unstableAt: [], lastDelay: 0 }, runs: 0, exits: [] });
    b.supervisor.adopt([record(0, spec('web', 'api')), record(1, spec('api', 'db')), record(2, spec('db'))]);
    await waitFor('all', () => names(b, 'online').length === 3);
    assert.deepEqual(names(b, 'online'), ['db', 'api', 'web']);
  });
});
