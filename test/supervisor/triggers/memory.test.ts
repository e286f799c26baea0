import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Usage } from '../../../src/supervisor/stats.js';
import { type Guarded, MemoryGuard } from '../../../src/supervisor/triggers/memory.js';
import { HandClock } from '../../logs/rig.js';

type Fake = { -readonly [K in keyof Guarded]: Guarded[K] } & { readonly name: string };

const MB = 1024 ** 2;
const app = (name: string, pid: number, bound: number): Fake => ({ name, pid, spec: { max_memory_restart: bound }, state: { name: 'online' } });

class Fakes {
  readonly clock = new HandClock();
  readonly memory = new Map<number, number>();
  readonly asked: number[][] = [];
  readonly over: string[] = [];
  /** What happens while the measuring is under way. */
  meanwhile: (() => void) | undefined;
  readonly children = new Map<number, number[]>();
  exact: number | undefined;
  readonly guard = new MemoryGuard<Fake>({
    clock: this.clock, stats: { of: (pids) => this.#of(pids) }, every: 1000,
    below: (pid) => (this.children.get(pid) ?? []).map((child) => ({ pid: child })),
    exact: () => this.exact,
    onOver: (p, bytes) => { this.over.push(`${p.name} ${bytes / MB}`); },
  });

  /** One period, and whatever follows it at once. */
  async pass(): Promise<void> {
    this.clock.pass(1000);
    await new Promise((r) => setImmediate(r));
  }

  #of(pids: readonly number[]): Promise<(pid: number) => Usage> {
    this.asked.push([...pids]);
    this.meanwhile?.();
    return Promise.resolve((pid) => ({ cpu: 0, memory: this.memory.get(pid) ?? 0 }));
  }
}

test('who is over his bound is told of, the others are not', async () => {
  const f = new Fakes();
  for (const p of [app('small', 1, 10 * MB), app('big', 2, 10 * MB), app('free', 3, 0)]) f.guard.follow(p);
  for (const [pid, mb] of [[1, 10], [2, 11], [3, 1000]] as const) f.memory.set(pid, mb * MB);
  await f.pass();
  assert.deepEqual(f.over, ['big 11']);
  assert.deepEqual(f.asked, [[1, 2]]);
});

test('nobody is looked at while nobody has a bound or runs', async () => {
  const f = new Fakes();
  const p = app('a', 1, MB);
  f.guard.follow(app('free', 2, 0));
  await f.pass();
  f.guard.follow(p);
  p.state = { name: 'stopped' };
  f.guard.follow(p);
  await f.pass();
  assert.equal(f.asked.flat().length, 0);
  await f.pass();
  assert.ok(f.asked.length <= 1, 'it wakes up for nobody');
  p.state = { name: 'online' };
  f.guard.follow(p);
  await f.pass();
  await f.pass();
  assert.deepEqual(f.asked.slice(-2), [[1], [1]]);
});

test('a measure of a process that was replaced or stopped meanwhile counts for nobody', async () => {
  const f = new Fakes();
  const [replaced, stopped] = [app('replaced', 1, MB), app('stopped', 2, MB)];
  for (const p of [replaced, stopped]) f.guard.follow(p);
  for (const pid of [1, 2, 3]) f.memory.set(pid, 2 * MB);
  f.meanwhile = () => { replaced.pid = 3; stopped.state = { name: 'stopping' }; };
  await f.pass();
  assert.deepEqual(f.over, []);
  f.meanwhile = undefined;
  await f.pass();
  assert.deepEqual(f.over, ['replaced 2']);
});

test('what a program has started counts as its own; pages that they share count once', async () => {
  const f = new Fakes();
  const p = app('sh', 1, 10 * MB);
  f.guard.follow(p);
  f.children.set(1, [2, 3]);
  for (const [pid, mb] of [[1, 1], [2, 6], [3, 6]] as const) f.memory.set(pid, mb * MB);
  f.exact = 9 * MB;
  await f.pass();
  assert.deepEqual(f.asked, [[1, 2, 3]]);
  assert.deepEqual(f.over, []);
  f.exact = undefined;
  await f.pass();
  assert.deepEqual(f.over, ['sh 13'], 'where the system does not tell, the sum counts');
});
