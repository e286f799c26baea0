/** Puts lines together from chunks, as bytes: strings of this size would wait long for the garbage collector. */
export class Lines {
  #pieces: Buffer[] = [];
  #length = 0;
  #line: string | undefined;
  #tooLong = false;

  /** The line last fed is longer than it may be; its rest is passed by. */
  get tooLong(): boolean { return this.#tooLong; }

  /** Takes the chunk's first line, or all of it; gives what comes after the line's end. */
  feed(chunk: Buffer, longest: number): Buffer | undefined {
    const nl = chunk.indexOf(NL);
    const piece = nl < 0 ? chunk : chunk.subarray(0, nl);
    // A piece costs its Buffer object too: a line sent byte by byte is not cheap.
    this.#length += piece.length + (this.#length > 0 ? PIECE_COST : 0);
    this.#tooLong = this.#length > longest;
    if (this.#tooLong) this.#pieces = [];
    else this.#pieces.push(piece);
    if (nl < 0) return undefined;
    this.#line = this.#tooLong ? undefined : Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    return chunk.subarray(nl + 1);
  }

  /** The line that has become whole, once. */
  take(): string | undefined {
    const line = this.#line;
    this.#line = undefined;
    return line;
  }
}

const NL = 10;
const PIECE_COST = 128;
