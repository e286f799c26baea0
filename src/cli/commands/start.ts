import type { AppSpec } from '../../config/spec.js';
import { isConfigFile } from '../../config/ecosystem.js';
import { MgrError, isMgrError } from '../../base/errors.js';
import type { Target } from '../../protocol/contract.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { appFlags, appOf, appsOf, FILE_FLAGS, fileAt, patchOf } from '../apps.js';
import type { Apps } from '../apps.js';
import { presentEnv } from '../env.js';
import { withoutUnmet } from '../needs.js';
import { count, isOn, targetsOf, text } from '../values.js';
import type { Cli, Command, Input, OptionRow } from '../world.js';
import { writeConfig } from '../write-config.js';
import { checkLook } from './list.js';
import { AFTER_FLAGS, report } from './outcome.js';

type Outcomes = Outcome<ProcessView[]>[];

const DEFAULT_FILES = ['ecosystem.config.js', 'ecosystem.config.cjs', 'ecosystem.config.mjs', 'ecosystem.config.ts', 'ecosystem.json', 'ecosystem.yml', 'ecosystem.yaml'];

/**
 * What a word means, in this order (pm2-facts 1.4): `-` and config files; a managed name or namespace, `all`, an id
 * (these are restarted); else a script, a command or a shell line.
 */
export const start: Command = {
  args: '[what...]',
  get options() {
    return [...appFlags(), ...FILE_FLAGS, { flags: '-a, --update-env', summary: 'lay the present environment over the one of a known app' }, { flags: '-f, --force', summary: 'a second copy of a script that already runs' }, { flags: '-w, --write', summary: 'write what was started to <name>-pm2.json here' }, PARALLEL, ...AFTER_FLAGS];
  },
  async run(cli, input) {
    checkLook(input.options);
    const given = targetsOf(input);
    const outcomes: Outcomes = [];
    for (const word of given.length > 0 ? given : [defaultFile(cli)]) outcomes.push(...await startWord(cli, word, input));
    return report(cli, outcomes, input.options);
  },
};

async function startWord(cli: Cli, word: string, input: Input): Promise<Outcomes> {
  if (word === '-' || isConfigFile(word)) return launch(cli, await appsOf(cli, word, input), 'restart', input);
  if (/^[^/.\s]+$/.test(word) && await isManaged(cli, word)) return restartTargets(cli, [word], input);
  if (text(input.options, 'env') !== undefined) cli.out.notice(`mgr: --env chooses env_<name> of a config file; \`${word}\` is none, so it means nothing here`);
  const apps = appOf(cli, word, input);
  if (isOn(input.options, 'write')) for (const spec of apps.specs) await writeConfig(cli, spec, input);
  return launch(cli, apps, isOn(input.options, 'force') ? 'another' : 'refuse', input);
}

export const PARALLEL: OptionRow = { flags: '--parallel <n>', summary: 'at most so many at a time (default: all)' };

/** Restarts what is managed; flags change the apps on the way. `restart --watch` without a path turns watching over, as PM2's does. */
export async function restartTargets(cli: Cli, targets: readonly string[], input: Input): Promise<Outcomes> {
  if (text(input.options, 'env') !== undefined) throw new MgrError('BAD_USAGE', { reason: `--env chooses env_<name> of a config file, and \`${targets.join(' ')}\` is none`, fix: 'mgr restart ecosystem.config.js --env <name> --only <app>' });
  const patch = patchOf(cli, input);
  const env = isOn(input.options, 'updateEnv') ? presentEnv(cli) : undefined;
  const most = count(input.options, 'parallel', '--parallel', 1);
  const call = async (of: readonly Target[], over: Partial<AppSpec> | undefined): Promise<Outcomes> => (await cli.daemon()).call('process.restart', { targets: of, ...(env && { env }), ...(over && { patch: over }) }, { deadline: 0 });
  const turn = input.verb === 'restart' && input.options['watch'] === true;
  if (!turn && most === undefined) return call(targets, patch);
  const outcomes: Outcomes = [];
  for (const target of targets) {
    const found = await lookUp(cli, target);
    // The daemon says best what is wrong with it.
    if (!found) { outcomes.push(...await call([target], patch)); continue; }
    for (const watching of turn ? [true, false] : [undefined]) {
      const ids = found.filter((v) => watching === undefined || v.watching === watching).map((v) => v.id);
      for (let i = 0; i < ids.length; i += most ?? ids.length) outcomes.push(...await call(ids.slice(i, i + (most ?? ids.length)), watching === undefined ? patch : { ...patch, watch: !watching }));
    }
  }
  return outcomes;
}

async function lookUp(cli: Cli, target: string): Promise<readonly ProcessView[] | undefined> {
  try {
    return await (await cli.daemon()).call('process.describe', { target });
  } catch (e) {
    if (isMgrError(e) && (e.code === 'NOT_FOUND' || e.code === 'NOTHING_MANAGED')) return undefined;
    throw e;
  }
}

/** Starts checked apps and tells what could not be checked. The wait has no end of its own: readiness has its own limits. */
export async function launch(cli: Cli, given: Apps, ifKnown: 'restart' | 'refuse' | 'another', input: Pick<Input, 'options'> = { options: {} }): Promise<Outcomes> {
  const apps = withoutUnmet(given);
  if (apps.specs.length === 0) return [...apps.failed];
  // Apps that need each other are one start: the daemon keeps their order.
  const one = apps.specs.some((s) => s.depends_on !== undefined);
  const most = (one ? undefined : count(input.options, 'parallel', '--parallel', 1)) ?? apps.specs.length;
  const daemon = await cli.daemon();
  const done = await withProgress(cli, apps.specs);
  try {
    const outcomes: Outcomes = [];
    for (let i = 0; i < apps.specs.length; i += most) outcomes.push(...await daemon.call('process.start', { apps: apps.specs.slice(i, i + most), ifKnown }, { deadline: 0 }));
    return [...outcomes, ...apps.failed];
  } finally {
    done();
  }
}

async function isManaged(cli: Cli, word: string): Promise<boolean> {
  if (word === 'all') return true;
  const { processes } = await (await cli.daemon()).call('process.list', {});
  return /^\d+$/.test(word) || processes.some((v) => v.name === word || v.namespace === word);
}

/** The config file of this folder, for `verb` without words. */
export function defaultFile(cli: Cli, verb = 'start'): string {
  const found = DEFAULT_FILES.find((f) => fileAt(cli, f) !== undefined);
  if (found === undefined) throw new MgrError('BAD_USAGE', { reason: `${verb}: got nothing, and there is no ecosystem.config.js here`, fix: verb === 'start' ? 'wanted: a script, a command in quotes, a config file, or the name of a managed app' : 'wanted: a config file' });
  return found;
}

// Many apps take seconds: on a terminal one line counts those that are up.
async function withProgress(cli: Cli, specs: readonly AppSpec[]): Promise<() => void> {
  const total = specs.reduce((n, s) => n + s.instances, 0);
  if (total < 5 || !cli.world.stderr.tty || cli.out.silent) return () => {};
  const names = new Set(specs.map((s) => s.name));
  const up = new Set<number>();
  const show = (): void => cli.out.progress(`starting ${total} programs: ${up.size} online`);
  show();
  const follower = await cli.world.follow(cli.home, { events: ['process'] }, { lost: () => {}, on: (e) => {
    if (e.event !== 'process' || e.payload.event !== 'online' || !names.has(e.payload.name)) return;
    up.add(e.payload.id);
    show();
  } });
  return () => { follower.close(); cli.out.progress(''); };
}
