import { constants } from 'node:os';
import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from './types.js';

/** The process around a run. The only file of the container that touches it; tests hand in another. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The `config` of the package.json that belongs to the program, and its path. Undefined when there is none. */
  packageConfig(): { readonly file: string; readonly config: unknown } | undefined;
  stdin(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  setExitCode(code: number): void;
  exit(code: number): void;
  /** Tells of signals (and of the message `shutdown` of a parent) until the function it returns is called. */
  listen(on: HostListener): () => void;
}

export interface HostListener {
  /** SIGTERM, SIGINT, SIGQUIT, or the message. */
  stop(what: string): void;
  reload(): void;
  /** SIGUSR2, only when asked for: node's own tools use it. */
  readonly toggle?: (() => void) | undefined;
}

/** This process. */
export function thisProcess(): Host {
  return {
    // With -e and -p there is no script, and the words begin a place earlier.
    argv: process.argv.slice(evaluated() ? 1 : 2), env: process.env, cwd: process.cwd(),
    packageConfig: () => packageConfig(evaluated() || process.argv[1] === undefined ? process.cwd() : path.dirname(process.argv[1])),
    stdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString('utf8');
    },
    out: (text) => { process.stdout.write(text); },
    err: (text) => { process.stderr.write(text); },
    setExitCode: (code) => { process.exitCode = code; },
    exit: (code) => { process.exit(code); },
    listen,
  };
}

/** Writes warnings and errors, and with `debug` everything, to stderr. */
export function stderrLogger(level: 'debug' | 'info' | 'warn' = 'info'): Logger & { toggle(): void } {
  const order = ['debug', 'info', 'warn', 'error'];
  let least = order.indexOf(level);
  const usual = least;
  const say = (at: string) => (message: string): void => { if (order.indexOf(at) >= least) process.stderr.write(`${at === 'info' ? '' : `${at === 'warn' ? 'warning' : at}: `}${message}\n`); };
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error'), toggle: () => { least = least === 0 ? usual : 0; } };
}

const evaluated = (): boolean => process.execArgv.some((a) => /^(?:-e|-p|-pe|--eval|--print)(?:=|$)/.test(a));

const STOPS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

function listen(on: HostListener): () => void {
  const known = (name: string): boolean => Object.hasOwn(constants.signals, name);
  const rows: [string, () => void][] = [
    ...STOPS.filter(known).map((s): [string, () => void] => [s, () => { on.stop(s); }]),
    ...(known('SIGHUP') && process.platform !== 'win32' ? [['SIGHUP', () => { on.reload(); }] as [string, () => void]] : []),
    ...(on.toggle !== undefined && known('SIGUSR2') ? [['SIGUSR2', on.toggle] as [string, () => void]] : []),
  ];
  for (const [signal, then] of rows) process.on(signal, then);
  const message = (m: unknown): void => { if (m === 'shutdown') on.stop('message shutdown'); };
  // Where there are no signals, a manager sends this word.
  const connected = typeof process.send === 'function';
  if (connected) process.on('message', message);
  return () => {
    for (const [signal, then] of rows) process.off(signal, then);
    if (connected) process.off('message', message);
  };
}

function packageConfig(from: string): { file: string; config: unknown } | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    try {
      const { config } = JSON.parse(fs.readFileSync(file, 'utf8')) as { config?: unknown };
      return config === undefined ? undefined : { file, config };
    } catch (e) {
      // Not here: look above. One that cannot be read is npm's to complain about.
      if ((e as { code?: unknown }).code !== 'ENOENT' || path.dirname(folder) === folder) return undefined;
    }
  }
}
