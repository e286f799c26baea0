import os from 'node:os';
import { finder, systemProbe } from './probe.js';
import type { Ctx } from './validate.js';

/** The context of this machine; the caller adds `file`, `flags`, `envName`, `strict`. `version` is Node's, `20.20.2`. */
export function systemCtx(from: { readonly cwd: string; readonly env: Ctx['env']; readonly execPath: string; readonly version: string; readonly serve?: string }): Ctx {
  return {
    cwd: from.cwd,
    env: from.env,
    user: user(from.env),
    runtime: { execPath: from.execPath, version: from.version, which: finder(from.env['PATH']), ...(from.serve === undefined ? {} : { serve: from.serve }) },
    cpus: os.availableParallelism(),
    probe: systemProbe,
  };
}

function user(env: Ctx['env']): Ctx['user'] {
  try {
    const { username, uid } = os.userInfo();
    return { username, uid };
  } catch {
    // In a container the uid often has no entry in /etc/passwd, and userInfo throws for want of a name.
    return { username: env['USER'] ?? 'unknown', uid: process.getuid?.() ?? 0 };
  }
}
