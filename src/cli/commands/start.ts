import type { AppSpec } from '../../config/spec.js';
import { isConfigFile } from '../../config/ecosystem.js';
import { MgrError } from '../../base/errors.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { appFlags, appOf, appsOf, FILE_FLAGS, fileAt, patchOf } from '../apps.js';
import type { Apps } from '../apps.js';
import { presentEnv } from '../env.js';
import { isOn, targetsOf } from '../values.js';
import type { Cli, Command, Input } from '../world.js';
import { report } from './outcome.js';

type Outcomes = Outcome<ProcessView[]>[];

const DEFAULT_FILES = ['ecosystem.config.js', 'ecosystem.config.cjs', 'ecosystem.config.mjs', 'ecosystem.config.ts', 'ecosystem.json', 'ecosystem.yml', 'ecosystem.yaml'];

/**
 * What a word means, in this order (pm2-facts 1.4): `-` and config files; a managed name or namespace, `all`, an id
 * (these are restarted); else a script, a command or a shell line.
 */
export const start: Command = {
  args: '[what...]',
  get options() {
    return [...appFlags(), ...FILE_FLAGS, { flags: '-a, --update-env', summary: 'lay the present environment over the one of a known app' }, { flags: '-f, --force', summary: 'a second copy of a script that already runs' }];
  },
  async run(cli, input) {
    const given = targetsOf(input);
    const outcomes: Outcomes = [];
    for (const word of given.length > 0 ? given : [defaultFile(cli)]) outcomes.push(...await startWord(cli, word, input));
    return report(cli, outcomes);
  },
};

async function startWord(cli: Cli, word: string, input: Input): Promise<Outcomes> {
  if (word === '-' || isConfigFile(word)) return launch(cli, await appsOf(cli, word, input), 'restart');
  if (/^[^/.\s]+$/.test(word) && await isManaged(cli, word)) return restartTargets(cli, [word], input);
  return launch(cli, appOf(cli, word, input), isOn(input.options, 'force') ? 'another' : 'refuse');
}

/** Restarts what is managed; flags change the apps on the way. */
export async function restartTargets(cli: Cli, targets: readonly string[], input: Input): Promise<Outcomes> {
  const patch = patchOf(cli, input);
  const env = isOn(input.options, 'updateEnv') ? presentEnv(cli) : undefined;
  return (await cli.daemon()).call('process.restart', { targets, ...(env && { env }), ...(patch && { patch }) }, { deadline: 0 });
}

/** Starts checked apps and tells what could not be checked. The wait has no end of its own: readiness has its own limits. */
export async function launch(cli: Cli, apps: Apps, ifKnown: 'restart' | 'refuse' | 'another'): Promise<Outcomes> {
  if (apps.specs.length === 0) return [...apps.failed];
  const daemon = await cli.daemon();
  const done = await withProgress(cli, apps.specs);
  try {
    return [...await daemon.call('process.start', { apps: apps.specs, ifKnown }, { deadline: 0 }), ...apps.failed];
  } finally {
    done();
  }
}

async function isManaged(cli: Cli, word: string): Promise<boolean> {
  if (word === 'all') return true;
  const { processes } = await (await cli.daemon()).call('process.list', {});
  return /^\d+$/.test(word) || processes.some((v) => v.name === word || v.namespace === word);
}

function defaultFile(cli: Cli): string {
  const found = DEFAULT_FILES.find((f) => fileAt(cli, f) !== undefined);
  if (found === undefined) throw new MgrError('BAD_USAGE', { reason: 'start: got nothing, and there is no ecosystem.config.js here', fix: 'wanted: a script, a command in quotes, a config file, or the name of a managed app' });
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
