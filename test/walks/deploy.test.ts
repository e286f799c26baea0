// `mgr deploy` over an `ssh` that runs sh here: a local bare repository, real git, the layout of pm2-deploy.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, type Ran, type Rig, within } from '../helpers/rig.js';

const BIN = path.join(ROOT, 'bin/mgr.js');

interface Site {
  readonly rig: Rig;
  /** The folder on the "host"; blanks and quotes in its name, as far as a folder can have them. */
  readonly at: string;
  config(over?: Record<string, unknown>): void;
  deploy(...words: string[]): Promise<Ran>;
  git(...args: string[]): string;
  commit(text: string): string;
  read(file: string): string;
  /** Arguments of each ssh, without the remote command. */
  readonly calls: string[];
}

async function withSite(body: (site: Site) => Promise<void>): Promise<void> {
  await within(async (rig) => {
    const log = path.join(rig.dir, 'ssh.log');
    rig.file('bin/ssh', '#!/bin/sh\nfor last; do :; done\nwhile [ $# -gt 1 ]; do printf "%s " "$1"; shift; done >> "$SSH_LOG"\necho >> "$SSH_LOG"\nexec /bin/sh -c "$last"\n', 0o755);
    rig.file('bin/mgr', '#!/bin/sh\necho "mgr $*" >> "$MGR_LOG"\n', 0o755);
    Object.assign(rig.env, {
      PATH: `${path.join(rig.dir, 'bin')}:${rig.env['PATH'] ?? ''}`, SSH_LOG: log, MGR_LOG: path.join(rig.dir, 'mgr.log'), SHELL: '/bin/sh',
      GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null',
    });
    const work = path.join(rig.dir, 'work');
    const bare = path.join(rig.dir, 'repo.git');
    const at = path.join(rig.dir, "it's here");
    const git = (...args: string[]): string => {
      const r = spawnSync('git', args, { cwd: work, env: rig.env, encoding: 'utf8' });
      assert.equal(r.status, 0, r.stderr);
      return r.stdout.trim();
    };
    const commit = (text: string): string => {
      fs.writeFileSync(path.join(work, 'version'), text);
      git('add', '.');
      git('commit', '-qm', text);
      git('push', '-q', 'origin', 'HEAD:main');
      return git('rev-parse', '--short', 'HEAD');
    };
    fs.mkdirSync(work);
    git('init', '-q', '-b', 'main');
    git('init', '-q', '--bare', '-b', 'main', bare);
    git('remote', 'add', 'origin', bare);
    const site: Site = {
      rig, at, git, commit,
      config: (over = {}) => { rig.file('eco.json', JSON.stringify({ apps: [], deploy: { production: { user: 'node', host: ['one', 'two'], ref: 'origin/main', repo: bare, path: at, ...over }, staging: {} } })); },
      deploy: (...words) => rig.mgr('deploy', 'eco.json', ...words),
      read: (file) => fs.readFileSync(path.join(at, file), 'utf8'),
      get calls() { return fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trimEnd().split('\n').map((l) => l.trimEnd()) : []; },
    };
    await body(site);
  });
}

test('setup, update, revert, ref: the layout, the commits, the default post-deploy', () => withSite(async (s) => {
  const first = s.commit('v1');
  s.config({ host: 'one', key: '/k/id', port: 2222, ssh_options: ['StrictHostKeyChecking=no', 'X=y'], 'forward-agent': 'yes', 'post-setup': 'pwd > "$HOME/setup.txt"' });
  const early = await s.deploy('production');
  assert.equal(early.code, 1);
  assert.match(early.err, /is not set up: mgr deploy <file> <environment> setup/);
  const setup = await s.deploy('production', 'setup');
  assert.equal(setup.code, 0, setup.err);
  assert.deepEqual(s.calls[0], '-A -p 2222 -i /k/id -o StrictHostKeyChecking=no -o X=y node@one');
  assert.deepEqual(fs.readdirSync(path.join(s.at, 'shared')).sort(), ['logs', 'pids']);
  assert.equal(fs.realpathSync(path.join(s.at, 'current')), path.join(fs.realpathSync(s.at), 'source'));
  assert.equal(fs.readFileSync(path.join(s.rig.dir, 'setup.txt'), 'utf8').trim().endsWith("it's here/current"), true);
  assert.equal((await s.deploy('production', 'setup')).code, 0, 'twice is fine');

  assert.equal((await s.deploy('production')).code, 0);
  const second = s.commit('v2');
  const r = await s.deploy('production', 'update');
  assert.equal(r.code, 0, r.err);
  assert.equal(s.read('current/version'), 'v2');
  assert.equal(s.read('.deploys'), `${first}\n${second}\n`);
  assert.equal(fs.readFileSync(path.join(s.rig.dir, 'mgr.log'), 'utf8'), 'mgr startOrRestart eco.json --env production\n'.repeat(2));
  assert.equal((await s.deploy('production', 'curr')).out, `${second}\n`);
  assert.equal((await s.deploy('production', 'previous')).out, `${first}\n`);
  assert.equal((await s.deploy('production', 'list')).out, `0\t${second}\n1\t${first}\n`);

  assert.equal((await s.deploy('production', 'revert')).code, 0);
  assert.equal(s.read('current/version'), 'v1');
  assert.match((await s.deploy('production', 'revert', '7')).err, /there is no deployment 7 before the present one/);
  assert.equal((await s.deploy('production', 'ref', 'main')).code, 0);
  assert.equal(s.read('current/version'), 'v2', 'a branch is the one of the repository');
  const none = await s.deploy('production', 'ref', 'nope');
  assert.equal(none.code, 1);
  assert.match(none.err, /there is no nope in the repository/);
  assert.equal(s.read('current/version'), 'v2');
}));

test('hooks in their folders, variables as they are, exec; values are never shell text', () => withSite(async (s) => {
  s.commit('v1');
  const odd = `a'b "c" $(touch ${s.rig.dir}/hacked) \\ %s\n2nd`;
  s.config({ host: 'one', env: { ODD: odd, N: 5 }, 'pre-deploy-local': 'echo local >> order', 'pre-deploy': 'pwd; exit 0', 'post-deploy': 'printf "%s|%s" "$ODD" "$N" > out.txt; cd /; exit 0' });
  await s.deploy('production', 'setup');
  const r = await s.deploy('production');
  assert.equal(r.code, 0, r.err);
  assert.equal(s.read('current/out.txt'), `${odd}|5`);
  assert.match(r.out, /it's here\/source\n/);
  assert.equal(fs.readFileSync(path.join(s.rig.dir, 'order'), 'utf8'), 'local\n');
  assert.equal((await s.deploy('production', 'exec', 'pwd; echo "$N"')).out.trim().split('\n').at(-1), '5');
  const failing = await s.deploy('production', 'exec', 'exit 3');
  assert.equal(failing.code, 1);
  assert.match(failing.err, /one: ssh ended with status 3/);
  assert.equal(fs.existsSync(path.join(s.rig.dir, 'hacked')), false);
  s.config({ host: 'one', 'pre-deploy-local': 'exit 1' });
  const calls = s.calls.length;
  assert.equal((await s.deploy('production')).code, 1);
  assert.equal(s.calls.length, calls, 'nothing was deployed');
}));

test('several hosts: one after the other, the first failure ends it', () => withSite(async (s) => {
  s.commit('v1');
  s.config();
  assert.equal((await s.deploy('production', 'setup')).code, 0);
  assert.deepEqual(s.calls, ['node@one', 'node@two']);
  s.config({ 'pre-deploy': 'exit 9' });
  const r = await s.deploy('production');
  assert.equal(r.code, 1);
  assert.match(r.err, /one: ssh ended with status 9; not touched: two/);
  assert.equal(s.calls.length, 3);
}));

test('what is not pushed is refused, --force deploys all the same', () => withSite(async (s) => {
  s.commit('v1');
  s.config({ host: 'one', 'post-deploy': 'true' });
  fs.copyFileSync(path.join(s.rig.dir, 'eco.json'), path.join(s.rig.dir, 'work/eco.json'));
  s.git('branch', '-q', '--set-upstream-to=origin/main');
  const here = (...words: string[]): Promise<Ran> => s.rig.run('/bin/sh', ['-c', `cd work && exec "$0" "$@"`, s.rig.node, BIN, 'deploy', ...words]);
  assert.equal((await here('production', 'setup')).code, 1, 'the default files are looked for');
  assert.equal((await here('eco.json', 'production', 'setup')).code, 0);
  fs.writeFileSync(path.join(s.rig.dir, 'work/version'), 'dirty');
  const dirty = await here('eco.json', 'production');
  assert.equal(dirty.code, 1);
  assert.match(dirty.err, /local changes are not committed:\n.*M version/);
  s.git('commit', '-qam', 'local');
  assert.match((await here('eco.json', 'production')).err, /1 commit is not pushed/);
  assert.equal((await here('eco.json', 'production', '--force')).code, 0);
  assert.equal(s.read('current/version'), 'v1');
}));

test('wrong input: got, wanted, fix', () => withSite(async (s) => {
  s.config();
  const table: [string[], RegExp][] = [
    [['prodction'], /no environment `prodction`\n.*did you mean `production`/], [['staging'], /deploy\.staging\.host: got nothing, wanted a host/], [['production', 'dance'], /unknown command `dance`/],
    [['production', 'exec'], /got no command/], [['production', 'ref', '--upload-pack=x'], /ref: got `--upload-pack=x`/], [['production', 'revert', '0'], /revert: got `0`/], [[], /got no environment/],
  ];
  for (const [words, said] of table) {
    const r = await s.deploy(...words);
    assert.equal(r.code, 1, words.join(' '));
    assert.match(r.err, said);
  }
  s.config({ host: '-oProxyCommand=touch x' });
  assert.match((await s.deploy('production')).err, /deploy\.production\.host: got .*wanted one word that does not begin with a dash/);
  s.config({ env: { 'A B': 1 } });
  assert.match((await s.deploy('production')).err, /deploy\.production\.env\.A B: got .*the name of a variable/);
  assert.deepEqual(s.calls, []);
}));
