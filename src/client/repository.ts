/** The git repository a program runs from: moves it to another commit, then runs the commands that follow an update. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { MgrError } from '../base/errors.js';

export type Move =
  | { readonly to: 'newest' }
  /** A commit, tag or branch. */
  | { readonly to: 'commit'; readonly commit: string }
  /** One commit, on the way to the newest one of its branch at the remote. */
  | { readonly to: 'next' }
  | { readonly to: 'previous' };

export interface Repository {
  /** Where the program runs, somewhere inside the repository. */
  readonly cwd: string;
  /** Of the app, to find its `post_update`. */
  readonly name: string;
  /** `post_update` of its declaration, unread. */
  readonly postUpdate?: unknown;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told before each step. */
  readonly say: (text: string) => void;
}

export interface Moved { readonly from: string; readonly to: string; readonly subject: string; readonly commands: readonly string[] }

/** ms; for each git command and each of `post_update`. */
const PATIENCE = 60_000;

/**
 * Undefined: it is there already, nothing was done. What was changed in the folder by hand is never written over
 * (`--keep`, `--ff-only`): git refuses then, and so do we. Throws REPO_FAILED; a failed `post_update` leaves the new
 * commit checked out.
 */
export async function moveRepository(repo: Repository, move: Move): Promise<Moved | undefined> {
  const { name, env } = repo;
  const run = async (dir: string, file: string, args: readonly string[], fix?: string): Promise<string> => {
    const { ok, out, reason } = await execute(file, args, dir, env);
    if (!ok) throw new MgrError('REPO_FAILED', { name, command: file === 'sh' ? args[1] : [file, ...args].join(' '), reason, ...(fix !== undefined && { fix }) });
    return out;
  };
  const root = await run(repo.cwd, 'git', ['rev-parse', '--show-toplevel'], `wanted: a program that runs inside a clone; it runs in ${repo.cwd}`);
  const git = (...args: string[]): Promise<string> => run(root, 'git', args);
  const from = await git('rev-parse', 'HEAD');
  await go(move, git, repo);
  const to = await git('rev-parse', 'HEAD');
  if (to === from) return undefined;
  const commands = postUpdate(root, repo);
  for (const command of commands) {
    repo.say(command);
    await run(root, 'sh', ['-c', command]);
  }
  return { from: from.slice(0, 7), to: to.slice(0, 7), subject: await git('log', '-1', '--format=%s'), commands };
}

async function go(move: Move, git: (...args: string[]) => Promise<string>, { name, say }: Repository): Promise<void> {
  if (move.to === 'previous') {
    await git('reset', '--keep', 'HEAD~1');
    return;
  }
  if (move.to === 'commit' && (!/^[\w./@^~-]+$/.test(move.commit) || move.commit.startsWith('-'))) {
    throw new MgrError('BAD_USAGE', { reason: `pull: got \`${move.commit}\`, wanted a commit, a tag or a branch`, fix: 'mgr pull api 1a2b3c4' });
  }
  say('git fetch');
  await git('fetch', '--quiet', '--all');
  switch (move.to) {
    case 'newest':
      await git('merge', '--quiet', '--ff-only', '@{upstream}');
      return;
    case 'commit':
      await git('reset', '--keep', move.commit);
      return;
    case 'next': {
      const [next] = (await git('rev-list', '--reverse', '--first-parent', 'HEAD..@{upstream}')).split('\n');
      if (!next) throw new MgrError('REPO_FAILED', { name, command: 'git rev-list HEAD..@{upstream}', reason: 'it is at the newest commit of its branch' });
      await git('merge', '--quiet', '--ff-only', next);
    }
  }
}

/** The commands of the declaration, else (as PM2) of the app in one of these files of the repository. */
function postUpdate(root: string, repo: Repository): readonly string[] {
  const lists = [repo.postUpdate, ...['ecosystem.json', 'process.json', 'package.json'].map((file) => declared(path.join(root, file), repo.name))];
  const list: unknown[] = lists.find((l): l is unknown[] => Array.isArray(l)) ?? [];
  return list.filter((c): c is string => typeof c === 'string');
}

function declared(file: string, name: string): unknown {
  try {
    const root = JSON.parse(fs.readFileSync(file, 'utf8')) as { apps?: unknown };
    const apps: unknown = Array.isArray(root) ? root : root.apps;
    return Array.isArray(apps) ? (apps as { name?: unknown; post_update?: unknown }[]).find((a) => a.name === name)?.post_update : undefined;
  } catch {
    return undefined; // it is not there, or says nothing about apps
  }
}

function execute(file: string, args: readonly string[], cwd: string, env: Repository['env']): Promise<{ ok: boolean; out: string; reason: string }> {
  return new Promise((resolve) => {
    // A question for a password would wait for ever: nobody sees it. In a git hook these three mean another repository.
    const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...rest } = env;
    const own = { ...rest, GIT_TERMINAL_PROMPT: '0' };
    execFile(file, args, { cwd, env: own, timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 1 << 24 }, (e, out, err) => {
      const said = err.trim() || out.trim();
      resolve({ ok: !e, out: out.trim(), reason: e?.killed ? `not done within ${PATIENCE / 1000} s` : said.split('\n').slice(0, 5).join('\n') || (e?.message ?? '') });
    });
  });
}
