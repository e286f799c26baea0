// `mgr startup`: the texts it writes, read back by the tools they are for where those are there; what it says and runs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { shellWord } from '../../src/base/shell.js';
import { launchd } from '../../src/cli/startup/launchd.js';
import { openrc } from '../../src/cli/startup/openrc.js';
import { platformOf } from '../../src/cli/startup/platform.js';
import type { Service } from '../../src/cli/startup/service.js';
import { systemd } from '../../src/cli/startup/systemd.js';
import { rig } from './rig.js';

const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const plain: Service = { name: 'mgr-root', user: 'root', home: '/root/.mgr', path: '/usr/bin:/bin', node: process.execPath, flags: ['--optimize-for-size'], bin: '/opt/mgr/bin', waitIp: false };
/** What people have in their paths. */
const odd: Service = { ...plain, home: '/srv/a b/100%/$x/"q"/\\back', path: '/opt/it\'s/bin:/bin', bin: '/opt/m g r/bin' };

async function tempFolder(body: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-u-'));
  try { await body(dir); } finally { fs.rmSync(dir, { recursive: true, force: true }); }
}

test('the init by its word or by its command; others are named and refused', () => {
  assert.equal(platformOf('ubuntu', () => false), 'systemd');
  assert.equal(platformOf('Darwin', () => false), 'launchd');
  assert.equal(platformOf(undefined, (c) => c === 'rc-update'), 'openrc');
  assert.equal(platformOf(undefined, () => true), 'systemd');
  assert.throws(() => platformOf('upstart', () => true), (e: Error & { hint?: string }) => /`upstart`, which is not supported/.test(e.message) && /systemd, openrc or launchd/.test(e.hint ?? ''));
  assert.throws(() => platformOf(undefined, () => false), /neither systemctl, rc-update nor launchctl/);
});

test('systemd: what a restart of the unit must not touch is said in the unit', () => {
  const { text, file, on } = systemd({ ...plain, user: 'ann', waitIp: true });
  assert.equal(file, '/etc/systemd/system/mgr-root.service');
  for (const line of ['Type=exec', 'KillMode=process', 'OOMPolicy=continue', 'User=ann', 'Restart=on-failure', 'RestartForceExitStatus=75', 'After=network-online.target', 'Environment="MGR_HOME=/root/.mgr"', 'Environment=MGR_UNIT_RESTART=/run/%N.restart', 'WantedBy=multi-user.target',
    `ExecStart=${process.execPath} --optimize-for-size /opt/mgr/bin/daemon.js --unit`]) assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  assert.deepEqual(on, [['systemctl', 'daemon-reload'], ['systemctl', 'enable', 'mgr-root.service']]);
  assert.match(systemd(odd).text, /^Environment="MGR_HOME=\/srv\/a b\/100%%\/\$x\/\\"q\\"\/\\\\back"$/m);
});

test('systemd reads the unit back without a word of complaint', { skip: !has('systemd-analyze') }, () => tempFolder((dir) => {
  for (const service of [plain, { ...plain, waitIp: true }, { ...odd, node: '/bin/sh' }]) {
    const file = path.join(dir, 'mgr-root.service');
    fs.writeFileSync(file, systemd(service).text);
    const r = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8', env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' } });
    // It looks at every unit the machine has: only words about ours count.
    const about = `${r.stdout}${r.stderr}`.split('\n').filter((l) => l.includes('mgr-root'));
    assert.deepEqual(about, []);
  }
  // It would complain: a unit with a misspelt key.
  const bad = path.join(dir, 'mgr-bad.service');
  fs.writeFileSync(bad, systemd(plain).text.replace('KillMode=process', 'KillMod=process'));
  const r = spawnSync('systemd-analyze', ['verify', '--man=no', bad], { encoding: 'utf8' });
  assert.match(`${r.stdout}${r.stderr}`, /KillMod/);
}));

test('OpenRC: a script that a shell reads, odd paths whole', () => tempFolder((dir) => {
  const { text, mode } = openrc(odd);
  const script = path.join(dir, 'mgr-root');
  fs.writeFileSync(script, `${text}\neval "set -- $command_args"; printf '%s\\n' "$MGR_HOME" "$PATH" "$command" "$@"`, { mode });
  const r = spawnSync('/bin/sh', [script], { encoding: 'utf8' });
  assert.equal(r.stderr, '');
  assert.deepEqual(r.stdout.split('\n').slice(0, -1), [odd.home, odd.path, '/bin/sh', '/opt/m g r/bin/guardian.sh', process.execPath, '--optimize-for-size', '/opt/m g r/bin/daemon.js', '--unit']);
  assert.match(openrc({ ...plain, waitIp: true }).text, /need net/);
}));

test('launchd: well-formed, the same words', () => {
  const { text, file } = launchd({ ...plain, name: 'mgr-ann', home: '/Users/a&b/.mgr' }, '/Users/ann');
  assert.equal(file, '/Users/ann/Library/LaunchAgents/mgr.ann.plist');
  assert.match(text, /<string>\/Users\/a&amp;b\/\.mgr<\/string>/);
  assert.doesNotMatch(text, /UserName/);
  assert.match(text, /<key>AbandonProcessGroup<\/key>\s*<true\/>/);
  const root = launchd(plain, undefined);
  assert.equal(root.file, '/Library/LaunchDaemons/mgr.root.plist');
  assert.match(root.text, /<key>UserName<\/key>\s*<string>root<\/string>/);
  if (has('python3')) {
    const r = spawnSync('python3', ['-c', 'import plistlib,sys,json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'], { input: text, encoding: 'utf8' });
    assert.deepEqual((JSON.parse(r.stdout) as { ProgramArguments: string[] }).ProgramArguments, [process.execPath, '--optimize-for-size', '/opt/mgr/bin/daemon.js', '--unit']);
  }
});

test('it shows what it writes and what it runs; unstartup takes it back', () => tempFolder(async (dir) => {
  const bin = path.join(dir, 'bin');
  const log = path.join(dir, 'log');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'systemctl'), `#!/bin/sh\necho "$*" >> ${shellWord(log)}\necho told >&2\n`, { mode: 0o755 });
  const env = { PATH: `${bin}:/usr/bin:/bin`, MGR_STARTUP_ROOT: dir, MGR_HOME: '/tmp/mgr-none' };
  const file = path.join(dir, 'etc/systemd/system/mgr-root.service');
  const shown = rig({}, { env });
  assert.equal(await shown.run('startup', '--print'), 0);
  assert.equal(fs.existsSync(file) || fs.existsSync(log), false, 'printing changes nothing');
  assert.match(shown.stdout, /^# \/etc\/systemd\/system\/mgr-root\.service\n\[Unit\]/);
  const r = rig({}, { env });
  assert.equal(await r.run('startup', 'systemd', '--hp', '/srv/x'), 0, r.stderr);
  const text = fs.readFileSync(file, 'utf8');
  assert.ok(r.stdout.includes(text), 'exactly what it writes');
  assert.match(text, /MGR_HOME=\/srv\/x\/\.mgr/);
  assert.equal(fs.readFileSync(log, 'utf8'), 'daemon-reload\nenable mgr-root.service\n');
  const back = rig({}, { env });
  assert.equal(await back.run('unstartup'), 0);
  assert.equal(fs.existsSync(file), false);
  assert.match(fs.readFileSync(log, 'utf8'), /disable mgr-root\.service\ndaemon-reload\n$/);
  assert.equal(await rig({}, { env }).run('unstartup'), 0, 'twice is no fault');
  fs.writeFileSync(path.join(bin, 'systemctl'), '#!/bin/sh\nexit 4\n', { mode: 0o755 });
  const failed = rig({}, { env });
  assert.equal(await failed.run('startup'), 1);
  assert.match(failed.stderr, /systemctl daemon-reload ended with status 4/);
  const name = rig({}, { env });
  assert.equal(await name.run('startup', '--service-name', '../x'), 1);
  assert.match(name.stderr, /--service-name: got `\.\.\/x`/);
}));

test('not root: the line to run, status 1', () => tempFolder(async (dir) => {
  // A root of its own also here: were the refusal broken, nothing of the machine must be written.
  const r = rig({}, { env: { PATH: '/a b', MGR_HOME: '', MGR_STARTUP_ROOT: dir }, uid: 1000 });
  assert.equal(await r.run('startup', 'systemd', '--wait-ip'), 1);
  assert.equal(r.stdout, `sudo env 'PATH=/a b' ${process.execPath} /opt/mgr/bin/mgr.js startup systemd -u root --hp /root --wait-ip\n`);
  assert.match(r.stderr, /services of the system are root's/);
  assert.deepEqual(fs.readdirSync(dir), []);
}));
