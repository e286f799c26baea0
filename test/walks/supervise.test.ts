// Issue 2, point 1, as a person meets it: why is it down, what did the command say. The real command, the real daemon.
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { type Ran, type Row, type Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const SLEEP = '#!/bin/sh\nexec sleep 100000\n';

function states(rows: readonly Row[]): string {
  return rows.map((r) => `${r.name} ${String(r.pm2_env['status'])}`).join(', ');
}

function refused(r: Ran, text: RegExp): void {
  assert.equal(r.code, 1, r.out);
  assert.match(r.err, text);
}

describe('describe answers why', { timeout: 120_000 }, () => {
  test('a crash loop: how often, how it ended, its last words, every run', () => within(async (rig) => {
    const r = await rig.mgr('start', rig.file('crash.js', "console.log('hello'); console.error('config.json is missing'); process.exit(78)"), '--name', 'crash', '--max-restarts', '3');
    refused(r, /`crash` did not come up: it ended after \d+ ms with exit code 78: config\.json is missing\n.*mgr logs crash/);
    const row = await rig.status('crash', 'errored');
    assert.deepEqual([row.pid, row.pm2_env['restart_time'], row.pm2_env['exit_code']], [0, 2, 78]);
    const text = await rig.ok('describe', 'crash');
    assert.match(text, /^crash \(0\) {2}errored\n/);
    assert.match(text, /why +it ended 3 times in a row within 1000 ms of its start \(exit code 78\)/);
    assert.match(text, /last exit +exit code 78 .*ago, after \d+ ms: gave up: /);
    const exits = text.slice(text.indexOf('Last exits'), text.indexOf('Last lines')).trim().split('\n').slice(1);
    assert.deepEqual(exits.map((l) => l.replace(/.*-> /, '').split(':')[0]), ['gave up', 'restarted', 'restarted']);
    assert.match(text, /Last lines of stderr\n(?: +config\.json is missing\n){3}/);
    // The daemon that comes after still knows why, with the same words on record.
    await rig.killDaemon();
    const later = await rig.ok('describe', 'crash');
    assert.match(later, /why +it ended 3 times in a row/);
    assert.equal(later.match(/-> (gave up|restarted)/g)?.length, 3);
  }));

  test('stopped by its exit code', () => within(async (rig) => {
    await rig.ok('start', rig.file('job.js', "setTimeout(() => { console.error('nothing to do'); process.exit(3); }, 400)"), '--name', 'job', '--stop-exit-codes', '0', '3');
    await rig.status('job', 'stopped');
    const text = await rig.ok('describe', 'job');
    assert.match(text, /why +exit code 3, and exit code 3 is in stop_exit_codes/);
    assert.match(text, /-> stopped: exit code 3/);
    assert.match(text, /Last lines of stderr\n +nothing to do/);
  }));

  test('killed by a signal, and restarted', () => within(async (rig) => {
    await rig.ok('start', rig.file('a.sh', SLEEP, 0o755), '--name', 'a');
    const { pid } = await rig.row('a');
    process.kill(pid, 'SIGSEGV');
    await waitFor('the next run', async () => (await rig.row('a')).pm2_env['restart_time'] === 1);
    const text = await rig.ok('describe', 'a');
    assert.match(text, /^a \(0\) {2}online for/);
    assert.match(text, new RegExp(`pid ${pid} {2}signal SIGSEGV after \\d+ ms {2}-> restarted`));
    assert.match(text, /restarts +1/);
  }));

  test('waiting for its next try, and stopped by hand', () => within(async (rig) => {
    refused(await rig.mgr('start', rig.file('a.sh', '#!/bin/sh\necho no luck >&2\nsleep 0.1\nexit 9\n', 0o755), '--name', 'a', '--restart-delay', '60000', '--wait-ready'), /exit code 9: no luck/);
    assert.equal((await rig.row('a')).pm2_env['status'], 'waiting restart');
    assert.match(await rig.ok('describe', 'a'), /-> restart in 60000 ms/);
    await rig.ok('stop', 'a');
    const text = await rig.ok('describe', 'a');
    assert.match(text, /^a \(0\) {2}stopped\n/);
    assert.doesNotMatch(text, /why/);
  }));

  test('over its memory bound', () => within(async (rig) => {
    await rig.ok('start', rig.file('big.js', 'const all = Buffer.alloc(80e6, 1); setInterval(() => all.length, 1e6)'), '--name', 'big', '--max-memory-restart', '70M');
    await waitFor('a restart', async () => Number((await rig.row('big')).pm2_env['restart_time']) > 0);
    assert.match(await rig.ok('describe', 'big'), /-> restarted: it used [\d.]+ ?M\w*, more than max_memory_restart/);
  }));
});

describe('start and restart tell the truth', { timeout: 120_000 }, () => {
  test('a server whose port is in use', () => within(async (rig) => {
    const server = net.createServer();
    const port = await new Promise<number>((resolve) => { server.listen(0, '127.0.0.1', () => { resolve((server.address() as net.AddressInfo).port); }); });
    try {
      const script = rig.file('web.js', `require('node:http').createServer().listen(${port}, '127.0.0.1')`);
      refused(await rig.mgr('start', script, '--name', 'web', '--restart-delay', '60000'), /`web` did not come up: .* exit code 1: .*EADDRINUSE.*127\.0\.0\.1:/);
    } finally { server.close(); }
    assert.equal((await rig.mgr('restart', 'web')).code, 0, 'the port is free now');
    assert.equal((await rig.row('web')).pm2_env['status'], 'online');
  }));

  test('a restart into a broken version: exit 1 and the reason, and the next one heals', () => within(async (rig) => {
    const file = rig.file('a.js', 'setInterval(() => {}, 1e6)');
    await rig.ok('start', file, '--name', 'a', '--max-restarts', '2');
    rig.file('a.js', 'setInterval(() => {}, 1e6');
    refused(await rig.mgr('restart', 'a'), /SyntaxError: missing \) after argument list/);
    rig.file('a.js', 'setInterval(() => {}, 1e6)');
    await rig.ok('restart', 'a');
    assert.equal((await rig.row('a')).pm2_env['status'], 'online');
  }));

  test('not ready in time: said, exit 1, and left running', () => within(async (rig) => {
    refused(await rig.mgr('start', rig.file('a.js', 'setInterval(() => {}, 1e6)'), '--name', 'a', '--wait-ready', '--listen-timeout', '300'), /did not say `ready` within 300 ms/);
    const row = await rig.row('a');
    assert.ok(row.pm2_env['status'] === 'online' && alive(row.pid));
    assert.match(await rig.ok('describe', 'a'), /why +not ready: it did not say `ready` within 300 ms/);
  }));

  test('one of a file that cannot start does not keep the others', () => within(async (rig) => {
    rig.file('a.sh', SLEEP, 0o755);
    const eco = rig.file('eco.config.json', JSON.stringify({ apps: [{ name: 'good', script: './a.sh' }, { name: 'bad', script: './missing.js' }, { name: 'also', script: './a.sh' }] }));
    refused(await rig.mgr('start', eco), /`bad`: script \.\/missing\.js does not exist/);
    assert.equal(states(await rig.rows()), 'good online, also online');
  }));
});

describe('targets', { timeout: 120_000 }, () => {
  async function four(rig: Rig): Promise<void> {
    rig.file('a.sh', SLEEP, 0o755);
    await rig.ok('start', rig.file('eco.config.json', JSON.stringify({ apps: [
      { name: 'web-1', script: './a.sh', namespace: 'front' }, { name: 'web-2', script: './a.sh', namespace: 'front' }, { name: 'db', script: './a.sh' }, { name: 'job', script: './a.sh', autostart: false },
    ] })));
  }

  test('several at once with an unknown one: the others are done, exit 1', () => within(async (rig) => {
    await four(rig);
    const r = await rig.mgr('stop', 'web-1', 'web-22', 'db', '99');
    refused(r, /matches `web-22`\n.*did you mean `web-2`/);
    assert.match(r.err, /matches `99`/);
    assert.equal(states(await rig.rows()), 'web-1 stopped, web-2 online, db stopped, job stopped');
    for (const verb of ['restart', 'delete', 'reset']) refused(await rig.mgr(verb, 'nobody'), /matches `nobody`/);
    assert.equal((await rig.rows()).length, 4);
  }));

  test('a namespace, a /regex/, ids, all', () => within(async (rig) => {
    await four(rig);
    await rig.ok('stop', 'front');
    assert.equal(states(await rig.rows()), 'web-1 stopped, web-2 stopped, db online, job stopped');
    await rig.ok('restart', '/^web-[12]$/');
    await rig.ok('start', '3');
    assert.equal(states(await rig.rows()), 'web-1 online, web-2 online, db online, job online');
    await rig.ok('delete', '0', 'db');
    assert.equal(states(await rig.rows()), 'web-2 online, job online');
    refused(await rig.mgr('stop', '/[/'), /no regular expression/);
    await rig.ok('delete', 'all');
    refused(await rig.mgr('stop', 'all'), /no process is managed/);
    assert.equal(rig.pids().filter((p) => alive(p)).length, 2, 'the daemon and its guardian are left');
  }));

  test('reset: the counters, not the process', () => within(async (rig) => {
    await four(rig);
    await rig.ok('restart', 'db');
    await rig.ok('restart', 'db');
    const before = await rig.row('db');
    assert.equal(before.pm2_env['restart_time'], 2);
    await rig.ok('reset', 'db');
    await rig.killDaemon();
    const after = await rig.row('db');
    assert.deepEqual([after.pm2_env['restart_time'], after.pid], [0, before.pid]);
  }));
});

describe('variables', { timeout: 120_000 }, () => {
  const SHOW = "console.log('env ' + [process.env.FROM, process.env.SHELL_VAR, process.env.name].join()); setInterval(() => {}, 1e6)";

  function last(rig: Rig, name: string): string | undefined {
    return rig.read(`logs/${name}-out.log`).trim().split('\n').at(-1);
  }

  async function shows(rig: Rig, name: string, line: string): Promise<void> {
    await waitFor(`${name} says ${line}`, () => last(rig, name) === line, 5000).catch(() => assert.equal(last(rig, name), line));
  }

  test('env_<name>, by its name only', () => within(async (rig) => {
    rig.file('show.js', SHOW);
    const eco = rig.file('eco.config.js', "module.exports = { apps: [{ name: 'show', script: './show.js', env: { FROM: 'base' }, env_prod: { FROM: 'prod' } }] }");
    await rig.ok('start', eco);
    await shows(rig, 'show', 'env base,,show');
    await rig.ok('start', eco, '--env', 'prod');
    await shows(rig, 'show', 'env prod,,show');
    await rig.ok('restart', 'show');
    await shows(rig, 'show', 'env prod,,show');
    const none = await rig.mgr('restart', eco, '--env', 'nope');
    assert.equal(none.code, 0);
    assert.match(none.err, /there is no `env_nope`/);
    await shows(rig, 'show', 'env base,,show');
    assert.match(await rig.ok('env', '0'), /^FROM: base$/m);
  }));

  test('restart keeps the environment, --update-env takes the present one; a shell variable `name` renames nothing', () => within(async (rig) => {
    const script = rig.file('show.js', SHOW);
    rig.env['SHELL_VAR'] = 'one';
    rig.env['name'] = 'evil';
    await rig.ok('start', script);
    await shows(rig, 'show', 'env ,one,show');
    rig.env['SHELL_VAR'] = 'two';
    await rig.ok('restart', 'show');
    await waitFor('two lines', () => rig.read('logs/show-out.log').trim().split('\n').length === 2);
    await shows(rig, 'show', 'env ,one,show');
    await rig.ok('restart', 'show', '--update-env');
    await shows(rig, 'show', 'env ,two,show');
    await rig.killDaemon();
    rig.env['SHELL_VAR'] = 'three';
    await rig.ok('restart', 'show');
    await waitFor('four lines', () => rig.read('logs/show-out.log').trim().split('\n').length === 4);
    await shows(rig, 'show', 'env ,two,show');
  }));
});
