import { isMgrError } from '../../base/errors.js';
import { VERSION } from '../../base/version.js';
import { PROTOCOL } from '../../protocol/contract.js';
import { isOn } from '../values.js';
import { report } from './outcome.js';
import type { Caller, Cli, Command } from '../world.js';
import type { DaemonView } from '../../protocol/views.js';

/** An empty list is refused (NOTHING_SAVED) unless forced: it would wipe what resurrect needs. */
export const save: Command = {
  options: [{ flags: '-f, --force', summary: 'also when no program is managed' }, { flags: '--show-secrets', summary: 'also in the part that PM2 reads' }],
  async run(cli, { options }) {
    const { count, file } = await (await cli.daemon()).call('daemon.save', { force: isOn(options, 'force'), ...(isOn(options, 'showSecrets') ? { secrets: true } : {}) });
    cli.out.done(`saved ${programs(count)} in ${file}`);
    return 0;
  },
};

/** Nothing is stopped; the former list stays beside it as `.bak`. */
export const cleardump: Command = {
  async run(cli) {
    const { file } = await (await cli.daemon()).call('daemon.clearDump', {});
    cli.out.done(`the saved list is empty now: ${file}`);
    return 0;
  },
};

export const resurrect: Command = {
  async run(cli) {
    return report(cli, await (await cli.daemon()).call('daemon.resurrect', {}));
  },
};

export const kill: Command = {
  async run(cli) {
    const done = await withLiving(cli, async (caller, { pid }) => {
      // The programs are given their kill_timeout, however long.
      const { stopped } = await caller.call('daemon.kill', {}, { deadline: 0 });
      // "Killed" is said when it is true: a command right after this one must not meet the dying daemon.
      await gone(cli, pid);
      return stopped;
    });
    if (done === undefined) cli.out.notice('mgr: the daemon is not running, nothing to kill');
    else cli.out.done(`stopped ${programs(done)}, the daemon has ended`);
    return 0;
  },
};

export const update: Command = {
  async run(cli) {
    const begun = cli.world.now();
    const before = await withLiving(cli, async (caller, daemon) => {
      // Another update has brought it while we waited for its predecessor.
      if (daemon.version === VERSION && daemon.startedAt >= begun) return { ...daemon, fresh: true };
      // That the answer is lost means no other end: it goes away at this moment.
      await caller.call('daemon.handover', {}).catch((e: unknown) => { if (!isMgrError(e) || e.code !== 'CONNECTION_LOST') throw e; });
      await gone(cli, daemon.pid);
      return daemon;
    });
    const now = await (await cli.daemon()).call('hello', { version: VERSION, protocol: PROTOCOL });
    const is = `${now.version} (pid ${now.pid})`;
    if (!before) cli.out.done(`the daemon was started: ${is}`);
    else if ('fresh' in before) cli.out.done(`the daemon was just replaced by another command: it is ${is}`);
    else cli.out.done(`the daemon was replaced: ${before.version} (pid ${before.pid}) -> ${is}`);
    return 0;
  },
};

/**
 * `act` on the living daemon; undefined where there is none. A daemon that ends before it could be told anything, or
 * that refuses because it is ending, is waited for to be gone, and the next one is asked.
 */
async function withLiving<T>(cli: Cli, act: (caller: Caller, daemon: DaemonView) => Promise<T>): Promise<T | undefined> {
  const { greet } = await import('../../client/greet.js');
  for (let tries = 0; ; tries++) {
    let caller: Caller | undefined;
    let daemon: DaemonView | undefined;
    try {
      caller = await living(cli);
      if (!caller) return undefined;
      daemon = await greet(caller, cli.home, { busy: (text) => cli.out.notice(text) });
      return await act(caller, daemon);
    } catch (e) {
      const ending = isMgrError(e) && (e.code === 'DAEMON_ENDING' || (e.code === 'CONNECTION_LOST' && daemon === undefined));
      if (!ending || tries >= 500) throw e;
      if (daemon) await gone(cli, daemon.pid);
      await cli.world.sleep(20);
    } finally {
      caller?.close();
    }
  }
}

async function living(cli: Cli): Promise<Caller | undefined> {
  try {
    return await cli.world.connect(cli.home);
  } catch (e) {
    if (isMgrError(e) && e.code === 'DAEMON_DOWN') return undefined;
    throw e;
  }
}

async function gone(cli: Cli, pid: number): Promise<void> {
  for (let waited = 0; cli.world.alive(pid); waited += 10) {
    if (waited >= 10_000) { cli.out.notice(`mgr: the daemon (pid ${pid}) is still ending`); return; }
    await cli.world.sleep(10);
  }
}

function programs(n: number): string {
  return n === 1 ? '1 program' : `${n} programs`;
}
