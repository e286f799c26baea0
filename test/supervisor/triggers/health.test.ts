// health_check with real programs: what it gates, when it restarts, what it says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { isMgrError } from '../../../src/base/errors.js';
import { systemClock } from '../../../src/base/clock.js';
import { HealthCheck } from '../../../src/supervisor/triggers/health.js';
import { Bench } from '../../helpers/supervise.js';
import { waitFor } from '../../helpers/wait.js';

const SLEEP = 'exec sleep 100000';
/** Listens on any port, which it writes into `port.json`; well while there is no file `sick`, silent while there is `mute`. */
const SERVER = `const fs = require('fs');
require('http').createServer((q, r) => { if (fs.existsSync('mute')) return; r.statusCode = fs.existsSync('sick') ? 500 : 200; r.end(); })
  .listen(Number(process.env.P), '127.0.0.1');`;

const QUICK = { interval: 50, timeout: 1000, retries: 2 } as const;
const reasonOf = (error: unknown): string => (isMgrError(error) ? String(error.data['reason']) : `no error of ours: ${String(error)}`);

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const s = createServer().listen(0, '127.0.0.1', () => { const a = s.address(); s.close(() => resolve(typeof a === 'object' && a ? a.port : 0)); });
  });
}

describe('health_check', { timeout: 60_000 }, () => {
  test('http: online only when it is well; restarted when it is not any more, with the reason', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    b.file('sick', '');
    const begun = b.start({ script: b.file('a.js', SERVER), name: 'a', env: { P: String(port) }, listen_timeout: 20_000, health_check: { http: { port, path: '/h' }, ...QUICK } });
    const p = await waitFor('it', () => [...b.supervisor.processes.values()][0]);
    await waitFor('its answers', () => /answered 500/.test(p.unwell ?? ''));
    assert.equal(p.state.name, 'starting');
    fs.rmSync(path.join(b.dir, 'sick'));
    assert.equal((await begun).error, undefined);
    assert.equal(p.state.name, 'online');
    assert.equal(p.unwell, undefined);
    const first = p.pid;
    b.file('sick', '');
    await waitFor('its end', () => p.exits.length === 1);
    fs.rmSync(path.join(b.dir, 'sick'));
    assert.equal(p.exits[0]?.then, `restarted: health check failed: GET http://127.0.0.1:${port}/h answered 500`);
    await b.state(p, 'online');
    assert.notEqual(p.pid, first);
    assert.equal(p.restarts, 1);
  });

  test('never well: the start fails and says why, then it is restarted', async (t) => {
    const b = await Bench.open(t);
    const { p, error } = await b.start({ script: b.sh('a', SLEEP), name: 'a', listen_timeout: 400, kill_timeout: 500, health_check: { exec: 'echo no database >&2; exit 7', ...QUICK } });
    assert.equal(reasonOf(error), 'its health check did not succeed within 400 ms (`echo no database >&2; exit 7` ended with exit code 7: no database)');
    await waitFor('a restart', () => p.exits.length > 0);
    assert.match(p.exits[0]?.then ?? '', /^restarted: health check failed: .*exit code 7: no database/);
    assert.ok((p.exits[0]?.ran ?? 0) >= 400, 'not before its time');
  });

  test('a single failure is none', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', health_check: { exec: 'n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; [ $((n % 2)) = 0 ]', ...QUICK } });
    await waitFor('many checks', () => Number(fs.readFileSync(path.join(b.dir, 'n'), 'utf8')) > 8);
    assert.equal(p.exits.length, 0);
  });

  test('exec sees the secrets as the program was given them', async (t) => {
    const b = await Bench.open(t);
    const key = b.file('key', 'hunter2\n');
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', env: { KEY: { secret: `file:${key}` } }, health_check: { exec: 'echo "$KEY" > seen; [ "$KEY" = hunter2 ]', ...QUICK } });
    assert.equal(p.unwell, undefined);
    fs.writeFileSync(key, 'rotated');
    fs.rmSync(path.join(b.dir, 'seen'));
    assert.equal(await waitFor('another check', () => (fs.existsSync(path.join(b.dir, 'seen')) && fs.readFileSync(path.join(b.dir, 'seen'), 'utf8')) || undefined), 'hunter2\n');
    assert.equal(p.unwell, undefined);
  });

  test('start_period: as long as a program may boot', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', 'sleep 1; touch well', SLEEP), name: 'a', listen_timeout: 200, health_check: { exec: '[ -e well ]', ...QUICK, start_period: 20_000 } });
    assert.equal(p.state.name, 'online');
    assert.deepEqual(p.exits, []);
  });

  test('tcp, and one that does not answer', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    await b.up({ script: b.file('a.js', SERVER), name: 'tcp', env: { P: String(port) }, listen_timeout: 10_000, health_check: { tcp: port, ...QUICK } });
    b.file('mute', '');
    const q = await b.up({ script: b.sh('q', SLEEP), name: 'q', listen_timeout: 10_000, health_check: { exec: `[ ! -e slow ] || sleep 100`, ...QUICK, timeout: 200 } });
    b.file('slow', '');
    await waitFor('its end', () => q.exits.length === 1);
    assert.match(q.exits[0]?.then ?? '', /health check failed: `.*sleep 100`: no answer within 200 ms/);
    fs.rmSync(path.join(b.dir, 'slow'));
    const found: string[] = [];
    const check = new HealthCheck({ http: `http://127.0.0.1:${port}/`, interval: 20, timeout: 150, retries: 1, start_period: 0 }, { cwd: b.dir, env: async () => ({}) }, systemClock, { onHealthy: () => {}, onFailed: (why) => found.push(why) }, { booting: false, grace: 0 });
    await waitFor('a finding', () => found.length > 0);
    check.close();
    assert.equal(found[0], `GET http://127.0.0.1:${port}/: no answer within 150 ms`);
    const refused = new HealthCheck({ tcp: '127.0.0.1:1', interval: 20, timeout: 150, retries: 1, start_period: 0 }, { cwd: b.dir, env: async () => ({}) }, systemClock, { onHealthy: () => {}, onFailed: (why) => found.push(why) }, { booting: false, grace: 0 });
    await waitFor('another', () => found.length > 1);
    refused.close();
    assert.match(found.at(-1) ?? '', /connection to 127\.0\.0\.1:1: .*ECONNREFUSED/);
  });

  test('the next daemon goes on asking', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', kill_timeout: 500, health_check: { exec: '[ ! -e sick ]', ...QUICK } });
    const records = [...b.kept.values()];
    b.supervisor.release();
    const next = b.successor();
    next.adopt(records);
    const q = next.processes.get(p.id);
    assert.equal(q?.pid, p.pid);
    b.file('sick', '');
    await waitFor('its end', () => (q?.exits.length ?? 0) > 0);
    assert.match(q?.exits[0]?.then ?? '', /^restarted: health check failed: /);
  });

  test('a reload takes only what is well', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a', overlap: true, listen_timeout: 600, kill_timeout: 500, health_check: { exec: '[ ! -e only ] || [ "$(cat only)" = "$MGR_PID" ]', ...QUICK } });
    const old = p.pid;
    b.file('only', String(old));
    const [bad] = await b.supervisor.reload([p.id]);
    assert.match(reasonOf(bad?.error), /^its health check did not succeed within 600 ms \(`.*` ended with exit code 1\)$/);
    assert.equal(p.pid, old);
    fs.rmSync(path.join(b.dir, 'only'));
    const [good] = await b.supervisor.reload([p.id]);
    assert.equal(good?.error, undefined);
    assert.notEqual(p.pid, old);
  });
});
