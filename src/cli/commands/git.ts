import { MgrError } from '../../base/errors.js';
import { moveRepository } from '../../client/repository.js';
import type { Move } from '../../client/repository.js';
import { nearest } from '../../base/nearest.js';
import { targetsOf } from '../values.js';
import { AFTER_FLAGS, report } from './outcome.js';
import type { Cli, Command, Input } from '../world.js';

/** To the newest commit of its branch, or to a given one; then `post_update`, then a reload. */
export const pull: Command = { args: '<name> [commit]', options: AFTER_FLAGS, run: (cli, input) => to(cli, input, input.args[1] === undefined ? { to: 'newest' } : { to: 'commit', commit: input.args[1] }) };
export const forward: Command = { args: '<name>', options: AFTER_FLAGS, run: (cli, input) => to(cli, input, { to: 'next' }) };
export const backward: Command = { args: '<name>', options: AFTER_FLAGS, run: (cli, input) => to(cli, input, { to: 'previous' }) };

async function to(cli: Cli, input: Input, move: Move): Promise<number> {
  const [target = ''] = targetsOf(input);
  const daemon = await cli.daemon();
  const { processes } = await daemon.call('process.list', {});
  const found = processes.find((v) => v.name === target || String(v.id) === target);
  if (!found) throw new MgrError('NOT_FOUND', { target, near: nearest(target, processes.map((v) => v.name)) });
  const [detail] = await daemon.call('process.describe', { target: found.id });
  if (!detail) throw new MgrError('NOT_FOUND', { target });
  const { spec } = detail;
  const moved = await moveRepository({ cwd: spec.cwd, name: spec.name, postUpdate: spec.extra['post_update'], env: cli.world.env, say: (text) => cli.out.progress(text) }, move);
  cli.out.progress('');
  if (!moved) { cli.out.notice(`mgr: ${spec.name} is up to date, nothing was reloaded`); return 0; }
  for (const c of moved.commands) cli.out.done(`ran ${c}`);
  cli.out.done(`${moved.from} -> ${moved.to} ${moved.subject}`);
  // By name: all processes of the app come from this folder.
  return report(cli, await daemon.call('process.reload', { targets: [spec.name] }, { deadline: 0 }), input.options);
}
