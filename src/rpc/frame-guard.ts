/**
 * Walks the AMP framing (pm2-facts 3.2) beside axon's parser, which believes every length it reads:
 * one byte `0x10 | argc`, then per argument a 32-bit big-endian length and that many bytes.
 * Counts only; keeps no bytes.
 */
export class FrameGuard {
  readonly #maxFrame: number;
  readonly #budget: Budget;
  #args = 0; // arguments still to come; 0 = between frames
  #lengthBytes = 0;
  #length = 0;
  #left = 0;
  #total = 0;
  #held = 0;
  #frames = 0;

  constructor(maxFrame: number, budget: Budget) {
    this.#maxFrame = maxFrame;
    this.#budget = budget;
  }

  /** Number of the unfinished frame, or undefined between two frames. */
  get unfinished(): number | undefined {
    return this.#args === 0 ? undefined : this.#frames;
  }

  /** What is wrong with these bytes, or undefined. After the first complaint the connection is of no more use. */
  feed(chunk: Buffer): string | undefined {
    let i = 0;
    while (i < chunk.length) {
      if (this.#args === 0) {
        const meta = chunk[i++] ?? 0;
        if (meta >> 4 !== 1) return `version ${meta >> 4} instead of 1`;
        // axon's parser loses its place after a frame without arguments.
        if ((meta & 0xf) === 0) return 'a frame without arguments';
        this.#args = meta & 0xf;
        this.#total = 1;
        this.#frames++;
      } else if (this.#lengthBytes < 4) {
        this.#length = this.#length * 256 + (chunk[i++] ?? 0);
        if (++this.#lengthBytes < 4) continue;
        this.#total += 4 + this.#length;
        if (this.#total > this.#maxFrame) return `a frame of ${this.#total} bytes, at most ${this.#maxFrame}`;
        this.#left = this.#length;
        if (this.#left === 0) this.#endArgument();
      } else {
        const n = Math.min(this.#left, chunk.length - i);
        i += n;
        this.#left -= n;
        if (this.#left === 0) this.#endArgument();
      }
    }
    return this.#account(chunk.length);
  }

  /** The connection is gone: what it held is free. */
  release(): void {
    this.#budget.used -= this.#held;
    this.#held = 0;
  }

  #endArgument(): void {
    this.#args--;
    this.#lengthBytes = 0;
    this.#length = 0;
  }

  #account(bytes: number): string | undefined {
    if (this.#args === 0) {
      this.release();
      return undefined;
    }
    // A chunk costs its Buffer object too: a frame sent byte by byte is not cheap.
    this.#held += bytes + CHUNK_COST;
    this.#budget.used += bytes + CHUNK_COST;
    return this.#budget.used > this.#budget.max ? 'too many bytes in unfinished frames' : undefined;
  }
}

const CHUNK_COST = 256;

/** Bytes that all connections of one server together may hold in unfinished frames. */
export class Budget {
  used = 0;
  readonly max: number;

  constructor(max: number) {
    this.max = max;
  }
}
