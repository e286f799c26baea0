import { MgrError } from '../../base/errors.js';
import { isConfigFile } from '../../config/ecosystem.js';
import type { Target } from '../../protocol/contract.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { appFlags, appsOf, FILE_FLAGS, fileAt, patchOf } from '../apps.js';
import { presentEnv } from '../env.js';
import { withoutUnmet } from '../needs.js';
import { count, isOn, targetsOf, text } from '../values.js';
import type { Cli, Command, Input, OptionRow } from '../world.js';
import { checkLook } from './list.js';
import { AFTER_FLAGS, report } from './outcome.js';
import { launch } from './start.js';

type Outcomes = Outcome<ProcessView[]>[];

const ENV: OptionRow = { flags: '-a, --update-env', summary: 'lay the present environment over the one it has' };
const FORCE: OptionRow = { flags: '-f, --force', summary: 'give up a reload that is under way, for this one' };
const AT_ONCE: OptionRow = { flags: '--parallel <n>', summary: 'processes of an app at once (default: 2)' };

/**
 * A new process beside each old one; it takes over when it is ready, else the old one serves on and the command fails.
 * A config file: its apps are reloaded with what it declares, and started where they are not known.
 */
export const reload: Command = {
  args: '<targets...>',
  get options() { return [...appFlags(), ...FILE_FLAGS, ENV, FORCE, AT_ONCE, ...AFTER_FLAGS]; },
  async run(cli, input) {
    checkLook(input.options);
    const outcomes: Outcomes = [];
    for (const t of targetsOf(input)) outcomes.push(...isFile(t) ? await fromFile(cli, t, input) : await known(cli, t, input));
    return report(cli, outcomes, input.options);
  },
};

/** `startOrReload` and `startOrGracefulReload`. */
export const startOrReload: Command = fileCommand('reload', [FORCE, AT_ONCE]);
export const startOrRestart: Command = fileCommand('restart', [{ flags: '--parallel <n>', summary: 'apps at a time (default: all)' }]);

function fileCommand(ifKnown: 'reload' | 'restart', more: readonly OptionRow[]): Command {
  return {
    args: '<file>',
    get options() { return [...appFlags(), ...FILE_FLAGS, ENV, ...more, ...AFTER_FLAGS]; },
    async run(cli, input) {
      checkLook(input.options);
      const [file = ''] = targetsOf(input);
      // PM2 takes any name here; what is no config file it starts.
      if (!isFile(file)) throw new MgrError('BAD_USAGE', { reason: `${input.verb}: got \`${file}\`, wanted a config file`, fix: `mgr ${ifKnown} ${file}; or rename it to end in .config.js, .json or .yaml` });
      return report(cli, ifKnown === 'reload' ? await fromFile(cli, file, input) : await launch(cli, await appsOf(cli, file, input), 'restart', input), input.options);
    },
  };
}

const isFile = (target: string): boolean => target === '-' || isConfigFile(target);

async function fromFile(cli: Cli, file: string, input: Input): Promise<Outcomes> {
  const apps = withoutUnmet(await appsOf(cli, file, input));
  if (apps.specs.length === 0) return [...apps.failed];
  const daemon = await cli.daemon();
  return [...await daemon.call('process.start', { apps: apps.specs, ifKnown: 'reload', ...how(cli, input) }, { deadline: 0 }), ...apps.failed];
}

async function known(cli: Cli, target: string, input: Input): Promise<Outcomes> {
  if (text(input.options, 'env') !== undefined) throw new MgrError('BAD_USAGE', { reason: `--env chooses env_<name> of a config file, and \`${target}\` is none`, fix: 'mgr reload ecosystem.config.js --env <name> --only <app>' });
  const patch = patchOf(cli, input);
  const env = isOn(input.options, 'updateEnv') ? presentEnv(cli) : undefined;
  const call = async (t: Target): Promise<Outcomes> => (await cli.daemon()).call('process.reload', { targets: [t], ...how(cli, input), ...(env && { env }), ...(patch && { patch }) }, { deadline: 0 });
  const outcomes = await call(target);
  const file = outcomes.some((o) => !o.ok && o.error.code === 'NOT_FOUND') ? fileAt(cli, target) : undefined;
  // `mgr reload ./app.js` means the program of that file: the daemon knows it by its absolute path.
  return file === undefined ? outcomes : call(file);
}

// PM2 has a variable for it.
function how(cli: Cli, input: Input): { parallel?: number; force?: true } {
  const { env } = cli.world;
  const given = env['MGR_CONCURRENT_ACTIONS'] ?? env['PM2_CONCURRENT_ACTIONS'];
  const parallel = count(input.options, 'parallel', '--parallel', 1) ?? (given === undefined || given === '' ? undefined : count({ given }, 'given', 'MGR_CONCURRENT_ACTIONS', 1));
  return { ...(parallel === undefined ? {} : { parallel }), ...(isOn(input.options, 'force') ? { force: true } : {}) };
}
