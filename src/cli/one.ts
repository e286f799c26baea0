import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import type { ProcessView } from '../protocol/views.js';
import type { Cli } from './world.js';

/**
 * The one process a word means: an id, else a name. For verbs that speak with a single process, where several would be a
 * guess. Throws NOT_FOUND, and BAD_USAGE naming the ids when the name has several.
 */
export async function oneProcess(cli: Cli, target: string, verb: string): Promise<ProcessView> {
  const { processes } = await (await cli.daemon()).call('process.list', {});
  const byId = processes.find((v) => String(v.id) === target);
  if (byId) return byId;
  const named = processes.filter((v) => v.name === target);
  const [only, ...more] = named;
  if (!only) throw new MgrError('NOT_FOUND', { target, near: nearest(target, processes.map((v) => v.name)) });
  if (more.length > 0) throw new MgrError('BAD_USAGE', { reason: `${verb}: \`${target}\` is ${named.length} processes, wanted one`, fix: `name it by its id: ${named.map((v) => v.id).join(', ')}` });
  return only;
}
