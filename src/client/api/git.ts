/** `pullAndRestart` and its kin: git in the folder of an app, then the app is restarted or reloaded. */
import type { ProcessSummary, ProcessTarget, Verb } from '../api-types.js';
import { type Move, moveRepository } from '../repository.js';
import { verb } from '../verb.js';
import type { Core } from './core.js';
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

/** What was changed in the folder by hand is never written over: REPO_FAILED with git's own words. */
export function repositories(core: Core, { restart, reload }: Pick<Processes, 'restart' | 'reload'>): Repositories {
  const moved = async (name: ProcessTarget, move: Move, then: Processes['restart']): Promise<ProcessSummary[]> => {
    const [app] = (await core.records()).filter((p) => p.name === String(name) || String(p.pm_id) === String(name));
    if (!app) throw new Error('process or namespace not found');
    const { pm_cwd: cwd, post_update: postUpdate } = app.pm2_env;
    const change = await moveRepository({ cwd, name: app.name, postUpdate, env: core.session.host.env, say: () => {} }, move);
    return change ? then(name) : [];
  };
  const pullAndReload = verb((name: ProcessTarget) => moved(name, { to: 'newest' }, reload));
  return {
    pullAndRestart: verb((name: ProcessTarget) => moved(name, { to: 'newest' }, restart)),
    pullAndReload,
    gitPullAndReload: pullAndReload,
    pullCommitId: verb((name: ProcessTarget, commit: string) => moved(name, { to: 'commit', commit }, reload)),
    forward: verb((name: ProcessTarget) => moved(name, { to: 'next' }, reload)),
    backward: verb((name: ProcessTarget) => moved(name, { to: 'previous' }, reload)),
  };
}
