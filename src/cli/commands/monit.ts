import { MgrError } from '../../base/errors.js';
import { VERSION } from '../../base/version.js';
import { PROTOCOL } from '../../protocol/contract.js';
import type { Command } from '../world.js';

/** A live view of the programs in the terminal. Status 0 however it is quit. */
export const monit: Command = {
  args: '[name]',
  async run(cli, { args }) {
    const { world, out } = cli;
    if (out.columns === undefined) throw noTerminal('standard output is no terminal');
    if (!process.stdin.isTTY) throw noTerminal('standard input is no terminal');
    const kind = world.env['TERM'] ?? '';
    if (kind === '' || kind === 'dumb') throw noTerminal(`the terminal cannot move its cursor: TERM is ${kind === '' ? 'not set' : kind}`);
    // The first question starts a daemon where none is, with its words on the user's own screen.
    await (await cli.daemon()).call('hello', { version: VERSION, protocol: PROTOCOL });
    const { openScreen } = await import('../monit/terminal.js');
    const { Monitor } = await import('../monit/monitor.js');
    await new Monitor(cli, args[0] ?? '').run(openScreen);
    return 0;
  },
};

function noTerminal(reason: string): MgrError {
  return new MgrError('BAD_USAGE', { reason: `monit needs a terminal: ${reason}`, fix: 'in a pipe use `mgr list`, `mgr jlist` or `mgr logs`' });
}
