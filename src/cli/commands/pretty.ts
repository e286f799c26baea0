import { inspect } from 'node:util';
import { isOn } from '../values.js';
import type { Command } from '../world.js';

/** PM2's records as Node shows an object: `status: 'online'`. Whole, so that it can be searched with grep; never coloured. */
export const prettylist: Command = {
  options: [{ flags: '--show-secrets', summary: 'do not mask values that look like secrets' }],
  async run(cli, { options }) {
    const { text } = await (await cli.daemon()).call('process.jlist', isOn(options, 'showSecrets') ? { secrets: true } : {});
    cli.out.answer(`${inspect(JSON.parse(text ?? '[]'), { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: 80 })}\n`);
    return 0;
  },
};
