import type { Clock } from '../base/clock.js';
import type { LogFiles } from './files.js';
import { formatter, type Formatter } from './format.js';
import { Carry, EMPTY, LONGEST_LINE, NL } from './lines.js';
import { Recent } from './recent.js';
import type { Author, LimitsAsked } from './author.js';
import type { LineWriter } from './writer.js';

/** Lines: Node's report of an uncaught error, whose message stands first, has up to 30. */
const STDERR_TAIL = 40;

/** Where a process's output goes, and how it looks there. */
export interface LogTarget {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  /** Absolute paths; undefined = not written. */
  readonly out?: string | undefined;
  readonly err?: string | undefined;
  readonly all?: string | undefined;
  readonly type: 'raw' | 'json';
  /** dayjs format, '' = none. */
  readonly date: string;
  /** What is left out follows the defaults of LogFiles, also when those change. */
  readonly limits: LimitsAsked;
}

export type Stream = 'out' | 'err';
/** `at`: wall-clock ms, before the text was written: who finds it in the file finds it there later than that. */
export type OnLines = (stream: Stream, text: Buffer, at: number) => void;

/**
 * The two streams of one managed process on their way to its files: format, then each file's writer, then whoever
 * follows. Synchronous from the intake's read to the write: between the two lies the only moment in which a killed
 * daemon loses bytes.
 *
 * A line is one record, whole, once. A line over 16 MB is one record only where nothing must wait for its end (raw and
 * dated, alone in the file); elsewhere it is written in pieces of that size.
 */
export class ProcessLog {
  /** Every slow sink can take more: the intakes may go on. */
  onDrain: (() => void) | undefined;
  readonly #files: LogFiles;
  readonly #clock: Clock;
  readonly #recent = new Recent(STDERR_TAIL);
  #target: LogTarget;
  #out: Pipe;
  #err: Pipe;
  #onLines: OnLines | undefined;
  /** When the last chunk was about to be written directly: a follower compares it with when the file was read. */
  #directAt = 0;

  /** `resumed`: the process ran before this daemon, and a file that ends in mid-line ends in *its* line. */
  constructor(target: LogTarget, files: LogFiles, clock: Clock, { resumed = false }: { resumed?: boolean } = {}) {
    this.#target = target;
    this.#files = files;
    this.#clock = clock;
    this.#out = this.#pipe('out');
    this.#err = this.#pipe('err');
    this.#connect();
    if (resumed) for (const p of [this.#out, this.#err]) resumeLine(p);
  }

  /**
   * Whole formatted lines, as in the file; the buffer is valid during the call only. Undefined (nobody follows) costs
   * nothing. Set in mid-line, it begins with that whole line where there is a file to read its head from.
   */
  get onLines(): OnLines | undefined { return this.#onLines; }
  set onLines(fn: OnLines | undefined) {
    const before = this.#onLines;
    this.#onLines = fn;
    for (const p of [this.#out, this.#err]) {
      if (fn === undefined) p.carry.take();
      else if (before === undefined) p.carry.append(p.writers[0]?.head() ?? EMPTY);
    }
  }

  /** False: a sink is slow; pause the intake until onDrain. The chunk itself is taken care of. */
  write(stream: Stream, chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    const p = stream === 'out' ? this.#out : this.#err;
    if (stream === 'err') this.#recent.feed(chunk);
    if (p.writers.length === 0 && this.#onLines === undefined) return true;
    const bytes = p.format.feed(chunk);
    return bytes.length === 0 ? true : this.#deliver(stream, p, bytes);
  }

  /**
   * The descriptor into which the next chunk of this stream may go as it is: one file, no format, nothing held back.
   * -1: it must go through `write`. Whoever used it tells it by `wroteDirect`.
   */
  directFd(stream: Stream): number {
    const p = stream === 'out' ? this.#out : this.#err;
    const only = p.writers.length === 1 && this.#target.type === 'raw' && this.#target.date === '' ? p.writers[0] : undefined;
    if (only === undefined) return -1;
    if (this.#onLines !== undefined) this.#directAt = this.#clock.wall();
    return only.directFd();
  }

  wroteDirect(stream: Stream, chunk: Buffer): void {
    const p = stream === 'out' ? this.#out : this.#err;
    if (stream === 'err') this.#recent.feed(chunk);
    p.writers[0]?.wroteDirect(p.format.feed(chunk));
    if (this.#onLines !== undefined) follow(p.carry, chunk, (text) => this.#onLines?.(stream, text, this.#directAt));
  }

  /** The run's stream ended: an unfinished last line gets its newline. */
  end(stream: Stream): void {
    const p = stream === 'out' ? this.#out : this.#err;
    if (stream === 'err') this.#recent.end();
    const bytes = p.format.end();
    if (bytes.length > 0) this.#deliver(stream, p, bytes);
  }

  /** The last 40 lines of stderr as the program wrote them, each cut at 2,000 characters. */
  stderrTail(): string[] { return this.#recent.lines(); }

  /** Other files, another format, other limits. What stays the same is not touched. */
  retarget(target: LogTarget): void {
    const old = this.#target;
    this.#target = target;
    if (old.type !== target.type || old.date !== target.date || old.id !== target.id || old.name !== target.name) {
      for (const stream of ['out', 'err'] as const) {
        // An unfinished line ends in the format it began in.
        this.end(stream);
        (stream === 'out' ? this.#out : this.#err).format = this.#format(stream);
      }
    }
    this.#connect();
  }

  /** The files are left (and closed, when nobody else writes there). Unfinished lines are written as they are. */
  close(): void {
    this.onLines = undefined;
    this.onDrain = undefined;
    for (const p of [this.#out, this.#err]) {
      // A json record cannot be continued by a next daemon: what is there becomes one.
      if (this.#target.type === 'json') for (const w of p.writers) w.write(p.format.end());
      for (const w of p.writers) this.#files.detach(w);
      p.writers = [];
    }
  }

  #deliver(stream: Stream, p: Pipe, bytes: Buffer): boolean {
    let ok = true;
    const at = this.#onLines === undefined ? 0 : this.#clock.wall();
    for (const w of p.writers) if (!w.write(bytes)) ok = false;
    if (this.#onLines !== undefined) follow(p.carry, bytes, (text) => this.#onLines?.(stream, text, at));
    return ok;
  }

  #pipe(stream: Stream): Pipe {
    const author: Author = {
      limits: this.#target.limits,
      note: (text) => this.#format(stream).note(text),
      drained: () => { if (![...this.#out.writers, ...this.#err.writers].some((w) => w.file.blocked)) this.onDrain?.(); },
    };
    return { author, format: this.#format(stream), writers: [], carry: new Carry() };
  }

  #format(stream: Stream): Formatter {
    return formatter(this.#target, stream, () => this.#clock.wall());
  }

  /** Makes the writers those of the target: new ones first, so that a file both have stays open. */
  #connect(): void {
    const { out, err, all, limits } = this.#target;
    const left: LineWriter[] = [];
    for (const [p, own] of [[this.#out, out], [this.#err, err]] as const) {
      p.author.limits = limits;
      const wanted = [...new Set([own, all])].filter((f) => f !== undefined);
      const before = p.writers;
      p.writers = wanted.map((f) => before.find((w) => w.file.path === f) ?? this.#files.attach(f, p.author));
      left.push(...before.filter((w) => !p.writers.includes(w)));
      for (const w of p.writers) w.file.relimit();
    }
    for (const w of left) this.#files.detach(w);
  }
}

/** One stream of one process. */
interface Pipe {
  author: Author;
  format: Formatter;
  writers: LineWriter[];
  /** The followers' unfinished line. */
  readonly carry: Carry;
}

function resumeLine(p: Pipe): void {
  for (const w of p.writers) if (w.file.resume(w)) p.format.resumeInLine();
}

function follow(carry: Carry, bytes: Buffer, tell: (text: Buffer) => void): void {
  const cut = bytes.lastIndexOf(NL) + 1;
  if (cut === 0) {
    carry.append(bytes);
    if (carry.length >= LONGEST_LINE) tell(carry.take());
    return;
  }
  if (carry.length === 0) tell(bytes.subarray(0, cut));
  else {
    carry.append(bytes.subarray(0, cut));
    tell(carry.take());
  }
  if (cut < bytes.length) carry.append(bytes.subarray(cut));
}
