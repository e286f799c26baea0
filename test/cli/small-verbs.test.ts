// The small verbs against a daemon that is not there: what they ask for, what they print, how they end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { readEcosystem } from '../../src/config/ecosystem.js';
import { VERBS } from '../../src/cli/verbs.js';
import { rig, view } from './rig.js';
import type { Answers } from './rig.js';
import type { ActionReply, Outcome, ProcessDetail } from '../../src/protocol/views.js';

const daemon = { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] };
const managed: Answers = { 'process.list': { processes: [view(), view({ id: 1, name: 'db' }), view({ id: 2, name: 'db' })], daemon } };
const given = (r: { asked: readonly { method: string; params: unknown }[] }, method: string): unknown[] => r.asked.filter((a) => a.method === method).map((a) => a.params);

test('sendSignal takes a signal in each of its spellings and names a wrong one', async () => {
  for (const [word, signal] of [['SIGUSR2', 'SIGUSR2'], ['usr2', 'SIGUSR2'], ['12', 'SIGUSR2'], ['-HUP', 'SIGHUP']] as const) {
    const r = rig({ ...managed, 'process.signal': ({ targets }) => targets.map((t) => ({ target: String(t), ok: true, value: [view()] })) });
    assert.equal(await r.run('sendSignal', word, 'api', '1'), 0, r.stderr);
    assert.deepEqual(given(r, 'process.signal'), [{ targets: ['api', '1'], signal }]);
    assert.match(r.stdout, /^\[api\]\(0\) ✓/);
  }
  const bad = rig(managed);
  assert.equal(await bad.run('sendSignal', 'api', 'SIGUSR2'), 1);
  assert.match(bad.stderr, /^mgr: signal: got `api`, wanted a signal such as SIGUSR2/);
  assert.equal(bad.asked.length, 0);
});

test('prettylist: the form people grep', async () => {
  const records = [{ name: 'api', pm2_env: { status: 'online', restart_time: 0, node_args: ['--harmony'], env: { deep: { deeper: { deepest: [1] } } } } }];
  const r = rig({ 'process.jlist': { tag: 'x', text: JSON.stringify(records) } });
  assert.equal(await r.run('prettylist', '-s'), 0);
  for (const word of ["name: 'api'", "status: 'online'", 'restart_time: 0', "node_args: [ '--harmony' ]", 'deepest: [ 1 ]']) assert.ok(r.stdout.includes(word), word);
});

test('send: words are one line; a name of several processes is no guess', async () => {
  const r = rig({ ...managed, 'process.stdin': { delivered: true } });
  assert.equal(await r.run('send', 'api', 'say', '--loud', 'hello'), 0, r.stderr);
  assert.deepEqual(given(r, 'process.stdin'), [{ id: 0, line: 'say --loud hello\n' }]);
  assert.equal(await r.run('send', 'db', 'x'), 1);
  assert.match(r.stderr, /send: `db` is 2 processes, wanted one\n {2}→ name it by its id: 1, 2/);
  assert.equal(await r.run('send', 'dbb', 'x'), 1);
  assert.match(r.stderr, /did you mean `db`\?/);
});

test('attach: typed lines go to the program with the separator, its lines come here, the end of the input ends it', async () => {
  const r = rig({ ...managed, 'process.stdin': { delivered: true }, 'logs.files': [] }, { stdin: 'one\ntwo\nthr' });
  const ended = r.run('attach', '0', ';');
  await r.following;
  r.push({ event: 'log', payload: { id: 0, name: 'api', namespace: 'default', stream: 'out', at: 2e12, data: 'got one\n' } });
  assert.equal(await ended, 0);
  assert.deepEqual(given(r, 'process.stdin'), ['one;', 'two;', 'thr;'].map((line) => ({ id: 0, line })));
  assert.equal(r.stdout, 'got one\n');
});

const reply = (over: Partial<ActionReply>): ActionReply => ({ id: 0, name: 'api', namespace: 'default', at: 0, ...over });

test('trigger prints replies in PM2\'s form and names who did not answer', async () => {
  const outcomes: Outcome<ActionReply[]>[] = [{ target: 'all', ok: true, value: [reply({ data: { action_name: 'hi', return: { a: 1 } } }), reply({ id: 1, name: 'db', error: { code: 'NO_REPLY', message: '', data: { name: 'db', action: 'hi', why: 'within 50 ms' } } })] }];
  const r = rig({ ...managed, 'process.trigger': outcomes });
  assert.equal(await r.run('trigger', 'all', 'hi', 'x y', '--timeout', '50ms'), 1);
  assert.deepEqual(given(r, 'process.trigger'), [{ targets: ['all'], action: 'hi', params: 'x y', deadline: 50 }]);
  assert.equal(r.stdout, '[api:0:default]={"a":1}\n');
  assert.match(r.stderr, /2 processes have received `hi`\nmgr: `db \(1\)` did not answer the action `hi` within 50 ms/);
  const nobody = rig({ ...managed, 'process.trigger': [{ target: 'api', ok: false, error: { code: 'NO_ACTION', message: '', data: { target: 'api', action: 'hi', known: ['bye'] } } }] });
  assert.equal(await nobody.run('trigger', 'api', 'hi'), 1);
  assert.match(nobody.stderr, /^mgr: no running process of `api` has the action `hi`\n {2}→ it has: bye/);
});

test('what only PM2 has is answered in words, status 1, and the daemon is not asked', async () => {
  for (const word of ['link', 'plus', 'login', 'monitor', 'deepUpdate', 'autoinstall', 'profile:cpu', 'logrotate', 'create']) {
    const r = rig();
    assert.equal(await r.run(word, 'x'), 1, word);
    assert.ok(r.stderr.startsWith(`mgr: there is no \`${word}\` here: `), r.stderr);
    assert.match(r.stderr, /\n {2}→ ./);
    assert.deepEqual([r.asked, r.stdout], [[], '']);
  }
});

test('init: a file for this folder, never over another one, and one that its own reader takes', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-init-'));
  try {
    fs.writeFileSync(path.join(dir, 'server.js'), '');
    const first = rig({}, { cwd: dir });
    assert.equal(await first.run('init'), 0, first.stderr);
    const file = path.join(dir, 'ecosystem.config.js');
    assert.equal(first.stdout, `File ${file} generated\n`);
    const { apps } = await readEcosystem(file, { cwd: dir });
    assert.deepEqual(apps.map((a) => [a['name'], a['script'], Object.keys(a['env_production'] ?? {})]), [[path.basename(dir), './server.js', ['NODE_ENV']]]);
    const before = fs.readFileSync(file, 'utf8');
    const again = rig({}, { cwd: dir });
    assert.equal(await again.run('ecosystem', 'simple'), 1);
    assert.match(again.stderr, /is there already; nothing was changed\n {2}→ --force/);
    assert.equal(fs.readFileSync(file, 'utf8'), before);
    assert.equal(await again.run('init', 'simple', '--force'), 0);
    assert.notEqual(fs.readFileSync(file, 'utf8'), before);
    // In a package of type module Node would read a .js file as a module.
    fs.writeFileSync(path.join(dir, 'package.json'), '{ "name": "@me/shop", "type": "module", "main": "server.js" }');
    assert.equal(await again.run('init', 'simple'), 0);
    assert.match(fs.readFileSync(path.join(dir, 'ecosystem.config.cjs'), 'utf8'), /\{ name: 'shop', script: '\.\/server\.js' \}/);
    assert.equal(await again.run('init', 'fancy'), 1);
  } finally { fs.rmSync(dir, { recursive: true }); }
});

test('report: looks without starting anything, masks secrets, ends with the daemon\'s log', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-report-'));
  try {
    fs.writeFileSync(path.join(dir, 'pm2.log'), Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join(''));
    const down = rig({}, { down: true, env: { MGR_HOME: dir } });
    assert.equal(await down.run('report'), 0, down.stderr);
    assert.match(down.stdout, /--- Daemon\nstate {2}not running\n/);
    assert.ok(down.stdout.endsWith('line 28\nline 29\n') && !down.stdout.includes('line 9\n') && down.stdout.includes('line 10\n'));
    const up = rig({
      ...managed, 'module.list': [], 'settings.get': { found: true, value: { mail: { password: 'hunter2', host: 'smtp://bob:hunter2@mx', port: 25 } } },
    }, { env: { MGR_HOME: dir, MGR_API_TOKEN: 'hunter2' } });
    assert.equal(await up.run('report', '--lines', '1'), 0, up.stderr);
    assert.ok(!up.stdout.includes('hunter2'));
    for (const word of ['mail:password', 'mail:port 25', 'smtp://bob:***@mx', 'MGR_API_TOKEN', '\n0   api ']) assert.ok(up.stdout.includes(word), word);
  } finally { fs.rmSync(dir, { recursive: true }); }
});

test('sysinfos: an object, JSON or a tree', async () => {
  const json = rig();
  assert.equal(await json.run('slist', '--json'), 0);
  assert.deepEqual(Object.keys(JSON.parse(json.stdout) as object), ['host', 'cpu', 'memory', 'disk', 'network']);
  const pm2 = rig();
  assert.equal(await pm2.run('slist'), 0);
  assert.match(pm2.stdout, /'RAM Total': \{\s+value: \d+,\s+type: 'metric',\s+unit: 'b',\s+historic: true\s+\}/);
  const tree = rig();
  await tree.run('sysinfos', '-t');
  assert.match(tree.stdout, /^├─ host\n│ {2}├─ name: /);
});

test('cleardump', async () => {
  const r = rig({ 'daemon.clearDump': { file: '/h/dump.pm2' } });
  assert.equal(await r.run('cleardump'), 0);
  assert.match(r.stdout, /^the saved list is empty now: \/h\/dump\.pm2/);
});

test('pull: moves the clone, then reloads the app by its name; nothing new, nothing reloaded', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-pull-'));
  try {
    const env = { PATH: process.env['PATH'] ?? '', HOME: dir, GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
    const sh = (line: string): void => { execFileSync('sh', ['-ec', line], { cwd: dir, env }); };
    sh('git init -q -b main remote; cd remote; git commit -q --allow-empty -m one; git clone -q . ../here; git commit -q --allow-empty -m two');
    const r = rig({
      ...managed, 'process.describe': [{ spec: { name: 'api', cwd: path.join(dir, 'here'), extra: { post_update: ['true'] } } } as unknown as ProcessDetail],
      'process.reload': ({ targets }) => targets.map((t) => ({ target: String(t), ok: true, value: [view()] })),
    }, { env });
    assert.equal(await r.run('pull', '0'), 0, r.stderr);
    assert.deepEqual(given(r, 'process.reload'), [{ targets: ['api'] }]);
    assert.match(r.stdout, /^ran true\n[0-9a-f]{7} -> [0-9a-f]{7} two\n\[api\]\(0\) ✓\n/);
    assert.equal(await r.run('pull', 'api'), 0);
    assert.equal(given(r, 'process.reload').length, 1);
    assert.match(r.stderr, /mgr: api is up to date, nothing was reloaded/);
    assert.equal(await r.run('backward', 'apy'), 1);
    assert.match(r.stderr, /did you mean `api`\?/);
  } finally { fs.rmSync(dir, { recursive: true }); }
});

test('--help fits: every command, nothing cut off', async () => {
  for (const columns of [60, 80, 200]) {
    const r = rig({}, { columns });
    assert.equal(await r.run('--help'), 0);
    for (const line of r.stdout.split('\n').slice(4)) if (line.startsWith('  ')) assert.ok(line.length < columns, line);
    for (const v of VERBS) {
      assert.match(r.stdout, new RegExp(`^  ${v.name} `, 'm'));
      assert.ok(r.stdout.replace(/\s+/g, ' ').includes(v.summary.replace(/\s+/g, ' ')), v.summary);
    }
  }
});
