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

/** For rotation by others (logrotate's `create`): the daemon writes to the file that has the name now. */
export const reloadLogs: Command = {
  async run(cli) {
    await (await cli.daemon()).call('logs.reopen', {});
    cli.out.done('the log files were opened again');
    return 0;
  },
};
