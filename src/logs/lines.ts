/** Bytes copied out of a shared buffer until their line is whole. Grows by doubling; a large one is given back at once. */
export class Carry {
  #buf: Buffer = EMPTY;
  #len = 0;

  get length(): number { return this.#len; }

  append(bytes: Buffer): void {
    const need = this.#len + bytes.length;
    if (need > this.#buf.length) {
      // Slow: a slice of Node's shared 8 KB pool would keep the whole pool alive for one short line.
      const next = Buffer.allocUnsafeSlow(Math.max(256, need, Math.min(this.#buf.length * 2, need + GROW_MOST)));
      this.#buf.copy(next, 0, 0, this.#len);
      this.#buf = next;
    }
    bytes.copy(this.#buf, this.#len);
    this.#len = need;
  }

  /** Everything, or the first `count` bytes. A view: valid until the next append. */
  take(count = this.#len): Buffer {
    const out = this.#buf.subarray(0, count);
    const rest = this.#len - count;
    if (rest > 0 || this.#buf.length > KEEP_MOST) {
      const next = rest > 0 ? Buffer.allocUnsafeSlow(Math.max(256, rest)) : EMPTY;
      this.#buf.copy(next, 0, count, this.#len);
      this.#buf = next;
    }
    this.#len = rest;
    return out;
  }

  /** What stands after the last newline. A view: valid until the next append. */
  unfinished(): Buffer { return this.#buf.subarray(this.wholeEnd(), this.#len); }

  /** One past the last newline, 0 when there is none. */
  wholeEnd(): number {
    return this.#buf.subarray(0, this.#len).lastIndexOf(NL) + 1;
  }
}

/** The byte that ends a record. In UTF-8 and every encoding a log is written in it never is part of another character. */
export const NL = 10;
export const NEWLINE = Buffer.from('\n');
export const EMPTY = Buffer.alloc(0);

/** A line longer than this (bytes) is handed on in pieces: the daemon's memory is bounded, the program's line is not. */
export const LONGEST_LINE = 16 * 1024 * 1024;

const GROW_MOST = 4 * 1024 * 1024;
const KEEP_MOST = 16 * 1024;

export function endsLine(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes[bytes.length - 1] === NL;
}

export function countLines(bytes: Buffer): number {
  let n = 0;
  for (let at = bytes.indexOf(NL); at >= 0; at = bytes.indexOf(NL, at + 1)) n++;
  return n;
}
