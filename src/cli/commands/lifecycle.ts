import type { Outcome, ProcessView } from '../../protocol/views.js';
import { isConfigFile } from '../../config/ecosystem.js';
import { appFlags, appOf, appsOf, FILE_FLAGS, fileAt, namesIn } from '../apps.js';
import { targetsOf } from '../values.js';
import { checkLook } from './list.js';
import { AFTER_FLAGS, report } from './outcome.js';
import { launch, PARALLEL, restartTargets } from './start.js';
import type { Cli, Command, Input } from '../world.js';

type Outcomes = Outcome<ProcessView[]>[];
const TARGETS = '<targets...>';

const OPTIONS = [...FILE_FLAGS, ...AFTER_FLAGS.filter((f) => f.flags !== '--attach')];

export const stop: Command = { args: TARGETS, options: OPTIONS, run: (cli, input) => act(cli, input, 'process.stop') };
export const del: Command = { args: TARGETS, options: OPTIONS, run: (cli, input) => act(cli, input, 'process.delete') };
export const reset: Command = { args: TARGETS, options: OPTIONS, run: (cli, input) => act(cli, input, 'process.reset') };

/** A config file brings its own options; a script that is not managed yet is started. */
export const restart: Command = {
  args: TARGETS,
  get options() { return [...appFlags(), ...FILE_FLAGS, { flags: '-a, --update-env', summary: 'lay the present environment over the one it has' }, { flags: '-f, --force', summary: 'as PM2 has it; nothing to force here' }, PARALLEL, ...AFTER_FLAGS]; },
  async run(cli, input) {
    checkLook(input.options);
    const outcomes: Outcomes = [];
    const targets: string[] = [];
    for (const t of targetsOf(input)) {
      if (isFile(t)) outcomes.push(...await launch(cli, await appsOf(cli, t, input), 'restart', input));
      else targets.push(t);
    }
    const answers = targets.length === 0 ? [] : await restartTargets(cli, targets, input);
    for (const o of answers) outcomes.push(...await retry(cli, o, (file) => restartTargets(cli, [file], input), () => launch(cli, appOf(cli, o.target, input), 'restart', input)));
    return report(cli, outcomes, input.options);
  },
};

async function act(cli: Cli, input: Input, method: 'process.stop' | 'process.delete' | 'process.reset'): Promise<number> {
  checkLook(input.options);
  const targets: string[] = [];
  for (const t of targetsOf(input)) targets.push(...(isFile(t) ? await namesIn(cli, t, input) : [t]));
  const call = async (of: readonly string[]): Promise<Outcomes> => (await cli.daemon()).call(method, { targets: of }, { deadline: 0 });
  const outcomes: Outcomes = [];
  for (const o of await call(targets)) outcomes.push(...await retry(cli, o, (file) => call([file])));
  return report(cli, outcomes, input.options);
}

const isFile = (target: string): boolean => target === '-' || isConfigFile(target);

// `mgr stop ./app.js` means the program of that file: the daemon knows it by its absolute path.
async function retry(cli: Cli, outcome: Outcomes[number], again: (file: string) => Promise<Outcomes>, unknown?: () => Promise<Outcomes>): Promise<Outcomes> {
  if (outcome.ok || outcome.error.code !== 'NOT_FOUND') return [outcome];
  const file = fileAt(cli, outcome.target);
  if (file === undefined) return [outcome];
  const second = await again(file);
  if (second.some((o) => o.ok || o.error.code !== 'NOT_FOUND')) return second;
  return unknown ? unknown() : [outcome];
}
