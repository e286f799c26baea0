import { MgrError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import { renderTypes } from '../render/types.js';
import type { Command } from '../world.js';

/** The settings of an installed module as TypeScript, on standard output. */
export const moduleTypes: Command = {
  args: '<module>',
  async run(cli, { args: [module = ''] }) {
    const daemon = await cli.daemon();
    const form = await daemon.call('settings.form', { module });
    if (form === undefined) {
      const near = nearest(module, (await daemon.call('module.list', {})).map((m) => m.name));
      throw new MgrError('MODULE_NOT_FOUND', { name: module, ...(near === undefined ? {} : { near }) });
    }
    cli.out.answer(renderTypes(form));
    return 0;
  },
};
