import { NEWLINE, NL, countLines, endsLine } from './lines.js';

/**
 * What could not be written yet, bounded. Over the bound whole lines are dropped and counted, never parts of lines; once
 * it drops it drops on until emptied, so that what is kept has no holes in it.
 */
export class Backlog {
  #held: Buffer[] = [];
  #bytes = 0;
  #full = false;
  #dropped = 0;
  #skip = false;

  get bytes(): number { return this.#bytes; }
  /** A line is being dropped and its end has not come: more of it is to be passed by, even when all is well again. */
  get skipping(): boolean { return this.#skip; }

  /** What follows the end of the line that is being dropped; undefined while it goes on. */
  afterSkipped(bytes: Buffer): Buffer | undefined {
    if (!this.#skip) return bytes;
    const nl = bytes.indexOf(NL);
    if (nl < 0) return undefined;
    this.#skip = false;
    return bytes.subarray(nl + 1);
  }

  /** Keeps what fits into `bound` bytes. `inLine`: the line before is half written. Returns whether it ends inside a line. */
  add(bytes: Buffer, bound: number, inLine: boolean): boolean {
    const room = bound - this.#bytes;
    if (!this.#full && bytes.length <= room) return this.#store(bytes);
    let open = inLine;
    let rest = bytes;
    if (!this.#full) {
      this.#full = true;
      let cut = room > 0 ? bytes.lastIndexOf(NL, room - 1) + 1 : 0;
      // The line which is half in the file must end, be it a little over the bound.
      if (cut === 0 && inLine) cut = bytes.indexOf(NL) + 1;
      if (cut > 0) open = this.#store(bytes.subarray(0, cut));
      else if (inLine) open = this.#store(NEWLINE);
      rest = bytes.subarray(cut);
    }
    this.#dropped += countLines(rest);
    if (rest.length > 0 && !endsLine(rest)) { this.#dropped++; this.#skip = true; }
    return open;
  }

  /** What is to be written next, undefined when all is. */
  first(): Buffer | undefined { return this.#held[0]; }

  /** So many bytes of `first` are written. */
  written(count: number): void {
    const next = this.#held[0];
    if (next === undefined) return;
    this.#bytes -= count;
    if (count < next.length) this.#held[0] = next.subarray(count);
    else this.#held.shift();
  }

  /** It is empty: from now on it keeps again. Returns the lines dropped since the last time. */
  reset(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#full = false;
    return dropped;
  }

  #store(bytes: Buffer): boolean {
    // Copied: the caller's buffer is shared and will be another stream's the next moment.
    this.#held.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    return !endsLine(bytes);
  }
}
