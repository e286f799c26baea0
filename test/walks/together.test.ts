// Issue 2, point 3: two programs at once, what the dead leave behind, the replacement of the daemon and its end. Real commands.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { type Ran, ROOT, Rig, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const BIN = path.join(ROOT, 'bin/mgr.js');
const SLEEP = '#!/bin/sh\nexec sleep 100000\n';
/** Numbered lines, about 1,000 a second. */
const COUNTER = `let n = 0; const begun = Date.now();
setInterval(() => { for (const due = (Date.now() - begun); n < due; n++) console.log('n ' + n); }, 1);`;

function cmdline(pid: number): string {
  try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim(); } catch { return ''; }
}

const daemons = (rig: Rig): number[] => rig.pids().filter((p) => alive(p) && /^mgr daemon|bin\/daemon\.js$/.test(cmdline(p)) && !cmdline(p).includes('guardian.sh'));
const guardians = (rig: Rig): number[] => rig.pids().filter((p) => alive(p) && cmdline(p).includes('guardian.sh'));
const sleepers = (rig: Rig): number[] => rig.pids().filter((p) => alive(p) && cmdline(p).startsWith('sleep 100000')).toSorted((a, b) => a - b);

function allWell(runs: readonly Ran[]): void {
  for (const r of runs) assert.equal(r.code, 0, r.err);
}

/** One daemon, the one of the pid file, under one guardian; who lost the race is gone. */
async function onlyOne(rig: Rig): Promise<number> {
  await waitFor('one daemon and one guardian', () => daemons(rig).length === 1 && guardians(rig).length === 1);
  const [pid] = daemons(rig);
  assert.equal(rig.read('pm2.pid'), String(pid));
  return pid ?? 0;
}

/** Ends the daemon and its guardian as a power cut would. */
async function cutOff(rig: Rig): Promise<number> {
  const pid = await rig.daemonPid();
  for (const p of [...guardians(rig), pid]) process.kill(p, 'SIGKILL');
  await waitFor('both gone', () => daemons(rig).length + guardians(rig).length === 0);
  return pid;
}

describe('two at once', { timeout: 120_000 }, () => {
  test('eight first commands give one daemon, and so do eight after a sudden end', () => within(async (rig) => {
    const eight = (): Promise<Ran[]> => Promise.all(Array.from({ length: 8 }, (_, i) => rig.mgr(i % 2 ? 'ping' : 'jlist')));
    allWell(await eight());
    const first = await onlyOne(rig);
    await cutOff(rig);
    allWell(await eight());
    assert.notEqual(await onlyOne(rig), first);
  }));

  test('ten first commands that set, and ten more: no value is lost', () => within(async (rig) => {
    for (const round of ['a', 'b']) allWell(await Promise.all(Array.from({ length: 10 }, (_, i) => rig.mgr('set', `app${i % 3}:${round}${i}`, `v${i}`))));
    const conf = JSON.parse(rig.read('module_conf.json')) as Record<string, Record<string, string>>;
    for (const round of ['a', 'b']) for (let i = 0; i < 10; i++) assert.equal(conf[`app${i % 3}`]?.[`${round}${i}`], `v${i}`);
    await onlyOne(rig);
  }));

  test('one app started by five commands at once runs once', () => within(async (rig) => {
    const script = rig.file('a.sh', SLEEP, 0o755);
    const runs = await Promise.all(Array.from({ length: 5 }, () => rig.mgr('start', script, '--name', 'a')));
    assert.equal(runs.filter((r) => r.code === 0).length, 1, runs.map((r) => r.err).join(''));
    for (const r of runs) if (r.code !== 0) assert.match(r.err, /`a` already runs/);
    assert.deepEqual(sleepers(rig), [(await rig.row('a')).pid]);
  }));

  test('kill beside starts: whatever runs afterwards is known to the daemon', () => within(async (rig) => {
    const script = rig.file('a.sh', SLEEP, 0o755);
    const slow = rig.file('slow.sh', "#!/bin/sh\ntrap 'sleep 0.4; exit 0' INT\necho up\nwhile :; do sleep 0.02; done\n", 0o755);
    for (let round = 0; round < 4; round++) {
      await rig.ok('start', slow, '--name', `slow${round}`);
      await waitFor('its trap', () => rig.read(`logs/slow${round}-out.log`) === 'up\n');
      const killed = rig.mgr('kill');
      await new Promise((r) => setTimeout(r, round * 60)); // any moment will do
      const started = Array.from({ length: 4 }, (_, i) => rig.mgr('start', script, '--name', `r${round}-${i}`));
      assert.equal((await killed).code, 0, (await killed).err);
      for (const r of await Promise.all(started)) if (r.code !== 0) assert.match(r.err, /daemon is just ending|connection to the daemon was lost/);
      if (daemons(rig).length === 0) assert.deepEqual(sleepers(rig), [], 'started by a daemon that was ending');
      const rows = await rig.rows();
      await waitFor('the same', () => sleepers(rig).join() === rows.map((r) => r.pid).filter((p) => p > 0).toSorted((a, b) => a - b).join(), 5000);
      await onlyOne(rig);
    }
  }));
});

describe('what the dead leave', { timeout: 120_000 }, () => {
  test('sockets, pid file and locks of the dead, and of others under their pid, never block', () => within(async (rig) => {
    await rig.ok('ping');
    const at = (name: string): string => path.join(rig.home, name);
    const stranger = spawn('sleep', ['100000'], { stdio: 'ignore' });
    try {
      const spoils: [what: string, () => void][] = [
        ['as a SIGKILL leaves it', () => {}],
        ['a lock of a stranger', () => {
          fs.writeFileSync(at('daemon.lock'), JSON.stringify({ pid: stranger.pid, start: '1', boot: fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(), nonce: '0123456789abcdef' }));
          fs.writeFileSync(at('pm2.pid'), String(stranger.pid));
        }],
        ['a lock of another boot', () => { fs.writeFileSync(at('daemon.lock'), JSON.stringify({ pid: process.pid, start: '', boot: 'another', nonce: '0123456789abcdef' })); }],
        ['an empty lock and what was left of its clearing', () => {
          fs.writeFileSync(at('daemon.lock'), '');
          fs.writeFileSync(at('daemon.lock.take.0123456789abcdef.0'), JSON.stringify({ pid: 999_999_999, start: '1', boot: 'x', nonce: '0123456789abcdef' }));
          fs.writeFileSync(at('daemon.lock.new.999999999.ab'), '');
        }],
        ['plain files where the sockets should be', () => { for (const s of ['rpc.sock', 'pub.sock', 'child.sock']) { fs.rmSync(at(s), { force: true }); fs.writeFileSync(at(s), 'x'); } }],
        ['a pid file with no number', () => { fs.writeFileSync(at('pm2.pid'), 'nonsense\n'); }],
      ];
      for (const [what, spoil] of spoils) {
        const old = await cutOff(rig);
        spoil();
        const begun = performance.now();
        const r = await rig.mgr('ping');
        assert.equal(r.code, 0, `${what}: ${r.err}`);
        assert.ok(performance.now() - begun < 5000, `${what}: ${Math.round(performance.now() - begun)} ms`);
        assert.notEqual(await onlyOne(rig), old, what);
        assert.deepEqual(fs.readdirSync(rig.home).filter((f) => f.startsWith('daemon.lock.')), [], what);
      }
      assert.ok(stranger.pid !== undefined && alive(stranger.pid), 'a stranger was signalled');
    } finally { stranger.kill('SIGKILL'); }
  }));

  test('the guardian alone is killed: the daemon serves on, and its end is followed by a new first command', () => within(async (rig) => {
    await rig.ok('start', rig.file('a.sh', SLEEP, 0o755), '--name', 'a');
    const row = await rig.row('a');
    for (const p of guardians(rig)) process.kill(p, 'SIGKILL');
    await rig.ok('ping');
    process.kill(await rig.daemonPid(), 'SIGKILL');
    await waitFor('no daemon', () => daemons(rig).length === 0);
    const after = await rig.row('a');
    assert.deepEqual([after.pid, after.pm2_env['restart_time']], [row.pid, 0]);
    await onlyOne(rig);
  }));
});

describe('update', { timeout: 120_000 }, () => {
  test('a new daemon; same pids, uptimes and restart counts, and not one line is lost', () => within(async (rig) => {
    await rig.ok('start', rig.file('counter.js', COUNTER), '--name', 'counter');
    await rig.ok('start', rig.file('a.sh', SLEEP, 0o755), '--name', 'quiet');
    await rig.ok('restart', 'quiet');
    await rig.ok('start', './a.sh', '--name', 'stopped');
    await rig.ok('stop', 'stopped');
    const facts = async (): Promise<unknown[]> => (await rig.rows()).map((r) => [r.name, r.pid, r.pm_id, ...['status', 'pm_uptime', 'restart_time', 'created_at', 'unique_id'].map((k) => r.pm2_env[k])]);
    const before = await facts();
    for (let i = 0; i < 3; i++) {
      const old = await rig.daemonPid();
      assert.match(await rig.ok('update'), /^the daemon was replaced/);
      assert.notEqual(await onlyOne(rig), old);
      assert.deepEqual(await facts(), before);
    }
    // Two at once, beside askers: who is cut off is told so, and that nothing happened to the programs.
    const [first, ...others] = await Promise.all([rig.mgr('update'), rig.mgr('update'), rig.mgr('jlist'), rig.mgr('list')]);
    for (const r of [first, ...others]) if (r.code !== 0) assert.match(r.err, /connection to the daemon was lost.*\n.*the programs run on/);
    await onlyOne(rig);
    assert.deepEqual(await facts(), before);
    const enough = rig.read('logs/counter-out.log').length + 10_000;
    await waitFor('more lines', () => rig.read('logs/counter-out.log').length > enough);
    await rig.ok('stop', 'counter');
    const seen = rig.read('logs/counter-out.log').split('\n').filter((l) => l !== '');
    assert.equal(seen.findIndex((l, n) => l !== `n ${n}`), -1);
  }));

  test('beside starts and dying programs: nothing runs twice, nothing is forgotten', () => within(async (rig) => {
    const script = rig.file('a.sh', SLEEP, 0o755);
    await rig.ok('start', script, '--name', 'dies');
    for (let round = 0; round < 4; round++) {
      const { pid } = await rig.status('dies', 'online');
      const started = Array.from({ length: 3 }, (_, i) => rig.mgr('start', script, '--name', `r${round}-${i}`));
      const update = rig.mgr('update');
      await new Promise((r) => setTimeout(r, 40 + round * 30)); // any moment will do
      process.kill(pid, 'SIGKILL');
      assert.equal((await update).code, 0, (await update).err);
      const names = new Set(['dies']);
      for (const [i, r] of (await Promise.all(started)).entries()) {
        if (r.code === 0) names.add(`r${round}-${i}`);
        else assert.match(r.err, /daemon is just ending|connection to the daemon was lost/);
      }
      const again = await rig.status('dies', 'online');
      assert.notEqual(again.pid, pid);
      const rows = await rig.rows();
      for (const name of names) assert.ok(rows.some((r) => r.name === name && r.pid > 0), name);
      await waitFor('the same', () => sleepers(rig).join() === rows.map((r) => r.pid).toSorted((a, b) => a - b).join(), 5000)
        .catch((e: unknown) => assert.fail(`round ${round}: runs ${sleepers(rig).join()}, known ${rows.map((r) => `${r.name}=${r.pid}`).join()}; ${String(e)}`));
    }
  }));
});

describe('the end', { timeout: 120_000 }, () => {
  test('kill ends everything, resurrect brings back what ran', () => within(async (rig) => {
    const eco = rig.file('eco.config.json', JSON.stringify({ apps: [
      { name: 'a', script: rig.file('a.sh', SLEEP, 0o755), env: { WHO: 'a' } },
      { name: 'by-hand', script: './a.sh', autostart: false },
      { name: 'down', script: './a.sh' },
      { name: 'three', script: rig.file('b.js', 'setInterval(() => {}, 1e6)'), exec_mode: 'fork', instances: 3 },
    ] }));
    await rig.ok('start', eco);
    await rig.ok('start', 'by-hand');
    await rig.ok('stop', 'down');
    const daemon = await rig.daemonPid();
    await rig.ok('kill');
    assert.equal(alive(daemon), false);
    await waitFor('nobody', () => rig.pids().filter(alive).length === 0);
    for (const file of ['pm2.pid', 'rpc.sock', 'pub.sock', 'child.sock', 'daemon.lock']) assert.equal(fs.existsSync(path.join(rig.home, file)), false, file);
    assert.deepEqual(await rig.rows(), []);
    await rig.ok('resurrect');
    const rows = await rig.rows();
    assert.deepEqual(rows.map((r) => [r.name, r.pm2_env['status'], r.pm2_env['NODE_APP_INSTANCE']]), [['a', 'online', 0], ['by-hand', 'online', 0], ['three', 'online', 0], ['three', 'online', 1], ['three', 'online', 2]]);
    assert.equal(rows[0]?.pm2_env['WHO'], 'a');
    assert.deepEqual(rows.map((r) => r.pm_id), [0, 1, 3, 4, 5], 'the ids they had');
    // The saved list has them too; who is there meanwhile keeps what he has.
    await rig.ok('save');
    await rig.ok('delete', 'a', 'three');
    await rig.ok('start', './a.sh', '--name', 'new');
    await rig.ok('resurrect');
    assert.deepEqual((await rig.rows()).map((r) => [r.name, r.pm_id]), [['a', 0], ['by-hand', 1], ['three', 3], ['three', 4], ['three', 5], ['new', 6]]);
  }));

  test('SIGTERM to the pid in pm2.pid: the apps end as they like to, then the daemon, then its guardian', () => within(async (rig) => {
    await rig.ok('start', rig.file('polite.js', "process.on('SIGINT', () => setTimeout(() => { console.log('bye'); process.exit(0); }, 200)); setInterval(() => {}, 1e6); process.send('ready');"), '--name', 'polite', '--wait-ready');
    await rig.ok('start', rig.file('deaf.sh', "#!/bin/sh\ntrap '' INT\nwhile :; do sleep 0.05; done\n", 0o755), '--name', 'deaf', '--kill-timeout', '300');
    process.kill(await rig.daemonPid(), 'SIGTERM');
    await waitFor('nobody', () => rig.pids().filter(alive).length === 0);
    assert.match(rig.read('logs/polite-out.log'), /^bye\n$/);
    assert.match(rig.read('pm2.log'), /SIGTERM/);
    for (const file of ['pm2.pid', 'rpc.sock', 'daemon.lock']) assert.equal(fs.existsSync(path.join(rig.home, file)), false, file);
    await rig.ok('resurrect');
    assert.deepEqual((await rig.rows()).map((r) => [r.name, r.pm2_env['status']]), [['polite', 'online'], ['deaf', 'online']]);
  }));
});

describe('the home', { timeout: 120_000 }, () => {
  test('0700, its sockets and state 0600, whatever the umask', () => within(async (rig) => {
    rig.file('a.sh', SLEEP, 0o755);
    const run = async (...args: string[]): Promise<void> => {
      const r = await rig.run('/bin/sh', ['-c', `umask 000; exec "$0" "$@"`, process.execPath, BIN, ...args]);
      assert.equal(r.code, 0, r.err);
    };
    await run('start', './a.sh', '--name', 'a');
    await run('set', 'a:key', 'secret');
    await run('save');
    const mode = (name: string): string => (fs.statSync(path.join(rig.home, name)).mode & 0o777).toString(8);
    for (const dir of ['.', 'logs', 'pids', 'run', 'modules']) assert.equal(mode(dir), '700', dir);
    await waitFor('the pid file', () => fs.existsSync(path.join(rig.home, 'pids')) && fs.readdirSync(path.join(rig.home, 'pids')).length > 0);
    for (const file of ['rpc.sock', 'pub.sock', 'child.sock', 'state.journal', 'pm2.pid', 'pm2.log', 'daemon.lock', 'module_conf.json', 'dump.pm2', ...fs.readdirSync(path.join(rig.home, 'run')).map((f) => `run/${f}`)]) {
      assert.equal(mode(file), '600', file);
    }
    // A home that somebody opened is closed again by the next daemon.
    await rig.ok('kill');
    fs.chmodSync(rig.home, 0o755);
    await rig.ok('ping');
    assert.equal(mode('.'), '700');
  }));

  test('a path too long for a socket is refused with the reason', () => within(async (rig) => {
    const long = path.join(rig.dir, 'x'.repeat(110));
    const r = await rig.run(process.execPath, [BIN, 'list'], { MGR_HOME: long });
    assert.deepEqual([r.code, r.out], [1, '']);
    assert.match(r.err, /too long for a socket: \d+ bytes, wanted at most \d+\n.*MGR_HOME/);
    assert.equal(fs.existsSync(long), false);
    // The longest that fits works.
    const most = path.join(rig.dir, 'y'.repeat(107 - '/child.sock'.length - rig.dir.length - 1));
    const fits = new Rig({ MGR_HOME: most });
    try {
      const ok = await fits.mgr('ping');
      assert.equal(ok.code, 0, ok.err);
      await fits.ok('kill');
    } finally { await fits.close(); }
  }));

  test('one that may not be written: the reason, exit 1', { skip: process.getuid?.() === 0 ? 'root may write anywhere but on what is no folder' : false }, () => within(async (rig) => {
    fs.mkdirSync(rig.home, { mode: 0o500 });
    const r = await rig.mgr('list');
    assert.equal(r.code, 1);
    assert.match(r.err, /no permission/);
  }));

  test('a file where the home should be: the reason, exit 1', () => within(async (rig) => {
    fs.writeFileSync(rig.home, '');
    const r = await rig.mgr('list');
    assert.deepEqual([r.code, r.out], [1, '']);
    assert.match(r.err, /the daemon did not start: .*(ENOTDIR|EEXIST)/);
  }));
});
