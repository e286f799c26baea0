// Apps that are watched, with real files and real children; what renews them is the supervisor's own.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/base/clock.js';
import type { Declared } from '../../../src/config/declare.js';
import type { ProcessRecord } from '../../../src/protocol/records.js';
import type { ManagedProcess } from '../../../src/supervisor/process.js';
import { renewAll } from '../../../src/supervisor/triggers/renew.js';
import { WatchApps, withWatch } from '../../../src/supervisor/triggers/watch-apps.js';
import { Bench } from '../../helpers/supervise.js';
import { waitFor } from '../../helpers/wait.js';

interface Watched { readonly b: Bench; readonly whys: string[]; readonly said: string[]; readonly watch: WatchApps; up(declared: Declared): Promise<ManagedProcess> }

async function bench(t: TestContext): Promise<Watched> {
  const b = await Bench.open(t);
  const whys: string[] = [];
  const said: string[] = [];
  const watch = new WatchApps({ clock: systemClock, home: b.home.dir, say: (text) => said.push(text), renew: (app, why, since) => { whys.push(why); return renewAll(app, why, since); } });
  t.after(() => watch.close());
  b.onNews = (p) => watch.follow(p, b.supervisor.processes.get(p.id) !== p);
  fs.mkdirSync(path.join(b.dir, 'src'));
  return { b, whys, said, watch, up: async (declared) => { const p = await b.up({ watch: true, ...declared }); await watch.ready(); return p; } };
}

const SLEEP = 'exec sleep 100000';

/** Longer than a change takes to be told: of what does not happen there is no fact to wait for. */
const calm = (): Promise<void> => new Promise((r) => setTimeout(r, 600));
const restarts = (p: ManagedProcess, n: number): Promise<unknown> => waitFor(`${n} restarts`, () => p.restarts === n && p.state.name === 'online');

test('a change restarts it, once; its logs and pid files do not, nor does what was there before', { timeout: 60_000 }, async (t) => {
  const { b, whys, up } = await bench(t);
  const p = await up({ script: b.sh('a', 'while :; do echo line; sleep 0.05; done'), out_file: 'logs/a.log', error_file: './logs/a.err', pid_file: 'a.pid', merge_logs: true });
  await b.said(p, /line\nline/);
  b.file('src/x.js', '1');
  b.file('src/y.js', '1');
  await restarts(p, 1);
  assert.match(p.exits.at(-1)?.then ?? '', /^restarted: src\/[xy].js changed, and 1 more$/);
  b.file('src/x.js', '2');
  await restarts(p, 2);
  assert.deepEqual(whys, ['src/x.js changed, and 1 more', 'src/x.js changed']);
});

test('a change that the daemon did not live to act on is acted on by the next one, once', { timeout: 60_000 }, async (t) => {
  const b = await Bench.open(t);
  const kept = new Map<number, ProcessRecord['changed']>();
  const daemon = (): WatchApps => new WatchApps({ clock: systemClock, home: b.home.dir, say: () => {}, renew: renewAll, keep: (p, changed) => { kept.set(p.id, changed); } });
  const first = daemon();
  t.after(() => first.close());
  b.onNews = (p) => first.follow(p, false);
  const p = await b.up({ script: b.sh('a', SLEEP), watch: ['src'], name: 'a' });
  await first.ready();
  fs.mkdirSync(path.join(b.dir, 'src'));
  b.file('src/x.js', '1');
  const changed = await waitFor('it is kept', () => kept.get(p.id));
  assert.match(changed.file, /^src/);
  assert.equal(p.restarts, 0);
  await first.close();
  b.onNews = undefined;
  await calm();
  assert.deepEqual([p.restarts, kept.get(p.id)], [0, changed], 'nobody has acted, and nobody forgot');
  const second = daemon();
  t.after(() => second.close());
  b.onNews = (one) => second.follow(one, false);
  second.follow(p, false, changed);
  await restarts(p, 1);
  assert.match(p.exits.at(-1)?.then ?? '', /^restarted: src.* changed$/);
  await waitFor('it is done', () => kept.get(p.id) === undefined);
  // What began later has read it.
  const third = daemon();
  t.after(() => third.close());
  await second.close();
  b.onNews = (one) => third.follow(one, false);
  kept.set(p.id, changed);
  third.follow(p, false, changed);
  await waitFor('it is forgotten', () => kept.get(p.id) === undefined);
  assert.equal(p.restarts, 1);
  // What was nothing in the end leaves no trace.
  b.file('src/y.tmp', '');
  await waitFor('it is seen', () => kept.get(p.id));
  await b.supervisor.stop(['a']);
  await waitFor('it is forgotten', () => kept.get(p.id) === undefined);
});

test('a stop ends the watching, a start takes it up; a failed app comes back with its fix', { timeout: 60_000 }, async (t) => {
  const { b, whys, watch, up } = await bench(t);
  const p = await up({ script: b.file('a.js', 'setInterval(() => {}, 1e6)'), min_uptime: 1000, max_restarts: 1 });
  await b.supervisor.stop(['all']);
  b.file('src/x', '1');
  await b.supervisor.restart(['all']);
  await watch.ready();
  assert.deepEqual(whys, []);
  b.file('a.js', 'throw new Error("broken")');
  await b.state(p, 'failed');
  b.file('a.js', 'setInterval(() => {}, 1e6)');
  await b.state(p, 'online');
  assert.deepEqual(whys, ['a.js changed', 'a.js changed']);
  p.respec(withWatch(p.spec, false));
  b.onNews?.(p);
  b.file('a.js', 'setInterval(() => {}, 1e7)');
  await calm();
  assert.equal(whys.length, 2);
});

test('what changes while it restarts is not lost, what the new program has read is no change', { timeout: 60_000 }, async (t) => {
  const { b, whys, up } = await bench(t);
  const p = await up({ script: b.sh('a', "trap 'sleep 1; exit 0' INT", 'while :; do sleep 0.05; done'), kill_timeout: 5000 });
  b.file('src/x', '1');
  await b.state(p, 'stopping');
  b.file('src/y', 'before the new program began');
  await restarts(p, 1);
  await calm();
  assert.equal(p.restarts, 1);
  assert.deepEqual(whys, ['src/x changed']);
  b.file('src/x', '2');
  await b.state(p, 'stopping');
  await waitFor('the next run', () => p.state.name === 'online');
  b.file('src/z', 'after it');
  await restarts(p, 3);
});

test('an app that writes below its own folder at each start is found out, and goes on being watched elsewhere', { timeout: 60_000 }, async (t) => {
  const { b, said, up } = await bench(t);
  const p = await up({ script: b.sh('loop', 'sleep 0.6', 'date +%N > stamp.txt', 'while :; do sleep 0.05; done') });
  await waitFor('it is found out', () => said.length > 0, 30_000);
  assert.match(said[0] ?? '', /^loop: watch: it restarted itself 4 times in a row: `stamp.txt` changes after each start; `stamp.txt` is watched no more: add it to ignore_watch/);
  assert.equal(p.remarks.get('watch'), said[0]?.slice('loop: '.length));
  const n = p.restarts;
  assert.ok(n >= 4 && n <= 5, `${n} restarts`);
  b.file('src/x.js', '1');
  await restarts(p, n + 1);
  await b.supervisor.restart(['all']);
  assert.equal(said.length, 1);
});

for (const when of ['before the watching acts', 'when the watching has begun one'] as const) {
  test(`a reload that is asked for ${when} goes well, and each process is renewed by it`, { timeout: 60_000 }, async (t) => {
    const { b, watch } = await bench(t);
    const first = await b.up({ script: b.file('src/a.js', `setTimeout(() => process.send('ready'), 400); setInterval(() => {}, 1e6)`), name: 'a', overlap: true, wait_ready: true, instances: 2, exec_mode: 'cluster', watch: ['src'] });
    await watch.ready();
    const processes = b.supervisor.find('a');
    // A change right after a start is left for a while.
    await waitFor('it to stand', () => Date.now() - (first.startedAt ?? 0) > 2000);
    const old = processes.map((p) => p.pid);
    b.file('src/x.js', '1');
    // The change is told at once, and acted on after 250 ms of quiet; a command takes its time to boot.
    if (when === 'before the watching acts') await new Promise((r) => setTimeout(r, 100));
    else await waitFor('the reload by a change', () => processes.some((p) => p.reloading === 'triggered'));
    const [told] = await b.supervisor.reload(['a']);
    assert.equal(told?.error, undefined);
    assert.ok(processes.every((p) => p.state.name === 'online' && !old.includes(p.pid)));
    await calm();
    assert.deepEqual(processes.map((p) => [p.restarts, p.reloading, p.refused]), [[1, false, undefined], [1, false, undefined]]);
  });
}

test('all processes of an app restart, those of others do not; whoever watches elsewhere is left alone', { timeout: 60_000 }, async (t) => {
  const { b, up } = await bench(t);
  const script = b.sh('a', 'exec sleep 100000');
  await up({ script, name: 'web', instances: 2, exec_mode: 'fork' });
  const other = await up({ script, name: 'other', watch: ['elsewhere'] });
  const web = b.supervisor.find('web');
  assert.equal(web.length, 2);
  b.file('src/x', '1');
  await Promise.all(web.map((p) => restarts(p, 1)));
  b.file('elsewhere/x', '1');
  await restarts(other, 1);
});
