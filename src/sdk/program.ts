import fs from 'node:fs';
import process from 'node:process';

/** What the SDK wants of the program it is in; the only file of this room that asks the process itself. */
export interface Program {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the main script; undefined in a REPL. */
  readonly script: string | undefined;
  readonly pid: number;
  /** Words after the script. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Gives a message to the manager; undefined: there is none. What cannot be delivered is lost, as the manager is gone. */
  readonly send: ((message: unknown) => void) | undefined;
  /** Messages of the manager. As with Node's own channel, a program that listens is kept alive by it. */
  onMessage(hear: (message: unknown) => void): void;
  onSignal(signal: NodeJS.Signals, hear: () => void): void;
  /** Ends by the signal itself, as if nobody had listened. */
  endBy(signal: NodeJS.Signals): void;
  /** Ends with the status the program has set, or `status`. */
  end(status: number): void;
  /** Its status is that of a failure, when it ends. */
  fail(): void;
  /** Text on stdout. */
  out(text: string): void;
  /** One line on stderr. */
  warn(text: string): void;
}

/**
 * This program. A manager is there when we are the program it started: a process.send alone may lead to whoever forked
 * us (a test runner), and the variables of a module are inherited by what it starts itself.
 */
export function thisProgram(): Program {
  const { pm_id: id, pm_exec_path: started } = process.env;
  const script = scriptOf(process.argv[1], started);
  const managed = id !== undefined && typeof process.send === 'function' && (started === undefined || same(script, started));
  return {
    env: process.env,
    script,
    pid: process.pid,
    argv: process.argv.slice(2),
    get cwd() { return process.cwd(); },
    send: managed ? send : undefined,
    onMessage: (hear) => { process.on('message', hear); },
    onSignal: (signal, hear) => { process.on(signal, hear); },
    endBy: (signal) => { process.removeAllListeners(signal); process.kill(process.pid, signal); },
    end: (status) => { process.exit(process.exitCode ?? status); },
    fail: () => { process.exitCode = 1; },
    out: (text) => { process.stdout.write(text); },
    warn: (text) => { process.stderr.write(`${text}\n`); },
  };
}

/** PM2 runs a program inside one of its own, as /proc tells of it. */
function scriptOf(main: string | undefined, started: string | undefined): string | undefined {
  return started !== undefined && main !== undefined && /[\\/]ProcessContainer\w*\.js$/.test(main) ? started : main;
}

function send(message: unknown): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => { /* the manager is just going: nobody is left to tell */ });
}

function same(a: string | undefined, b: string): boolean {
  const real = (file: string): string => { try { return fs.realpathSync(file); } catch { return file; /* a bundler's virtual path */ } };
  return a !== undefined && (a === b || real(a) === real(b));
}
