import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MgrError, isMgrError } from '../../base/errors.js';
import { fileSafe, homeAt } from '../../base/paths.js';
import { presentEnv } from '../env.js';
import type { Caller, Cli } from '../world.js';

export interface Trial {
  /** The tarball. */
  readonly file: string;
  readonly name: string;
  /** It must stay up this long, ms; undefined: it is installed and not started. */
  readonly ms: number | undefined;
  readonly allowScripts: boolean;
}

/**
 * Does with a tarball what its users will: installs it into an empty home and starts it there, under a daemon of its own that
 * ends with us. Its environment has nothing of ours but what a program needs to run at all, so what works only on this
 * machine shows. Throws PUBLISH with the reason and the last lines it said; nothing stays.
 */
export async function tryOut(cli: Cli, trial: Trial): Promise<void> {
  const { name, ms } = trial;
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'mgr-p-')));
  const home = homeAt(path.join(dir, 'h'));
  const caller = ms === undefined ? undefined : await cli.world.ensure(home, () => undefined);
  try {
    await caller?.call('daemon.tether', {});
    await cli.world.install(caller ?? nobody, {
      safeMs: ms ?? 0,
      request: { spec: trial.file, home: home.dir, allowScripts: trial.allowScripts, cwd: dir, env: { ...needed(presentEnv(cli)), HOME: dir }, userHome: cli.world.userHome(), username: cli.world.machine().username },
      report: (event) => { if (event.type === 'progress') cli.out.progress(`trying it out: ${event.text}`); },
    });
  } catch (e) {
    throw await reason(e, name, path.join(home.logs, `${fileSafe(name)}-error.log`));
  } finally {
    // It is tethered: should this fail, it ends with our connection.
    await caller?.call('daemon.kill', {}).catch(() => undefined);
    caller?.close();
    await fs.rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Takes the staged module and does nothing with it: that it was put together is what was to be seen. */
const nobody: Caller = { call: () => Promise.resolve([] as never), close: () => undefined };

const NEEDED = /^(?:PATH|LANG|LC_\w+|TZ|TMPDIR|(?:https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|npm_config_\w+)$/i;

const needed = (env: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(env).filter(([key]) => NEEDED.test(key)));

async function reason(e: unknown, name: string, log: string): Promise<unknown> {
  if (!isMgrError(e)) return e;
  if (e.code !== 'MODULE_START') return new MgrError('PUBLISH', { name, reason: `what would be published cannot be installed: ${e.message}`, hint: e.hint ?? '' }, e);
  const said = await fs.readFile(log, 'utf8').catch(() => '');
  const lines = said.trim().split('\n').filter((line) => line !== '').slice(-6);
  return new MgrError('PUBLISH', {
    name, reason: `what would be published does not run: ${typeof e.data['reason'] === 'string' ? e.data['reason'] : e.message}`,
    hint: `${lines.length === 0 ? 'it said nothing on stderr' : `it said:\n${lines.join('\n')}`}\n  a module that needs a server of yours to run: --no-start`,
  }, e);
}
