import { isMgrError } from '../../base/errors.js';
import { VERSION } from '../../base/version.js';
import { PROTOCOL } from '../../protocol/contract.js';
import { isOn } from '../values.js';
import { tellVersion } from './list.js';
import { report } from './outcome.js';
import type { Caller, Cli, Command } from '../world.js';

/** Starts the daemon when it is not there, as PM2's ping does. */
export const ping: Command = {
  async run(cli) {
    tellVersion(cli, await (await cli.daemon()).call('hello', { version: VERSION, protocol: PROTOCOL }));
    cli.out.answer("{ msg: 'pong' }\n");
    return 0;
  },
};

/** An empty list is refused (NOTHING_SAVED) unless forced: it would wipe what resurrect needs. */
export const save: Command = {
  options: [{ flags: '-f, --force', summary: 'also when no program is managed' }],
  async run(cli, { options }) {
    const { count, file } = await (await cli.daemon()).call('daemon.save', { force: isOn(options, 'force') });
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
    const caller = await living(cli);
    if (!caller) { cli.out.notice('mgr: the daemon is not running, nothing to kill'); return 0; }
    try {
      const { pid } = await caller.call('hello', { version: VERSION, protocol: PROTOCOL });
      const { stopped } = await caller.call('daemon.kill', {});
      // "Killed" is said when it is true: a command right after this one must not meet the dying daemon.
      await gone(cli, pid);
      cli.out.done(`stopped ${programs(stopped)}, the daemon has ended`);
      return 0;
    } finally {
      caller.close();
    }
  },
};

export const update: Command = {
  async run(cli) {
    const caller = await living(cli);
    let before: { version: string; pid: number } | undefined;
    if (caller) {
      try {
        before = await caller.call('hello', { version: VERSION, protocol: PROTOCOL });
        await caller.call('daemon.handover', {});
        await gone(cli, before.pid);
      } finally {
        caller.close();
      }
    }
    const now = await (await cli.daemon()).call('hello', { version: VERSION, protocol: PROTOCOL });
    cli.out.done(before ? `the daemon was replaced: ${before.version} (pid ${before.pid}) -> ${now.version} (pid ${now.pid})` : `the daemon was started: ${now.version} (pid ${now.pid})`);
    return 0;
  },
};

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
