import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunError, type Ctx, type ModuleError } from '../../src/container/container.js';
import { fails, quiet, traced } from './rig.js';

const forward = (phase: string): string[] => ['A', 'B', 'C'].map((n) => `${n}.${phase}`);
const backward = (phase: string): string[] => forward(phase).toReversed();

test('C7: up in the order of dependencies, down in the reverse, whatever the delays', async () => {
  for (let i = 0; i < 100; i++) {
    const log: string[] = [];
    const delay = (): number => Math.floor(Math.random() * 3);
    const A = traced(log, 'A', { delay });
    const B = traced(log, 'B', { needs: [A], delay });
    const C = traced(log, 'C', { needs: [B], delay, main: true });
    await quiet().manager.register(C).register(A).register(B).run({});
    assert.deepEqual(log, [...forward('init'), ...forward('start'), 'C.main', ...backward('stop'), ...backward('terminate')]);
  }
});

test('C7: in parallel only those at once that do not need each other', async () => {
  const log: string[] = [];
  const slow = traced(log, 'Slow', { delay: () => 30 });
  const quick = traced(log, 'Quick');
  const main = traced(log, 'Main', { needs: [slow, quick], main: true });
  await quiet({ parallel: true }).manager.register(main).register(slow).register(quick).run({});
  assert.deepEqual(log, ['Quick.init', 'Slow.init', 'Main.init', 'Quick.start', 'Slow.start', 'Main.start', 'Main.main', 'Main.stop', 'Quick.stop', 'Slow.stop', 'Main.terminate', 'Quick.terminate', 'Slow.terminate']);
});

test('C8: a failed start unwinds what was started and what was initialised', async () => {
  const log: string[] = [];
  const A = traced(log, 'A');
  const B = traced(log, 'B', { needs: [A], throws: 'start' });
  const C = traced(log, 'C', { needs: [B], main: true });
  const { manager } = quiet();
  await assert.rejects(manager.register(A).register(B).register(C).run({}), (e: unknown) => {
    assert.ok(e instanceof RunError && e instanceof AggregateError);
    assert.deepEqual([e.code, e.module, e.phase, e.errors.length], ['E_LIFECYCLE', 'b', 'start', 1]);
    assert.equal(e.message, 'b: start failed: B does not start');
    assert.equal(e.cause, e.errors[0].cause);
    assert.equal((e.cause as Error).message, 'B does not start');
    return true;
  });
  assert.deepEqual(log, [...forward('init'), 'A.start', 'A.stop', ...backward('terminate')]);
});

test('a failed init: only those before it are terminated, and every failure on the way is told', async () => {
  const log: string[] = [];
  const A = traced(log, 'A', { throws: 'terminate' });
  const B = traced(log, 'B', { needs: [A] });
  const C = traced(log, 'C', { needs: [B], throws: 'init', main: true });
  await assert.rejects(quiet().manager.register(A).register(B).register(C).run({}), (e: unknown) => {
    assert.ok(e instanceof RunError);
    assert.deepEqual(e.errors.map((x) => [x.module, x.phase]), [['c', 'init'], ['a', 'terminate']]);
    return true;
  });
  assert.deepEqual(log, ['A.init', 'B.init', 'B.terminate']);
});

test('a failed main stops and terminates all; a failed stop keeps nobody from being stopped', async () => {
  const log: string[] = [];
  const A = traced(log, 'A');
  const B = traced(log, 'B', { needs: [A], throws: 'stop' });
  const C = traced(log, 'C', { needs: [B], main: true, throws: 'main' });
  await assert.rejects(quiet().manager.register(A).register(B).register(C).run({}), (e: unknown) => {
    assert.deepEqual((e as RunError).errors.map((x) => [x.module, x.phase]), [['c', 'main'], ['b', 'stop']]);
    return true;
  });
  assert.deepEqual(log.slice(6), ['C.stop', 'A.stop', ...backward('terminate')]);
});

test('C9: a call whose time is over is left, its signal aborted, and the rest is unwound', async () => {
  const log: string[] = [];
  const A = traced(log, 'A');
  let aborted = false;
  class Hang { static moduleSchema = { a: { type: A } }; init(_c: object, { signal }: Ctx): Promise<void> { signal.addEventListener('abort', () => { aborted = true; }); return new Promise(() => {}); } }
  const { manager } = quiet({ timeouts: { init: 200 } });
  const began = performance.now();
  await assert.rejects(manager.register(A).register(Hang).run({}), fails('E_TIMEOUT', '"init" lifecycle timeout for hang'));
  assert.ok(performance.now() - began < 1000);
  assert.ok(aborted);
  assert.deepEqual(log, ['A.init', 'A.terminate']);
});

test('C9: stop and terminate that hang are left as well, each only once', async () => {
  let calls = 0;
  const reasons: unknown[] = [];
  class Hang { main(): void {} stop({ signal }: Ctx): Promise<void> { calls++; signal.addEventListener('abort', () => { reasons.push((signal.reason as ModuleError).code); }); return new Promise(() => {}); } terminate(): Promise<void> { calls++; return new Promise(() => {}); } }
  const { manager } = quiet({ timeouts: { stop: 30, terminate: 30 } });
  await assert.rejects(manager.register(Hang).run({}), (e: unknown) => {
    assert.deepEqual((e as RunError).errors.map((x) => [x.code, x.phase]), [['E_TIMEOUT', 'stop'], ['E_TIMEOUT', 'terminate']]);
    return true;
  });
  assert.deepEqual([calls, reasons], [2, ['E_TIMEOUT']]);
});

test('main: its number is the exit code; without main it runs until it is stopped', async () => {
  assert.deepEqual((await quiet().manager.register(class M { main(): number { return 7; } }).run({})).exitCode, 7);
  assert.deepEqual((await quiet().manager.register(class M { main(): number { return Number.NaN; } }).run({})).exitCode, 0);
  const log: string[] = [];
  const { manager } = quiet();
  manager.register(traced(log, 'Server'));
  const running = manager.run({});
  let over = false;
  void running.then(() => { over = true; });
  await new Promise((r) => setTimeout(r, 30));
  assert.deepEqual([over, ...log], [false, 'Server.init', 'Server.start']);
  await manager.stop('enough');
  assert.deepEqual(await running, { exitCode: 0, reason: 'stopped', output: '', warnings: [] });
  assert.deepEqual(log.slice(2), ['Server.stop', 'Server.terminate']);
  await assert.rejects(manager.run({}), fails('E_LIFECYCLE', 'once'));
});

test('stopping: signals abort, the reason arrives, a main that ignores it is left', async () => {
  const log: unknown[] = [];
  class Main {
    async main({ signal }: Ctx): Promise<void> { signal.addEventListener('abort', () => { log.push('aborted'); }); await new Promise(() => {}); }
    stop({ reason, signal }: Ctx): void { log.push(reason, signal.aborted); }
  }
  const { manager } = quiet();
  const running = manager.register(Main).run({});
  setTimeout(() => void manager.stop('by hand'), 10);
  assert.equal((await running).exitCode, 0);
  assert.deepEqual(log, ['aborted', 'by hand', false]);
});

test('stopping by the abort controller, by the signal of the context, and during init', async () => {
  const one = quiet().manager.register(class M { main(): Promise<void> { return new Promise(() => {}); } });
  setTimeout(() => { one.abortController.abort(); }, 10);
  assert.equal((await one.run({})).reason, 'stopped');

  const stop = new AbortController();
  const two = quiet().manager.register(class M { main(): Promise<void> { return new Promise(() => {}); } });
  setTimeout(() => { stop.abort(); }, 10);
  assert.equal((await two.run({ signal: stop.signal })).exitCode, 0);

  const log: string[] = [];
  const A = traced(log, 'A');
  class Slow { static moduleSchema = { a: { type: A } }; async init(_c: object, { signal }: Ctx): Promise<void> { await new Promise((_r, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error); }); }); } start(): void { log.push('never'); } }
  const three = quiet().manager.register(A).register(Slow);
  setTimeout(() => void three.stop(), 10);
  assert.equal((await three.run({})).exitCode, 0, 'what gives up because it was asked to has not failed');
  assert.deepEqual(log, ['A.init', 'A.terminate']);
});

test('stop during an init that does not listen: it has the time of a stop, then it is left', async () => {
  const log: string[] = [];
  const A = traced(log, 'A');
  class Deaf { static moduleSchema = { a: { type: A } }; init(): Promise<void> { return new Promise(() => {}); } }
  const { manager } = quiet({ timeouts: { stop: 50 } });
  const running = manager.register(A).register(Deaf).run({});
  setTimeout(() => void manager.stop(), 10);
  assert.equal((await running).exitCode, 0);
  assert.deepEqual(log, ['A.init', 'A.terminate']);
});

test('stop and terminate are told why, also when something failed; Infinity is no limit', async () => {
  const reasons: (string | undefined)[] = [];
  class A { stop({ reason }: Ctx): void { reasons.push(reason); } terminate({ reason }: Ctx): void { reasons.push(reason); } }
  class Main { static moduleSchema = { a: { type: A } }; main(): void { throw new Error('lost'); } }
  await assert.rejects(quiet().manager.register(A).register(Main).run({}));
  await quiet({ timeouts: { init: Infinity, stop: Infinity } }).manager.register(A).register(class Quick { async init(): Promise<void> { await new Promise((r) => setTimeout(r, 5)); } main(): void {} }, { schema: { a: { type: A } } }).run({});
  assert.deepEqual(reasons, ['main: main failed: lost', 'main: main failed: lost', 'main has ended', 'main has ended']);
});

test('instances are brought up and down too, and constructors come before the first init', async () => {
  const log: string[] = [];
  class Made { name: string; constructor(name: string, other: string) { this.name = name + other; } init(): void { log.push(`init ${this.name}`); } stop(): void { log.push('stop'); } }
  class Main { constructor() { log.push('constructed'); } main(): void { log.push('main'); } }
  await quiet().manager.registerInstance(new Made('xyzzy', 'plugh')).register(Main).run({});
  assert.deepEqual(log, ['constructed', 'init xyzzyplugh', 'main', 'stop']);
});

test('a constructor that throws: nothing is brought up', async () => {
  const log: string[] = [];
  const A = traced(log, 'A');
  class Broken { static moduleSchema = { a: { type: A } }; constructor() { throw new Error('no memory'); } main(): void {} }
  await assert.rejects(quiet().manager.register(A).register(Broken).run({}), fails('E_LIFECYCLE', 'broken: construct failed: no memory'));
  assert.deepEqual(log, []);
});
