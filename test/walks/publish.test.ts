// Publishing a module: the real command, git with a bare repository beside it, npm, a registry on loopback.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Rig, type Ran } from '../helpers/rig.js';
import { Rig as Registry } from '../modules/registry.js';

const RUN = 'setInterval(() => {}, 1e6);';
const registry = new Registry();
before(async () => {
  await registry.open();
  registry.token = 'abc';
});
after(() => registry.close());

/** A module in a git repository with a remote, an author who is logged in. */
class Author {
  readonly rig: Rig;
  readonly dir: string;
  readonly bare: string;
  constructor(pkg: object, files: Readonly<Record<string, string>> = { 'index.js': RUN }, remote = true) {
    const host = new URL(registry.url).host;
    this.rig = new Rig({ npm_config_registry: registry.url, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_AUTHOR_NAME: 'ann', GIT_AUTHOR_EMAIL: 'a@n', GIT_COMMITTER_NAME: 'ann', GIT_COMMITTER_EMAIL: 'a@n' });
    this.rig.file('.npmrc', `//${host}/:_authToken=abc\n`);
    this.rig.env['npm_config_cache'] = path.join(this.rig.dir, 'npm');
    this.dir = path.join(this.rig.dir, 'm');
    this.bare = path.join(this.rig.dir, 'bare.git');
    for (const [name, text] of Object.entries({ 'package.json': `${JSON.stringify(pkg, undefined, 2)}\n`, ...files })) this.rig.file(path.join('m', name), text);
    this.git('init', '-q', '-b', 'main');
    this.git('add', '.');
    this.git('commit', '-qm', 'first');
    if (!remote) return;
    assert.equal(spawnSync('git', ['init', '-q', '--bare', '-b', 'main', this.bare]).status, 0);
    this.git('remote', 'add', 'origin', this.bare);
    this.git('push', '-q', '-u', 'origin', 'main');
  }

  git(...args: string[]): string {
    const r = spawnSync('git', args, { cwd: this.dir, env: this.rig.env, encoding: 'utf8' });
    assert.equal(r.status, 0, `git ${args.join(' ')}: ${r.stderr}`);
    return r.stdout.trim();
  }

  publish(...args: string[]): Promise<Ran> { return this.rig.mgr('publish', this.dir, '--safe', '300', ...args); }
  version(): unknown { return (JSON.parse(fs.readFileSync(path.join(this.dir, 'package.json'), 'utf8')) as { version: string }).version; }
  /** What a failed release must not have changed. */
  state(): unknown { return [this.version(), this.git('rev-parse', 'HEAD'), this.git('tag'), this.git('status', '--porcelain'), this.git('remote') === 'origin' ? this.git('ls-remote', 'origin') : '']; }
}

async function by(author: Author, body: (a: Author) => Promise<void>): Promise<void> {
  const left = (): string[] => fs.readdirSync(os.tmpdir()).filter((n) => /^mgr-[pk]-/.test(n));
  const before = new Set(left());
  try {
    await body(author);
    assert.deepEqual(left().filter((n) => !before.has(n)), [], 'what was only for the trial is gone');
  } finally {
    await author.rig.close();
  }
}

async function refused(a: Author, text: RegExp, ...args: string[]): Promise<void> {
  const before = a.state();
  const many = registry.published.length;
  const r = await a.publish(...args);
  assert.equal(r.code, 1, r.out);
  assert.match(r.err, text);
  assert.deepEqual(a.state(), before);
  assert.equal(registry.published.length, many);
}

// One after the other: each looks at what lies in the temporary folder.
describe('publish', { concurrency: 1 }, () => {
  test('dry run, then the release, then an installation by its name in another home, and the next one', () => by(new Author({ name: 'pub', version: '1.0.0', scripts: { prepack: 'echo built > built.txt' } }, { 'index.js': RUN, '.gitignore': 'built.txt\n', '.npmignore': '', 'package-lock.json': '{\n  "name": "pub",\n  "version": "1.0.0",\n  "packages": { "": { "version": "1.0.0" } }\n}\n' }), async (a) => {
    const before = a.state();
    const dry = await a.publish('--dry-run');
    assert.equal(dry.code, 0, dry.err);
    for (const part of [/clean, origin\/main takes a push/, /as ann, pub 1\.1\.0 is free/, /packed +pub 1\.1\.0: 3 files/, /built\.txt/, /tried out +installed into an empty home, started/, /would now +commit 1\.1\.0, tag v1\.1\.0, push both to origin\/main, publish pub 1\.1\.0/]) assert.match(dry.out, part);
    assert.deepEqual([a.state(), registry.published.length], [before, 0]);

    const done = await a.publish();
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /committed +1\.1\.0, tagged v1\.1\.0\npushed +to origin\/main\npublished +pub 1\.1\.0/);
    assert.deepEqual([a.version(), a.git('log', '--format=%s'), a.git('status', '--porcelain')], ['1.1.0', '1.1.0\nfirst', '']);
    assert.match(fs.readFileSync(path.join(a.dir, 'package-lock.json'), 'utf8'), /"version": "1\.1\.0",\n {2}"packages": \{ "": \{ "version": "1\.1\.0" \} \}/);
    assert.equal(a.git('ls-remote', 'origin', 'refs/heads/main', 'refs/tags/v1.1.0^{}').split(/\s+/).filter((w) => /^[0-9a-f]{40}$/.test(w)).every((id) => id === a.git('rev-parse', 'HEAD')), true);
    assert.deepEqual([registry.published.at(-1)?.name, registry.published.at(-1)?.['dist-tags']], ['pub', { latest: '1.1.0' }]);

    await a.rig.ok('install', 'pub');
    assert.equal((await a.rig.status('pub', 'online')).pm2_env['version'], '1.1.0');
    const next = await a.publish('--patch', '--tag', 'next', '--no-start');
    assert.equal(next.code, 0, next.err);
    assert.deepEqual([a.version(), registry.published.at(-1)?.['dist-tags']], ['1.1.1', { next: '1.1.1' }]);
  }));

  test('refused before anything is changed', () => by(new Author({ name: 'pre', version: '1.0.0' }), async (a) => {
    const file = path.join(a.dir, 'index.js');
    fs.appendFileSync(file, '// more');
    await refused(a, /the tree is not clean: index\.js\n  → commit or stash/);
    a.git('checkout', '-q', 'index.js');
    a.git('tag', 'v1.1.0');
    await refused(a, /the tag v1\.1\.0 exists/);
    a.git('tag', '-d', 'v1.1.0');
    await refused(a, /--patch and --major at once/, '--patch', '--major');
    await refused(a, /--access.*`everybody`.*public or restricted/, '--access', 'everybody');
    // Somebody else was quicker.
    a.git('commit', '-qm', 'theirs', '--allow-empty');
    a.git('push', '-q');
    a.git('reset', '-q', '--hard', 'HEAD~1');
    a.git('commit', '-qm', 'ours', '--allow-empty');
    await refused(a, /origin\/main has commits that are not here\n  → git pull --rebase origin main/);
    a.git('reset', '-q', '--hard', 'origin/main');
    registry.token = 'other';
    await refused(a, /npm is not logged in at .*\n  → npm login --registry/);
    registry.token = 'abc';
    registry.publish({ name: 'pre', version: '1.1.0' });
    await refused(a, /pre 1\.1\.0 is on .* already/);
    const none = await a.rig.mgr('publish', a.rig.dir);
    assert.deepEqual([none.code, /there is no package\.json/.test(none.err)], [1, true], none.err);
  }));

  test('what does not run, what holds a secret, what lacks a dependency: the version is as it was', () => by(new Author({ name: 'bad', version: '1.0.0', scripts: {} }), async (a) => {
    const commit = (files: Readonly<Record<string, string>>): void => { for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(a.dir, name), text); a.git('add', '-A'); a.git('commit', '-qm', 'x'); a.git('push', '-q'); };
    commit({ 'index.js': "console.error('no such thing as a moon'); process.exit(3);" });
    await refused(a, /does not run: [^]*no such thing as a moon[^]*--no-start[^]*everything is as it was before/);
    commit({ 'index.js': "require('left-behind');", 'package.json': '{"name":"bad","version":"1.0.0","devDependencies":{"left-behind":"1"}}' });
    await refused(a, /Cannot find module 'left-behind'/);
    commit({ 'index.js': RUN, '.env': 'KEY=1' });
    await refused(a, /should stay at home: \.env \(environment variables\)\n  → .*\.npmignore.*--allow-file \.env/);
    commit({ 'package.json': '{"name":"bad","version":"1.0.0","scripts":{"prepack":"echo no compiler >&2; exit 2"}}' });
    await refused(a, /`prepack` of bad ended with code 2\n  → no compiler/);
    commit({ 'package.json': '{"name":"bad","version":"1.0.0","dependencies":{"nowhere-to-be-found":"1"}}' });
    await refused(a, /cannot be installed: .*nowhere-to-be-found/, '--allow-file', '.env');
    commit({ 'package.json': '{"name":"bad","version":"1.0.0"}' });
    assert.match((await a.publish('--allow-file', '.env')).out, /published +bad 1\.1\.0/);
  }));

  test('a push that is refused: commit and tag are taken back', () => by(new Author({ name: 'hook', version: '1.0.0' }), async (a) => {
    fs.writeFileSync(path.join(a.bare, 'hooks/pre-receive'), '#!/bin/sh\necho "only on weekdays" >&2\nexit 1\n', { mode: 0o755 });
    await refused(a, /git push: .*[^]*everything is as it was before: no new version, no commit, no tag/);
    fs.rmSync(path.join(a.bare, 'hooks/pre-receive'));
    fs.writeFileSync(path.join(a.dir, '.git/hooks/pre-commit'), '#!/bin/sh\necho "error: lint says no" >&2\nexit 1\n', { mode: 0o755 });
    await refused(a, /git commit: error: lint says no/);
  }));

  test('a publication that is refused: taken back where nobody has seen it, else told what to do', () => by(new Author({ name: 'late', version: '1.0.0' }), async (a) => {
    registry.refuse = { status: 403, error: 'this name is not yours' };
    try {
      const r = await a.publish();
      assert.equal(r.code, 1);
      for (const part of [/cannot publish late: the registry refused: .*this name is not yours/, /the commit 1\.1\.0 and the tag v1\.1\.0 are on origin\/main already/, /cd \S+\/m && npm publish\n/, /git push origin :refs\/tags\/v1\.1\.0 && git tag -d v1\.1\.0 && git revert --no-edit HEAD && git push origin HEAD:main/]) assert.match(r.err, part);
      assert.deepEqual([a.version(), a.git('tag'), a.git('status', '--porcelain')], ['1.1.0', 'v1.1.0', '']);
      // The way back that was told, word by word.
      const way = /or take it back: +(.*)/.exec(r.err)?.[1] ?? '';
      assert.equal(spawnSync('sh', ['-c', way], { cwd: a.dir, env: a.rig.env }).status, 0);
      assert.deepEqual([a.version(), a.git('tag'), a.git('ls-remote', '--tags', 'origin')], ['1.0.0', '', '']);
      a.git('remote', 'remove', 'origin');
      await refusedHere(a);
      await refused(a, /this name is not yours[^]*everything is as it was before/, '--no-git');
    } finally {
      registry.refuse = undefined;
    }
    assert.match((await a.publish('--no-git', '--major')).out, /published +late 2\.0\.0/);
  }));

  test('package: a tarball here, that install takes', () => by(new Author({ name: '@s/tar', version: '1.0.0' }), async (a) => {
    const packed = await a.rig.ok('package', a.dir);
    assert.equal(packed, `${path.join(fs.realpathSync(a.rig.dir), 's-tar-1.0.0.tgz')}\n`);
    await a.rig.ok('install', packed.trim());
    assert.equal((await a.rig.status('@s/tar', 'online')).pm2_env['version'], '1.0.0');
  }));
});

/** Without a remote everything can be taken back. */
async function refusedHere(a: Author): Promise<void> {
  const facts = (): unknown => [a.version(), a.git('rev-parse', 'HEAD'), a.git('tag'), a.git('status', '--porcelain')];
  const before = facts();
  const r = await a.publish();
  assert.equal(r.code, 1);
  assert.match(r.out, /no remote: nothing will be pushed[^]*committed +1\.1\.0/);
  assert.match(r.err, /this name is not yours[^]*everything is as it was before: no new version, no commit, no tag/);
  assert.deepEqual(facts(), before);
}
