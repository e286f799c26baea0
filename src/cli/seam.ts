/**
 * The seam between the tail of a log file and the pushed lines. We subscribe first and read the file after, so nothing falls
 * between the two; what was written in the meantime comes twice and is recognised here, one stream of one program at a time.
 */
export interface Seam {
  /** True when this pushed line was not in the tail. `at`: when the daemon got it, wall-clock ms. */
  fresh(line: string, at: number): boolean;
}

/** `tail`: the last lines of the file, more than are shown; `readAt`: wall-clock ms when the reading was done. */
export function seam(tail: readonly string[], readAt: number): Seam {
  // Position of the pushed line before this one in the tail, -1 when it was not there.
  let before = -1;
  let past = false;
  return {
    fresh(line, at) {
      if (past) return true;
      // A line younger than our reading cannot be in what we read; from here on nothing is compared.
      if (at > readAt) { past = true; return true; }
      const found = before >= 0 && tail[before + 1] === line ? before + 1 : tail.indexOf(line, before + 1);
      if (found < 0) return true;
      before = found;
      if (found === tail.length - 1) past = true;
      return false;
    },
  };
}

/**
 * After a lost connection: the lines of `tail` that come after what was shown last. Undefined when the last shown line
 * is not in it: then so much was written, or the file was rotated or emptied.
 */
export function missed(shown: readonly string[], tail: readonly string[]): readonly string[] | undefined {
  if (shown.length === 0) return tail;
  let best = -1;
  let longest = 0;
  for (let end = tail.length - 1; end >= 0; end--) {
    let n = 0;
    while (n < shown.length && n <= end && tail[end - n] === shown[shown.length - 1 - n]) n++;
    if (n > longest) { longest = n; best = end; }
    if (longest === shown.length) break;
  }
  return best < 0 ? undefined : tail.slice(best + 1);
}

/** Remembers the last lines shown of each file, a few: enough to find the place again. */
export class Shown {
  readonly #last = new Map<string, string[]>();

  add(file: string, line: string): void {
    const lines = this.#last.get(file);
    if (!lines) { this.#last.set(file, [line]); return; }
    lines.push(line);
    if (lines.length > 32) lines.splice(0, 16);
  }

  of(file: string): readonly string[] {
    return this.#last.get(file) ?? [];
  }
}
