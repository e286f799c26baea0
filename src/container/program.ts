import fs from 'node:fs/promises';
import path from 'node:path';
import { ModuleError, RunError, reasonOf } from './errors.js';
import { thisProcess, type Host } from './process.js';
import { contextOf, type RunContext } from './run-context.js';
import type { Loaded } from './sources.js';
import type { Logger } from './types.js';

/** A process that is asked twice to end ends at once with this, as a shell does after Ctrl-C. */
const IMPATIENT = 130;
/** After the end of the program, ms until something that was left open is no reason to stay. */
const GRACE = 500;

interface Managed {
  stop(reason?: string): Promise<void>;
  reload(): Promise<{ readonly lines: readonly string[] }>;
}

/** One run as seen from the process: its signals, its exit code, what keeps it alive. */
export interface Program {
  /** The context when none was given. */
  readonly context: RunContext;
  /** Answers `--help` and `--dump`. Undefined when neither was asked. */
  answer(asked: NonNullable<Loaded['asked']>, make: { help(advanced: boolean): string; dump(): object }, c: RunContext): Promise<Answer | undefined>;
  /** Lets the process go. */
  end(exitCode: number): void;
}
interface Answer { readonly exitCode: number; readonly reason: 'help' | 'dump'; readonly output: string }

/** Listens to signals when `signals`; owns the exit code when `own`. */
export function begin(managed: Managed, logger: Logger, o: { readonly own: boolean; readonly signals: boolean; readonly toggle: boolean }, host: Host = thisProcess()): Program {
  const release = o.signals ? listen(managed, logger, o.toggle, host) : () => {};
  // A run lasts until it ends, even when nothing else keeps the process.
  const hold = setInterval(() => {}, 2 ** 30);
  return {
    context: o.own ? contextOf(host) : {},
    answer,
    end: (exitCode) => {
      clearInterval(hold);
      release();
      if (!o.own) return;
      host.setExitCode(exitCode);
      setTimeout(() => { host.exit(exitCode); }, GRACE).unref();
    },
  };
}

/** What `run()` uses without a context. To add to it: `run({ ...processContext(), store: settings })`. */
export const processContext = (): RunContext => contextOf(thisProcess());

/** Runs a container as a program: failures on stderr, each as `module: phase failed: message`, and the exit code. Never rejects. */
export async function runProgram(managed: { run(): Promise<{ readonly exitCode: number }> }, host: Host = thisProcess()): Promise<void> {
  try {
    const { exitCode } = await managed.run();
    host.setExitCode(exitCode);
  } catch (e) {
    if (e instanceof RunError) for (const one of e.errors) host.err(`error: ${told(one)}\n`);
    else host.err(`${e instanceof Error ? e.stack ?? e.message : String(e)}\n`);
    host.exit(1);
  }
}

async function answer(asked: NonNullable<Loaded['asked']>, make: { help(advanced: boolean): string; dump(): object }, c: RunContext): Promise<Answer | undefined> {
  if (asked.help !== undefined) {
    const output = make.help(asked.help === 'advanced');
    c.out?.(output);
    return { exitCode: 0, reason: 'help', output };
  }
  if (asked.dump === undefined) return undefined;
  const output = `${JSON.stringify(make.dump(), undefined, 2)}\n`;
  if (asked.dump === '-') c.out?.(output);
  else {
    try {
      await fs.writeFile(path.resolve(c.cwd ?? '.', asked.dump), output);
    } catch (e) {
      throw new ModuleError('E_CONFIG', `--dump ${asked.dump}: cannot be written: ${reasonOf(e)}`, { path: '--dump', source: 'argv --dump', cause: e });
    }
  }
  return { exitCode: 0, reason: 'dump', output };
}

function listen(managed: Managed, logger: Logger, toggle: boolean, host: Host): () => void {
  let asked = false;
  return host.listen({
    stop: (what) => {
      if (asked) { host.exit(IMPATIENT); return; }
      asked = true;
      void managed.stop(what);
    },
    reload: () => {
      managed.reload().then((r) => { for (const line of r.lines) logger.info(line); }, (e: unknown) => { logger.error(e instanceof Error ? e.message : String(e)); });
    },
    toggle: toggle && 'toggle' in logger && typeof logger.toggle === 'function' ? () => { (logger as { toggle(): void }).toggle(); } : undefined,
  });
}

// The place in the program where it failed helps; where the container noticed does not.
function told(e: unknown): string {
  const { message, cause } = e as { message: string; cause?: unknown };
  const at = cause instanceof Error ? cause.stack?.split('\n').find((l) => /^\s+at /.test(l))?.trim() : undefined;
  return at === undefined ? message : `${message} (${at})`;
}
