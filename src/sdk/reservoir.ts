/** Values kept: 99.9 % confidence of an error below 5 % at a normal distribution, says the paper's Java implementation. */
const SIZE = 1028;
/** Per second. About the last five minutes count. */
const ALPHA = 0.015;

interface Sample { readonly key: number; readonly value: number }

/**
 * A sample in which newer values are likelier: Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay: A Practical Time
 * Decay Model for Streaming Systems" (ICDE 2009). A value of weight e^(alpha t) gets the priority weight / u, u even in
 * (0, 1], and the highest priorities stay. Kept as logarithms, so nothing ever overflows or must be rescaled.
 */
export class Reservoir {
  /** A heap, the lowest priority first. */
  readonly #heap: Sample[] = [];
  readonly #random: () => number;

  constructor(random: () => number = Math.random) { this.#random = random; }

  /** `now`: ms on any steady clock. */
  add(value: number, now: number): void {
    const sample = { key: ALPHA * now / 1000 - Math.log(1 - this.#random()), value };
    if (this.#heap.length < SIZE) { this.#heap.push(sample); this.#up(this.#heap.length - 1); return; }
    if (sample.key <= (this.#heap[0]?.key ?? 0)) return;
    this.#heap[0] = sample;
    this.#down(0);
  }

  /**
   * The value below which a part `p` (0 to 1) of the sample lies, between two values in proportion: type 6 of Hyndman and
   * Fan, "Sample Quantiles in Statistical Packages" (1996), position p (n + 1). 0 for an empty sample.
   */
  percentiles(ps: readonly number[]): number[] {
    const sorted = this.#heap.map((s) => s.value).sort((a, b) => a - b);
    return ps.map((p) => {
      const position = p * (sorted.length + 1) - 1;
      const below = Math.min(Math.max(Math.floor(position), 0), sorted.length - 1);
      const [low = 0, high = low] = sorted.slice(below, below + 2);
      return low + (high - low) * Math.min(Math.max(position - below, 0), 1);
    });
  }

  #up(from: number): void {
    for (let i = from; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#swapIfLower(i, parent)) return;
      i = parent;
    }
  }

  #down(from: number): void {
    for (let i = from; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const child = this.#key(right) < this.#key(left) ? right : left;
      if (!this.#swapIfLower(child, i)) return;
      i = child;
    }
  }

  #key(i: number): number { return this.#heap[i]?.key ?? Infinity; }

  #swapIfLower(below: number, above: number): boolean {
    const [b, a] = [this.#heap[below], this.#heap[above]];
    if (!a || !b || b.key >= a.key) return false;
    this.#heap[below] = a;
    this.#heap[above] = b;
    return true;
  }
}
