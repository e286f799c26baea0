import { MgrError } from '../base/errors.js';
import { VERSION } from '../base/version.js';
import { PROTOCOL } from '../protocol/contract.js';
import type { DaemonView } from '../protocol/views.js';
import type { RpcClient } from '../rpc/client.js';

/**
 * The first call: who answers? Fails with PROTOCOL when the answers could be misread.
 * `notice`: a sentence for stderr when the daemon is of another version.
 */
export async function hello(client: RpcClient): Promise<{ readonly daemon: DaemonView; readonly notice?: string }> {
  const daemon = await client.call('hello', { version: VERSION, protocol: PROTOCOL });
  const notice = compare(daemon);
  return { daemon, ...(notice === undefined ? {} : { notice }) };
}

/** The same judgement over a DaemonView that came with another answer. */
export function compare(daemon: Pick<DaemonView, 'version' | 'protocol'>): string | undefined {
  if (daemon.protocol !== PROTOCOL) throw new MgrError('PROTOCOL', { theirs: daemon.protocol, ours: PROTOCOL });
  if (daemon.version === VERSION) return undefined;
  return `the daemon is ${daemon.version}, this command ${VERSION}: \`mgr update\` replaces the daemon and touches no program`;
}
