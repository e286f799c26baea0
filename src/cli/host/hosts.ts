import { isMgrError, MgrError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import { hostDir } from '../../config/host-app.js';
import type { ProcessDetail } from '../../protocol/views.js';
import type { Cli } from '../world.js';

/** One module host: its processes. */
export interface HostApp {
  readonly name: string;
  readonly dir: string;
  readonly processes: readonly ProcessDetail[];
}

/** Every module host there is, in the order of the list. */
export async function hostsOf(cli: Cli): Promise<HostApp[]> {
  const hosts = new Map<string, { name: string; dir: string; processes: ProcessDetail[] }>();
  for (const p of await allOf(cli)) {
    const dir = hostDir(p.spec);
    if (dir === undefined) continue;
    const host = hosts.get(p.name) ?? { name: p.name, dir, processes: [] };
    host.processes.push(p);
    hosts.set(p.name, host);
  }
  return [...hosts.values()];
}

/** The host of this name; without one: the host of this folder, or the only one. Throws NOT_FOUND, BAD_USAGE. */
export async function hostOf(cli: Cli, name: string | undefined): Promise<HostApp> {
  const hosts = await hostsOf(cli);
  const whole = hosts.filter((h) => !h.name.includes(':'));
  const found = name !== undefined ? hosts.find((h) => h.name === name) : hosts.find((h) => h.dir === cli.world.cwd() && whole.includes(h)) ?? (whole.length === 1 ? whole[0] : undefined);
  if (found) return found;
  if (name !== undefined) {
    const near = nearest(name, hosts.map((h) => h.name));
    throw new MgrError('BAD_USAGE', { reason: `no module host \`${name}\``, fix: near === undefined ? '`mgr host list` shows them; mgr host start <folder> starts one' : `did you mean \`${near}\`? \`mgr host list\` shows them` });
  }
  throw new MgrError('BAD_USAGE', hosts.length === 0
    ? { reason: 'no module host is there', fix: 'mgr host start <folder>' }
    : { reason: `${whole.length} module hosts are there: ${whole.map((h) => h.name).join(', ')}`, fix: 'name one of them' });
}

/** What a running host answers to one of its actions: its first instance that does. Throws NOT_RUNNING, or what it says is wrong. */
export async function askHost<T>(cli: Cli, host: HostApp, action: string, params?: unknown): Promise<T> {
  const online = host.processes.some((p) => p.status === 'online');
  if (!online) throw new MgrError('NOT_RUNNING', { name: host.name, status: host.processes[0]?.status ?? 'stopped' });
  const [outcome] = await (await cli.daemon()).call('process.trigger', { targets: [host.name], action, ...(params !== undefined && { params }), deadline: 10_000 }, { deadline: 0 });
  if (!outcome?.ok) throw outcome === undefined ? new Error(`no answer to ${action}`) : new MgrError('ACTION_FAILED', { name: host.name, action, reason: outcome.error.message });
  const answer = outcome.value.find((r) => r.error === undefined);
  if (answer) return answer.data?.return as T;
  throw new MgrError('ACTION_FAILED', { name: host.name, action, reason: outcome.value[0]?.error?.message ?? 'no answer' });
}

async function allOf(cli: Cli): Promise<readonly ProcessDetail[]> {
  try {
    return await (await cli.daemon()).call('process.describe', { target: 'all' });
  } catch (e) {
    if (isMgrError(e) && e.code === 'NOTHING_MANAGED') return [];
    throw e;
  }
}
