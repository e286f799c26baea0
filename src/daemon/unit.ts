/**
 * The daemon as a service of the system (`daemon.js --unit`, cli/startup). What differs from the daemon that commands
 * start: it takes the home over from a living one, brings back what ran before the boot, and on SIGTERM knows
 * whether this is an end (programs stop) or a restart of the service (they do not notice).
 */
import fs from 'node:fs';
import { isMgrError } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { alive, startTime } from '../base/proc.js';
import { RpcClient } from '../rpc/client.js';
import { PROTOCOL } from '../protocol/contract.js';
import { VERSION } from '../base/version.js';

type Env = Readonly<Record<string, string | undefined>>;

/** ms a daemon is given to hand over. */
const PATIENCE = 10_000;

/** A living daemon of this home hands its programs over and ends. Returns when it is gone, or was never there. */
export async function takeOver(home: Home, say: (text: string) => void): Promise<void> {
  let client: RpcClient | undefined;
  try {
    client = await RpcClient.connect(home.rpcSocket);
    const { pid } = await client.call('hello', { version: VERSION, protocol: PROTOCOL });
    const start = startTime(pid);
    say(`taking over from the daemon with pid ${pid}`);
    await client.call('daemon.handover', {});
    for (const end = performance.now() + PATIENCE; alive(pid, start) && performance.now() < end;) await new Promise((r) => { setTimeout(r, 20); });
  } catch (e) {
    // Nobody there, one that is just ending, or a PM2 daemon: the start itself deals with those.
    if (!isMgrError(e)) throw e;
  } finally {
    client?.close();
  }
}

/** Is the service being restarted (and not stopped)? The service leaves a mark for that (cli/startup); without one it is an end. */
export function isRestart(env: Env): boolean {
  const mark = env['MGR_UNIT_RESTART'];
  return mark !== undefined && mark !== '' && fs.existsSync(mark);
}
