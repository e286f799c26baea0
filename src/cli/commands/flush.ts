import { printable } from '../width.js';
import { targetsOf } from '../values.js';
import type { Command } from '../world.js';

export const flush: Command = {
  args: '[targets...]',
  async run(cli, input) {
    const { files } = await (await cli.daemon()).call('logs.flush', { targets: targetsOf(input) });
    cli.out.done(files.map((f) => `flushed ${printable(f)}\n`).join(''));
    return 0;
  },
};
