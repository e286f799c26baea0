import os from 'node:os';
import { HANDOVER_STATUS } from '../base/exit-status.js';
import { MgrError } from '../base/errors.js';
import { homeFrom } from '../base/paths.js';
import { appFlags, FILE_FLAGS } from '../cli/apps.js';
import { renderError, renderRecord } from '../cli/render/error.js';
import { bad, isOn, text } from '../cli/values.js';
import type { Cli, Input, OptionRow } from '../cli/world.js';
import type { AppSpec } from '../config/spec.js';
import type { Daemon } from '../daemon/daemon.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { cliInside, startInside, worldInside } from './inside.js';
import { Screen } from './screen.js';
import { fatesOf, specsOf } from './what.js';
import { type Form, readWords } from './words.js';
import { verdict } from './verdict.js';

/** ms that a stopped program may be started again before all ends: PM2's four rounds of two seconds. */
const GRACE = 8000;
/** ms: the last lines of a program come a moment after its end. */
const SETTLE = 60;

export const RUNTIME_FLAGS: readonly OptionRow[] = [
  { flags: '--raw', summary: 'lines as they are (default)' },
  { flags: '--formatted', summary: 'id and name before each line' },
  { flags: '--format', summary: 'timestamp= app= id= type= message=' },
  { flags: '--json', summary: 'one JSON object a line' },
  { flags: '--no-auto-exit', summary: 'stay when nothing runs any more' },
  { flags: '--delay <seconds>', summary: 'wait before the start' },
  { flags: '--web [port]', summary: 'as PM2 has it; no effect' },
  { flags: '--secret <key>', summary: 'PM2 Plus; no effect' },
  { flags: '--public <key>', summary: 'PM2 Plus; no effect' },
  { flags: '--machine-name <name>', summary: 'PM2 Plus; no effect' },
  { flags: '-f, --force', summary: 'as PM2 has it; nothing to force here' },
  { flags: '-a, --update-env', summary: 'as PM2 has it; the present environment is used anyway' },
];

/**
 * `mgr-runtime`: programs in a container. bin/mgr-runtime is PID 1 and reaps; this is its child. Ends when nothing
 * runs any more, with a status that says how (verdict.ts), or at a signal, with 0. `finish` ends the process: `whole` is
 * false when the shell above shall start it again.
 */
export async function runtime(words: readonly string[], dist: string, finish: (code: number, whole: boolean) => never): Promise<void> {
  const world = worldInside(words, dist);
  const asked = await readWords('mgr-runtime', words[0] === 'start' ? words.slice(1) : words, [...appFlags(), ...FILE_FLAGS, ...RUNTIME_FLAGS]);
  if ('help' in asked) { world.stdout.write(asked.help); finish(0, true); }
  const { input } = asked;
  const cli = cliInside(world, homeFrom(world.env, world.userHome()));
  for (const flag of ['web', 'secret', 'public', 'machineName']) if (input.options[flag] !== undefined) cli.out.notice(`mgr: --${flag === 'machineName' ? 'machine-name' : flag} has no effect here`);
  const again = world.env['MGR_RUNTIME_AGAIN'] !== undefined;
  delete process.env['MGR_RUNTIME_AGAIN'];
  const form = formOf(input);
  const screen = new Screen(world.stdout, { form, colour: cli.out.colour, onClosed: () => {} });
  const session = new Session(cli, finish);
  const daemon = await startInside({
    home: cli.home, dist, fresh: !again, takeOver: again, handoverStatus: HANDOVER_STATUS,
    tap: {
      onLog: (p, stream, lines, at) => screen.show(p, stream, lines, at),
      onProcess: (event, p) => {
        if (form === 'json') screen.event({ timestamp: new Date().toISOString(), type: 'process_event', status: event, app_name: p.spec.name });
        session.news(event, p);
      },
    },
    exit: (code) => session.ended(code),
  });
  session.take(daemon, input.options['autoExit'] !== false);
  if (!again || fatesOf(daemon).length === 0) await begin(session, cli, input);
  session.ready();
}

async function begin(session: Session, cli: Cli, input: Input): Promise<void> {
  const delay = text(input.options, 'delay');
  if (delay !== undefined && !/^\d+(?:\.\d+)?$/.test(delay)) throw bad('--delay', delay, 'seconds');
  try {
    const { specs, failed } = await specsOf(cli, input);
    if (delay !== undefined) await cli.world.sleep(Number(delay) * 1000);
    if (session.ending) return;
    // In a container the log is stdout; a file is written where one was asked for.
    const apps = specs.map((s: AppSpec): AppSpec => ({ ...s, out_file: s.out_file ?? 'NULL', error_file: s.error_file ?? 'NULL' }));
    const outcomes = apps.length === 0 ? [] : await (await cli.daemon()).call('process.start', { apps, ifKnown: 'another' }, { deadline: 0 });
    // An end is told when it is seen; only what never ran is told here.
    const ran = new Set([...session.daemon.supervisor.processes.values()].filter((p) => p.exits.length > 0).map((p) => p.spec.name));
    for (const o of [...outcomes, ...failed]) if (!o.ok && !ran.has(o.target)) cli.out.problem(renderRecord(o.error));
    if (fatesOf(session.daemon).length === 0) session.end(1);
  } catch (e) {
    cli.out.problem(renderError(e));
    session.end(1);
  }
}

/** From the start of the daemon to the end of this process. */
class Session {
  readonly #cli: Cli;
  readonly #finish: (code: number, whole: boolean) => never;
  #daemon: Daemon | undefined;
  /** A signal that came before the daemon was there. */
  #early: NodeJS.Signals | undefined;
  #autoExit = true;
  #ready = false;
  #status: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(cli: Cli, finish: (code: number, whole: boolean) => never) {
    this.#cli = cli;
    this.#finish = finish;
    // Listened to before there is a daemon: one that comes back over a living program shall end it well, too.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(signal, () => { if (this.#daemon) this.end(0, signal); else this.#early ??= signal; });
    process.on('SIGHUP', () => {});
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('no daemon yet');
    return this.#daemon;
  }

  get ending(): boolean { return this.#status !== undefined; }

  take(daemon: Daemon, autoExit: boolean): void {
    this.#daemon = daemon;
    this.#autoExit = autoExit;
    process.on('SIGUSR2', () => daemon.reopenLogs());
    if (this.#early !== undefined) this.end(0, this.#early);
  }

  /** The programs were started: from now on it may be over. */
  ready(): void {
    this.#ready = true;
    this.#look();
  }

  news(event: string, p: ManagedProcess): void {
    // Told when it is final: an end and what followed.
    if (event === 'exit' && p.spec.module === undefined) setTimeout(() => { this.#tell(p); this.#look(); }, SETTLE);
    else this.#look();
  }

  end(status: number, why = 'nothing runs any more'): void {
    if (this.ending) return;
    this.#status = status;
    this.daemon.ending.signalled(why);
  }

  ended(code: number): void {
    if (code === HANDOVER_STATUS) this.#finish(code, false);
    this.#finish(this.#status ?? code, true);
  }

  #tell(p: ManagedProcess): void {
    const last = p.exits.at(-1);
    if (last === undefined || this.ending) return;
    const how = last.signal === undefined ? `code ${last.code ?? 'unknown'}` : last.signal;
    this.#cli.out.notice(`mgr: ${p.spec.name} (${p.id}) ended with ${how}: ${last.then}`);
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (!this.#ready || !this.#autoExit || this.ending) return;
    const found = verdict(fatesOf(this.daemon), os.constants.signals);
    if (found === undefined) return;
    this.#timer = setTimeout(() => {
      const still = verdict(fatesOf(this.daemon), os.constants.signals);
      if (still !== undefined) this.end(still.code);
    }, found.final ? SETTLE : GRACE);
  }
}

function formOf({ options }: Input): Form {
  const given = (['raw', 'json', 'format', 'formatted'] as const).filter((f) => isOn(options, f));
  if (given.length > 1) throw new MgrError('BAD_USAGE', { reason: `mgr-runtime: got ${given.map((f) => `--${f}`).join(' and ')}, wanted one form`, fix: 'choose one of --raw, --formatted, --format, --json' });
  const [form = 'raw'] = given;
  return form === 'formatted' ? 'prefix' : form;
}

