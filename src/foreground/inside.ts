/**
 * A daemon inside this process, for what runs in the foreground: mgr-runtime, mgr-dev and `mgr --no-daemon`.
 * Theory of operation: it is the same daemon with the same home and sockets, so every other command finds it; we are told
 * its news directly (`Tap`) instead of over a socket. It ends as any daemon does, and its end is ours.
 */
import fs from 'node:fs';
import { MgrError } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { makeOutput } from '../cli/output.js';
import { sink } from '../cli/sink.js';
import { systemWorld } from '../cli/system.js';
import { VERBS } from '../cli/verbs.js';
import type { Caller, Cli, World } from '../cli/world.js';
import { connectDaemon } from '../client/connect.js';
import { Daemon } from '../daemon/daemon.js';
import { takeOver } from '../daemon/unit.js';
import type { Tap } from '../daemon/publisher.js';

export interface InsideOptions {
  readonly home: Home;
  readonly dist: string;
  readonly tap: Tap;
  /** Programs of former runs that do not live any more are forgotten, instead of started again. */
  readonly fresh: boolean;
  /** Take the home over from a living daemon; default: refuse. */
  readonly takeOver?: boolean;
  readonly handoverStatus?: number;
  /** The daemon has ended. */
  readonly exit: (code: number) => void;
}

// Faults are said on stderr too: nobody looks into the log of a container.
/** Throws HOME_BUSY and what Daemon.start throws. */
export async function startInside(o: InsideOptions): Promise<Daemon> {
  const say = (text: string): void => {
    const line = `${new Date().toISOString()} ${text}\n`;
    try { fs.appendFileSync(o.home.daemonLog, line, { mode: 0o600 }); } catch { fs.writeSync(2, line); return; } // a full disk, or no home yet
    if (text.startsWith('fault')) fs.writeSync(2, line);
  };
  if (o.takeOver === true) await takeOver(o.home, say);
  const daemon = await Daemon.start({
    home: o.home, say, env: process.env, node: process.execPath, preload: `${o.dist}/preload.cjs`, tap: o.tap, fresh: o.fresh,
    ...(o.handoverStatus !== undefined && { handoverStatus: o.handoverStatus }), exit: o.exit,
  });
  if ('heldBy' in daemon) throw new MgrError('HOME_BUSY', { home: o.home.dir, pid: daemon.heldBy });
  return daemon;
}

/** The command line as if it spoke to a daemon elsewhere. `argv`: its words. */
export function worldInside(argv: readonly string[], dist: string): World {
  return { ...systemWorld({ stdout: sink(1), stderr: sink(2), dist }), argv, ensure: (home) => connectDaemon(home) };
}

export function cliInside(world: World, home: Home): Cli {
  let open: Promise<Caller> | undefined;
  return { world, home, verbs: () => Promise.resolve(VERBS), out: makeOutput(world.stdout, world.stderr, world.env), daemon: () => open ??= connectDaemon(home) };
}
