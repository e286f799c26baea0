/**
 * Who gets which words: the answer goes to stdout, everything else to stderr, progress only to a terminal.
 * Writes are synchronous: a line is out when `write` returns, and an exit loses nothing.
 */

/** One stream. `write` throws EPIPE when the reader is gone. */
export interface Sink {
  readonly tty: boolean;
  /** Width of the terminal; undefined when it is none. */
  columns(): number | undefined;
  write(text: string): void;
}

export interface Output {
  /** Colour on stdout. */
  readonly colour: boolean;
  /** Width a table must fit; undefined in a pipe: nothing is cut there. */
  readonly columns: number | undefined;
  readonly silent: boolean;
  /** What was asked for. */
  answer(text: string): void;
  /** What was done: stdout too (scripts read it), but --silent takes it away. */
  done(text: string): void;
  /** Something to know: stderr, not when silent. */
  notice(text: string): void;
  /** What went wrong: stderr, always. */
  problem(text: string): void;
  /** One line that is overwritten, on a terminal only. An empty text wipes it. */
  progress(text: string): void;
}

export interface Wish {
  readonly silent?: boolean;
  /** --no-color, or --color. */
  readonly colour?: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

export function makeOutput(stdout: Sink, stderr: Sink, env: Env, wish: Wish = {}): Output {
  const silent = wish.silent === true || isOn(env['MGR_SILENT']) || isOn(env['PM2_SILENT']);
  let painted = false;
  // The progress line goes away before anything else is said, so that a terminal never shows half of each.
  const wipe = (): void => {
    if (!painted) return;
    painted = false;
    stderr.write('\r\u001b[K');
  };
  const line = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
  return {
    colour: wantsColour(stdout, env, wish),
    get columns() { return stdout.tty ? stdout.columns() ?? 80 : undefined; },
    silent,
    answer(text) { wipe(); if (text !== '') stdout.write(text); },
    done(text) { wipe(); if (!silent && text !== '') stdout.write(line(text)); },
    notice(text) { wipe(); if (!silent && text !== '') stderr.write(line(text)); },
    problem(text) { wipe(); stderr.write(line(text)); },
    progress(text) {
      if (!stderr.tty || silent) return;
      wipe();
      if (text === '') return;
      stderr.write(text.slice(0, (stderr.columns() ?? 80) - 1));
      painted = true;
    },
  };
}

// --no-color first, then FORCE_COLOR over NO_COLOR as Node itself does, then the terminal.
function wantsColour(stdout: Sink, env: Env, wish: Wish): boolean {
  if (wish.colour !== undefined) return wish.colour;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env['NO_COLOR']) return false;
  return stdout.tty && env['TERM'] !== 'dumb';
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

type Brush = (s: string) => string;

export interface Paint {
  readonly bold: Brush;
  readonly dim: Brush;
  readonly red: Brush;
  readonly green: Brush;
  readonly yellow: Brush;
  readonly cyan: Brush;
  readonly inverse: Brush;
}

/** Colours, or nothing at all. */
export function paint(on: boolean): Paint {
  const code = (open: number, close: number): Brush => (s) => (on && s !== '' ? `\u001b[${open}m${s}\u001b[${close}m` : s);
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39), cyan: code(36, 39), inverse: code(7, 27) };
}
