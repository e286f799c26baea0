import path from 'node:path';
import { differentHashes } from '../../base/content.js';
import { askInstaller, type Latest } from '../../client/installer.js';
import type { ModuleView } from '../../protocol/views.js';
import { presentEnv } from '../env.js';
import type { Cli } from '../world.js';

/** How an installed module stands to where it came from. */
export type Standing =
  | { readonly is: 'linked' | 'current' }
  /** There is a later one, which the words of its installation do not reach. */
  | { readonly is: 'held'; readonly latest: string }
  | { readonly is: 'outdated'; readonly wanted: string; readonly latest: string }
  /** The same version has another content now than when it was installed. */
  | { readonly is: 'altered'; readonly version: string }
  | { readonly is: 'unknown'; readonly latest: Extract<Latest, { error: unknown }> };

/** Asks every source at once. The answers are in the order of the modules. */
export async function standings(cli: Cli, modules: readonly ModuleView[]): Promise<(readonly [ModuleView, Standing])[]> {
  const asked = modules.filter((m) => !m.linked);
  if (asked.length > 0) cli.out.progress(`asking for ${asked.length === 1 ? asked[0]?.name ?? '' : `${asked.length} modules`}`);
  const at = { cwd: cli.world.cwd(), env: presentEnv(cli), userHome: cli.world.userHome() };
  const found = asked.length === 0 ? [] : await askInstaller(installerOf(cli), 'latest', { modules: asked.map(({ name, source }) => ({ name, source })) }, at);
  cli.out.progress('');
  const by = new Map(found.map((latest) => [latest.name, latest]));
  return modules.map((m) => [m, standing(m, by.get(m.name))] as const);
}

export const installerOf = (cli: Cli): string => path.join(cli.world.machine().dist, 'installer.cjs');

export function standing(m: ModuleView, latest: Latest | undefined): Standing {
  if (m.linked || latest === undefined) return { is: 'linked' };
  if ('error' in latest) return { is: 'unknown', latest };
  const { wanted } = latest;
  // A commit of a repository, a tarball on a disk or a server: their content may change without the version.
  const moves = m.resolved?.includes('#') === true || /^\/|^https?:/.test(m.source);
  const other = moves && m.resolved?.includes('#') === true ? wanted.resolved !== m.resolved : differentHashes(wanted.integrity, m.integrity);
  if (wanted.version !== m.version || (moves && other)) return { is: 'outdated', wanted: wanted.version, latest: latest.latest };
  if (other) return { is: 'altered', version: m.version };
  return latest.latest === m.version ? { is: 'current' } : { is: 'held', latest: latest.latest };
}
