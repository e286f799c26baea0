// Held sockets (`listen`) and draining, with real children.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { ask, freePort } from '../helpers/load.js';
import { ROOT } from '../helpers/rig.js';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const WEB = path.join(ROOT, 'test/fixtures/web.cjs');
const PYTHON = path.join(ROOT, 'test/fixtures/web.py');

/** Resolves when a connection is made; gives it. Throws when it is refused. */
function connect(where: net.NetConnectOpts): Promise<net.Socket> {
  return new Promise((resolve, reject) => { const s = net.connect(where, () => resolve(s)).on('error', reject); });
}

describe('listen', { timeout: 120_000 }, () => {
  test('an unchanged Node program uses the held socket; connections wait while it is away', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, listen: port, restart_delay: 400 });
    const [text = ''] = await b.said(p, /\{"up".*/);
    assert.deepEqual(JSON.parse(text), { up: p.pid, worker: false, argv: [], execArgv: [], main: true, cwd: b.dir });
    const env = JSON.parse(await ask({ port, path: '/env' })) as Record<string, string>;
    assert.deepEqual([env['LISTEN_FDS'], env['LISTEN_PID'], env['LISTEN_FDNAMES']], ['1', String(p.pid), String(port)]);
    // Not its socket: one it holds by inheritance, so killing it refuses nobody.
    const before = p.pid;
    process.kill(before, 'SIGKILL');
    await b.state(p, 'waiting');
    const answer = ask({ port, path: '/' });
    assert.equal(p.state.name, 'waiting');
    assert.match(await answer, /^\d+ 0$/);
    assert.notEqual(p.pid, before);
    // A stop gives the port back.
    await b.supervisor.stop(['web']);
    await waitFor('the port to be free', () => connect({ port }).then((s) => { s.destroy(); return false; }, () => true));
    assert.equal(b.pids().length, 0);
  });

  test('the sockets outlive the daemon, also while no process of the app runs', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, listen: port, restart_delay: 1500 });
    await b.said(p, /"up"/);
    process.kill(p.pid, 'SIGKILL');
    await b.state(p, 'waiting');
    b.supervisor.release();
    b.channels.close();
    const answer = ask({ port, path: '/' });
    const { supervisor } = await b.nextDaemon();
    const now = supervisor.processes.get(p.id);
    assert.match(await answer, /^\d+ 0$/);
    assert.equal(now?.state.name, 'online');
    assert.equal(b.pids().length, 2);
  });

  test('python: the convention, blocking, over restarts', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: PYTHON, name: 'py', listen: { port, host: '127.0.0.1' } });
    await b.said(p, new RegExp(`up ${port}`));
    assert.equal(await ask({ port, path: '/' }), String(p.pid));
    const restarts = b.supervisor.restart(['py']);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ port, path: '/' })));
    await restarts;
    assert.equal(answers.length, 10);
  });

  test('a socket file with its permissions; a leftover one is no hindrance', async (t) => {
    const b = await Bench.open(t);
    const file = path.join(b.dir, 'w.sock');
    const p = await b.up({ script: WEB, name: 'web', env: { PORT: file }, listen: { path: './w.sock', mode: '640' } });
    assert.equal(fs.statSync(file).mode & 0o777, 0o640);
    assert.match(await ask({ socketPath: file, path: '/' }), /^\d+ 0$/);
    const primary = b.kept.get(p.id)?.primary?.pid ?? 0;
    process.kill(primary, 'SIGKILL');
    await b.supervisor.restart(['web']);
    assert.equal(await waitFor('an answer', () => ask({ socketPath: file, path: '/' }).catch(() => undefined)), `${p.pid} 0`);
    await b.supervisor.stop(['web']);
    await waitFor('its file to go', () => !fs.existsSync(file));
  });

  test('a program that probes its port first, by a server it closes again', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ listen: port, script: b.file('probe.js', `const net = require('node:net');
      const probe = net.createServer().listen({ port: ${port} }, () => probe.close(() => require('node:http').createServer((q, r) => r.end('served')).listen('${port}', () => console.log('up'))));`) });
    await b.said(p, /up/);
    assert.equal(await ask({ port, path: '/' }), 'served');
  });

  test('a port in use: named, with who has it, and not tried again', async (t) => {
    const b = await Bench.open(t);
    const server = net.createServer().listen(0);
    t.after(() => server.close());
    await waitFor('a port', () => server.listening);
    const { port } = server.address() as net.AddressInfo;
    const { p, error } = await b.start({ script: WEB, listen: port });
    assert.ok(isMgrError(error));
    assert.equal(error.code, 'SPAWN_FAILED');
    assert.match(error.message, new RegExp(`port ${port} is in use \\(held by .+, pid ${process.pid}\\)$`));
    await b.state(p, 'failed');
    await waitFor('nothing left', () => b.pids().length === 0);
  });

  test('several processes share it, in cluster mode too', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const [result] = await b.supervisor.start([b.spec({ script: WEB, name: 'web', port, instances: 2, listen: port })], 'another');
    assert.equal(result?.error, undefined, String(result?.error));
    await Promise.all((result?.processes ?? []).map(async (p) => b.said(p, /"worker":true/)));
    await waitFor('listening is on record', () => result?.processes.every((p) => p.listens));
    const seen = new Set<string>();
    await waitFor('both', async () => { for (const text of await Promise.all(Array.from({ length: 10 }, () => ask({ port, path: '/' })))) seen.add(text); return seen.size === 2; });
  });
});

describe('the primary', { timeout: 60_000 }, () => {
  test('of a program with `listen` is killed: it serves on, and the next restart gives it another one', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, listen: port });
    await b.said(p, /"up"/);
    const before = p.pid;
    process.kill(b.kept.get(p.id)?.primary?.pid ?? 0, 'SIGKILL');
    await waitFor('it to be noticed', () => !p.canReload(p.spec));
    assert.equal(await ask({ port, path: '/' }), `${before} 0`);
    assert.equal(p.restarts, 0);
    // A reload would find the port in use, so it is a restart.
    const [result] = await b.supervisor.reload(['web']);
    assert.equal(result?.error, undefined, String(result?.error));
    assert.equal(await waitFor('an answer', () => ask({ port, path: '/' }).catch(() => undefined)), `${p.pid} 0`);
    assert.ok(p.canReload(p.spec));
    // Its end is still told, without anybody who waits for it.
    process.kill(b.kept.get(p.id)?.primary?.pid ?? 0, 'SIGKILL');
    const last = p.pid;
    process.kill(last, 'SIGKILL');
    assert.ok(await p.until(() => p.pid !== last && p.state.name === 'online', 10_000));
  });

  test('ends when everything is stopped while it is not connected', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, listen: port });
    await b.said(p, /"up"/);
    b.channels.close();
    await b.supervisor.stop(['web']);
    await waitFor('nothing left', () => b.pids().length === 0);
  });
});

describe('draining', { timeout: 120_000 }, () => {
  test('a stop lets a request under way end, takes no new one, and the program ends by its own code', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, instances: 1, env: { POLITE: '1' }, kill_timeout: 5000 });
    await b.said(p, /"up"/);
    const slow = ask({ port, path: '/slow' });
    const agent = new (await import('node:http')).Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    await ask({ port, path: '/', agent });
    const at = performance.now();
    const stopped = b.supervisor.stop(['web']);
    await waitFor('no new connections', () => connect({ port }).then((s) => { s.destroy(); return false; }, () => true));
    assert.equal(await slow, 'slow');
    await stopped;
    assert.ok(performance.now() - at < 4000, 'it did not wait for its time to be over');
    assert.match(b.log(p), /asked to end\nclosed true\n/);
    assert.doesNotMatch(b.log(p), /heard/);
    assert.equal(p.exits.at(-1)?.code, 0);
  });

  test('without connections it ends at once; bounded where one never ends', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, instances: 1, kill_timeout: 800 });
    await b.said(p, /"up"/);
    let at = performance.now();
    await b.supervisor.stop(['web']);
    assert.ok(performance.now() - at < 700, `${performance.now() - at} ms`);
    await b.supervisor.restart(['web']);
    await waitFor('it to listen', () => ask({ port, path: '/' }).catch(() => undefined));
    const silent = await connect({ port });
    silent.on('error', () => {});
    t.after(() => silent.destroy());
    at = performance.now();
    await b.supervisor.stop(['web']);
    assert.ok(performance.now() - at < 3000, `${performance.now() - at} ms`);
    assert.equal(p.exits.at(-1)?.signal, 'SIGINT');
  });

  test('a restart gives each worker the time of a reload while others serve; one that is stuck, and a stop, wait no longer than before', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const [result] = await b.supervisor.start([b.spec({ script: WEB, name: 'web', port, instances: 2, kill_timeout: 200, drain_timeout: 5000 })], 'another');
    assert.ok(result);
    assert.equal(result.error, undefined, String(result.error));
    const app = [...result.processes];
    await waitFor('listening is on record', () => app.every((p) => p.listens));
    const slow = Array.from({ length: 4 }, () => ask({ port, path: '/slow' }));
    await ask({ port, path: '/' });
    await b.supervisor.restart(['web']);
    assert.deepEqual(await Promise.all(slow), Array.from({ length: 4 }, () => 'slow'));
    await waitFor('listening is on record', () => app.every((p) => p.listens));
    const silent = await connect({ port });
    silent.on('error', () => {});
    t.after(() => silent.destroy());
    const restarting = b.supervisor.restart(['web']);
    await waitFor('the first half', () => app.some((p) => p.state.name === 'stopping'));
    let at = performance.now();
    await b.supervisor.stop(['web']);
    assert.ok(performance.now() - at < 2000, `stop: ${performance.now() - at} ms`);
    await restarting.catch(() => {});
    const [stuck] = await b.supervisor.start([b.spec({ script: b.file('stuck.js', "process.stdout.write('up\\n', () => { for (;;); })"), name: 'stuck', instances: 2, kill_timeout: 200, drain_timeout: 60_000, restart_delay: 60_000 })], 'another');
    const [one] = stuck?.processes ?? [];
    assert.ok(one);
    await b.said(one, /up/);
    at = performance.now();
    await b.supervisor.restart([one.id]);
    assert.ok(performance.now() - at < 6000, `restart: ${performance.now() - at} ms`);
  });

  test('a WebSocket is told that the server goes away, what speaks something else is ended before the time is over', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const script = b.file('ws.js', `const s = require('node:http').createServer((q, r) => r.end()).listen(${port}, () => console.log('up'));
      s.on('upgrade', (q, c) => { c.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: ' + q.headers.upgrade + '\\r\\n\\r\\n'); c.on('data', (d) => { if (d[0] === 0x88) c.end(); }); c.on('end', () => c.end()); });
      process.on('SIGINT', () => { console.log('listeners', s.listenerCount('upgrade')); s.removeAllListeners('upgrade'); console.log('listeners', s.listenerCount('upgrade')); process.exit(0); });`);
    const open = async (word: string): Promise<{ readonly socket: net.Socket; readonly heard: () => Buffer }> => {
      const socket = await connect({ port });
      t.after(() => socket.destroy());
      let heard = Buffer.alloc(0);
      socket.on('error', () => {}).on('data', (d: Buffer) => { heard = Buffer.concat([heard, d]); if (d[0] === 0x88) socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9])); });
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${word}\r\n\r\n`);
      await waitFor('the upgrade', () => heard.includes('\r\n\r\n'));
      return { socket, heard: () => heard.subarray(heard.indexOf('\r\n\r\n') + 4) };
    };
    for (const [word, frame, most] of [['WebSocket', '880203e9', 4000], ['chat', '', 5800]] as const) {
      const p = await b.up({ script, name: word, instances: 1, kill_timeout: 6000 });
      await b.said(p, /up/);
      const { socket, heard } = await open(word);
      const ended = new Promise((resolve) => { socket.once('end', resolve); });
      const at = performance.now();
      await b.supervisor.stop([p.id]);
      assert.ok(performance.now() - at < most, `${word}: ${performance.now() - at} ms`);
      await ended;
      assert.equal(heard().toString('hex'), frame);
      assert.match(b.log(p), /listeners 2\nlisteners 0\n/);
    }
  });

  test('forsaken after a drain, it ends by itself', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, instances: 1, env: { POLITE: '1' }, autorestart: false });
    await b.said(p, /"up"/);
    assert.ok(p.token);
    assert.equal(await b.channels.drain(p.token, 100, 'SIGINT'), 'drained');
    await b.state(p, 'stopped');
    assert.equal(p.exits.at(-1)?.code, 0);
  });

  test('asked to end after a drain, it may take its time', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const script = b.file('slow-end.js', `let asked = 0; require('node:http').createServer((q, r) => r.end()).listen(${port}, () => console.log('up'));
      process.on('SIGINT', () => { if (asked++ > 0) process.exit(1); setTimeout(() => process.exit(0), 6500); });`);
    const p = await b.up({ script, instances: 1, kill_timeout: 500, drain_timeout: 100 });
    await b.said(p, /up/);
    assert.ok(p.token);
    p.respec({ ...p.spec, kill_timeout: 20_000 });
    assert.equal(await b.channels.drain(p.token, 100, 'SIGINT'), 'drained');
    await b.supervisor.stop([p.id]);
    assert.equal(p.exits.at(-1)?.code, 0);
  });

  test('the daemon dies in the middle: it ends when it is drained, so that the next one starts it anew', async (t) => {
    for (const mode of [{ instances: 1 }, { overlap: true }]) {
      const b = await Bench.open(t);
      const port = await freePort();
      const p = await b.up({ script: WEB, name: 'web', port, ...mode, env: { POLITE: '1' }, kill_timeout: 8000 });
      await b.said(p, /"up"/);
      await waitFor('listening is on record', () => p.listens);
      const before = p.pid;
      const slow = ask({ port, path: '/slow' });
      await ask({ port, path: '/' });
      p.restart();
      await waitFor('no new connections', () => connect({ port }).then((s) => { s.destroy(); return false; }, () => true));
      b.supervisor.release();
      b.channels.close();
      assert.equal(await slow, 'slow');
      const { supervisor } = await b.nextDaemon();
      const now = supervisor.processes.get(p.id);
      assert.ok(now);
      assert.ok(await now.until(() => now.state.name === 'online' && now.pid !== before, 4000), JSON.stringify(now.state));
      await waitFor('an answer', () => ask({ port, path: '/' }).catch(() => undefined));
    }
  });

  test('a program in fork mode that may overlap is drained too', async (t) => {
    const b = await Bench.open(t);
    const port = await freePort();
    const p = await b.up({ script: WEB, name: 'web', port, overlap: true, kill_timeout: 5000 });
    await b.said(p, /"up"/);
    await waitFor('listening is on record', () => p.listens);
    const slow = ask({ port, path: '/slow' });
    await ask({ port, path: '/' });
    await b.supervisor.stop(['web']);
    assert.equal(await slow, 'slow');
  });

  test('who has no channel is not asked', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', 'exec sleep 1000') });
    assert.ok(p.token);
    assert.equal(await b.channels.drain(p.token, 100, 'SIGINT'), 'unsupported');
  });
});
