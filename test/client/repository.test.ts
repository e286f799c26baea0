// `pull`, `forward`, `backward`: with real git, a remote and a clone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { moveRepository } from '../../src/client/repository.js';
import type { Move } from '../../src/client/repository.js';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-git-'));
test.after(() => fs.rmSync(dir, { recursive: true, force: true }));
const env = { PATH: process.env['PATH'], HOME: dir, GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b', GIT_CONFIG_GLOBAL: '/dev/null' };
const git = (cwd: string, ...args: string[]): string => execFileSync('git', args, { cwd, env, encoding: 'utf8' }).trim();

/** A remote with commits one, two, three, each of which writes its name to `file`, and a clone at `one`. */
function clone(name: string): { remote: string; cwd: string; at: () => string } {
  const [remote, cwd] = [path.join(dir, `${name}-remote`), path.join(dir, name)];
  fs.mkdirSync(remote);
  git(remote, 'init', '-q', '-b', 'main');
  const commit = (text: string): void => { fs.mkdirSync(path.join(remote, 'app'), { recursive: true }); fs.writeFileSync(path.join(remote, 'app/file'), text); git(remote, 'add', '.'); git(remote, 'commit', '-qm', text); };
  commit('one');
  git(dir, 'clone', '-q', remote, cwd);
  commit('two');
  commit('three');
  return { remote, cwd: path.join(cwd, 'app'), at: () => fs.readFileSync(path.join(cwd, 'app/file'), 'utf8') };
}
const move = (cwd: string, move: Move, postUpdate?: unknown) => moveRepository({ cwd, name: 'api', postUpdate, env: { ...env, GIT_DIR: '/nowhere' }, say: () => {} }, move);
const fails = (reason: RegExp) => (e: unknown): boolean => { assert.ok(isMgrError(e) && e.code === 'REPO_FAILED', String(e)); assert.match(e.message, reason); return true; };

test('forward, backward, newest, a commit by its name', async () => {
  const { cwd, at } = clone('there');
  assert.equal((await move(cwd, { to: 'next' }))?.subject, 'two');
  assert.equal(at(), 'two');
  assert.equal((await move(cwd, { to: 'previous' }))?.subject, 'one');
  assert.equal((await move(cwd, { to: 'newest' }))?.subject, 'three');
  assert.equal(await move(cwd, { to: 'newest' }), undefined, 'it is there already');
  await assert.rejects(move(cwd, { to: 'next' }), fails(/at the newest commit of its branch/));
  assert.equal((await move(cwd, { to: 'commit', commit: 'HEAD~2' }))?.subject, 'one');
  await assert.rejects(move(cwd, { to: 'previous' }), fails(/git reset --keep HEAD~1: /), 'there is none before the first');
  assert.equal(git(cwd, 'symbolic-ref', '--short', 'HEAD'), 'main', 'still on its branch');
  for (const commit of ['--upload-pack=x', 'a b', '$(x)', '']) await assert.rejects(move(cwd, { to: 'commit', commit }), (e) => isMgrError(e) && e.code === 'BAD_USAGE', commit);
});

test('what was changed by hand is never written over', async () => {
  const { cwd, at } = clone('dirty');
  await move(cwd, { to: 'next' });
  fs.writeFileSync(path.join(cwd, 'file'), 'mine');
  for (const to of ['newest', 'next', 'previous'] as const) await assert.rejects(move(cwd, { to }), fails(/git (?:merge|reset) /));
  assert.equal(at(), 'mine');
  fs.writeFileSync(path.join(cwd, 'notes'), 'of mine, and in nobody\'s way');
  git(cwd, 'checkout', '-q', 'file');
  assert.equal((await move(cwd, { to: 'newest' }))?.subject, 'three');
});

test('post_update: of the app, else of a file in the repository; a failure is told and nothing follows', async () => {
  const { cwd, remote } = clone('post');
  const done = (await move(cwd, { to: 'next' }, ['pwd > where', 'cp app/file copy']))?.commands;
  assert.deepEqual(done, ['pwd > where', 'cp app/file copy']);
  const root = path.dirname(cwd);
  assert.deepEqual([fs.readFileSync(path.join(root, 'where'), 'utf8').trim(), fs.readFileSync(path.join(root, 'copy'), 'utf8')], [fs.realpathSync(root), 'two']);
  await assert.rejects(move(cwd, { to: 'next' }, ['echo why >&2; exit 3', 'touch never']), fails(/echo why >&2; exit 3: why/));
  assert.equal(fs.existsSync(path.join(root, 'never')), false);
  fs.writeFileSync(path.join(remote, 'process.json'), JSON.stringify({ apps: [{ name: 'web', post_update: ['touch wrong'] }, { name: 'api', post_update: ['touch right'] }] }));
  git(remote, 'add', '.');
  git(remote, 'commit', '-qm', 'four');
  assert.deepEqual((await move(cwd, { to: 'newest' }))?.commands, ['touch right']);
});

test('no repository, no upstream', async () => {
  fs.mkdirSync(path.join(dir, 'plain'));
  await assert.rejects(move(path.join(dir, 'plain'), { to: 'newest' }), (e) => fails(/not a git repository/)(e) && isMgrError(e) && /it runs in .*plain/.test(e.hint ?? ''));
  const { cwd } = clone('lonely');
  git(cwd, 'branch', '--unset-upstream');
  await assert.rejects(move(cwd, { to: 'newest' }), fails(/no upstream configured for branch 'main'/));
});
