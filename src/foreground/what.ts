import { type Apps, appOf, appsOf, fileAt } from '../cli/apps.js';
import { MgrError } from '../base/errors.js';
import type { Cli, Input } from '../cli/world.js';
import { isConfigFile } from '../config/ecosystem.js';
import type { Daemon } from '../daemon/daemon.js';
import type { Fate } from './verdict.js';

const DEFAULT_FILES = ['ecosystem.config.js', 'ecosystem.config.cjs', 'ecosystem.config.mjs', 'ecosystem.config.ts', 'ecosystem.json', 'ecosystem.yml', 'ecosystem.yaml', 'process.json'];

/** What shall run: scripts, commands and config files; nothing: the config file of this folder. */
export async function specsOf(cli: Cli, input: Input): Promise<Apps> {
  const words = input.args.length > 0 ? input.args : DEFAULT_FILES.filter((f) => fileAt(cli, f) !== undefined).slice(0, 1);
  if (words.length === 0) throw new MgrError('BAD_USAGE', { reason: 'got nothing to run, and there is no ecosystem.config.js here', fix: 'wanted: a script, a command in quotes or a config file' });
  const found = await Promise.all(words.map(async (w) => (w === '-' || isConfigFile(w) ? appsOf(cli, w, input) : appOf(cli, w, input))));
  return { specs: found.flatMap((f) => f.specs), failed: found.flatMap((f) => f.failed) };
}

/** How the programs stand, modules aside. */
export function fatesOf(daemon: Daemon): Fate[] {
  return [...daemon.supervisor.processes.values()].filter((p) => p.spec.module === undefined).map((p) => {
    const { state } = p;
    const last = p.exits.at(-1);
    return {
      state: state.name === 'stopped' || state.name === 'failed' ? state.name : 'up',
      asked: state.name === 'stopped' && (state.why === 'asked' || state.why === 'not started' || last === undefined),
      ...(last !== undefined && { last }),
    };
  });
}
