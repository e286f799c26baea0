import type { ProcessView } from '../../protocol/views.js';
import { targetsOf } from '../values.js';
import type { Cli, Command } from '../world.js';

/** `[ 0, 1 ]`, as Node shows an array; `[]` for an unknown name, like PM2. */
export const id: Command = {
  args: '<name>',
  async run(cli, input) {
    const [name] = targetsOf(input);
    const ids = (await views(cli)).filter((v) => v.name === name).map((v) => v.id);
    cli.out.answer(ids.length === 0 ? '[]\n' : `[ ${ids.join(', ')} ]\n`);
    return 0;
  },
};

/** One pid a line, 0 for a stopped program, an empty line for an unknown name: PM2's form, which scripts test for. */
export const pid: Command = {
  args: '[name]',
  async run(cli, input) {
    const [name] = targetsOf(input);
    const pids = (await views(cli)).filter((v) => (name === undefined ? v.module === undefined : v.name === name || String(v.id) === name)).map((v) => v.pid);
    cli.out.answer(`${pids.join('\n')}\n`);
    return 0;
  },
};

async function views(cli: Cli): Promise<readonly ProcessView[]> {
  return (await (await cli.daemon()).call('process.list', {})).processes;
}
