import type { RotateLimits } from './rotate.js';

/** Bounds given by an app; what is left out follows the settings. */
export type LimitsAsked = { readonly [K in keyof RotateLimits]?: RotateLimits[K] | undefined };

/** What a file needs to know of whoever writes into it. */
export interface Author {
  limits: LimitsAsked;
  /** A line of the manager's own, in this author's format. */
  note(text: string): Buffer;
  drained(): void;
}

/** A writer as its file sees it. */
export interface FileWriter {
  readonly author: Author;
  /** Another's unfinished line is over. */
  settle(): void;
  /** Writes what it holds back. */
  flush(): void;
}

/** What the app asked for, over the settings. */
export function limitsOf(asked: LimitsAsked, given: RotateLimits): RotateLimits {
  return {
    maxSize: asked.maxSize ?? given.maxSize, keep: asked.keep ?? given.keep, compress: asked.compress ?? given.compress,
    interval: asked.interval ?? given.interval, total: asked.total ?? given.total,
  };
}
