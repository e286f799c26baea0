/**
 * The only file that knows terminal-kit: the terminal's modes, its keys, its size, and the writing of rows. Loaded by
 * `mgr monit` alone.
 */
import { EventEmitter } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import termkit from 'terminal-kit';
import type { KeySource, Terminal } from 'terminal-kit';
import { sift } from './input.js';
import type { Key } from './keys.js';

/** A screen of our own on the user's terminal, until `close`. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Rows as wide as the screen; only those that differ from the last time are written. */
  draw(rows: readonly string[]): void;
  /** The next drawing writes everything. */
  forget(): void;
  /** As Ctrl-Z does: gives the terminal back until the shell lets us go on. */
  suspend(): void;
  /** Gives the terminal back as it was. May be called twice. */
  close(): void;
}

export interface ScreenUser {
  key(key: Key): void;
  paste(text: string): void;
  /** The size changed, or we are back from the shell. */
  resized(): void;
  /** The terminal is gone. */
  gone(): void;
}

export function openScreen(user: ScreenUser): Screen {
  const keys = new Keys((text) => user.paste(text), () => user.gone());
  const term = termkit.createTerminal({ ...guess(), stdin: keys });
  let open = false;
  let drawn: readonly string[] = [];
  const enter = (): void => {
    if (open) return;
    open = true;
    drawn = [];
    term.fullscreen(true);
    term.hideCursor();
    process.stdout.write(MODES_ON);
    term.grabInput({});
  };
  const leave = (): void => {
    if (!open) return;
    open = false;
    process.stdout.write(`${term.str.styleReset()}${MODES_OFF}`);
    term.hideCursor(false);
    term.fullscreen(false);
    term.grabInput(false);
  };
  const back = (): void => {
    enter();
    user.resized();
  };
  // Also when a fault ends the process: its stack is then read on the user's own screen.
  process.once('exit', leave);
  // The terminal went away: SIGHUP comes, or has come.
  process.stdout.on('error', () => user.gone());
  process.on('SIGCONT', back);
  term.on('resize', () => { drawn = []; user.resized(); });
  term.on('key', (name, matches) => user.key(named(name, matches)));
  enter();
  return {
    // A terminal that was told no size has none.
    get columns() { return term.width ?? 80; },
    get rows() { return term.height ?? 24; },
    draw(rows) {
      if (!open) return;
      process.stdout.write(difference(term, drawn, rows));
      drawn = rows;
    },
    forget() { drawn = []; },
    suspend() {
      leave();
      // The whole job, as the terminal would.
      process.kill(0, 'SIGTSTP');
      // Nobody there to stop us (no job control): go on.
      setTimeout(back, 100);
    },
    close() {
      process.off('SIGCONT', back);
      leave();
    },
  };
}

function guess(): Readonly<Record<string, unknown>> {
  const { appId, generic, isSSH, safe } = termkit.guessTerminal();
  return { generic, isSSH, isTTY: true, ...(safe === true && { appId }) };
}

// No folding at the right edge (rows are as wide as we think, or they are cut there); pastes are told from keys.
const MODES_ON = '\u001b[?7l\u001b[?2004h';
const MODES_OFF = '\u001b[?2004l\u001b[?7h';
// The terminal shows what stands between the two at once; those that do not know it pass it over.
const SYNC = '\u001b[?2026h';
const SYNC_END = '\u001b[?2026l';

function difference(term: Terminal, before: readonly string[], rows: readonly string[]): string {
  const changed = rows.flatMap((row, i) => (row === before[i] ? [] : [`${term.str.moveTo(1, i + 1)}${term.str.eraseLine()}${row}${term.str.styleReset()}`]));
  if (changed.length === 0) return '';
  const all = before.length === 0 ? term.str.clear() : '';
  return `${SYNC}${all}${changed.join('')}${SYNC_END}`;
}

/**
 * Standard input as the library gets it: one key at a time. What is no UTF-8 is replaced (the library would look at such a
 * byte for ever), and a sequence that comes in two pieces is put together.
 */
class Keys extends EventEmitter implements KeySource {
  readonly #decoder = new StringDecoder('utf8');
  readonly #paste: (text: string) => void;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(paste: (text: string) => void, gone: () => void) {
    super();
    this.#paste = paste;
    process.stdin.on('data', (bytes: Buffer) => this.#read(this.#decoder.write(bytes)));
    for (const event of ['end', 'error']) process.stdin.on(event, gone);
    process.stdin.pause();
  }

  setRawMode(on: boolean): void {
    // A terminal that is gone has no modes.
    if (!process.stdin.destroyed) process.stdin.setRawMode(on);
  }

  pause(): void { process.stdin.pause(); }
  resume(): void { process.stdin.resume(); }

  #read(text: string, final = false): void {
    clearTimeout(this.#timer);
    const { units, rest } = sift(this.#rest + text, final);
    this.#rest = rest;
    for (const unit of units) {
      if (unit.kind === 'paste') this.#paste(unit.text);
      else this.emit('data', Buffer.from(unit.text));
    }
    if (rest !== '' && !final) this.#timer = setTimeout(() => this.#read('', true), ESCAPE_MS);
  }
}

/** ms after which an Escape is a key and not the beginning of another. */
const ESCAPE_MS = 60;

const NAMES: Readonly<Record<string, Key>> = {
  UP: 'up', DOWN: 'down', LEFT: 'left', RIGHT: 'right', PAGE_UP: 'pageup', PAGE_DOWN: 'pagedown', HOME: 'home', END: 'end', TAB: 'tab', SHIFT_TAB: 'backtab',
  ENTER: 'enter', KP_ENTER: 'enter', ESCAPE: 'escape', BACKSPACE: 'backspace', CTRL_C: 'ctrl-c', CTRL_Z: 'ctrl-z', CTRL_L: 'ctrl-l', CTRL_U: 'ctrl-u',
  CTRL_D: 'ctrl-d', CTRL_B: 'ctrl-b', CTRL_F: 'ctrl-f',
};

// A sequence may have several names (Tab is Ctrl-I).
function named(name: string, matches: readonly string[]): Key {
  for (const n of [name, ...matches]) if (Object.hasOwn(NAMES, n)) return NAMES[n] ?? n;
  return name;
}
