import { MgrError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import type { EnvRow } from '../../config/explain.js';
import { MASK } from '../../config/secrets-mask.js';
import type { ProcessView } from '../../protocol/views.js';
import { renderEnv } from '../render/env.js';
import { isOn, targetsOf } from '../values.js';
import type { Cli, Command } from '../world.js';

/** The variables of one program as `NAME: value`, PM2's form; with --explain where each comes from and what it covers. */
export const env: Command = {
  args: '<id|name>',
  options: [
    { flags: '--explain', summary: 'where each variable comes from, and what it covers' },
    { flags: '--json', summary: 'as JSON' },
    { flags: '--show-secrets', summary: 'do not mask values that look like secrets' },
  ],
  async run(cli, input) {
    const [target = ''] = targetsOf(input);
    const view = await find(cli, target);
    const daemon = await cli.daemon();
    const call = { id: view.id, ...(isOn(input.options, 'showSecrets') ? { secrets: true } : {}) };
    if (isOn(input.options, 'explain')) {
      const rows = await daemon.call('process.explain', call);
      const [detail] = await daemon.call('process.describe', { target: view.id });
      cli.out.answer(isOn(input.options, 'json') ? json(rows) : renderEnv(rows, detail?.spec.origin, { colour: cli.out.colour, columns: cli.out.columns }));
      tellMasked(cli, rows.filter((r) => r.masked).length);
      return 0;
    }
    const variables = await daemon.call('process.env', call);
    cli.out.answer(isOn(input.options, 'json') ? json(variables) : Object.entries(variables).map(([k, v]) => `${k}: ${v}\n`).join(''));
    if (call.secrets !== true) tellMasked(cli, Object.values(variables).filter((v) => v.includes(MASK)).length);
    return 0;
  },
};

const json = (value: Readonly<Record<string, string>> | readonly EnvRow[]): string => `${JSON.stringify(value, undefined, 2)}\n`;

function tellMasked(cli: Cli, n: number): void {
  if (n > 0) cli.out.notice(`mgr: ${n === 1 ? 'a value that looks like a secret is' : `${n} values that look like secrets are`} masked: --show-secrets shows ${n === 1 ? 'it' : 'them'}`);
}

async function find(cli: Cli, target: string): Promise<ProcessView> {
  const { processes } = await (await cli.daemon()).call('process.list', {});
  const found = processes.find((v) => String(v.id) === target) ?? processes.find((v) => v.name === target);
  if (!found) throw new MgrError('NOT_FOUND', { target, near: nearest(target, processes.map((v) => v.name)) });
  return found;
}
