/**
 * Theory of operation. Everything that can be known before is asked before: git, the remote, npm, the registry. Then the new
 * version is written, the tarball made and tried out, and only then comes what others can see. Up to the push every step is
 * taken back when a later one fails; after it nothing is, since others may have it: then it is said what is to be done.
 */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MgrError, errno, isMgrError, reasonOf } from '../../base/errors.js';
import { showSize } from '../../base/units.js';
import { askInstaller, type Packed } from '../../client/installer.js';
import { presentEnv } from '../env.js';
import { installerOf } from '../trust/newer.js';
import type { Cli } from '../world.js';
import { Repository } from './git.js';
import { checkNpm, publishTarball, type NpmOptions } from './npm.js';
import { Steps } from './steps.js';
import { tryOut } from './trial.js';
import { nextVersion, withVersion, type Step } from './version.js';

export interface Wish {
  readonly dir: string;
  readonly step: Step;
  readonly dryRun: boolean;
  readonly git: boolean;
  /** The start of the trial must hold so long, ms; undefined: no start. */
  readonly startMs: number | undefined;
  readonly allowScripts: boolean;
  /** Files that look like secrets and are none. */
  readonly allowed: readonly string[];
  readonly access?: string;
  readonly tag?: string;
  readonly otp?: string;
}

/** Publishes a module. Throws PUBLISH, MODULE_BAD, SCRIPT_FAILED; the tree is as before, or the error tells what is not. */
export async function publish(cli: Cli, wish: Wish): Promise<void> {
  const { dir } = wish;
  const pkg = await readPackage(dir);
  const version = nextVersion(pkg.version, wish.step);
  const npm: NpmOptions = { ...wish, name: pkg.name, env: cli.world.env, ...(pkg.registry !== undefined && { registry: pkg.registry }) };
  cli.out.progress('looking at git and the registry');
  const repository = wish.git ? await Repository.check(dir, pkg.name, version, cli.world.env) : undefined;
  const { user, registry } = await checkNpm(npm, version);
  const { remote, tag } = repository ?? {};
  if (repository !== undefined) cli.out.done(`git        clean${remote === undefined ? '; no remote: nothing will be pushed' : `, ${remote.name}/${remote.branch} takes a push`}`);
  cli.out.done(`registry   ${registry}${user === undefined ? '' : ` as ${user}`}, ${pkg.name} ${version} is free`);
  const steps = new Steps();
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'mgr-k-'));
  let interrupted = false;
  const release = cli.world.onInterrupt(() => { interrupted = true; });
  const stopped = (): MgrError => new MgrError('PUBLISH', { name: pkg.name, reason: 'interrupted', hint: ' ' });
  const go = (): void => { if (interrupted) throw stopped(); };
  try {
    await writeVersion(dir, pkg.version, version, steps);
    const packed = await pack(cli, wish, scratch);
    go();
    await tryOut(cli, { file: packed.file, name: pkg.name, ms: wish.startMs, allowScripts: wish.allowScripts });
    cli.out.done(`tried out  installed into an empty home${wish.startMs === undefined ? '' : `, started, up for ${wish.startMs} ms`}`);
    go();
    if (wish.dryRun) {
      cli.out.done(`would now  ${[...(repository === undefined ? [] : [`commit ${version}`, `tag ${tag ?? ''}`]), ...(remote === undefined ? [] : [`push both to ${remote.name}/${remote.branch}`]), `publish ${pkg.name} ${version}`].join(', ')}`);
      return;
    }
    if (repository !== undefined) await commit(repository, pkg.name, version, steps);
    if (repository !== undefined) cli.out.done(`committed  ${version}, tagged ${repository.tag}`);
    go();
    if (repository !== undefined && remote !== undefined) {
      await repository.push(remote).catch((e: unknown) => { throw new MgrError('PUBLISH', { name: pkg.name, reason: reasonOf(e), hint: ' ' }, e); });
      steps.keep();
      cli.out.done(`pushed     to ${remote.name}/${remote.branch}`);
    }
    await publishTarball(npm, packed.file, registry, process.stdin.isTTY && cli.world.stdout.tty).catch((e: unknown) => {
      throw remote === undefined || repository === undefined ? e : afterPush(e, wish, version, repository);
    });
    steps.keep();
    cli.out.done(`published  ${pkg.name} ${version}; mgr install ${pkg.name} brings it`);
  } catch (e) {
    // Ctrl-C reaches git, npm and the installer too: what they complain of then is no news. After the push it is.
    throw await undone(interrupted && !(isMgrError(e) && e.data['pushed'] === true) ? stopped() : e, steps, wish.dryRun);
  } finally {
    // A dry run has come to its end, and nothing of it is to stay.
    for (const left of await steps.undo()) cli.out.problem(`mgr: ${left}`);
    release();
    cli.out.progress('');
    await fs.rm(scratch, { recursive: true, force: true });
  }
}

async function readPackage(dir: string): Promise<{ readonly name: string; readonly version: string; readonly registry?: string }> {
  const bad = (reason: string, hint: string): MgrError => new MgrError('PUBLISH', { name: dir, reason, hint });
  const text = await fs.readFile(path.join(dir, 'package.json'), 'utf8').catch((e: unknown) => {
    throw errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR' ? bad('there is no package.json', 'mgr publish <folder of the module>') : e;
  });
  let pkg: Readonly<Record<string, unknown>>;
  try {
    pkg = JSON.parse(text.replace(/^\uFEFF/, '')) as typeof pkg;
  } catch (e) {
    throw bad(`its package.json is not JSON: ${reasonOf(e)}`, '');
  }
  const { name, version } = pkg;
  if (typeof name !== 'string' || name === '') throw bad('its package.json has no name', 'e.g. "name": "my-module"');
  if (typeof version !== 'string') throw bad('its package.json has no version', 'e.g. "version": "1.0.0"');
  if (pkg['private'] === true) throw bad('its package.json says `"private": true`', 'take that out when it is to be published');
  const { publishConfig } = pkg;
  const registry: unknown = typeof publishConfig === 'object' && publishConfig !== null && 'registry' in publishConfig ? publishConfig.registry : undefined;
  return { name, version, ...(typeof registry === 'string' && { registry }) };
}

async function writeVersion(dir: string, from: string, to: string, steps: Steps): Promise<void> {
  for (const name of ['package.json', 'package-lock.json', 'npm-shrinkwrap.json']) {
    const file = path.join(dir, name);
    const text = await fs.readFile(file, 'utf8').catch((e: unknown) => { if (errno(e) === 'ENOENT') return undefined; throw e; });
    if (text === undefined) continue;
    const next = withVersion(text, from, to);
    await steps.do(`the version in ${name}`, () => fs.writeFile(file, next), async () => {
      if ((await fs.readFile(file, 'utf8')) !== next) throw new Error('it was changed meanwhile');
      await fs.writeFile(file, text);
    });
  }
}

async function pack(cli: Cli, wish: Wish, to: string): Promise<Packed> {
  const at = { cwd: cli.world.cwd(), env: presentEnv(cli), userHome: cli.world.userHome() };
  const packed = await askInstaller(installerOf(cli), 'pack', { dir: wish.dir, to, publish: true }, at, (event) => cli.out.progress(event.text));
  cli.out.done(`packed     ${packed.name} ${packed.version}: ${packed.files.length} files, ${showSize(packed.bytes)}`);
  const most = wish.dryRun ? packed.files.length : 12;
  cli.out.done(packed.files.slice(0, most).map((f) => `             ${f.path}  ${showSize(f.bytes)}\n`).join('') + (packed.files.length > most ? `             and ${packed.files.length - most} more: --dry-run shows all\n` : ''));
  const leaks = packed.leaks.filter((leak) => !wish.allowed.includes(leak.path));
  if (leaks.length > 0) {
    throw new MgrError('PUBLISH', {
      name: packed.name, reason: `these files should stay at home: ${leaks.map((leak) => `${leak.path} (${leak.why})`).join(', ')}`,
      hint: `name what goes under \`files\` in package.json, or what does not in .npmignore; one that is no secret: --allow-file ${leaks[0]?.path ?? ''}`,
    });
  }
  return packed;
}

async function commit(repository: Repository, name: string, version: string, steps: Steps): Promise<void> {
  const named = (e: unknown): never => { throw new MgrError('PUBLISH', { name, reason: reasonOf(e), hint: ' ' }, e); };
  await repository.commit(version).catch(async (e: unknown) => {
    await repository.unstage().catch(() => undefined); // what counts is why the commit failed
    named(e);
  });
  const made = await repository.now();
  // Only recorded: it was made above.
  await steps.do(`the commit ${made.slice(0, 7)}`, () => Promise.resolve(), () => repository.removeCommit(made));
  await steps.do(`the tag ${repository.tag}`, () => repository.addTag(version).catch(named), () => repository.removeTag());
}

function afterPush(e: unknown, { dir, access, tag }: Wish, version: string, repository: Repository): MgrError {
  const { remote } = repository;
  const to = remote?.name ?? '';
  const words = ['npm publish', ...(access === undefined ? [] : [`--access ${access}`]), ...(tag === undefined ? [] : [`--tag ${tag}`])].join(' ');
  const data = isMgrError(e) ? e.data : { name: version, reason: reasonOf(e), hint: '' };
  return new MgrError('PUBLISH', {
    ...data, pushed: true,
    hint: `${typeof data['hint'] === 'string' ? data['hint'].trim() : ''}\n  the commit ${version} and the tag ${repository.tag} are on ${to}/${remote?.branch ?? ''} already, so they stay; either\n`
      + `  go on, when the cause is gone:  cd ${dir} && ${words}\n`
      + `  or take it back:                git push ${to} :refs/tags/${repository.tag} && git tag -d ${repository.tag} && git revert --no-edit HEAD && git push ${to} HEAD:${remote?.branch ?? ''}`,
  }, e);
}

async function undone(e: unknown, steps: Steps, dryRun: boolean): Promise<unknown> {
  const left = await steps.undo();
  if (!isMgrError(e) || dryRun || e.data['pushed'] === true) return left.length === 0 ? e : new MgrError('PUBLISH', { name: 'it', reason: `${reasonOf(e)}; ${left.join('; ')}`, hint: '' }, e);
  const after = left.length === 0 ? 'everything is as it was before: no new version, no commit, no tag' : left.join('; ');
  return new MgrError(e.code, { ...e.data, ...(e.code === 'PUBLISH' && { hint: `${typeof e.data['hint'] === 'string' && e.data['hint'].trim() !== '' ? `${e.data['hint'].trim()}\n  ` : ''}${after}` }) }, e);
}
