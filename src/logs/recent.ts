import { NL } from './lines.js';

/**
 * The last lines of a stream, so that `describe` can answer why a program ended. Lines are kept as one-byte strings
 * (compact, no pooled buffer kept alive) and decoded when asked for, which is rare.
 */
export class Recent {
  readonly #keep: number;
  readonly #chars: number;
  #lines: string[] = [];
  #part = '';

  /** Keeps `keep` lines, each cut at `chars` characters. */
  constructor(keep = 30, chars = 2000) {
    this.#keep = keep;
    this.#chars = chars;
  }

  feed(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NL);
    if (end < 0) { this.#grow(chunk, 0, chunk.length); return; }
    // Backwards from the last newline: of a large chunk only the lines that stay are looked at.
    const found: string[] = [];
    let stop = end;
    while (found.length < this.#keep) {
      const before = stop === 0 ? -1 : chunk.lastIndexOf(NL, stop - 1);
      if (before < 0) {
        this.#grow(chunk, 0, stop);
        found.push(this.#part);
        break;
      }
      found.push(this.#text(chunk, before + 1, stop));
      stop = before;
    }
    this.#part = '';
    this.#lines.push(...found.toReversed());
    if (this.#lines.length > this.#keep) this.#lines = this.#lines.slice(-this.#keep);
    this.#grow(chunk, end + 1, chunk.length);
  }

  /** Oldest first; the last may be unfinished. */
  lines(): string[] {
    const all = this.#part === '' ? this.#lines : [...this.#lines, this.#part];
    return all.slice(-this.#keep).map((l) => Buffer.from(l, 'latin1').toString('utf8').slice(0, this.#chars));
  }

  /** The stream ended: what is unfinished is a line. */
  end(): void {
    if (this.#part === '') return;
    this.#lines.push(this.#part);
    this.#part = '';
    if (this.#lines.length > this.#keep) this.#lines.shift();
  }

  #grow(chunk: Buffer, from: number, to: number): void {
    const room = this.#chars * 4 - this.#part.length;
    if (room > 0 && to > from) this.#part += chunk.toString('latin1', from, Math.min(to, from + room));
  }

  #text(chunk: Buffer, from: number, to: number): string {
    // A character has at most four bytes.
    return chunk.toString('latin1', from, Math.min(to, from + this.#chars * 4));
  }
}
