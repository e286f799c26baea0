/** A terminal for programs that draw: a real pseudo terminal (util-linux's `script`) and an interpreter of what they write. */
import { spawn, spawnSync } from 'node:child_process';
import { width } from '../../src/cli/width.js';

/** `script` is on every Debian; elsewhere such tests are skipped. */
export const HAS_SCRIPT = (spawnSync('script', ['--version']).stdout?.toString() ?? '').includes('util-linux');

export class TestTerminal {
  readonly #child: ReturnType<typeof spawn>;
  readonly screen: Emulator;
  /** Exit status of the program. */
  readonly ended: Promise<number | null>;

  constructor(command: string, columns: number, rows: number, env: Readonly<Record<string, string>>, cwd: string) {
    this.screen = new Emulator(columns, rows);
    this.#child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; ${command}`, '/dev/null'], { cwd, env: { TERM: 'xterm-256color', SHELL: '/bin/sh', ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (d: string) => this.screen.write(d));
    this.ended = new Promise((resolve) => { this.#child.once('close', resolve); });
  }

  type(keys: string): void { this.#child.stdin?.write(keys); }
  /** The terminal goes away. */
  hangUp(): void { this.#child.kill('SIGKILL'); }
}

/** Interprets what we write and nothing more: any other sequence is an error, for it came from a program's log. */
export class Emulator {
  columns: number;
  rows: number;
  #cells: string[][];
  #x = 0;
  #y = 0;
  #rest = '';
  /** Modes that are on (`1049`: the other screen, `25`: the cursor is hidden when this is missing). */
  readonly modes = new Set(['25', '7']);
  readonly foreign: string[] = [];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = this.#blank();
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#cells = this.#blank();
  }

  get text(): string { return this.#cells.map((row) => row.join('').trimEnd()).join('\n'); }

  write(chunk: string): void {
    let text = this.#rest + chunk;
    this.#rest = '';
    while (text !== '') {
      // oxlint-disable-next-line no-control-regex -- a terminal is played
      const m = /^(?:\u001b\[([?]?)([\d;]*)([@-~])|\u001b([()][A-Z0-9]|[=>78])|([\r\n\b\u0007])|([^\u0000-\u001f]+))/.exec(text);
      if (!m) {
        // oxlint-disable-next-line no-control-regex
        if (/^\u001b(?:\[[?]?[\d;]*)?$/.test(text)) { this.#rest = text; return; }
        this.foreign.push(text.slice(0, 12));
        text = text.slice(1);
        continue;
      }
      text = text.slice(m[0].length);
      const [, mark, params = '', final, , control, plain] = m;
      if (plain !== undefined) this.#put(plain);
      else if (control !== undefined) this.#control(control);
      else if (final !== undefined) this.#sequence(mark === '?', params, final, m[0]);
    }
  }

  #put(text: string): void {
    for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
      const wide = width(segment);
      const row = this.#cells[this.#y];
      if (!row || this.#x + wide > this.columns) continue;
      row[this.#x] = segment;
      if (wide === 2) row[this.#x + 1] = '';
      this.#x += wide;
    }
  }

  #control(c: string): void {
    if (c === '\r') this.#x = 0;
    if (c === '\n') this.#y = Math.min(this.rows - 1, this.#y + 1);
  }

  #sequence(priv: boolean, params: string, final: string, whole: string): void {
    const [a = 1, b = 1] = params.split(';').map((n) => (n === '' ? 1 : Number(n)));
    if (priv && (final === 'h' || final === 'l')) {
      for (const n of params.split(';')) if (final === 'h') this.modes.add(n); else this.modes.delete(n);
      // The other screen comes and goes empty.
      if (params === '1049') [this.#cells, this.#x, this.#y] = [this.#blank(), 0, 0];
    } else if (final === 'H') [this.#y, this.#x] = [a - 1, b - 1];
    else if (final === 'G') this.#x = a - 1;
    else if (final === 'K') this.#cells[this.#y]?.fill(' ');
    else if (final === 'J') this.#cells = this.#blank();
    else if (final !== 'm') this.foreign.push(whole);
  }

  #blank(): string[][] { return Array.from({ length: this.rows }, () => Array.from({ length: this.columns }, () => ' ')); }
}
