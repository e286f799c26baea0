import path from 'node:path';
import { isMgrError } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { connectDaemon } from '../client/connect.js';
import { follow } from '../client/follow.js';
import type { Sink } from './output.js';
import type { Caller, World } from './world.js';

/** The real world of a command. */
export function systemWorld(io: { readonly stdout: Sink; readonly stderr: Sink; readonly dist: string }): World {
  const argv = process.argv.slice(2);
  return {
    argv,
    env: process.env,
    stdout: io.stdout,
    stderr: io.stderr,
    cwd: () => process.cwd(),
    userHome: () => process.env['HOME'] ?? os().homedir(),
    machine: () => ({ username: userName(), uid: process.getuid?.() ?? 0, cpus: os().availableParallelism(), execPath: process.execPath, nodeVersion: process.versions.node, dist: io.dist }),
    stdin: readStdin,
    input: () => process.stdin.setEncoding('utf8') as AsyncIterable<string>,
    now: () => Date.now(),
    ensure: (home, notice) => ensure(home, path.join(io.dist, '../bin/daemon.js'), notice),
    connect: (home) => connectDaemon(home),
    follow,
    async install(caller, options) {
      const { installModule } = await import('../client/install.js');
      return installModule(caller, { ...options, installer: path.join(io.dist, 'installer.cjs') });
    },
    onInterrupt(fn) {
      for (const s of SIGNALS) process.on(s, fn);
      return () => { for (const s of SIGNALS) process.off(s, fn); };
    },
    alive(pid) {
      try {
        process.kill(pid, 0);
        return true;
      } catch (e) {
        // EPERM: it lives and belongs to somebody else.
        return typeof e === 'object' && e !== null && 'code' in e && e.code === 'EPERM';
      }
    },
    sleep: (ms) => new Promise((resolve) => { setTimeout(resolve, ms); }),
  };
}

async function ensure(home: Home, entry: string, notice: (text: string) => void): Promise<Caller> {
  let down: boolean;
  try {
    return await connectDaemon(home);
  } catch (e) {
    // CONNECTION_LOST: it ended in this instant.
    if (!isMgrError(e) || (e.code !== 'DAEMON_DOWN' && e.code !== 'CONNECTION_LOST')) throw e;
    down = e.code === 'DAEMON_DOWN';
  }
  const { ensureDaemon } = await import('../client/launch.js');
  return ensureDaemon(home, { entry, down, node: process.execPath, env: process.env, onSpawn: () => notice(`mgr: starting the daemon (home ${home.dir})`) });
}

// Few commands ask it anything.
const os = (): typeof import('node:os') => process.getBuiltinModule('node:os');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function userName(): string {
  try {
    return os().userInfo().username;
  } catch {
    // A uid without a line in /etc/passwd (containers).
    return process.env['USER'] ?? String(process.getuid?.() ?? '');
  }
}

async function readStdin(): Promise<string> {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const part of process.stdin) text += String(part);
  return text;
}
