import path from 'node:path';
import { MgrError } from '../../base/errors.js';
import { run, telling, type Ended } from './run.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the commit and the tag of a release go. Undefined: there is no remote. */
export interface Remote { readonly name: string; readonly branch: string }

/** The repository a module stands in, as far as a release touches it. */
export class Repository {
  readonly #dir: string;
  readonly #env: Env;
  /** `v1.2.0`; in a folder below the root, where several packages may have one repository, `name@1.2.0`. */
  readonly tag: string;
  readonly remote: Remote | undefined;
  /** HEAD before anything was done. */
  readonly head: string;

  private constructor(dir: string, env: Env, facts: { tag: string; remote: Remote | undefined; head: string }) {
    this.#dir = dir;
    this.#env = env;
    this.tag = facts.tag;
    this.remote = facts.remote;
    this.head = facts.head;
  }

  /** Looks at everything a release needs, and changes nothing. Throws PUBLISH with the cure. */
  static async check(dir: string, name: string, version: string, env: Env): Promise<Repository> {
    // Nobody is to be asked for a password in the middle of a check; ssh-agent and credential helpers work.
    const quiet = { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
    const git = (...args: string[]): Promise<Ended> => run('git', args, { cwd: dir, env: quiet, limit: 60_000 });
    const bad = (reason: string, hint: string): MgrError => new MgrError('PUBLISH', { name, reason, hint });
    const top = await git('rev-parse', '--show-toplevel');
    if (top.code === undefined) throw bad('git is not installed', 'install git, or --no-git publishes without commit, tag and push');
    if (!top.ok) throw bad(`${dir} is in no git repository`, 'git init and a first commit; or --no-git publishes without commit, tag and push');
    const head = await git('rev-parse', '-q', '--verify', 'HEAD');
    if (!head.ok) throw bad('the repository has no commit', 'git add . && git commit');
    const dirty = await git('status', '--porcelain');
    if (!dirty.ok) throw bad(`git status: ${telling(dirty)}`, '');
    const files = dirty.out.split('\n').filter((line) => line !== '');
    if (files.length > 0) throw bad(`the tree is not clean: ${files.slice(0, 3).map((line) => line.slice(3)).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`, 'commit or stash them first; git status shows all');
    const branch = (await git('symbolic-ref', '-q', '--short', 'HEAD')).out.trim();
    if (branch === '') throw bad('no branch is checked out (detached HEAD)', 'git switch <branch>');
    const tag = path.resolve(top.out.trim()) === path.resolve(dir) ? `v${version}` : `${name}@${version}`;
    if ((await git('rev-parse', '-q', '--verify', `refs/tags/${tag}`)).ok) throw bad(`the tag ${tag} exists`, `git tag -d ${tag} removes it, if it is one of a release that failed`);
    const remote = await remoteOf(git, branch);
    if (remote !== undefined) await checkRemote(git, remote, tag, bad);
    return new Repository(dir, quiet, { tag, remote, head: head.out.trim() });
  }

  /** Commits what changed below the folder since the check; new files that git does not know stay out. */
  async commit(message: string): Promise<void> {
    await this.#do('add', '-u', '--', '.');
    await this.#do('commit', '-q', '-m', message);
  }

  async addTag(message: string): Promise<void> {
    await this.#do('tag', '-a', this.tag, '-m', message);
  }

  async push({ name, branch }: Remote): Promise<void> {
    // Both or none: a tag without its commit would be a release nobody can find.
    await this.#do('push', '-q', '--atomic', name, `HEAD:refs/heads/${branch}`, `refs/tags/${this.tag}`);
  }

  removeTag(): Promise<void> {
    return this.#do('tag', '-d', this.tag);
  }

  /** Takes our commit back, if it is still the last one; the files stay as they are. */
  async removeCommit(commit: string): Promise<void> {
    if ((await this.now()) !== commit) throw new Error('other commits came after it');
    await this.#do('reset', '-q', '--mixed', this.head);
  }

  /** Forgets what `commit` has added to the index before it failed. */
  unstage(): Promise<void> {
    return this.#do('reset', '-q');
  }

  async now(): Promise<string> {
    return (await run('git', ['rev-parse', 'HEAD'], { cwd: this.#dir, env: this.#env })).out.trim();
  }

  async #do(...args: string[]): Promise<void> {
    const ended = await run('git', args, { cwd: this.#dir, env: this.#env });
    if (!ended.ok) throw new Error(`git ${args[0] ?? ''}: ${telling(ended)}`);
  }
}

async function remoteOf(git: (...args: string[]) => Promise<Ended>, branch: string): Promise<Remote | undefined> {
  const remotes = (await git('remote')).out.split('\n').filter((line) => line !== '');
  const own = (await git('config', '--get', `branch.${branch}.remote`)).out.trim();
  const name = remotes.includes(own) ? own : remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined;
  if (name === undefined) return undefined;
  const merge = (await git('config', '--get', `branch.${branch}.merge`)).out.trim().replace(/^refs\/heads\//, '');
  return { name, branch: name === own && merge !== '' ? merge : branch };
}

async function checkRemote(git: (...args: string[]) => Promise<Ended>, { name, branch }: Remote, tag: string, bad: (reason: string, hint: string) => MgrError): Promise<void> {
  const there = await git('ls-remote', '--tags', name, `refs/tags/${tag}`);
  if (!there.ok) throw bad(`${name} cannot be reached: ${telling(there)}`, 'check the address (git remote -v), the network and your key');
  if (there.out.trim() !== '') throw bad(`${name} has the tag ${tag} already`, 'git fetch --tags, and look at what was released');
  const dry = await git('push', '--dry-run', '--porcelain', name, `HEAD:refs/heads/${branch}`);
  if (dry.ok) return;
  if (/\[rejected\]/.test(dry.out + dry.err)) throw bad(`${name}/${branch} has commits that are not here`, `git pull --rebase ${name} ${branch}`);
  throw bad(`${name} would not take a push: ${telling(dry)}`, 'check that you may write there');
}
