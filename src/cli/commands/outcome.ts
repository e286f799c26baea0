import { paint } from '../output.js';
import { renderRecord } from '../render/error.js';
import { printable } from '../width.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { isOn } from '../values.js';
import { LIST_FLAGS, showList } from './list.js';
import type { Cli, OptionRow, Options } from '../world.js';

/**
 * One line a program that did what was asked (`[api](0) ✓`, which scripts of PM2 users look for), then the table;
 * errors on stderr. The exit status: 1 as soon as one target failed.
 *
 * PM2 stops at the first target that fails. Here every target is tried and each has its own outcome: `mgr stop a b c`
 * with an unknown `a` still stops `b` and `c`, and says 1. `options`: those of AFTER_FLAGS.
 */
export async function report(cli: Cli, outcomes: readonly Outcome<readonly ProcessView[]>[], options: Options = {}): Promise<number> {
  const p = paint(cli.out.colour);
  const warn = paint(cli.world.stderr.tty && cli.out.colour);
  let failed = false;
  for (const o of outcomes) {
    if (o.ok) {
      if (o.said !== undefined) cli.out.notice(`mgr: ${o.said}`);
      cli.out.done(o.value.map((v) => `[${p.cyan(printable(v.name))}](${v.id}) ${p.green('✓')}\n`).join(''));
    } else {
      failed = true;
      cli.out.problem(renderRecord(o.error, warn.dim));
    }
  }
  if (outcomes.some((o) => o.ok)) await showList(cli, options);
  if (isOn(options, 'attach')) await attachTo(cli, outcomes);
  return failed ? 1 : 0;
}

/** What comes after the deed: how the table is drawn, and the logs of what was touched. PM2 takes these everywhere. */
export const AFTER_FLAGS: readonly OptionRow[] = [
  ...LIST_FLAGS,
  { flags: '--attach', summary: 'then show the logs of these programs, until Ctrl-C' },
];

async function attachTo(cli: Cli, outcomes: readonly Outcome<readonly ProcessView[]>[]): Promise<void> {
  const ids = new Set(outcomes.flatMap((o) => (o.ok ? o.value.map((v) => v.id) : [])));
  if (ids.size === 0) return;
  const { followLogs } = await import('./logs.js');
  await followLogs(cli, [...ids], {});
}
