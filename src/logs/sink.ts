import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from '../base/clock.js';
import { errno, reasonOf } from '../base/errors.js';
import { NEWLINE, NL, countLines, endsLine } from './lines.js';

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
  #held: Buffer[] = [];
  #heldBytes = 0;
  #trouble: string | undefined;
  #blocked = false;
  #full = false;
  #dropped = 0;
  #skip = false;
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
    if (this.#skip || this.#trouble !== undefined || this.#blocked) return this.#hold(bytes);
    if (this.#fd < 0 && !this.#tryOpen()) return this.#hold(bytes);
    const done = this.#push(bytes);
    if (done > 0) this.#atLineStart = bytes[done - 1] === NL;
    return done === bytes.length ? true : this.#hold(bytes.subarray(done));
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

  truncate(): void {
    if (this.#fd < 0 || !this.#regular) return;
    fs.ftruncateSync(this.#fd);
    this.#size = 0;
  }

  /** Writes what it can of what is held, and closes. */
  close(): void {
    if (this.#heldBytes > 0) this.#flush();
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
      if (kind === undefined) fs.mkdirSync(path.dirname(this.path), { recursive: true });
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
    let b = bytes;
    if (this.#skip) {
      const nl = b.indexOf(NL);
      if (nl < 0) return !this.#blocked;
      this.#skip = false;
      b = b.subarray(nl + 1);
      // Recovered while a line was being dropped: from here on it is writing as usual.
      if (this.#trouble === undefined && !this.#blocked) return this.write(b);
    }
    if (b.length > 0) this.#keep(b);
    if (this.#trouble !== undefined) this.#arm(RETRY_MS);
    return !this.#blocked;
  }

  #keep(bytes: Buffer): void {
    const room = (this.#blocked ? MOST_BLOCKED : MOST_HELD) - this.#heldBytes;
    if (!this.#full && bytes.length <= room) { this.#store(bytes); return; }
    let rest = bytes;
    if (!this.#full) {
      this.#full = true;
      let cut = room > 0 ? bytes.lastIndexOf(NL, room - 1) + 1 : 0;
      // The line which is half in the file must end, be it a little over the bound.
      if (cut === 0 && !this.#atLineStart) cut = bytes.indexOf(NL) + 1;
      if (cut > 0) this.#store(bytes.subarray(0, cut));
      else if (!this.#atLineStart) this.#store(NEWLINE);
      rest = bytes.subarray(cut);
    }
    this.#dropped += countLines(rest);
    if (rest.length > 0 && !endsLine(rest)) { this.#dropped++; this.#skip = true; }
  }

  #store(bytes: Buffer): void {
    // Copied: the caller's buffer is shared and will be another stream's the next moment.
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    this.#atLineStart = endsLine(bytes);
  }

  /** Tries to write what is held. */
  #flush(): void {
    const wasBlocked = this.#blocked;
    const trouble = this.#trouble;
    this.#triedAt = this.#host.clock.now();
    if (this.#fd < 0 && !this.#tryOpen()) { this.#arm(RETRY_MS); return; }
    this.#blocked = false;
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const done = this.#push(next);
      this.#heldBytes -= done;
      if (done < next.length) {
        this.#held[0] = next.subarray(done);
        if (this.#trouble !== undefined) this.#arm(RETRY_MS);
        // From a slow reader to a dead one: the program need not wait any more.
        if (wasBlocked && !this.#blocked) this.#host.onDrain();
        return;
      }
      this.#held.shift();
    }
    this.#full = false;
    this.#trouble = undefined;
    if (trouble !== undefined || this.#dropped > 0) this.#recovered();
    if (wasBlocked && !this.#blocked) this.#host.onDrain();
  }

  #recovered(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    const note = this.#host.onRecovered(dropped);
    if (note === undefined) return;
    // Even this line may meet a full disk again; then it is held like any other.
    const skip = this.#skip;
    this.#skip = false;
    this.write(note);
    this.#skip = skip;
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

function lastByte(file: string, size: number): number | undefined {
  try {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const one = Buffer.alloc(1);
      return fs.readSync(fd, one, 0, 1, size - 1) === 1 ? one[0] : NL;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return NL; // write-only for us: taken as ended, the worst is one merged line
  }
}
