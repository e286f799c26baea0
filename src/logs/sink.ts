import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from '../base/clock.js';
import { errno, reasonOf } from '../base/errors.js';
import { makeFolder } from '../base/folders.js';
import { Backlog } from './backlog.js';
import { EMPTY, NL } from './lines.js';
import { lastByte, lastLine } from './read-back.js';

/** fs.writeSync, replaceable in tests. */
export type WriteFn = (fd: number, bytes: Buffer, offset: number, length: number) => number;

export interface SinkHost {
  readonly clock: Clock;
  readonly write: WriteFn;
  /** Once per trouble. */
  onTrouble(reason: string): void;
  /** Everything held is written; so many lines were not kept. Returns the line to leave in the file, if any. */
  onRecovered(droppedLines: number): Buffer | undefined;
  /** What was held back by a slow reader is written. */
  onDrain(): void;
}

/**
 * One open log file, device or FIFO, and what could not be written to it yet. Two different waits:
 * - blocked: the other side of a FIFO or a terminal is slow. `write` says false, the program is made to wait.
 * - trouble: the disk is full, the folder is gone. The program runs on; up to 256 KB are held, then whole lines are
 *   dropped and counted; tried again at most every second.
 */
export class Sink {
  readonly path: string;
  readonly #host: SinkHost;
  #fd = -1;
  #regular = true;
  #size = 0;
  /** The last byte in the file, or held for it, ended a line. */
  #atLineStart = true;
  readonly #backlog = new Backlog();
  #trouble: string | undefined;
  #blocked = false;
  #triedAt = 0;
  #cancel: (() => void) | undefined;

  constructor(path: string, host: SinkHost) {
    this.path = path;
    this.#host = host;
  }

  /** A file that can be renamed and truncated; false for FIFO, device, terminal. */
  get regular(): boolean { return this.#regular; }
  /** Bytes in the file, as far as we know. */
  get size(): number { return this.#size; }
  get trouble(): string | undefined { return this.#trouble; }
  get blocked(): boolean { return this.#blocked; }
  get atLineStart(): boolean { return this.#atLineStart; }

  open(): void {
    if (!this.#tryOpen()) return;
    this.#atLineStart = !this.#regular || this.#size === 0 || lastByte(this.path, this.#size) === NL;
  }

  /** Closes and opens the path anew (renamed under us). Nothing that is held is lost. */
  reopen(): void {
    this.#closeFd();
    this.#tryOpen();
  }

  /** False: the sink is slow; hold the source until onDrain. The bytes themselves are taken in any case. */
  write(bytes: Buffer): boolean {
    if (bytes.length === 0) return !this.#blocked;
    if (this.#trouble !== undefined && this.#host.clock.now() - this.#triedAt >= RETRY_MS) this.#flush();
    if (this.#backlog.skipping || this.#trouble !== undefined || this.#blocked) return this.#hold(bytes);
    if (this.#fd < 0 && !this.#tryOpen()) return this.#hold(bytes);
    const done = this.#push(bytes);
    if (done > 0) this.#atLineStart = bytes[done - 1] === NL;
    return done === bytes.length ? true : this.#hold(bytes.subarray(done));
  }

  /** The descriptor, when bytes may go into it past `write` (see Intake on why); -1 when something is in the way. */
  directFd(): number {
    return this.#regular && this.#trouble === undefined && !this.#blocked && !this.#backlog.skipping && this.#backlog.bytes === 0 ? this.#fd : -1;
  }

  /** What went into the descriptor. */
  wroteDirect(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#atLineStart = bytes[bytes.length - 1] === NL;
  }

  /** The file itself now, undefined when it cannot be looked at. */
  stat(): fs.Stats | undefined {
    if (this.#fd < 0) return undefined;
    try {
      const st = fs.fstatSync(this.#fd);
      if (this.#regular) this.#size = st.size;
      return st;
    } catch (e) {
      this.#fail(e);
      return undefined;
    }
  }

  /** What the file has of a line that is not finished. Empty for what is no file, and while something is held. */
  lastLine(): Buffer {
    return this.#regular && this.#fd >= 0 && this.#backlog.bytes === 0 ? lastLine(this.path) : EMPTY;
  }

  truncate(): void {
    if (this.#fd < 0 || !this.#regular) return;
    fs.ftruncateSync(this.#fd);
    this.#size = 0;
  }

  /** Writes what it can of what is held, and closes. */
  close(): void {
    if (this.#backlog.bytes > 0) this.#flush();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#closeFd();
  }

  #tryOpen(): boolean {
    const { O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = fs.constants;
    this.#triedAt = this.#host.clock.now();
    try {
      const kind = fs.statSync(this.path, { throwIfNoEntry: false });
      // A FIFO is opened for both ends: without a reader the program waits, as with a shell's `>`, instead of us failing.
      const access = kind?.isFIFO() ? O_RDWR : O_WRONLY;
      if (kind === undefined) makeFolder(path.dirname(this.path));
      this.#fd = fs.openSync(this.path, access | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o600);
      const st = fs.fstatSync(this.#fd);
      this.#regular = st.isFile();
      this.#size = this.#regular ? st.size : 0;
      return true;
    } catch (e) {
      this.#closeFd();
      this.#fail(e);
      return false;
    }
  }

  /** How many of the bytes were written; less when it is blocked or in trouble now. */
  #push(bytes: Buffer): number {
    let done = 0;
    while (done < bytes.length) {
      try {
        const n = this.#host.write(this.#fd, bytes, done, bytes.length - done);
        done += n;
        this.#size += n;
      } catch (e) {
        const code = errno(e);
        if (code === 'EINTR') continue;
        if (code === 'EAGAIN') { this.#blocked = true; this.#arm(POLL_MS); } else this.#fail(e);
        break;
      }
    }
    return done;
  }

  #fail(e: unknown): void {
    this.#triedAt = this.#host.clock.now();
    // A descriptor that has gone bad will not become good; a full disk's will.
    if (errno(e) === 'EBADF' || errno(e) === 'EIO' || errno(e) === 'EPIPE' || errno(e) === 'ESTALE') this.#closeFd();
    if (this.#trouble !== undefined) return;
    this.#trouble = reasonOf(e);
    this.#blocked = false;
    this.#host.onTrouble(this.#trouble);
  }

  #hold(bytes: Buffer): boolean {
    const skipping = this.#backlog.skipping;
    const rest = this.#backlog.afterSkipped(bytes);
    // All is well again since; only the end of a dropped line was to be passed by.
    if (skipping && rest !== undefined && this.#trouble === undefined && !this.#blocked) return this.write(rest);
    if (rest !== undefined && rest.length > 0) {
      this.#atLineStart = !this.#backlog.add(rest, this.#blocked ? MOST_BLOCKED : MOST_HELD, !this.#atLineStart);
    }
    if (this.#trouble !== undefined) this.#arm(RETRY_MS);
    return !this.#blocked;
  }

  /** Tries to write what is held. */
  #flush(): void {
    const wasBlocked = this.#blocked;
    const trouble = this.#trouble;
    this.#triedAt = this.#host.clock.now();
    if (this.#fd < 0 && !this.#tryOpen()) { this.#arm(RETRY_MS); return; }
    this.#blocked = false;
    for (let next = this.#backlog.first(); next !== undefined; next = this.#backlog.first()) {
      const done = this.#push(next);
      this.#backlog.written(done);
      if (done === next.length) continue;
      if (this.#trouble !== undefined) this.#arm(RETRY_MS);
      // From a slow reader to a dead one: the program need not wait any more.
      if (wasBlocked && !this.#blocked) this.#host.onDrain();
      return;
    }
    this.#trouble = undefined;
    const dropped = this.#backlog.reset();
    if (trouble !== undefined || dropped > 0) {
      // Not through `write`: it would take this line for the rest of one that is being dropped.
      const note = this.#host.onRecovered(dropped);
      if (note !== undefined) this.#note(note);
    }
    if (wasBlocked && !this.#blocked) this.#host.onDrain();
  }

  #note(note: Buffer): void {
    const done = this.#push(note);
    // Even this line may meet a full disk again; then it is held like any other.
    if (done < note.length) this.#backlog.add(note.subarray(done), MOST_HELD, done > 0);
    if (this.#trouble !== undefined) this.#arm(RETRY_MS);
    this.#atLineStart = true;
  }

  #arm(ms: number): void {
    if (this.#cancel !== undefined) return;
    this.#cancel = this.#host.clock.after(ms, () => {
      this.#cancel = undefined;
      if (this.#trouble !== undefined || this.#blocked) this.#flush();
    });
  }

  #closeFd(): void {
    if (this.#fd >= 0) {
      try {
        fs.closeSync(this.#fd);
      } catch {
        // It is gone either way; a late write error of the kernel has no line of ours to give back.
      }
    }
    this.#fd = -1;
  }
}

const RETRY_MS = 1000;
// There is no event for "writable" on a descriptor that libuv does not own; a slow reader is asked again soon.
const POLL_MS = 5;
const MOST_HELD = 256 * 1024;
const MOST_BLOCKED = 8 * 1024 * 1024;
