import { errno, reasonOf } from '../../base/errors.js';
import type { AppSpec } from '../../config/spec.js';
import type { Command } from './command.js';

export interface Launch {
  readonly spec: AppSpec;
  readonly command: Command;
  readonly env: Record<string, string>;
  /** A FIFO, open for both (stdin.ts); undefined: /dev/null. */
  readonly stdin?: number | undefined;
  /** Write ends of the FIFOs. Opened by the caller, who closes them. */
  readonly out: number;
  readonly err: number;
  /** Becomes descriptor 3: the way to the daemon of a program of another user (door.ts). */
  readonly door?: number | undefined;
  onExit(code: number | undefined, signal: string | undefined): void;
  onFail(reason: string, passing: boolean): void;
}

/** Errors of fork and exec that may be gone a second later. */
const PASSING = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY']);

/**
 * Starts one process as leader of its own session and group: no terminal signal and no death of ours reaches it.
 * Gives the pid, or undefined when it could not be started (`onFail` has been or will be called).
 */
export function launch(l: Launch): number | undefined {
  const fail = (e: unknown): void => { const { why, passing } = whyNot(e, l.command.file, l.spec); l.onFail(why, passing); };
  try {
    // Not loaded before it is needed: a daemon must answer first.
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn(l.command.file, l.command.args, {
      cwd: l.spec.cwd,
      env: l.env,
      detached: true,
      stdio: [l.stdin ?? 'ignore', l.out, l.err, ...(l.door === undefined ? [] : [l.door])],
      windowsHide: true,
      ...(l.spec.uid === undefined ? {} : { uid: l.spec.uid }),
      ...(l.spec.gid === undefined ? {} : { gid: l.spec.gid }),
    });
    child.on('error', (e) => { if (child.pid === undefined) fail(e); });
    child.on('exit', (code, signal) => l.onExit(code ?? undefined, signal ?? undefined));
    return child.pid;
  } catch (e) {
    fail(e);
    return undefined;
  }
}

/** Why a program could not be started, and whether that may be gone a second later. */
export function whyNot(e: unknown, file: string, spec: AppSpec): { readonly why: string; readonly passing: boolean } {
  return { why: explain(e, file, spec), passing: PASSING.has(errno(e) ?? '') };
}

/** Node reports a bad cwd, a bad interpreter and a bad #! line all as "spawn X ENOENT". */
function explain(e: unknown, file: string, spec: AppSpec): string {
  switch (errno(e)) {
    case 'ENOENT': return `${file} or the working directory ${spec.cwd} does not exist (or its #! line names a program that does not)`;
    case 'EACCES': return `${file} may not be executed (permission denied); chmod +x it or name an --interpreter`;
    case 'ENOEXEC': return `${file} is no program this system can run; name an --interpreter`;
    case 'ETXTBSY': return `${file} is being written by another program`;
    case 'EPERM': return `no permission to run it as uid ${spec.uid ?? 'of the daemon'}, gid ${spec.gid ?? 'of the daemon'}`;
    case undefined: default: return reasonOf(e);
  }
}
