import type { Author } from './author.js';
import { Carry, EMPTY, LONGEST_LINE, NL } from './lines.js';
import type { LogFile } from './log-file.js';

/**
 * One stream's way into one file. Alone in its file it writes through, unfinished lines too: a prompt is seen at once,
 * and nothing is in memory when the daemon is killed. Where others write too, only whole lines go in.
 */
export class LineWriter {
  readonly file: LogFile;
  readonly author: Author;
  readonly #carry = new Carry();

  constructor(file: LogFile, author: Author) {
    this.file = file;
    this.author = author;
  }

  /** False: the sink is slow. */
  write(bytes: Buffer): boolean {
    const file = this.file;
    if (file.openLine !== undefined && file.openLine !== this) return this.#waitTurn(bytes);
    if (file.alone) {
      if (this.#carry.length > 0) file.put(this, this.#carry.take());
      return file.put(this, bytes);
    }
    if (file.openLine === this && this.#carry.length === 0) {
      // It began this line while it was alone: the line is finished in place.
      const nl = bytes.indexOf(NL);
      if (nl < 0 || nl === bytes.length - 1) return file.put(this, bytes);
      file.put(this, bytes.subarray(0, nl + 1));
      return this.#whole(bytes.subarray(nl + 1));
    }
    return this.#whole(bytes);
  }

  /** What there is of the line under way, in the file or waiting. Empty also where it cannot be read back. */
  head(): Buffer {
    if (this.#carry.length > 0) return this.#carry.unfinished();
    return this.file.openLine === this ? this.file.head() : EMPTY;
  }

  /** See LogFile.directFd. */
  directFd(): number { return this.#carry.length === 0 ? this.file.directFd(this) : -1; }
  wroteDirect(bytes: Buffer): void { this.file.wroteDirect(this, bytes); }

  /** The last line of a run: `ending` is its newline, or nothing when it is whole. */
  end(ending: Buffer): void {
    if (ending.length > 0) this.write(ending);
  }

  /** Another's unfinished line is over: what waited goes in. */
  settle(): void {
    const end = this.#carry.wholeEnd();
    if (end > 0) this.file.put(this, this.#carry.take(end));
  }

  /** Writes what waits, unfinished as it may be: it is not lost, and a next daemon goes on from there. */
  flush(): void {
    if (this.#carry.length === 0) return;
    if (this.file.openLine !== undefined && this.file.openLine !== this) this.file.breakLine();
    if (this.#carry.length > 0) this.file.put(this, this.#carry.take());
  }

  #whole(bytes: Buffer): boolean {
    const cut = bytes.lastIndexOf(NL) + 1;
    if (cut === 0) {
      this.#carry.append(bytes);
      return this.#carry.length < LONGEST_LINE || this.file.put(this, this.#carry.take());
    }
    let whole = bytes.subarray(0, cut);
    if (this.#carry.length > 0) {
      this.#carry.append(whole);
      whole = this.#carry.take();
    }
    const ok = this.file.put(this, whole);
    if (cut < bytes.length) this.#carry.append(bytes.subarray(cut));
    return ok;
  }

  #waitTurn(bytes: Buffer): boolean {
    this.#carry.append(bytes);
    if (this.#carry.length > WAIT_MOST) this.file.breakLine();
    else this.file.breakLineSoon();
    return !this.file.blocked;
  }
}

const WAIT_MOST = 256 * 1024;
