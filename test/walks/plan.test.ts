// plan and apply as a person meets them, and what of secrets is seen and kept. The real command, the real daemon.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Plan } from '../../src/config/plan.js';
import { Pm2Client, pm2Subscriber } from '../helpers/amp.js';
import { ROOT, type Rig, type Row, alive, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const SLEEP = '#!/bin/sh\nexec sleep 100000\n';
const SECRET = 'correct-horse-battery';

type App = Readonly<Record<string, unknown>>;

/** Writes the file with these apps; each is a sleeping program unless it says otherwise. */
function eco(rig: Rig, ...apps: App[]): string {
  const script = rig.file('sleep.sh', SLEEP, 0o755);
  return rig.file('eco.json', JSON.stringify({ apps: apps.map((a) => ({ script, ...a })) }));
}

/** The environment the kernel has of a process. */
function environ(pid: number): Record<string, string> {
  return Object.fromEntries(fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter((l) => l.includes('=')).map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
}

/** Pids by name. */
async function pids(rig: Rig): Promise<Record<string, number[]>> {
  const by: Record<string, number[]> = {};
  for (const { name, pid } of await rig.rows()) (by[name] ??= []).push(pid);
  return by;
}

const planned = async (rig: Rig, ...flags: string[]): Promise<string[]> => (JSON.parse(await rig.ok('plan', 'eco.json', '--json', ...flags)) as Plan).apps.map((a) => `${a.action} ${a.name}`);

/** Every file of the home that holds the text. */
function holding(dir: string, text: string): string[] {
  return fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name)).filter((f) => fs.readFileSync(f).includes(text));
}

describe('plan and apply', { timeout: 120_000 }, () => {
  test('from nothing to the file, to another file, and back to rest', () => within(async (rig) => {
    eco(rig, { name: 'kept' }, { name: 'api', env: { GONE: '1', A: 'a' } }, { name: 'old' }, { name: 'many', exec_mode: 'fork', instances: 3 });
    assert.deepEqual(await planned(rig), ['start kept', 'start api', 'start old', 'start many']);
    assert.equal((await rig.mgr('plan', 'eco.json', '--check')).code, 2);
    assert.deepEqual(await rig.rows(), [], 'a plan starts nothing');
    await rig.ok('apply', 'eco.json');
    const first = await pids(rig);
    assert.match(await rig.ok('plan', 'eco.json', '--check'), /nothing to do/);
    assert.match(await rig.ok('apply', 'eco.json'), /nothing to do/);
    assert.deepEqual(await pids(rig), first);

    eco(rig, { name: 'kept' }, { name: 'api', env: { A: 'b' }, max_restarts: 4 }, { name: 'many', exec_mode: 'fork', instances: 2 }, { name: 'live', env: { X: '1' } });
    const text = await rig.ok('plan', 'eco.json');
    assert.match(text, /~ api \(1\): restart\n {4}max_restarts +16 -> 4\n {4}env\.A +a -> b\n {4}env\.GONE +- 1\n/);
    assert.match(text, /~ many \(3, 4, 5\): at once, the program is not touched\n {4}instances +3 -> 2\n/);
    assert.match(text, /\+ live: start\n- old \(2\): no longer in the file, and left alone without --prune\n= kept: unchanged\n\n1 to start, 2 to change\n$/);
    const r = await rig.mgr('diff', 'eco.json', '--detailed-exitcode');
    assert.equal(r.code, 2);
    assert.deepEqual(await pids(rig), first, 'still nothing was touched');

    const done = await rig.mgr('apply', 'eco.json');
    assert.equal(done.code, 0, done.err);
    assert.match(done.err, /`old` is no longer in the file and runs on: --prune removes it/);
    const second = await pids(rig);
    assert.deepEqual([second['kept'], second['old'], second['many']], [first['kept'], first['old'], first['many']?.slice(0, 2)]);
    const [api = 0] = second['api'] ?? [];
    assert.notDeepEqual([api], first['api']);
    assert.deepEqual([environ(api)['A'], environ(api)['GONE'], environ(api)['pm_id']], ['b', undefined, '1']);

    assert.match(await rig.ok('apply', 'eco.json', '--prune'), /\[old\]\(2\) ✓ removed/);
    assert.equal((await pids(rig))['old'], undefined);
    for (const pid of first['old'] ?? []) assert.equal(alive(pid), false);
    // What the supervisor alone goes by changes without a restart, and is in force.
    eco(rig, { name: 'kept', max_restarts: 2, autorestart: false }, { name: 'api', env: { A: 'b' }, max_restarts: 4 }, { name: 'many', exec_mode: 'fork', instances: 2 }, { name: 'live', env: { X: '1' } });
    assert.match(await rig.ok('apply', 'eco.json'), /\[kept\]\(0\) ✓ changed, not touched/);
    assert.deepEqual((await pids(rig))['kept'], first['kept']);
    process.kill(first['kept']?.[0] ?? 0, 'SIGKILL');
    await rig.status('kept', 'stopped');
    // A job that is done is left alone; what a person stopped, or gave up, is started.
    assert.deepEqual((await planned(rig)).filter((l) => !l.startsWith('keep')), []);
    await rig.ok('stop', 'live');
    assert.match(await rig.ok('plan', 'eco.json'), /\+ live \(6\): start \(it is stopped\)/);
    const again = await rig.mgr('apply', 'eco.json');
    assert.match(again.out, /\[live\]\(6\) ✓ started/);
    assert.doesNotMatch(again.err, /restarted/);
    await rig.status('live', 'online');
    // A saved list that was brought back is no change, whatever was stopped in it.
    await rig.ok('stop', 'live');
    await rig.ok('save');
    await rig.ok('kill');
    await rig.ok('resurrect');
    assert.deepEqual((await planned(rig)).filter((l) => !l.startsWith('keep')), ['start live']);
    await rig.ok('apply', 'eco.json');
    assert.match(await rig.ok('plan', 'eco.json'), /nothing to do/);
    await rig.ok('scale', 'many', '4');
    assert.match(await rig.ok('apply', 'eco.json'), /^(\[many\]\(\d+\) ✓ scaled\n){2}(?!\[)/);
  }));

  test('one that fails keeps no other from its change', () => within(async (rig) => {
    eco(rig, { name: 'a', env: { V: '1' } }, { name: 'b', env: { V: '1' } });
    await rig.ok('apply', 'eco.json');
    const first = await pids(rig);
    const broken = rig.file('broken.sh', '#!/bin/sh\necho no config >&2\nexit 3\n', 0o755);
    eco(rig, { name: 'a', script: broken, interpreter: 'sh', wait_ready: true, autorestart: false }, { name: 'b', env: { V: '2' } }, { name: 'c', script: './not-there.js' });
    const r = await rig.mgr('apply', 'eco.json', '--prune');
    assert.equal(r.code, 1);
    assert.match(r.err, /`a` did not come up: .*no config/);
    assert.match(r.err, /cannot start `c`: script \.\/not-there\.js does not exist/);
    assert.match(r.out, /\[b\]\(1\) ✓ restarted/);
    assert.notDeepEqual((await pids(rig))['b'], first['b']);
    const twice = await rig.mgr('plan', eco(rig, { name: 'a' }, { name: 'a' }));
    assert.equal(twice.code, 1);
    assert.match(twice.err, /two apps of the file are called `a`/);
    assert.match((await rig.mgr('plan', 'sleep.sh')).err, /`sleep\.sh` is no config file/);
  }));

  test('two at once start nothing twice; a daemon that is killed on the way is followed by one that ends it', () => within(async (rig) => {
    const apps = ['a', 'b', 'c'].map((name) => ({ name, env: { V: '1' } }));
    eco(rig, ...apps);
    await rig.ok('ping');
    await Promise.all([rig.ok('apply', 'eco.json'), rig.ok('apply', 'eco.json'), rig.ok('apply', 'eco.json')]);
    assert.equal((await rig.rows()).length, 3);
    // A program that does not hear the signal holds the restart up for its kill_timeout.
    const deaf = rig.file('deaf.sh', '#!/bin/sh\ntrap "" INT\necho up $V\nwhile :; do sleep 0.05; done\n', 0o755);
    eco(rig, { name: 'deaf', script: deaf, kill_timeout: 1500, env: { V: '1' } });
    await rig.ok('apply', 'eco.json');
    const [before = 0] = (await pids(rig))['deaf'] ?? [];
    eco(rig, { name: 'deaf', script: deaf, kill_timeout: 1500, env: { V: '2' } });
    const running = rig.mgr('apply', 'eco.json');
    await waitFor('the stop', async () => (await rig.row('deaf')).pm2_env['status'] === 'stopping');
    await rig.killDaemon();
    assert.equal((await running).code, 1);
    // Whatever came of it: the next apply ends with the new declaration in force, and one program.
    await rig.ok('apply', 'eco.json');
    const [after = 0] = (await pids(rig))['deaf'] ?? [];
    assert.deepEqual([after === before, environ(after)['V']], [false, '2']);
    assert.equal(alive(before), false);
    assert.match(await rig.ok('plan', 'eco.json'), /nothing to do|- /);
  }));

  test('the shell of the apply does not count, unless it is asked for', () => within(async (rig) => {
    eco(rig, { name: 'a' });
    const bin = path.join(ROOT, 'bin/mgr.js');
    const apply = (env: Record<string, string>, ...flags: string[]) => rig.run(rig.node, [bin, 'apply', 'eco.json', ...flags], env);
    await apply({ SHELL_ONE: '1' });
    const first = await pids(rig);
    await apply({ SHELL_TWO: '2' });
    assert.deepEqual(await pids(rig), first);
    assert.equal((await apply({ SHELL_TWO: '2' }, '--update-env')).code, 0);
    const [pid = 0] = (await pids(rig))['a'] ?? [];
    assert.deepEqual([environ(pid)['SHELL_ONE'], environ(pid)['SHELL_TWO']], [undefined, '2']);
  }));
});

describe('secrets', { timeout: 120_000 }, () => {
  test('by reference: in the program, and in no file, list, event or answer', () => within(async (rig) => {
    const key = rig.file('key', `${SECRET}\n`, 0o600);
    const secret = { name: 'sec', env: { KEY: { secret: 'file:key' }, CMD: { secret: `cmd:cat ${key} | tr a-z A-Z` } } };
    eco(rig, secret, { name: 'clu', script: rig.file('clu.js', 'setInterval(() => {}, 1000)'), instances: 2, env: { KEY: { secret: `file:${key}` } } });
    await rig.ok('ping');
    const events: string[] = [];
    const bus = pm2Subscriber(path.join(rig.home, 'pub.sock'), (topic, payload) => events.push(topic + JSON.stringify(payload)));
    await rig.ok('apply', 'eco.json');
    for (const row of await rig.rows()) assert.equal(environ(row.pid)['KEY'], SECRET, row.name);
    assert.equal(environ((await rig.row('sec')).pid)['CMD'], SECRET.toUpperCase());
    await rig.ok('restart', 'all');
    await rig.ok('reload', 'clu');
    await rig.ok('save');
    process.kill((await rig.row('sec')).pid, 'SIGKILL');
    await waitFor('the next run', async () => (await rig.row('sec')).pm2_env['restart_time'] === 2);
    await rig.killDaemon();
    assert.equal(environ((await rig.row('sec')).pid)['KEY'], SECRET);
    await rig.ok('restart', 'sec');
    assert.equal(environ((await rig.row('sec')).pid)['KEY'], SECRET);
    const said = (await Promise.all([['jlist', '--show-secrets'], ['prettylist'], ['describe', 'sec', '--show-secrets'], ['env', 'sec', '--show-secrets'], ['env', 'sec', '--explain', '--show-secrets'], ['plan', 'eco.json', '--json', '--show-secrets']].map((args) => rig.ok(...args)))).join('\n');
    await waitFor('events', () => events.some((e) => e.includes('"restart"')));
    bus.close();
    for (const text of [SECRET, SECRET.toUpperCase()]) {
      assert.deepEqual(holding(rig.home, text), []);
      assert.ok(!said.includes(text));
      assert.ok(!events.some((e) => e.includes(text)));
    }
    assert.match(await rig.ok('env', 'sec'), new RegExp(`KEY: \\{secret file:${key}\\}`));
    // It is gone: the start fails, says why, and prints nothing of it.
    fs.rmSync(key);
    const r = await rig.mgr('restart', 'sec');
    assert.equal(r.code, 1);
    assert.match(r.err, /cannot start `sec`: secret \w+: .*(does not exist|exit code \d+)/);
  }));

  test('what looks like one is masked everywhere, shown on demand, and a mask that comes back harms nobody', () => within(async (rig) => {
    const env = { DB_PASSWORD: SECRET, URL: `postgres://app:${SECRET}@db/x`, PLAIN: 'plain' };
    eco(rig, { name: 'a', env });
    await rig.ok('ping');
    const events: string[] = [];
    const bus = pm2Subscriber(path.join(rig.home, 'pub.sock'), (topic, payload) => events.push(topic + JSON.stringify(payload)));
    await rig.ok('start', 'eco.json');
    for (const args of [['jlist'], ['prettylist'], ['describe', 'a'], ['env', 'a'], ['env', 'a', '--explain']]) {
      const { out, err } = await rig.mgr(...args);
      assert.ok(!out.includes(SECRET) && !err.includes(SECRET) && out.includes('plain') && out.includes('***'), args.join(' '));
      assert.ok((await rig.ok(...args.map((a) => a), '--show-secrets')).includes(SECRET), `${args.join(' ')} --show-secrets`);
    }
    await rig.ok('save');
    const [entry] = JSON.parse(rig.read('dump.pm2')) as { env: Record<string, string>; DB_PASSWORD: string; mgr: unknown }[];
    assert.deepEqual([entry?.DB_PASSWORD, entry?.env['DB_PASSWORD'], entry?.env['URL']], ['***', '***', 'postgres://app:***@db/x']);

    // A client of PM2's gives back what it got from us, and more.
    const client = await Pm2Client.open(path.join(rig.home, 'rpc.sock'));
    const [row] = await client.call('getMonitorData', {}) as Row[];
    assert.ok(row);
    const got = row.pm2_env['env'] as Record<string, string>;
    assert.equal(got['DB_PASSWORD'], '***');
    await client.call('restartProcessId', { id: row.pm_id, env: { ...got, MORE: '1', OTHER_TOKEN: '***', current_conf: {} } });
    const seen = environ((await rig.row('a')).pid);
    assert.deepEqual([seen['DB_PASSWORD'], seen['URL'], seen['MORE'], seen['OTHER_TOKEN']], [SECRET, env.URL, '1', undefined]);
    // The saved list by PM2's own resurrect: its entries are prepared as they stand in the file.
    await rig.ok('delete', 'a');
    await client.call('prepare', { ...entry });
    const again = environ((await rig.row('a')).pid);
    assert.deepEqual([again['DB_PASSWORD'], again['URL']], [SECRET, env.URL]);
    await waitFor('events', () => events.some((e) => e.includes('"delete"')));
    bus.close();
    // The saved list as PM2's client writes it, from what it sees of us.
    fs.writeFileSync(path.join(rig.home, 'dump.pm2'), JSON.stringify((await client.call('getMonitorData', {}) as Row[]).map((r) => r.pm2_env)));
    client.close();
    await rig.ok('kill');
    await rig.ok('resurrect');
    const back = environ((await rig.row('a')).pid);
    assert.deepEqual([back['DB_PASSWORD'], back['URL']], [SECRET, env.URL]);
    // Whoever has scripts that read them may have them shown.
    await rig.ok('set', 'mgr:mask_secrets', 'false');
    assert.equal((await rig.row('a')).pm2_env['DB_PASSWORD'], SECRET);
    await rig.ok('unset', 'mgr:mask_secrets');
    assert.equal((await rig.row('a')).pm2_env['DB_PASSWORD'], '***');
    assert.ok(!events.some((e) => e.includes(SECRET)));
  }));

  test('env --explain: which of all the places a variable comes from', () => within(async (rig) => {
    rig.file('app.js', 'setInterval(() => {}, 1000)');
    rig.file('eco.json', JSON.stringify({ apps: [{ name: 'a', script: 'app.js', port: 7, env: { A: 'env', B: 'env', PORT: 1 }, env_prod: { A: 'prod', LOST: null }, filter_env: ['LANG'], increment_var: 'N', instances: 1, exec_mode: 'fork' }] }));
    await rig.ok('start', 'eco.json', '--env', 'prod');
    await rig.ok('set', 'a:mode', 'fast');
    await rig.ok('set', 'a:B', 'set');
    const rows = JSON.parse(await rig.ok('env', 'a', '--explain', '--json')) as { name: string; from: string; value?: string; shadows: unknown[] }[];
    const of = (name: string) => { const r = rows.find((x) => x.name === name); return r && [r.from, r.value, r.shadows.length]; };
    assert.deepEqual(['A', 'B', 'PORT', 'LANG', 'N', 'mode', 'pm_id', 'PATH'].map((n) => of(n)?.slice(0, 1)[0]), ['env_prod', 'settings', 'port', 'filter_env', 'increment_var', 'settings', 'mgr', 'shell']);
    assert.deepEqual([of('A'), of('B')], [['env_prod', 'prod', 1], ['settings', 'set', 1]]);
    // What it says is what the program has.
    const seen = environ((await rig.row('a')).pid);
    for (const { name, value } of rows) if (value !== undefined && !['pm_uptime', 'restart_time', 'status'].includes(name)) assert.equal(seen[name], value, name);
    assert.match(await rig.ok('env', 'a', '--explain'), /A +env_prod in eco\.json +env \(env in eco\.json\) +prod/);
  }));
});
