import fs from 'node:fs';
import { reasonOf } from '../base/errors.js';
import { type FileWriter, limitsOf } from './author.js';
import { EMPTY, NEWLINE, NL, endsLine } from './lines.js';
import { DEFAULT_LIMITS, QUIET, RotatedNames, type RotateLimits } from './rotate.js';
import type { LogFileHost } from './log-file-host.js';
import { Sink } from './sink.js';

/**
 * One path and all who write there. It knows whose line is unfinished in the file, and turns to a new file between
 * two lines only: by rename, since a copy loses what is written meanwhile.
 */
export class LogFile {
  readonly path: string;
  readonly #host: LogFileHost;
  readonly #sink: Sink;
  readonly #writers = new Set<FileWriter>();
  #open: FileWriter | undefined;
  /** The file on the disk ends in mid-line and nobody here has claimed that line. */
  #unfinished = false;
  #ready = false;
  #reopenDue = false;
  #since = 0;
  #nextCheck = 0;
  #noRotateBefore = 0;
  #timeUp = false;
  #rotateTrouble: string | undefined;
  readonly #names = new RotatedNames();
  #cancelBreak: (() => void) | undefined;
  #cached: RotateLimits | undefined;

  constructor(path: string, host: LogFileHost) {
    this.path = path;
    this.#host = host;
    this.#sink = new Sink(path, {
      clock: host.clock,
      write: host.write,
      onTrouble: (reason) => host.onTrouble(path, reason),
      onRecovered: (dropped) => this.#recovered(dropped),
      onDrain: () => { for (const w of this.#writers) w.author.drained(); },
    });
  }

  /**
   * Opens the file if it is not open yet. Called with the first byte, or a moment after the start: most programs write
   * nothing to stderr, and 200 opens are a good part of what starting 100 programs takes.
   */
  ready(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#sink.open();
    this.#unfinished = !this.#sink.atLineStart;
    this.#since = this.#birth();
  }

  get alone(): boolean { return this.#writers.size === 1; }
  get openLine(): FileWriter | undefined { return this.#open; }
  get blocked(): boolean { return this.#sink.blocked; }
  get trouble(): string | undefined { return this.#sink.trouble ?? this.#rotateTrouble; }

  attach(writer: FileWriter): void {
    this.#writers.add(writer);
    this.relimit();
  }

  /** The writer goes on with the line the file ends in. False: there is none, or others write here. */
  resume(writer: FileWriter): boolean {
    this.ready();
    if (!this.#unfinished || !this.alone) return false;
    this.#unfinished = false;
    this.#open = writer;
    return true;
  }

  /** The unfinished line as the file has it; empty where that cannot be read. */
  head(): Buffer { return this.#open === undefined ? EMPTY : this.#sink.lastLine(); }

  /** True when nobody is left. */
  detach(writer: FileWriter): boolean {
    writer.flush();
    this.#writers.delete(writer);
    if (this.#open === writer) {
      if (this.#writers.size > 0) this.breakLine();
      else this.#open = undefined;
    }
    return this.#writers.size === 0;
  }

  /** Only a writer that owns the open line, or finds none, may put. False: the sink is slow. */
  put(writer: FileWriter, bytes: Buffer): boolean {
    this.ready();
    if (bytes.length === 0) return !this.#sink.blocked;
    if (!this.#turnDue()) return this.#write(writer, bytes);
    if (this.#open === undefined) { this.#turn(); return this.#write(writer, bytes); }
    const nl = bytes.indexOf(NL);
    if (nl < 0) return this.#write(writer, bytes);
    const ok = this.#write(writer, bytes.subarray(0, nl + 1));
    this.#turn();
    return nl + 1 < bytes.length ? this.#write(writer, bytes.subarray(nl + 1)) : ok;
  }

  /** Where this writer's bytes may go unseen by `put`, as they come; -1: not now. */
  directFd(writer: FileWriter): number {
    this.ready();
    const clear = this.alone && !this.#unfinished && (this.#open === undefined || this.#open === writer) && !this.#turnDue();
    return clear && this.#host.direct ? this.#sink.directFd() : -1;
  }

  wroteDirect(writer: FileWriter, bytes: Buffer): void {
    this.#sink.wroteDirect(bytes);
    this.#open = endsLine(bytes) ? undefined : writer;
  }

  /** Ends another's unfinished line (a prompt nobody answers), so that those who wait can go on. */
  breakLine(): void {
    this.#cancelBreak?.();
    this.#cancelBreak = undefined;
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#sink.write(NEWLINE);
    this.#settle();
  }

  breakLineSoon(): void {
    this.#cancelBreak ??= this.#host.clock.after(BREAK_MS, () => this.breakLine());
  }

  /** Somebody outside has renamed the file: the next line goes to a new one. */
  reopen(): void {
    if (!this.#ready) return;
    if (this.#open === undefined) this.#renew();
    else this.#reopenDue = true;
  }

  /** Throws the system's error. */
  truncate(): void {
    this.ready();
    this.#sink.truncate();
  }

  close(): void {
    if (!this.#ready) return;
    for (const w of this.#writers) w.flush();
    this.#cancelBreak?.();
    this.#cancelBreak = undefined;
    this.#sink.close();
  }

  #write(writer: FileWriter, bytes: Buffer): boolean {
    if (this.#unfinished) {
      this.#unfinished = false;
      this.#sink.write(NEWLINE);
    }
    const ok = this.#sink.write(bytes);
    if (!endsLine(bytes)) { this.#open = writer; return ok; }
    if (this.#open === undefined) return ok;
    this.#open = undefined;
    if (this.#cancelBreak !== undefined) this.#settle();
    return ok;
  }

  #settle(): void {
    this.#cancelBreak?.();
    this.#cancelBreak = undefined;
    for (const w of this.#writers) w.settle();
  }

  #limits(): RotateLimits {
    // Of several writers the one that came last decides; they are instances of one app.
    return limitsOf([...this.#writers].at(-1)?.author.limits ?? {}, this.#host.defaults());
  }

  /** Limits changed: read anew. */
  relimit(): void {
    this.#cached = undefined;
    this.#nextCheck = 0;
  }

  #turnDue(): boolean {
    const now = this.#host.clock.now();
    if (now >= this.#nextCheck) this.#check(now);
    if (this.#reopenDue) return true;
    const max = (this.#cached ??= this.#limits()).maxSize;
    if (!this.#timeUp && (max <= 0 || this.#sink.size < max)) return false;
    return this.#sink.regular && this.#sink.trouble === undefined && now >= this.#noRotateBefore;
  }

  /** Every few seconds: was it truncated or removed outside, has its time passed? */
  #check(now: number): void {
    this.#nextCheck = now + CHECK_MS;
    if (!this.#sink.regular) return;
    const st = this.#sink.stat();
    if (st?.nlink === 0) this.#reopenDue = true;
    const limits = (this.#cached ??= this.#limits());
    const floor = limits.interval === DEFAULT_LIMITS.interval ? QUIET : 0;
    this.#timeUp = limits.interval > 0 && this.#sink.size > floor && this.#host.clock.wall() - this.#since >= limits.interval;
  }

  #turn(): void {
    if (this.#reopenDue) { this.#renew(); return; }
    const limits = (this.#cached ??= this.#limits());
    const st = this.#sink.stat();
    if (st === undefined) return;
    // Truncated outside since we counted: nothing to do.
    if (!this.#timeUp && this.#sink.size < limits.maxSize) return;
    try {
      const there = fs.statSync(this.path, { throwIfNoEntry: false });
      // Another file lies at our path: somebody was faster, and renaming would take theirs.
      if (there?.ino === st.ino && there.dev === st.dev) {
        const real = fs.realpathSync(this.path);
        fs.renameSync(real, this.#names.next(real, this.#host.clock.wall()));
        this.#host.onRotated(real, limits);
      }
      this.#renew();
      if (this.#rotateTrouble !== undefined) { this.#rotateTrouble = undefined; this.#host.onRecovered(this.path, 0); }
    } catch (e) {
      // The log goes on in the old file; a folder that may not be written is not a reason to lose lines.
      this.#noRotateBefore = this.#host.clock.now() + ROTATE_RETRY_MS;
      if (this.#rotateTrouble === undefined) {
        this.#rotateTrouble = `cannot rotate: ${reasonOf(e)}`;
        this.#host.onTrouble(this.path, this.#rotateTrouble);
      }
    }
  }

  #renew(): void {
    this.#reopenDue = false;
    this.#timeUp = false;
    this.#unfinished = false;
    this.#sink.reopen();
    this.#since = this.#birth();
  }

  /** When the present file began. */
  #birth(): number {
    const wall = this.#host.clock.wall();
    const st = this.#sink.regular && this.#sink.size > 0 ? this.#sink.stat() : undefined;
    return st === undefined || st.birthtimeMs <= 0 ? wall : Math.min(wall, st.birthtimeMs);
  }

  #recovered(dropped: number): Buffer | undefined {
    this.#host.onRecovered(this.path, dropped);
    const author = [...this.#writers].at(-1)?.author;
    return dropped === 0 ? undefined : author?.note(`mgr: ${dropped} line${dropped === 1 ? ' was' : 's were'} not written (disk full)`);
  }
}

const CHECK_MS = 5000;
const BREAK_MS = 250;
const ROTATE_RETRY_MS = 60_000;
