import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { isMgrError } from '../base/errors.js';
import { type Home, homeAt } from '../base/paths.js';
import { appFlags, FILE_FLAGS } from '../cli/apps.js';
import { renderError, renderRecord } from '../cli/render/error.js';
import { isOn, text } from '../cli/values.js';
import type { Input, OptionRow } from '../cli/world.js';
import type { AppSpec } from '../config/spec.js';
import type { Daemon } from '../daemon/daemon.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { cliInside, type InsideOptions, startInside, worldInside } from './inside.js';
import { Screen } from './screen.js';
import { readWords } from './words.js';
import { fatesOf, specsOf } from './what.js';

/** ms between two starts of a program that is being worked on, as PM2 has it. */
const RESTART_DELAY = 1000;
const MOST_AT_ONCE = 100;

const DEV_FLAGS: readonly OptionRow[] = [
  { flags: '--raw', summary: 'lines without id and name' },
  { flags: '--timestamp [format]', summary: 'time before each line (default YYYY-MM-DD-HH:mm:ss)' },
  { flags: '--ignore <list>', summary: 'files and folders that are not watched, separated by commas' },
  { flags: '--post-exec <command>', summary: 'run this after each start' },
  { flags: '--silent-exec', summary: 'without showing what it says' },
  { flags: '--auto-exit', summary: 'end when nothing runs any more' },
];

/** `mgr-dev`: programs restarted at every change of their files, in a home of their own that is gone afterwards. */
export async function dev(words: readonly string[], dist: string, finish: (code: number, whole: boolean) => never): Promise<void> {
  const world = worldInside(words, dist);
  const asked = await readWords('mgr-dev', words[0] === 'start' || words[0] === 'run' ? words.slice(1) : words, [...appFlags(), ...FILE_FLAGS, ...DEV_FLAGS]);
  if ('help' in asked) { world.stdout.write(asked.help); finish(0, true); }
  const { input } = asked;
  const inside: { daemon?: Daemon; home?: Home } = {};
  let status = 0;
  const end = (why: string): void => { inside.daemon?.ending.signalled(why); };
  const stamp = input.options['timestamp'] === true ? 'YYYY-MM-DD-HH:mm:ss' : text(input.options, 'timestamp');
  const screen = new Screen(world.stdout, { form: isOn(input.options, 'raw') ? 'raw' : 'prefix', colour: cliInside(world, homeAt(world.userHome())).out.colour, ...(stamp !== undefined && { stamp }), onClosed: () => end('nobody reads') });
  const after = text(input.options, 'postExec');
  const options: Omit<InsideOptions, 'home'> = {
    dist, fresh: true,
    tap: {
      onLog: (p, stream, lines, at) => screen.show(p, stream, lines, at),
      onProcess: (event, p) => {
        if (event === 'online' && after !== undefined) runAfter(after, p, isOn(input.options, 'silentExec'));
        if (event === 'exit' && isOn(input.options, 'autoExit')) setTimeout(() => { if (inside.daemon && fatesOf(inside.daemon).every((f) => f.state !== 'up')) end('nothing runs any more'); }, 60);
      },
    },
    exit: () => {
      if (inside.home) fs.rmSync(inside.home.dir, { recursive: true, force: true });
      finish(status, true);
    },
  };
  const { daemon, home } = Object.assign(inside, await inFreeHome(world.env['MGR_DEV_HOME'] ?? path.join(world.userHome(), '.mgr-dev'), options));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => end(signal));
  const cli = cliInside(world, home);
  try {
    // What a killed one left running.
    await daemon.supervisor.remove([...daemon.supervisor.processes.keys()]);
    const { specs, failed } = await specsOf(cli, input);
    const apps = specs.map((s) => watched(s, input));
    const outcomes = apps.length === 0 ? [] : await (await cli.daemon()).call('process.start', { apps, ifKnown: 'another' }, { deadline: 0 });
    for (const o of [...outcomes, ...failed]) if (!o.ok) cli.out.problem(renderRecord(o.error));
    if (daemon.supervisor.processes.size > 0) return;
  } catch (e) {
    cli.out.problem(renderError(e));
  }
  status = 1;
  end('nothing was started');
}

/** Two at once have homes of their own: the first that nobody holds. */
async function inFreeHome(base: string, options: Omit<InsideOptions, 'home'>): Promise<{ readonly daemon: Daemon; readonly home: Home }> {
  for (let n = 1; ; n++) {
    const home = homeAt(n === 1 ? base : `${base}-${n}`);
    try {
      return { daemon: await startInside({ ...options, home }), home };
    } catch (e) {
      if (!isMgrError(e) || e.code !== 'HOME_BUSY' || n === MOST_AT_ONCE) throw e;
    }
  }
}

function watched(spec: AppSpec, input: Input): AppSpec {
  const ignore = (text(input.options, 'ignore') ?? '').split(',').filter((w) => w !== '');
  return { ...spec, watch: spec.watch === false ? true : spec.watch, ignore_watch: [...spec.ignore_watch, ...ignore], restart_delay: spec.restart_delay || RESTART_DELAY };
}

function runAfter(command: string, p: ManagedProcess, silent: boolean): void {
  const child = spawn('/bin/sh', ['-c', command], { cwd: p.spec.cwd, stdio: ['ignore', silent ? 'ignore' : 'inherit', silent ? 'ignore' : 'inherit'] });
  child.on('error', (e) => { process.stderr.write(`mgr-dev: --post-exec: ${e.message}\n`); });
}
