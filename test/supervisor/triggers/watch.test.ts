// The watcher with real files: what is a change, and what becomes of it when folders come and go.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Changes, type WatchOptions, watchPaths } from '../../../src/supervisor/triggers/watch.js';
import { ROOT } from '../../helpers/rig.js';
import { waitFor } from '../../helpers/wait.js';

class Folder {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mwt-'));
  readonly base = path.join(this.dir, 'app');
  readonly calls: string[][] = [];
  readonly errors: string[] = [];

  constructor(t: TestContext) {
    fs.mkdirSync(this.base);
    t.after(() => fs.rmSync(this.dir, { recursive: true, force: true }));
  }

  write(name: string, text = 'x'): void {
    const file = path.resolve(this.base, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  async watch(t: TestContext, paths: readonly string[] = ['.'], options: Partial<WatchOptions> = {}): Promise<void> {
    const watching = await watchPaths(this.base, paths, { delay: 150, onError: (reason) => this.errors.push(reason), ...options }, (changes: Changes) => { this.calls.push([...changes.keys()].sort()); });
    t.after(() => watching.close());
  }

  /** The next call. What was written before it without a call would be in it. */
  async next(): Promise<string[]> {
    const n = this.calls.length;
    await waitFor('a call', () => this.calls.length > n);
    return this.calls[n] ?? [];
  }
}

test('a build that writes a thousand files is one call', async (t) => {
  const f = new Folder(t);
  for (let i = 0; i < 1000; i++) f.write(`out/${i % 20}/${i}.js`, '0');
  await f.watch(t, ['.'], { delay: 250 });
  const called = f.next();
  for (let i = 0; i < 1000; i++) {
    f.write(`out/${i % 20}/${i}.js`, '1');
    if (i % 50 === 0) await new Promise((r) => setTimeout(r, 20));
  }
  assert.ok((await called).length > 900);
  f.write('again.js');
  assert.deepEqual(await f.next(), ['again.js']);
  assert.equal(f.calls.length, 2);
});

test('paths, patterns, what is taken away, extensions; node_modules and swap files never', async (t) => {
  const f = new Folder(t);
  for (const dir of ['src/gen', 'lib', 'node_modules/x', '.config', '../shared']) fs.mkdirSync(path.join(f.base, dir), { recursive: true });
  await f.watch(t, ['src', '*.json', '.config', '../shared', '!src/gen'], { ext: ['js', 'json'] });
  const called = f.next();
  for (const name of ['src/a.js', 'src/a.txt', 'src/gen/b.js', 'src/.hidden.js', 'src/c.js~', 'src/.d.js.swp', 'p.json', 'q.js', 'lib/e.js', 'lib/p.json', 'node_modules/x/i.js', '.config/f.js', '../shared/g.js']) f.write(name);
  assert.deepEqual(await called, ['../shared/g.js', '.config/f.js', 'p.json', 'src/a.js']);
});

test('a list replaces the dotfiles, not node_modules', async (t) => {
  const f = new Folder(t);
  fs.mkdirSync(path.join(f.base, 'node_modules'));
  await f.watch(t, ['.'], { ignore: ['logs'] });
  const called = f.next();
  for (const name of ['.env', 'logs/a', 'node_modules/b', '.git/HEAD']) f.write(name);
  assert.deepEqual(await called, ['.env']);
});

test('whoever never gives quiet is told all the same', { timeout: 30_000 }, async (t) => {
  const f = new Folder(t);
  await f.watch(t, ['.'], { delay: 400 });
  const busy = setInterval(() => f.write('busy'), 50);
  t.after(() => clearInterval(busy));
  const began = Date.now();
  await waitFor('a call', () => f.calls.length > 0, 20_000);
  assert.ok(Date.now() - began > 9000);
});

test('links: what they point to is watched, circles end', async (t) => {
  const f = new Folder(t);
  f.write('../else/e.js');
  fs.symlinkSync(path.join(f.dir, 'else'), path.join(f.base, 'link'));
  fs.symlinkSync(f.base, path.join(f.base, 'loop'));
  fs.symlinkSync(f.dir, path.join(f.base, 'up'));
  fs.symlinkSync('nowhere', path.join(f.base, 'broken'));
  await f.watch(t);
  const called = f.next();
  f.write('../else/e.js', '2');
  assert.deepEqual(await called, ['link/e.js']);
  assert.deepEqual(f.errors, []);
});

test('a folder that is removed and made again, not yet there, or a link that is pointed elsewhere', async (t) => {
  const f = new Folder(t);
  f.write('src/a.js');
  f.write('../r1/x.js');
  f.write('../r2/x.js');
  fs.symlinkSync(path.join(f.dir, 'r1'), path.join(f.base, 'current'));
  await f.watch(t, ['src', 'later', 'current']);
  fs.rmSync(path.join(f.base, 'src'), { recursive: true });
  fs.mkdirSync(path.join(f.base, 'later'));
  f.write('src/a.js');
  await waitFor('all that changed', () => ['src', 'later'].every((name) => f.calls.flat().includes(name)));
  let called = f.next();
  f.write('src/a.js', '2');
  f.write('later/b.js');
  assert.deepEqual(await called, ['later/b.js', 'src/a.js']);
  called = f.next();
  fs.symlinkSync(path.join(f.dir, 'r2'), path.join(f.base, 'tmp'));
  fs.renameSync(path.join(f.base, 'tmp'), path.join(f.base, 'current'));
  assert.deepEqual(await called, ['current']);
  called = f.next();
  f.write('../r2/x.js', '2');
  assert.deepEqual(await called, ['current/x.js']);
});

test('a file that editors replace', async (t) => {
  const f = new Folder(t);
  f.write('a.js');
  await f.watch(t, ['a.js']);
  for (let i = 0; i < 2; i++) {
    const called = f.next();
    f.write('a.js.new', String(i));
    fs.renameSync(path.join(f.base, 'a.js.new'), path.join(f.base, 'a.js'));
    assert.deepEqual(await called, ['a.js']);
  }
});

test('no descriptors left: it is told and goes on', { timeout: 60_000 }, (t) => {
  const f = new Folder(t);
  f.write('a.js');
  const program = `
    import fs from 'node:fs';
    import 'chokidar';
    import { watchPaths } from ${JSON.stringify(path.join(import.meta.dirname, '../../../src/supervisor/triggers/watch.js'))};
    const errors = [];
    try { for (;;) fs.openSync('/dev/null', 'r'); } catch {}
    const watching = await watchPaths(process.argv[1], ['.'], { delay: 50, onError: (r) => errors.push(r) }, () => {});
    await watching.close();
    fs.writeSync(1, JSON.stringify(errors));
    process.exit(0);
  `;
  const ran = spawnSync('/bin/sh', ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, '--input-type=module', '-e', program, f.base], { encoding: 'utf8', timeout: 30_000, cwd: ROOT });
  assert.match(ran.stdout, /too many open files/, ran.stderr);
  assert.equal(ran.status, 0);
});

test('new folders: with files in them a change, what is written there later too; empty ones none; renamed and removed ones', async (t) => {
  const f = new Folder(t);
  f.write('src/a.js');
  await f.watch(t);
  let called = f.next();
  f.write('src/new/deep/b.js');
  fs.mkdirSync(path.join(f.base, 'empty/very'), { recursive: true });
  assert.ok((await called).includes('src/new'));
  for (const text of ['2', '3']) {
    called = f.next();
    f.write('src/new/deep/b.js', text);
    assert.deepEqual(await called, ['src/new/deep/b.js']);
  }
  called = f.next();
  fs.renameSync(path.join(f.base, 'src/new'), path.join(f.base, 'src/other'));
  assert.deepEqual(await called, ['src/other']);
  called = f.next();
  f.write('src/other/deep/b.js', '4');
  assert.deepEqual(await called, ['src/other/deep/b.js']);
  called = f.next();
  fs.rmSync(path.join(f.base, 'src/other'), { recursive: true });
  assert.ok((await called).includes('src/other'));
  const n = f.calls.length;
  fs.mkdirSync(path.join(f.base, 'empty/more'));
  for (const dir of ['', 'src', 'empty']) fs.chmodSync(path.join(f.base, dir), 0o700);
  called = f.next();
  await new Promise((r) => setTimeout(r, 400));
  f.write('src/a.js', '2');
  assert.deepEqual(await called, ['src/a.js']);
  assert.equal(f.calls.length, n + 1);
});

test('a path that never comes does not keep the others from being watched; a link to a file is that file', async (t) => {
  const f = new Folder(t);
  f.write('../conf/real.json');
  f.write('src/a.js');
  fs.symlinkSync(path.join(f.dir, 'conf/real.json'), path.join(f.base, 'src/conf.json'));
  await f.watch(t, ['src', 'nowhere']);
  let called = f.next();
  f.write('src/a.js', '2');
  assert.deepEqual(await called, ['src/a.js']);
  called = f.next();
  f.write('../conf/real.json', '2');
  assert.deepEqual(await called, ['src/conf.json']);
});

test('by polling, where the system tells nothing', async (t) => {
  const f = new Folder(t);
  f.write('src/a.js');
  await f.watch(t, ['.'], { watcher: { usePolling: true, interval: 50 } });
  // The first look at a file is after the watcher's word that it is ready: what changes before it is no change.
  for (let i = 0; f.calls.length === 0; i++) {
    f.write('src/a.js', 'x'.repeat(i));
    await new Promise((r) => setTimeout(r, 300));
  }
  assert.deepEqual(f.calls[0], ['src/a.js']);
  const called = f.next();
  f.write('src/b.js');
  assert.ok((await called).includes('src/b.js'));
});

test('a folder that is exchanged for another under its name', async (t) => {
  const f = new Folder(t);
  f.write('dist/a.js');
  f.write('next/a.js');
  await f.watch(t, ['.'], { ignore: ['next', 'old'] });
  const called = f.next();
  fs.renameSync(path.join(f.base, 'dist'), path.join(f.base, 'old'));
  fs.renameSync(path.join(f.base, 'next'), path.join(f.base, 'dist'));
  assert.deepEqual(await called, ['dist']);
  // The new one is watched a moment later.
  for (let i = 0; f.calls.length < 2; i++) {
    f.write('dist/a.js', String(i));
    await new Promise((r) => setTimeout(r, 300));
  }
  assert.deepEqual(f.calls[1], ['dist/a.js']);
});
