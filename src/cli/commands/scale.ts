import { MgrError } from '../../base/errors.js';
import { targetsOf } from '../values.js';
import type { Command } from '../world.js';
import { checkLook } from './list.js';
import { AFTER_FLAGS, report } from './outcome.js';

/** `scale api 4`, `scale api +1`, `scale api -1`. Loose: `-1` looks like an option. */
export const scale: Command = {
  args: '<app> <number>',
  options: AFTER_FLAGS,
  loose: true,
  async run(cli, input) {
    checkLook(input.options);
    const [target = '', number = ''] = targetsOf(input);
    if (!/^[+-]?\d+$/.test(number)) throw new MgrError('BAD_OPTION', { path: 'scale', got: number, wanted: 'a number of processes, +<number> more or -<number> less', fix: 'mgr scale <app> 4, mgr scale <app> +1' });
    const wish = /^[+-]/.test(number) ? { by: Number(number) } : { to: Number(number) };
    const outcomes = await (await cli.daemon()).call('process.scale', { target, ...wish }, { deadline: 0 });
    return report(cli, outcomes, input.options);
  },
};
