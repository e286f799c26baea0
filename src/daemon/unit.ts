/**
 * The daemon as a service of the system (`daemon.js --unit`, cli/startup). What differs from the daemon that commands
 * start: it takes the home over from a living one, brings back what ran before the boot, and on SIGTERM asks its init
 * whether this is an end (programs stop) or a restart of the service (they do not notice).
 */
import { execFile } from 'node:child_process';
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

/** Is the service being restarted (and not stopped)? When the init does not tell, it is an end. */
export async function isRestart(env: Env): Promise<boolean> {
  const mark = env['MGR_UNIT_RESTART'];
  if (mark !== undefined && fs.existsSync(mark)) return true;
  const unit = env['MGR_UNIT'];
  if (unit === undefined) return false;
  const scope = env['MGR_UNIT_SCOPE'] === 'user' ? ['--user'] : [];
  return restarting(await output('systemctl', [...scope, 'list-jobs', '--no-legend', '--plain'], env), unit);
}

/** Reads `systemctl list-jobs`: number, unit, type, state. */
export function restarting(jobs: string, unit: string): boolean {
  return jobs.split('\n').some((l) => {
    const [, name, type] = l.trim().split(/\s+/);
    return name === unit && (type === 'restart' || type === 'try-restart');
  });
}

// Empty when it cannot be asked: not installed, no bus, too slow.
function output(command: string, args: readonly string[], env: Env): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: 3000 }, (error, stdout) => resolve(error ? '' : stdout));
  });
}
