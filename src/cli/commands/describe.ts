import { renderDescribe } from '../render/describe.js';
import { isOn, targetsOf } from '../values.js';
import type { Command } from '../world.js';

/** Several programs when a name has several instances. Unknown: NOT_FOUND. */
export const describe: Command = {
  args: '<target>',
  options: [{ flags: '--show-secrets', summary: 'do not mask values that look like secrets' }],
  async run(cli, input) {
    const [target = ''] = targetsOf(input);
    const details = await (await cli.daemon()).call('process.describe', { target, ...(isOn(input.options, 'showSecrets') ? { secrets: true } : {}) });
    cli.out.answer(renderDescribe(details, { colour: cli.out.colour, now: cli.world.now(), columns: cli.out.columns }));
    return 0;
  },
};
