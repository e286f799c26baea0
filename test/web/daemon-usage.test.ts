import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DaemonMeter, cpuSeconds } from '../../src/web/machine/daemon-usage.js';

test('what a process uses: its memory at once, its processor time from the second look on', { skip: process.platform !== 'linux' }, () => {
  let now = 0;
  const meter = new DaemonMeter({ now: () => now });
  const first = meter.look(process.pid);
  assert.ok((first.daemonMemory ?? 0) > 1_000_000 && first.daemonCpu === undefined, JSON.stringify(first));
  const before = cpuSeconds(process.pid) ?? 0;
  while ((cpuSeconds(process.pid) ?? 0) < before + 0.1);
  now = 100;
  assert.equal(meter.look(process.pid), first, 'too near to be another look');
  now = 1000;
  const { daemonCpu = 0 } = meter.look(process.pid);
  assert.ok(daemonCpu >= 10 && daemonCpu < 100, String(daemonCpu));
  // Another daemon begins anew; none uses nothing.
  assert.equal(meter.look(process.ppid).daemonCpu, undefined);
  assert.deepEqual(meter.look(undefined), {});
  assert.equal(cpuSeconds(2 ** 22 + 1), undefined);
});
