// One process after another through its life, with real tiny children: what each option of supervision does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/base/clock.js';
import { isMgrError } from '../../src/base/errors.js';
import type { ManagedProcess } from '../../src/supervisor/process.js';
import { Stats } from '../../src/supervisor/stats.js';
import { memoryOf } from '../../src/base/proc.js';
import { TreeLook } from '../../src/supervisor/launch/kill.js';
import { MemoryGuard } from '../../src/supervisor/triggers/memory.js';
import { alive } from '../helpers/rig.js';
import { viewOf } from '../../src/supervisor/view.js';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const SLEEP = 'exec sleep 100000';

function codeOf(error: unknown): string {
  assert.ok(isMgrError(error), `no error of ours: ${String(error)}`);
  return error.code;
}

const lastExit = (p: ManagedProcess) => p.exits.at(-1);

describe('after an end', { timeout: 60_000 }, () => {
  test('autorestart: the next run, counted, with the end on record', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), name: 'a' });
    const before = p.pid;
    process.kill(before, 'SIGTERM');
    await p.until(() => p.restarts === 1);
    await b.state(p, 'online');
    assert.notEqual(p.pid, before);
    assert.deepEqual({ ...lastExit(p), at: 0, ran: 0 }, { at: 0, ran: 0, pid: before, signal: 'SIGTERM', then: 'restarted' });
    assert.deepEqual(b.news, ['start a', 'online a', 'exit a', 'online a']);
  });

  test('autorestart off: stopped, and it says why', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'exit 3'), autorestart: false });
    await b.state(p, 'stopped');
    assert.deepEqual(p.state, { name: 'stopped', why: 'exit code 3, and autorestart is off' });
    assert.equal(lastExit(p)?.code, 3);
    assert.equal(p.restarts, 0);
  });

  test('max_restarts within min_uptime: failed, with reason, last words and history', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'echo "boom $$" >&2', 'exit 2'), name: 'a', max_restarts: 3, min_uptime: 5000 });
    await b.state(p, 'failed');
    assert.deepEqual(p.state, { name: 'failed', reason: 'it ended 3 times in a row within 5000 ms of its start (exit code 2)' });
    assert.equal(p.restarts, 2);
    assert.deepEqual(p.log.stderrTail(), p.exits.map((e) => `boom ${e.pid}`));
    assert.deepEqual(p.exits.map((e) => [e.code, e.then.split(':')[0]]), [[2, 'restarted'], [2, 'restarted'], [2, 'gave up']]);
    assert.deepEqual(b.news.slice(-2), ['exit a', 'restart overlimit a']);
    assert.equal(b.kept.get(p.id)?.failed, p.state.reason);
    // A person who starts it again gives it all its tries again.
    await b.supervisor.restart([p.id]);
    await b.state(p, 'failed');
    assert.equal(p.exits.length, 6);
  });

  test('runs that last min_uptime are no crash loop', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'sleep 0.12', 'exit 1'), max_restarts: 2, min_uptime: 100 });
    await p.until(() => p.restarts === 4 || p.state.name === 'failed');
    assert.notEqual(p.state.name, 'failed', JSON.stringify(p.exits));
  });

  test('stop_exit_codes: those codes stay down, others come back', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'if [ -e again ]; then exit 7; fi', 'touch again', 'exit 1'), stop_exit_codes: [0, 7] });
    await b.state(p, 'stopped');
    assert.deepEqual(p.state, { name: 'stopped', why: 'exit code 7, and exit code 7 is in stop_exit_codes' });
    assert.deepEqual(p.exits.map((e) => e.code), [1, 7]);
  });

  test('restart_delay: waiting for that long, then up', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', SLEEP), restart_delay: 200 });
    process.kill(p.pid, 'SIGKILL');
    await b.state(p, 'waiting');
    assert.equal(p.pid, 0);
    await b.state(p, 'online');
    const pause = (p.startedAt ?? 0) - (lastExit(p)?.at ?? 0);
    assert.ok(pause >= 195 && pause < 2000, `${pause} ms`);
    assert.equal(lastExit(p)?.then, 'restart in 200 ms');
  });

  test('exp_backoff_restart_delay: each delay half as long again', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'exit 1'), exp_backoff_restart_delay: 20, max_restarts: 5 });
    await b.state(p, 'failed');
    assert.deepEqual(p.exits.slice(0, -1).map((e) => e.then), [20, 30, 45, 67].map((ms) => `restart in ${ms} ms`));
    for (const [i, ms] of [20, 30, 45, 67].entries()) {
      const between = (p.exits[i + 1]?.at ?? 0) - (p.exits[i]?.at ?? 0);
      assert.ok(between >= ms - 1, `${i}: ${between} ms`);
    }
  });

  test('the last words of a program that ends at once are never lost', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'echo "out $$"', 'echo "err $$" >&2', 'exit 1'), max_restarts: 100, min_uptime: 60_000 });
    await b.state(p, 'failed');
    const wrote = (stream: 'out' | 'err'): string[] => b.log(p, stream).split('\n').filter((l) => l !== '');
    await waitFor('both logs', () => wrote('out').length === 100 && wrote('err').length === 100, 3000).catch(() => {});
    assert.equal(wrote('out').length, 100);
    assert.equal(wrote('err').length, 100);
    assert.equal(new Set(wrote('out')).size, 100);
  });
});

describe('a stop', { timeout: 60_000 }, () => {
  test('kill_timeout: who does not listen is killed then, not before', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', "trap '' INT", 'echo up', 'while :; do sleep 0.05; done'), kill_timeout: 250 });
    await b.said(p, /up/);
    const at = performance.now();
    await b.supervisor.stop([p.id]);
    const took = performance.now() - at;
    assert.ok(took >= 245 && took < 2000, `${took} ms`);
    assert.equal(lastExit(p)?.signal, 'SIGKILL');
    assert.equal(b.pids().length, 0);
  });

  test('kill_signal', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', "trap 'echo got TERM; exit 5' TERM", 'echo up', 'while :; do sleep 0.05; done'), kill_signal: 'SIGTERM' });
    await b.said(p, /up/);
    await b.supervisor.stop([p.id]);
    await b.said(p, /got TERM/);
    assert.deepEqual({ ...lastExit(p), at: 0, ran: 0, pid: 0 }, { at: 0, ran: 0, pid: 0, code: 5, then: 'stopped: asked' });
    assert.deepEqual(b.news.slice(-2).map((n) => n.split(' ')[0]), ['exit', 'stop']);
  });

  const FAMILY = ['sleep 100001 & echo $! > child', 'setsid sleep 100002 & echo up', 'wait'];

  test('treekill: the whole tree ends, also who has a session of his own or ignores the signal', async (t) => {
    const b = await Bench.open(t);
    const deaf = `(trap '' INT; exec sh -c 'echo $$ > deaf; exec sleep 100003') &`;
    const p = await b.up({ script: b.sh('a', deaf, ...FAMILY), kill_timeout: 300 });
    await b.said(p, /up/);
    await b.number('deaf');
    await waitFor('the family', () => b.pids().length === 4);
    await b.supervisor.stop([p.id]);
    assert.deepEqual(b.pids(), [], 'the stop was answered while somebody lived');
  });

  test('treekill off: only the process itself', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', ...FAMILY), treekill: false, kill_signal: 'SIGTERM' });
    await b.said(p, /up/);
    await waitFor('the family', () => b.pids().length === 3);
    const child = await b.number('child');
    await b.supervisor.stop([p.id]);
    assert.equal(b.pids().length, 2);
    assert.ok(alive(child));
  });

  test('shutdown_with_message: the message, no signal', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({
      script: b.file('a.js', `process.on('SIGINT', () => console.log('signal'));
        process.on('message', (m) => { console.log('got ' + m); process.exit(9); });
        process.send('ready');`), shutdown_with_message: true, wait_ready: true,
    });
    await b.supervisor.stop([p.id]);
    assert.equal(lastExit(p)?.code, 9);
    await b.said(p, /^got shutdown\n$/);
  });

  test('shutdown_with_message of a program that has no channel: the signal', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), shutdown_with_message: true });
    await b.supervisor.stop([p.id]);
    assert.equal(lastExit(p)?.signal, 'SIGINT');
  });

  test('during the restart delay: it does not come back', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', 'echo run', 'exit 1'), restart_delay: 100 });
    await b.state(p, 'waiting');
    await b.supervisor.stop([p.id]);
    assert.deepEqual(p.state, { name: 'stopped', why: 'asked' });
    assert.equal(await p.until(() => p.state.name !== 'stopped', 300), false);
    assert.equal(p.want, 'down');
  });

  test('a start while it stops: up again when the old one is gone', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', "trap 'sleep 0.2; exit 0' INT", 'echo "up $$"', 'while :; do sleep 0.02; done') });
    await b.said(p, /up/);
    const before = p.pid;
    const stopped = b.supervisor.stop([p.id]);
    assert.equal(p.state.name, 'stopping');
    const [again] = await b.supervisor.restart([p.id]);
    assert.equal(again?.error, undefined);
    assert.equal(p.state.name, 'online');
    assert.notEqual(p.pid, before);
    assert.equal(alive(before), false);
    await b.supervisor.stop([p.id]);
    await stopped;
  });
});

describe('a start', { timeout: 60_000 }, () => {
  test('wait_ready: up when it says so', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('a.js', "setTimeout(() => { console.log('now'); process.send('ready'); }, 200); setInterval(() => {}, 1e6);"), wait_ready: true });
    assert.deepEqual(p.state, { name: 'online', unready: false });
    await b.said(p, /now/);
    assert.equal(p.exits.length, 0);
  });

  test('ready later than listen_timeout: the start fails, the program runs on and may still say it', async (t) => {
    const b = await Bench.open(t);
    const { p, error } = await b.start({ script: b.file('a.js', "process.on('SIGUSR2', () => process.send('ready')); console.log('up'); setInterval(() => {}, 1e6);"), wait_ready: true, listen_timeout: 300 });
    assert.equal(codeOf(error), 'START_FAILED');
    assert.match(String(error), /did not say `ready` within 300 ms/);
    assert.deepEqual(p.state, { name: 'online', unready: true });
    await b.said(p, /up/);
    p.signal('SIGUSR2');
    await p.until(() => p.state.name === 'online' && !p.state.unready, 5000);
    assert.deepEqual(p.state, { name: 'online', unready: false });
    assert.equal(p.restarts, 0);
  });

  test('an end before ready is told at once, though each run was long enough to be stable', async (t) => {
    const b = await Bench.open(t);
    const { p, error } = await b.start({ script: b.file('a.js', "setTimeout(() => { console.error('Error: no database'); process.exit(4); }, 120);"), wait_ready: true, min_uptime: 100 });
    assert.equal(codeOf(error), 'START_FAILED');
    assert.match(String(error), /exit code 4: Error: no database/);
    assert.equal(p.exits.length, 1);
  });

  test('autostart off: known, not started', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), autostart: false });
    assert.deepEqual(p.state, { name: 'stopped', why: 'not started' });
    assert.deepEqual(b.pids(), []);
    await b.supervisor.restart([p.id]);
    assert.equal(p.state.name, 'online');
  });

  test('fails when the program ends at once, with its words', async (t) => {
    const b = await Bench.open(t);
    const { p, error } = await b.start({ script: b.file('a.js', "const e = new Error('listen EADDRINUSE: address already in use :::80'); throw e;"), restart_delay: 5000 });
    assert.equal(codeOf(error), 'START_FAILED');
    assert.match(String(error), /exit code 1: Error: listen EADDRINUSE/);
    assert.equal(p.state.name, 'waiting');
  });

  test('the time in which a program is not let run does not count', async (t) => {
    const b = await Bench.open(t);
    const script = b.file('a.js', "setTimeout(() => { throw new Error('listen EADDRINUSE: address already in use :::80'); }, 20);");
    b.onNews = (p) => {
      if (b.news.at(-1) !== 'online a') return;
      b.onNews = undefined;
      process.kill(p.pid, 'SIGSTOP');
      setTimeout(() => process.kill(p.pid, 'SIGCONT'), 700);
    };
    const { error } = await b.start({ script, name: 'a', restart_delay: 5000 });
    assert.match(String(error), /exit code 1: Error: listen EADDRINUSE/);
    // One that stays away is waited for no longer than that.
    b.onNews = (p) => { if (b.news.at(-1) === 'online b') process.kill(p.pid, 'SIGSTOP'); };
    const since = performance.now();
    const { error: none } = await b.start({ script: b.file('b.js', 'setInterval(() => {}, 1e6)'), name: 'b' });
    assert.equal(none, undefined);
    assert.ok(performance.now() - since > 4900);
  });

  test('50 restarts at once end with one process, and all are answered well', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP) });
    const answers = await Promise.all(Array.from({ length: 50 }, () => b.supervisor.restart([p.id])));
    assert.deepEqual(answers.flat().map((a) => a.error).filter((e) => e !== undefined), []);
    assert.equal(p.state.name, 'online');
    assert.deepEqual(b.pids(), [p.pid]);
  });

  test('restarts one after the other, also of a slow starter, do not make each other fail', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('a.js', 'setInterval(() => {}, 1e6)') });
    const first = b.supervisor.restart([p.id]);
    await p.until(() => p.state.name === 'online');
    const second = b.supervisor.restart([p.id]);
    for (const [answer] of [await first, await second]) assert.equal(answer?.error, undefined, String(answer?.error));
    assert.deepEqual(b.pids(), [p.pid]);
  });

  test('a delete while it starts: gone, and nothing runs', async (t) => {
    const b = await Bench.open(t);
    const starting = b.supervisor.start([b.spec({ script: b.file('a.js', 'setInterval(() => {}, 1e6)'), name: 'a', wait_ready: true, listen_timeout: 60_000 })], 'refuse');
    await waitFor('it starts', () => b.pids().length === 1);
    const [gone] = await b.supervisor.remove(['a']);
    assert.equal(gone?.error, undefined);
    await starting;
    assert.deepEqual([b.pids(), b.supervisor.processes.size, b.kept.size], [[], 0, 0]);
  });

  test('a stop in the very moment of the start, before it has a process: stopped, and nothing comes later', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP), autostart: false });
    const spares: string[] = [];
    for (let f = b.fifos.take(); f !== undefined; f = b.fifos.take()) spares.push(f);
    p.start(); // no FIFO is there: it waits for one
    assert.equal(p.state.name, 'starting');
    p.stop();
    await b.state(p, 'stopped');
    p.start();
    p.stop();
    p.start();
    await b.state(p, 'online');
    assert.deepEqual(b.pids(), [p.pid]);
    p.stop();
    await b.state(p, 'stopped');
    assert.deepEqual(b.pids(), []);
  });

  test('a stop while a failure to start is on its way', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.sh('a', SLEEP), autostart: false, interpreter: 'none' });
    const p = await b.up(spec);
    fs.rmSync(spec.exec_path);
    await b.fifos.ready(8);
    p.start();
    p.stop();
    await b.state(p, 'stopped');
    p.start();
    await b.state(p, 'failed');
  });
});

describe('a start that cannot be', { timeout: 60_000 }, () => {
  async function fails(b: Bench, spec: ReturnType<Bench['spec']>, spoil: () => void, reason: RegExp): Promise<ManagedProcess> {
    spoil();
    const { p, error } = await b.start(spec);
    assert.equal(codeOf(error), 'SPAWN_FAILED', String(error));
    assert.match(String(error), reason);
    assert.equal(p.state.name, 'failed');
    assert.equal(p.pid, 0);
    assert.equal(b.kept.get(p.id)?.live, undefined);
    return p;
  }

  test('the program is gone', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.sh('a', SLEEP), interpreter: 'none' });
    const p = await fails(b, spec, () => fs.rmSync(spec.exec_path), /\/a or the working directory .* does not exist/);
    b.sh('a', SLEEP);
    await b.supervisor.restart([p.id]);
    assert.equal(p.state.name, 'online');
    // The same at a restart: the reason is the failure, not the end that was asked for.
    fs.rmSync(spec.exec_path);
    const [again] = await b.supervisor.restart([p.id]);
    assert.equal(codeOf(again?.error), 'SPAWN_FAILED');
  });

  test('the working directory is gone', async (t) => {
    const b = await Bench.open(t);
    fs.mkdirSync(path.join(b.dir, 'w'));
    const spec = b.spec({ script: b.sh('a', SLEEP), cwd: path.join(b.dir, 'w') });
    await fails(b, { ...spec, exec_path: path.join(b.dir, 'a') }, () => fs.rmdirSync(path.join(b.dir, 'w')), /working directory .*\/w does not exist/);
  });

  test('its #! line names what is not there', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.file('a', '#!/no/such/thing\n'), interpreter: 'none' });
    await fails(b, spec, () => {}, /its #! line names a program that does not/);
  });

  test('it may not be executed', async (t) => {
    const b = await Bench.open(t);
    const spec = b.spec({ script: b.sh('a', SLEEP), interpreter: 'none' });
    await fails(b, spec, () => fs.chmodSync(spec.exec_path, 0o644), /may not be executed/);
  });

  test('it is being written: said so, and tried again until it works', async (t) => {
    const b = await Bench.open(t);
    const file = path.join(b.dir, 'a');
    fs.copyFileSync('/bin/sleep', file);
    fs.chmodSync(file, 0o755);
    const spec = b.spec({ script: file, args: '100000' });
    const fd = fs.openSync(file, 'r+');
    const { p, error } = await b.start(spec);
    assert.equal(codeOf(error), 'SPAWN_FAILED', String(error));
    assert.match(String(error), /is being written.*tried again/);
    assert.equal(p.state.name, 'waiting');
    fs.closeSync(fd);
    await b.state(p, 'online');
  });
});

describe('what it gets', { timeout: 60_000 }, () => {
  test('cwd, args, and variables layer by layer', async (t) => {
    const b = await Bench.open(t);
    fs.mkdirSync(path.join(b.dir, 'work'));
    b.settings = { from: 'settings', CONF: 'c' };
    const spec = b.spec({
      script: b.sh('a', 'echo "cwd $(pwd -P) $PWD"', 'for x in "$@"; do echo "arg <$x>"; done', 'env', 'echo done', SLEEP), cwd: 'work', name: 'a',
      args: ['one two', '', '--three=$x'], env: { from: 'declared', A: '1', LIST: { x: 1 } },
    }, { env: { PATH: process.env['PATH'], from: 'inherited', status: 'shell', name: 'evil', KEEP: 'k' }, cwd: b.dir });
    const p = await b.up({ ...spec, exec_path: path.join(b.dir, 'a') });
    await b.said(p, /done/);
    const text = b.log(p);
    const real = fs.realpathSync(path.join(b.dir, 'work'));
    assert.match(text, new RegExp(`^cwd ${real} ${spec.cwd}\narg <one two>\narg <>\narg <--three=\\$x>\n`));
    const env = new Map(text.split('\n').map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
    assert.equal(p.spec.name, 'a');
    for (const [k, v] of Object.entries({ from: 'settings', CONF: 'c', A: '1', LIST: '{"x":1}', KEEP: 'k', name: 'a', status: 'launching', PM2_HOME: b.home.dir, MGR_HOME: b.home.dir, pm_id: String(p.id), NODE_APP_INSTANCE: '0', unique_id: p.uniqueId, pm_out_log_path: p.paths.out })) {
      assert.equal(env.get(k), v, k);
    }
  });

  test('a Node program does not see our channel, and its children do not get it', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.file('a.js', "console.log(JSON.stringify([process.env.MGR_CHANNEL, process.execArgv, process.argv.slice(2), process.env.LAYER])); setInterval(() => {}, 1e6);"), args: 'x "y z"', env: { LAYER: 'low' }, env_prod: { LAYER: 'high' } });
    assert.deepEqual(JSON.parse((await b.said(p, /.*\n/))[0]), [null, [], ['x', 'y z'], 'low']);
    const prod = await b.up(b.spec({ script: path.join(b.dir, 'a.js'), name: 'prod', env: { LAYER: 'low' }, env_prod: { LAYER: 'high' } }, { envName: 'prod' }));
    assert.match((await b.said(prod, /.*\n/))[0], /"high"/);
  });

  test('filter_env', async (t) => {
    const b = await Bench.open(t);
    const env = { PATH: process.env['PATH'], SECRET_A: '1', MY_SECRET: '2', OTHER: '3' };
    const script = b.sh('a', 'env', 'echo done', SLEEP);
    const seen = async (name: string, filter_env: unknown): Promise<string> => {
      const p = await b.up(b.spec({ script, name, filter_env, env: { SECRET_OWN: 'own' } }, { env }));
      await b.said(p, /done/);
      return b.log(p).split('\n').filter((l) => /SECRET|OTHER/.test(l)).toSorted().join(' ');
    };
    assert.equal(await seen('none', false), 'MY_SECRET=2 OTHER=3 SECRET_A=1 SECRET_OWN=own');
    assert.equal(await seen('list', ['SECRET']), 'OTHER=3 SECRET_OWN=own');
    assert.equal(await seen('all', true), 'SECRET_OWN=own');
  });

  test('uid: that user, his groups, his home', { skip: process.getuid?.() === 0 ? false : 'only root may become another user' }, async (t) => {
    const b = await Bench.open(t);
    fs.chmodSync(b.dir, 0o755);
    const p = await b.up({ script: b.sh('a', 'echo "$(id -u) $(id -g) $(id -G) $HOME"', SLEEP), uid: 'nobody' });
    const [, , uid = '', gid = '', , home = ''] = (fs.readFileSync('/etc/passwd', 'utf8').split('\n').find((l) => l.startsWith('nobody:')) ?? '').split(':');
    assert.equal((await b.said(p, /.*\n/))[0], `${uid} ${gid} ${gid} ${home}\n`);
    await b.supervisor.stop([p.id]);
    assert.equal(p.state.name, 'stopped');
  });

  test('what runs it: a program, a #! line, python, perl, a shell line', async (t) => {
    const b = await Bench.open(t);
    const cases: [name: string, declared: Record<string, unknown>, out: RegExp][] = [
      ['binary', { script: '/bin/echo', args: 'from a binary', autorestart: false }, /^from a binary\n/],
      ['shebang', { script: b.file('perl-ish', '#!/usr/bin/env perl\n$| = 1; print "perl $$\\n"; sleep 1000;\n') }, /^perl \d+\n/],
      ['python', { script: b.file('a.py', 'import time\nprint("python runs")\ntime.sleep(1000)\n') }, /^python runs\n/],
      ['line', { script: 'echo one | tr a-z A-Z; exec sleep 1000' }, /^ONE\n/],
    ];
    for (const [name, declared, out] of cases) {
      const { p, error } = await b.start({ ...declared, name });
      assert.equal(error, undefined, `${name}: ${String(error)}`);
      await b.said(p, out);
    }
  });
});

describe('pipes', { timeout: 60_000 }, () => {
  test('a program that closes its output lives on, and its pipes are nobody else\'s', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', 'echo bye', 'exec >&- 2>&-', 'echo x > closed', SLEEP), name: 'a' });
    await waitFor('closed', () => fs.existsSync(path.join(b.dir, 'closed')));
    await b.said(p, /^bye\n/);
    const live = b.kept.get(p.id)?.live;
    const names: string[] = [];
    for (let i = 0; i < 5; i++) {
      const other = await b.up({ script: b.sh('talk', 'echo mine', SLEEP), name: `talk${i}` });
      await b.said(other, /^mine\n$/);
      const its = b.kept.get(other.id)?.live;
      assert.ok(its);
      names.push(its.out, its.err);
    }
    assert.equal(p.state.name, 'online');
    assert.ok(live && !names.includes(live.out) && !names.includes(live.err), 'a daemon that adopts both would mix their lines');
    await b.supervisor.stop(['all']);
    assert.equal(b.log(p), 'bye\n');
  });

  test('a grandchild that keeps the output open does not hide the end, and is still heard', async (t) => {
    const b = await Bench.open(t);
    const { p } = await b.start({ script: b.sh('a', '(while [ ! -e go ]; do sleep 0.02; done; echo late) &', 'echo main', 'exit 0'), autorestart: false });
    await b.state(p, 'stopped');
    assert.equal(lastExit(p)?.code, 0);
    assert.equal(b.log(p), 'main\n');
    b.file('go', '');
    await b.said(p, /^main\nlate\n$/);
  });

  test('and when the next run has begun meanwhile, both are heard', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', 'if [ ! -e first ]; then touch first; (while [ ! -e go ]; do sleep 0.02; done; echo late) & sleep 0.1; exit 1; fi', 'echo second', SLEEP) });
    await b.said(p, /second/);
    b.file('go', '');
    await b.said(p, /^second\nlate\n$/);
    assert.equal(p.restarts, 1);
  });
});

test('a job that ended well is no news, one that did not is', { timeout: 60_000 }, async (t) => {
  const b = await Bench.open(t);
  const note = async (code: number): Promise<string | undefined> => {
    const p = await b.up({ script: b.sh(`job${code}`, `exit ${code}`), autorestart: false });
    await b.state(p, 'stopped');
    return viewOf(p, { cpu: 0, memory: 0 }).note;
  };
  assert.deepEqual([await note(0), await note(4)], [undefined, 'exit code 4, and autorestart is off']);
});

test('a start or restart that a trigger restarts is waited for to its end', { timeout: 60_000 }, async (t) => {
  const b = await Bench.open(t);
  let changes = 1;
  b.onNews = (p) => { if (p.state.name === 'online' && p.pid !== 0 && changes-- > 0) setTimeout(() => p.restart('a.js changed'), 20); };
  const p = await b.up({ script: b.file('a.js', 'setInterval(() => {}, 1e6)') });
  assert.match(lastExit(p)?.then ?? '', /a\.js changed/);
  changes = 1;
  const [again] = await b.supervisor.restart([p.id]);
  assert.equal(again?.error, undefined);
  assert.equal(p.state.name, 'online');
});

test('max_memory_restart: over its bound it is restarted, and that is said', { timeout: 60_000 }, async (t) => {
  const b = await Bench.open(t);
  const tree = new TreeLook();
  // It looks for as long as something runs, which after a failed test it would for ever.
  let over = false;
  t.after(() => { over = true; });
  const clock = { ...systemClock, after: (ms: number, then: () => void) => systemClock.after(ms, () => { if (!over) then(); }) };
  const guard = new MemoryGuard<ManagedProcess>({
    clock, stats: new Stats(systemClock, 10), every: 50, below: (pid) => tree.below(pid), exact: memoryOf,
    onOver: (p, memory) => p.restart(`it used ${memory} bytes`),
  });
  b.onNews = (p) => guard.follow(p);
  const { p: big, error } = await b.start({ script: b.file('big.js', 'const all = Buffer.alloc(60e6, 1); setInterval(() => all.length, 1e6)'), max_memory_restart: '70M' });
  // Who boots slowly is over its bound only after its start was answered.
  if (error !== undefined) {
    assert.ok(isMgrError(error));
    assert.match(error.message, /`big` did not come up: it is restarted already: it used \d+ bytes/);
  }
  const small = await b.up({ script: b.sh('small', SLEEP), max_memory_restart: '70M' });
  await big.until(() => big.restarts > 0);
  assert.match(lastExit(big)?.then ?? '', /^restarted: it used \d+ bytes$/);
  assert.equal(lastExit(big)?.signal, 'SIGINT');
  assert.equal(small.restarts, 0);
  await b.supervisor.stop(['all']);
  // What a shell has started is the shell's.
  const { p: shell } = await b.start({ name: 'shell', script: `${process.execPath} ${b.dir}/big.js; true`, max_memory_restart: '60M' });
  assert.ok(await shell.until(() => shell.restarts > 0, 8000), `it is ${shell.state.name}`);
  assert.match(lastExit(shell)?.then ?? '', /^restarted: it used \d+ bytes$/);
  await b.supervisor.stop(['all']);
});

describe('targets', { timeout: 60_000 }, () => {
  test('a namespace, a name, an id, a /regex/', async (t) => {
    const b = await Bench.open(t);
    const script = b.sh('a', SLEEP);
    for (const [name, namespace] of [['web-1', 'front'], ['web-2', 'front'], ['db', 'back']] as const) await b.up({ script, name, namespace });
    const online = (): string => [...b.supervisor.processes.values()].filter((p) => p.state.name === 'online').map((p) => p.spec.name).join();
    await b.supervisor.stop(['front']);
    assert.equal(online(), 'db');
    await b.supervisor.restart(['/web-[12]/']);
    assert.equal(online(), 'web-1,web-2,db');
    const [bad, good] = await b.supervisor.stop(['nope', 2]);
    assert.equal(codeOf(bad?.error), 'NOT_FOUND');
    assert.equal(good?.error, undefined);
    assert.equal(online(), 'web-1,web-2');
  });

  test('after release nothing is started any more, whoever dies', async (t) => {
    const b = await Bench.open(t);
    const p = await b.up({ script: b.sh('a', SLEEP) });
    const { pid } = p;
    b.supervisor.release();
    process.kill(pid, 'SIGKILL');
    await waitFor('its end', () => !alive(pid));
    await new Promise((r) => setTimeout(r, 100)); // the end of a child is told within the next turns
    assert.deepEqual(b.pids(), [], 'the next daemon would start it a second time');
    await assert.rejects(b.supervisor.start([b.spec({ script: 'a', name: 'b' })], 'refuse'), { code: 'DAEMON_ENDING' });
    await assert.rejects(b.supervisor.restart([p.id]), { code: 'DAEMON_ENDING' });
  });
});
