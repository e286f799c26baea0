/** `pullAndRestart` and its kin: git in the folder of an app, then the app is restarted or reloaded. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { ProcessSummary, ProcessTarget, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import { type Core, usage } from './core.js';
import type { Processes } from './processes.js';

export interface Repositories {
  /** `git pull`, `post_update` commands, restart. Nothing new: nothing is restarted, an empty list. */
  readonly pullAndRestart: Verb<[name: ProcessTarget], ProcessSummary[]>;
  readonly pullAndReload: Verb<[name: ProcessTarget], ProcessSummary[]>;
  readonly gitPullAndReload: Verb<[name: ProcessTarget], ProcessSummary[]>;
  /** Goes to a commit, then reloads. */
  readonly pullCommitId: Verb<[name: ProcessTarget, commit: string], ProcessSummary[]>;
  /** One commit forward on its branch (as its remote has it), or backward, then reloads. */
  readonly forward: Verb<[name: ProcessTarget], ProcessSummary[]>;
  readonly backward: Verb<[name: ProcessTarget], ProcessSummary[]>;
}

/** ms; for each git command and each of `post_update`. */
const PATIENCE = 60_000;

export function repositories(core: Core, { restart, reload }: Pick<Processes, 'restart' | 'reload'>): Repositories {
  type Move = (git: (...args: string[]) => Promise<string>, before: string) => Promise<unknown>;
  const moved = async (name: ProcessTarget, move: Move, then: Processes['restart']): Promise<ProcessSummary[]> => {
    const [app] = (await core.records()).filter((p) => p.name === String(name) || String(p.pm_id) === String(name));
    if (!app) throw new Error('process or namespace not found');
    const cwd = app.pm2_env.pm_cwd;
    const root = await run('git', ['rev-parse', '--show-toplevel'], cwd).catch((e: unknown) => { throw usage(`${app.name}: ${cwd} is in no git repository`, e instanceof Error ? e.message : undefined); });
    const git = (...args: string[]): Promise<string> => run('git', args, root);
    const before = await git('rev-parse', 'HEAD');
    await move(git, before);
    if (await git('rev-parse', 'HEAD') === before) return [];
    for (const command of postUpdate(root, app.name, app.pm2_env['post_update'])) await run('sh', ['-c', command], root);
    return then(name);
  };
  const pull: Move = (git) => git('pull', '--ff-only');
  const pullAndReload = verb((name: ProcessTarget) => moved(name, pull, reload));
  return {
    pullAndRestart: verb((name: ProcessTarget) => moved(name, pull, restart)),
    pullAndReload,
    gitPullAndReload: pullAndReload,
    pullCommitId: verb((name: ProcessTarget, commit: string) => moved(name, async (git) => {
      if (!/^[\w./-]+$/.test(commit) || commit.startsWith('-')) throw usage(`pullCommitId: got ${commit}, wanted a commit, a tag or a branch`);
      await git('fetch', '--all');
      await git('reset', '--keep', commit);
    }, reload)),
    forward: verb((name: ProcessTarget) => moved(name, async (git, before) => {
      await git('fetch', '--all');
      const [next] = (await git('rev-list', '--reverse', '--ancestry-path', `${before}..@{upstream}`)).split('\n');
      if (!next) throw usage(`forward: ${String(name)} is at the newest commit of its branch`);
      await git('reset', '--keep', next);
    }, reload)),
    backward: verb((name: ProcessTarget) => moved(name, (git) => git('reset', '--keep', 'HEAD~1'), reload)),
  };
}

// PM2 looks into these files of the repository, too.
function postUpdate(root: string, name: string, own: unknown): string[] {
  const lists = [own, ...['ecosystem.json', 'process.json', 'package.json'].map((file) => appIn(path.join(root, file), name)?.['post_update'])];
  const list = lists.find((l): l is unknown[] => Array.isArray(l)) ?? [];
  return list.filter((c): c is string => typeof c === 'string');
}

function appIn(file: string, name: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { apps } = JSON.parse(fs.readFileSync(file, 'utf8')) as { apps?: Readonly<Record<string, unknown>>[] };
    return apps?.find((a) => a['name'] === name);
  } catch {
    return undefined; // it is not there, or says nothing about apps
  }
}

function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { cwd, timeout: PATIENCE, maxBuffer: 1 << 24 }, (e, out, err) => {
      if (e) reject(new Error(`${[file, ...args].join(' ')}: ${err.trim() || e.message}`));
      else resolve(out.trim());
    });
  });
}
