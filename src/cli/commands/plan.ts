/** `plan` (`diff`) shows what differs between a config file and what runs, `apply` makes it so. */
import { MgrError } from '../../base/errors.js';
import { isConfigFile } from '../../config/ecosystem.js';
import type { PlanWish } from '../../config/plan.js';
import type { Applied } from '../../protocol/views.js';
import { type Apps, FILE_FLAGS, appsOf, originOf } from '../apps.js';
import { paint } from '../output.js';
import { renderRecord } from '../render/error.js';
import { renderPlan } from '../render/plan.js';
import { isOn, targetsOf } from '../values.js';
import { printable } from '../width.js';
import type { Cli, Command, Input, OptionRow } from '../world.js';
import { AFTER_FLAGS } from './outcome.js';
import { defaultFile } from './start.js';
import { checkLook, showList } from './list.js';

const FLAGS: readonly OptionRow[] = [
  ...FILE_FLAGS,
  { flags: '--prune', summary: 'also what came from this file and is no longer in it: stop and forget it' },
  { flags: '--prune-all', summary: 'also everything else that is not in this file (modules stay)' },
  { flags: '-a, --update-env', summary: 'the variables of this shell replace those of the shell an app was started by' },
  { flags: '--json', summary: 'as JSON' },
  { flags: '--show-secrets', summary: 'do not mask values that look like secrets' },
];

/** Exit status 0; with --check 2 when there is something to do. 1 when an app of the file cannot be started as it stands. */
export const plan: Command = {
  args: '[file]',
  options: [...FLAGS, { flags: '--check', summary: 'exit status 2 when there is something to do' }, { flags: '--detailed-exitcode', summary: 'the same' }],
  async run(cli, input) {
    const { apps, wish } = await read(cli, input);
    const found = await (await cli.daemon()).call('process.plan', { apps: apps.specs, wish });
    if (isOn(input.options, 'json')) cli.out.answer(`${JSON.stringify({ ...found, faults: faultsOf(apps) }, undefined, 2)}\n`);
    else cli.out.answer(renderPlan(found, apps.failed.length, { colour: cli.out.colour }));
    tellFaults(cli, apps);
    if (apps.failed.length > 0) return 1;
    return found.changes > 0 && (isOn(input.options, 'check') || isOn(input.options, 'detailedExitcode')) ? 2 : 0;
  },
};

/** One outcome for each app that had to be touched; 1 as soon as one failed. What is as declared is not touched. */
export const apply: Command = {
  args: '[file]',
  options: [...FLAGS, { flags: '--dry-run', summary: 'show the plan and do nothing' }, ...AFTER_FLAGS.filter((f) => !f.flags.startsWith('--attach'))],
  async run(cli, input) {
    checkLook(input.options);
    if (isOn(input.options, 'dryRun')) return plan.run(cli, input);
    const { apps, wish } = await read(cli, input);
    const daemon = await cli.daemon();
    const { plan: was, done } = await daemon.call('process.apply', { apps: apps.specs, wish }, { deadline: 0 });
    if (isOn(input.options, 'json')) cli.out.answer(`${JSON.stringify({ plan: was, done, faults: faultsOf(apps) }, undefined, 2)}\n`);
    else {
      tell(cli, done, new Set(was.apps.flatMap((a) => a.ids)));
      for (const left of was.apps.filter((a) => a.left === true)) cli.out.notice(`mgr: \`${printable(left.name)}\` is no longer in the file and runs on: --prune removes it`);
      if (done.length === 0 && apps.failed.length === 0) cli.out.done('nothing to do: everything is as the file says');
      else if (done.some((d) => d.ok)) await showList(cli, input.options);
    }
    tellFaults(cli, apps);
    return done.every((d) => d.ok) && apps.failed.length === 0 ? 0 : 1;
  },
};

async function read(cli: Cli, input: Input): Promise<{ apps: Apps; wish: PlanWish }> {
  const [file = defaultFile(cli, input.verb)] = targetsOf(input);
  if (file !== '-' && !isConfigFile(file)) throw new MgrError('BAD_USAGE', { reason: `${input.verb}: \`${file}\` is no config file`, fix: 'wanted: a file such as ecosystem.config.js, apps.json or apps.yaml, or - for standard input' });
  const apps = await appsOf(cli, file, input);
  const on = (key: string): boolean => isOn(input.options, key);
  return {
    apps,
    wish: {
      ...originOf(cli, file), faulty: apps.failed.map((f) => f.target), only: input.options['only'] !== undefined, updateEnv: on('updateEnv'), show: on('showSecrets'),
      ...(on('pruneAll') ? { prune: 'all' as const } : on('prune') ? { prune: 'file' as const } : {}),
    },
  };
}

/** `before`: ids that were there already. */
function tell(cli: Cli, done: readonly Applied[], before: ReadonlySet<number>): void {
  const p = paint(cli.out.colour);
  const warn = paint(cli.world.stderr.tty && cli.out.colour);
  for (const d of done) {
    if (!d.ok) cli.out.problem(renderRecord(d.error, warn.dim));
    else {
      cli.out.done(d.value.map((v) => `[${p.cyan(printable(v.name))}](${v.id}) ${p.green('✓')} ${before.has(v.id) ? DEEDS[d.did] : DEEDS.started}\n`).join(''));
      if (d.said !== undefined) cli.out.notice(`mgr: ${d.said}`);
    }
  }
}

const DEEDS: Readonly<Record<Applied['did'], string>> = {
  started: 'started', changed: 'changed, not touched', scaled: 'scaled', restarted: 'restarted', reloaded: 'reloaded', removed: 'removed', failed: 'failed',
};

function tellFaults(cli: Cli, apps: Apps): void {
  const warn = paint(cli.world.stderr.tty && cli.out.colour);
  for (const f of apps.failed) if (!f.ok) cli.out.problem(renderRecord(f.error, warn.dim));
}

function faultsOf(apps: Apps): readonly { readonly name: string; readonly error: unknown }[] {
  return apps.failed.flatMap((f) => (f.ok ? [] : [{ name: f.target, error: f.error }]));
}
