import { VERSION } from '../../base/version.js';
import { PROTOCOL } from '../../protocol/contract.js';
import { tellVersion } from './list.js';
import type { Command } from '../world.js';

/** Starts the daemon when it is not there, as PM2's ping does. */
export const ping: Command = {
  async run(cli) {
    tellVersion(cli, await (await cli.daemon()).call('hello', { version: VERSION, protocol: PROTOCOL }));
    cli.out.answer("{ msg: 'pong' }\n");
    return 0;
  },
};
