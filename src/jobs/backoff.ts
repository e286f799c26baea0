/** How long to wait before the attempt after the one that failed. */
export interface Gaps {
  /** ms. */
  readonly first: number;
  readonly factor: number;
  /** ms. */
  readonly most: number;
  /** 0 to 1. */
  readonly jitter: number;
}

export const DEFAULT_GAPS: Gaps = { first: 1000, factor: 2, most: 3_600_000, jitter: 0.1 };

/**
 * ms after attempt number `attempt` (from 1). `chance` is in [0, 1): what failed together must not come back together. The
 * jitter only adds, so that gaps of a factor above 1 + jitter always grow.
 */
export function gapAfter(attempt: number, gaps: Gaps, chance: number): number {
  const gap = Math.min(gaps.most, gaps.first * gaps.factor ** (attempt - 1));
  return Math.round(gap * (1 + gaps.jitter * chance));
}
