import fs from 'node:fs';
import path from 'node:path';
import { startTime } from '../../base/proc.js';
import { runsNode } from '../../config/runs-node.js';
import type { AppSpec } from '../../config/spec.js';
import type { PrimaryRecord } from '../../protocol/records.js';
import type { PrimaryHost } from './primary.js';

/**
 * Starts the primary of an app, leader of its own session as every managed process. It runs under the app's own Node,
 * so that workers and primary are of one version; under ours for other programs, and where the app runs as another user
 * than the daemon and that user, or somebody else, could change what the daemon would run here.
 * Throws when it cannot be started. `onExit`: it is gone.
 */
export function startPrimary(planned: PrimaryRecord, spec: AppSpec, env: Readonly<Record<string, string>>, host: PrimaryHost, onExit: () => void): PrimaryRecord {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const own = process.getuid?.();
  const file = runsNode(spec) && (spec.uid === undefined || spec.uid === own || isSafe(spec.interpreter, own)) ? spec.interpreter : host.node;
  // What it has to say about itself, a fault, stands in the daemon's log.
  const log = fs.openSync(host.home.daemonLog, 'a', 0o600);
  try {
    const child = spawn(file, [host.program], {
      cwd: '/', detached: true, windowsHide: true, stdio: ['ignore', 'ignore', log],
      env: {
        MGR_PRIMARY: JSON.stringify([host.home.childSocket, planned.token, spec.name]), MGR_HOME: host.home.dir,
        ...pick(env, ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'NODE_CLUSTER_SCHED_POLICY']),
      },
    });
    child.on('error', onExit);
    child.on('exit', onExit);
    if (child.pid === undefined) throw new Error(`${file} cannot be run`);
    const start = startTime(child.pid);
    return { ...planned, pid: child.pid, ...(start === undefined ? {} : { start }) };
  } finally {
    fs.closeSync(log);
  }
}

function pick(env: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((n) => (env[n] === undefined ? [] : [[n, env[n]]])));
}

/** Can nobody but root and us change or replace it? */
export function isSafe(file: string, own: number | undefined): boolean {
  try {
    for (let at = fs.realpathSync(file); ; at = path.dirname(at)) {
      const { uid, mode } = fs.statSync(at);
      if ((uid !== 0 && uid !== own) || (mode & 0o022) !== 0) return false;
      if (at === path.dirname(at)) return true;
    }
  } catch {
    return false; // it cannot be looked at
  }
}
