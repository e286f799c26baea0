import { randomBytes } from 'node:crypto';
import { paint } from '../output.js';
import { renderRecord } from '../render/error.js';
import { bad, span, targetsOf } from '../values.js';
import { printable } from '../width.js';
import type { Cli, Command, Follower } from '../world.js';

/**
 * Runs an action that programs registered and prints what each gave back, in PM2's form. PM2 waits for ever for an answer
 * that does not come; here each process has a limit, and those that kept still are named.
 */
export const trigger: Command = {
  args: '<target> <action> [params]',
  options: [{ flags: '--timeout <time>', summary: 'wait so long for the answers (default 10s)' }],
  loose: true,
  async run(cli, input) {
    const [target = '', action = '', params] = input.args;
    targetsOf({ ...input, args: [target] });
    if (action.startsWith('--')) throw bad('action', action, 'the name of an action, as `mgr describe` shows it');
    const deadline = span(input.options, 'timeout', '--timeout');
    const daemon = await cli.daemon();
    const watch = randomBytes(6).toString('hex');
    const follower = await parts(cli, watch);
    const outcomes = await daemon.call('process.trigger', {
      targets: [target], action, ...(params !== undefined && { params }), ...(deadline !== undefined && { deadline }), ...(follower !== undefined && { watch }),
    }, { deadline: 0 }).finally(() => { follower?.close(); });
    const dim = paint(cli.world.stderr.tty && cli.out.colour).dim;
    let failed = false;
    const count = outcomes.reduce((n, o) => n + (o.ok ? o.value.length : 0), 0);
    if (count > 0) cli.out.notice(`mgr: ${count === 1 ? '1 process has' : `${count} processes have`} received \`${action}\``);
    for (const o of outcomes) {
      for (const r of o.ok ? o.value : []) {
        // Instances have one name: the id tells them apart.
        if (r.error) { failed = true; cli.out.problem(renderRecord({ ...r.error, data: { ...r.error.data, name: `${r.name} (${r.id})` } }, dim)); } else cli.out.answer(`[${printable(r.name)}:${r.id}:${printable(r.namespace)}]=${JSON.stringify(r.data?.return) ?? 'undefined'}\n`);
      }
      if (!o.ok) { failed = true; cli.out.problem(renderRecord(o.error, dim)); }
    }
    return failed ? 1 : 0;
  },
};

/** Shows the parts of an answer as they come, beside the answer itself. Undefined: it will come all together. */
async function parts(cli: Cli, watch: string): Promise<Follower | undefined> {
  // For somebody who looks, that is: a program waits for the answer.
  if (!cli.world.stderr.tty) return undefined;
  try {
    return await cli.world.follow(cli.home, { events: ['part'] }, { lost: () => {}, on: (e) => {
      if (e.event === 'part' && e.payload.watch === watch) cli.out.notice(`[${printable(e.payload.name)}:${e.payload.id}] ${printable(JSON.stringify(e.payload.part) ?? 'undefined')}`);
    } });
  } catch {
    return undefined; // the answer tells all
  }
}
