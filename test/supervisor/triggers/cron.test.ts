import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/base/clock.js';
import { isCronForm } from '../../../src/config/cron-form.js';
import { cronFault } from '../../../src/config/croner.js';
import { type CronTimes as Times, CronTimes, type Scheduled } from '../../../src/supervisor/triggers/cron.js';

type Fake = { -readonly [K in keyof Scheduled]: Scheduled[K] } & { readonly name: string };

/** Time that passes only when told so, timer by timer. */
class Hours implements Clock {
  timers: { at: number; fn: () => void }[] = [];
  longest = 0;
  at: number;
  constructor(at: number) { this.at = at; }
  wall(): number { return this.at; }
  now(): number { return this.at; }
  after(ms: number, fn: () => void): () => void {
    this.longest = Math.max(this.longest, ms);
    const timer = { at: this.at + ms, fn };
    this.timers.push(timer);
    return () => { this.timers = this.timers.filter((x) => x !== timer); };
  }

  passTo(text: string): void {
    const end = Date.parse(text);
    for (;;) {
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((x) => x !== next);
      this.at = Math.max(this.at, next.at);
      next.fn();
    }
    this.at = end;
  }
}

function table(start: string): { clock: Hours; fired: string[]; bad: string[]; times: Times<Fake> } {
  const clock = new Hours(Date.parse(start));
  const fired: string[] = [];
  const bad: string[] = [];
  const times = new CronTimes<Fake>({
    clock, onBad: (p, reason) => bad.push(`${p.name}: ${reason}`),
    onDue: (due) => { fired.push(`${due.map((p) => p.name).join(' ')} ${new Date(clock.at).toISOString()}`); for (const p of due) p.startedAt = clock.at; },
  });
  return { clock, fired, bad, times };
}

const app = (name: string, cron_restart: string, more: Partial<Fake['spec']> = {}): Fake => ({ name, spec: { cron_restart, cron_timezone: 'UTC', ...more }, want: 'up', startedAt: undefined, nextRestart: undefined });

test('at its times, and no timer when there is nothing to do', async () => {
  const { clock, fired, times } = table('2026-11-21T10:00:30Z');
  await times.follow(app('none', ''));
  assert.equal(clock.timers.length, 0);
  const p = app('a', '*/15 * * * *');
  await times.follow(p);
  await times.follow(app('b', '0 11 * * *'));
  assert.equal(new Date(p.nextRestart ?? 0).toISOString(), '2026-11-21T10:15:00.000Z');
  clock.passTo('2026-11-21T11:00:01Z');
  assert.deepEqual(fired, ['a 2026-11-21T10:15:00.000Z', 'a 2026-11-21T10:30:00.000Z', 'a 2026-11-21T10:45:00.000Z', 'a b 2026-11-21T11:00:00.000Z']);
  p.spec = { cron_restart: '' };
  await times.follow(p);
  assert.equal(p.nextRestart, undefined);
  clock.passTo('2026-11-21T12:00:00Z');
  assert.equal(fired.length, 4);
});

test('who began a moment before his time is not restarted', async () => {
  const { clock, fired, times } = table('2026-11-21T10:00:30Z');
  const p = app('a', '* * * * *');
  await times.follow(p);
  p.startedAt = Date.parse('2026-11-21T10:00:59.700Z');
  clock.passTo('2026-11-21T10:02:30Z');
  assert.deepEqual(fired, ['a 2026-11-21T10:02:00.000Z']);
});

test('a stopped one is left alone unless it asked to be started; one that ended by itself is a job', async () => {
  const { clock, fired, times } = table('2026-11-21T10:00:30Z');
  const [stopped, asked, late] = [app('stopped', '* * * * *'), app('asked', '* * * * *', { cron_start: true }), app('late', '* * * * *')];
  for (const p of [stopped, asked]) p.want = 'down';
  for (const p of [stopped, asked, late]) await times.follow(p);
  assert.equal(stopped.nextRestart, undefined);
  // Nothing is told of a stop of what does not run.
  late.want = 'down';
  clock.passTo('2026-11-21T10:01:10Z');
  assert.deepEqual(fired, ['asked 2026-11-21T10:01:00.000Z']);
});

test('after a death of the daemon: what was missed is made up once, what was done is not done again, what is long past is let be', async () => {
  const { clock, fired, times } = table('2026-11-21T03:00:20Z');
  const [missed, done, old, fresh] = [app('missed', '0 3 * * *'), app('done', '0 3 * * *'), app('old', '0 1 * * *'), app('fresh', '0 3 * * *')];
  missed.startedAt = old.startedAt = Date.parse('2026-11-20T12:00:00Z');
  done.startedAt = Date.parse('2026-11-21T03:00:00.004Z');
  for (const p of [missed, done, old]) await times.follow(p, true);
  await times.follow(fresh);
  clock.passTo('2026-11-21T04:00:00Z');
  assert.deepEqual(fired, ['missed 2026-11-21T03:00:20.000Z']);
  assert.equal(new Date(missed.nextRestart ?? 0).toISOString(), '2026-11-22T03:00:00.000Z');
});

test('a whole year away, over both changes of the clock; no wait is longer than a minute, an early timer restarts nothing twice', async () => {
  const { clock, fired, times } = table('2027-01-01T00:00:00Z');
  await times.follow(app('berlin', '30 2 28 3 *', { cron_timezone: 'Europe/Berlin' })); // that half hour does not exist
  await times.follow(app('autumn', '30 2 31 10 *', { cron_timezone: 'Europe/Berlin' })); // this one comes twice
  clock.passTo('2027-12-31T00:00:00Z');
  assert.deepEqual(fired.filter((f) => f.startsWith('autumn')), ['autumn 2027-10-31T00:30:00.000Z']);
  assert.equal(fired.filter((f) => f.startsWith('berlin')).length, 1);
  assert.ok(clock.longest <= 60_000);
  const early = table('2027-01-01T00:00:00Z');
  await early.times.follow(app('a', '1 0 * * *'));
  const timer = early.clock.timers.splice(0)[0];
  early.clock.at = Date.parse('2027-01-01T00:00:59.999Z');
  timer?.fn();
  assert.deepEqual(early.fired, []);
  early.clock.passTo('2027-01-01T12:00:00Z');
  assert.equal(early.fired.length, 1);
});

test('a pattern that croner cannot run is told of, and does not stop the others', async () => {
  const { bad, times } = table('2027-01-01T00:00:00Z');
  await times.follow(app('a', 'hello'));
  assert.match(bad.join(), /^a: .+/);
  assert.match(await cronFault('0 0 31 2 *') ?? '', /never/);
});

test('the door and croner agree on every pattern', async () => {
  const parts = ['*', '?', '0', '1', '5', '7', '8', '12', '13', '24', '31', '32', '60', 'L', 'l', 'W', '5W', 'LW', '1L', '7L', 'fri', 'FRI#2', '1#5', '1#6', '5#L', 'friL', 'mon-fri', 'jan', 'jan-mar', '1-5', '5-1', '0-6', '22-3',
    '*/5', '*/0', '*/31', '*/70', '1/5', '/15', '0/30', '1-10/2', '5/', 'a', '1,2', '1,', '1,L', '-1', '1-', '00', '1-5,10', '0-7', '?/5', '#1', '1#2,3#1', 'LL', 'sun', 'SAT-SUN', '*/1.5', '+1', '+fri', '1,+2', 'mon-fri#2', '1-3L', 'mon/2', 'monday'];
  const patterns = ['@daily', '@hourly', '@YEARLY', '@reboot', '@every 5m', '', '* * * *', '* * * * * * *', '  0  3 * * 1-5 ', '0 0 31 2 *', '0 0 29 feb *', '0 0 31 2 fri', '0 0 31 4,6 *'];
  for (const part of parts) {
    for (let i = 0; i < 5; i++) patterns.push(Object.assign(Array.from({ length: 5 }, () => '*'), { [i]: part }).join(' '));
    patterns.push(`${part} * * * * *`, `* * * * * ${part}`);
  }
  const differ: string[] = [];
  for (const p of patterns) {
    const fault = await cronFault(p);
    if (isCronForm(p) !== (fault === undefined)) differ.push(`${p}: the door says ${isCronForm(p)}, croner ${fault ?? 'true'}`);
  }
  assert.deepEqual(differ, []);
});
