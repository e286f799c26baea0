import { stamper } from '../logs/dates.js';
import { type LineLook, lineMaker } from '../cli/render/log-line.js';
import type { Sink } from '../cli/output.js';
import type { ManagedProcess } from '../supervisor/process.js';

export interface ScreenOptions {
  readonly form: LineLook['form'];
  readonly colour: boolean;
  /** dayjs format of a time before each line. */
  readonly stamp?: string;
  /** The reader of stdout went away. Called once. */
  readonly onClosed: () => void;
}

/**
 * What programs write, as it comes, on our stdout. The write is synchronous: while the reader of our stdout is slow the
 * pipes of the programs fill and they wait, and no memory of ours does.
 */
export class Screen {
  readonly #stdout: Sink;
  readonly #make: (line: Parameters<ReturnType<typeof lineMaker>>[0]) => string;
  readonly #onClosed: () => void;
  #closed = false;

  constructor(stdout: Sink, o: ScreenOptions) {
    this.#stdout = stdout;
    this.#onClosed = o.onClosed;
    let at = 0;
    const stamp = o.stamp === undefined ? undefined : stamper(o.stamp, () => at);
    this.#make = lineMaker({ form: o.form, colour: o.colour, ...(stamp && { date: (given) => { at = given; return stamp(); } }) });
  }

  show(p: ManagedProcess, stream: 'out' | 'err', text: Buffer, at: number): void {
    const lines = text.toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    this.#write(lines.map((line) => this.#make({ id: p.id, name: p.spec.name, stream, text: line, at })).join(''));
  }

  /** One JSON object, in the json form only. */
  event(record: Readonly<Record<string, unknown>>): void {
    this.#write(`${JSON.stringify(record)}\n`);
  }

  #write(text: string): void {
    if (this.#closed) return;
    try {
      this.#stdout.write(text);
    } catch {
      // EPIPE, or a disk that is full behind a redirection: programs must not end for it.
      this.#closed = true;
      this.#onClosed();
    }
  }
}
