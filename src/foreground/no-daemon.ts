import { homeFrom } from '../base/paths.js';
import { runCli } from '../cli/run.js';
import { cliInside, startInside, worldInside } from './inside.js';
import { Screen } from './screen.js';

/** `mgr --no-daemon <command>`: the command with the daemon in this process, then the logs of all; Ctrl-C ends everything. */
export async function noDaemon(words: readonly string[], dist: string, finish: (code: number, whole: boolean) => never): Promise<void> {
  const world = worldInside(words, dist);
  const home = homeFrom(world.env, world.userHome());
  const { out } = cliInside(world, home);
  let status = 0;
  let end = (_why: string): void => {};
  const screen = new Screen(world.stdout, { form: 'prefix', colour: out.colour, onClosed: () => end('nobody reads') });
  const daemon = await startInside({
    home, dist, fresh: false,
    tap: { onLog: (p, stream, lines, at) => screen.show(p, stream, lines, at), onProcess: () => {} },
    exit: () => finish(status, true),
  });
  end = (why) => daemon.ending.signalled(why);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => end(signal));
  process.on('SIGUSR2', () => daemon.reopenLogs());
  status = await runCli(world);
  const programs = daemon.supervisor.processes.size;
  if (programs === 0) { end('the command has ended'); return; }
  out.notice(`mgr: ${programs === 1 ? '1 program runs' : `${programs} programs run`} in the foreground; Ctrl-C ends ${programs === 1 ? 'it' : 'them'}`);
  status = 0;
}
