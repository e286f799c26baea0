import { signal as signalKind } from '../../config/kinds.js';
import { bad, targetsOf } from '../values.js';
import { report } from './outcome.js';
import type { Command } from '../world.js';

/** To the program itself, not to its children. `SIGUSR2`, `usr2` and `12` are the same. */
export const sendSignal: Command = {
  args: '<signal> <targets...>',
  loose: true,
  async run(cli, input) {
    const [given = '', ...targets] = targetsOf(input);
    const signal = signalKind.parse(given.replace(/^-/, ''));
    if (signal === undefined) throw bad('signal', given, 'a signal such as SIGUSR2 or SIGHUP, before the targets');
    return report(cli, await (await cli.daemon()).call('process.signal', { targets, signal }));
  },
};
