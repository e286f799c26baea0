import { paint } from '../output.js';
import { renderRecord } from '../render/error.js';
import { printable } from '../width.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { showList } from './list.js';
import type { Cli } from '../world.js';

/**
 * One line a program that did what was asked (`[api](0) ✓`, which scripts of PM2 users look for), then the table;
 * errors on stderr. The exit status: 1 as soon as one target failed.
 *
 * PM2 stops at the first target that fails. Here every target is tried and each has its own outcome: `mgr stop a b c`
 * with an unknown `a` still stops `b` and `c`, and says 1.
 */
export async function report(cli: Cli, outcomes: readonly Outcome<readonly ProcessView[]>[]): Promise<number> {
  const p = paint(cli.out.colour);
  const warn = paint(cli.world.stderr.tty && cli.out.colour);
  let failed = false;
  for (const o of outcomes) {
    if (o.ok) {
      cli.out.done(o.value.map((v) => `[${p.cyan(printable(v.name))}](${v.id}) ${p.green('✓')}\n`).join(''));
    } else {
      failed = true;
      cli.out.problem(renderRecord(o.error, warn.dim));
    }
  }
  if (outcomes.some((o) => o.ok)) await showList(cli);
  return failed ? 1 : 0;
}
