import type { Callback, Verb } from './api-types.js';

/** A function that tells its outcome to a callback in the last place, or gives a promise when there is none. */
export function verb<A extends unknown[], T>(work: (...args: A) => Promise<T>): Verb<A, T> {
  return ((...given: unknown[]) => {
    const last = given.at(-1);
    if (typeof last !== 'function') return work(...(given as A));
    const callback = last as Callback<T | undefined>;
    work(...(given.slice(0, -1) as A)).then(
      (result) => later(() => callback(null, result)),
      (e: unknown) => later(() => callback(asError(e), doneBeside(e) as T | undefined)),
    );
    return undefined;
  }) as Verb<A, T>;
}

// Outside the promise: what a callback throws is its owner's uncaught exception, no rejection of ours.
function later(fn: () => void): void {
  process.nextTick(fn);
}

// What went well of several (api/core.ts), undefined where all failed.
function doneBeside(e: unknown): unknown {
  return e instanceof AggregateError && 'processes' in e ? e.processes : undefined;
}

// PM2 gives `start` a list of errors when several apps of a file failed: an AggregateError is such a list for promises.
function asError(e: unknown): Error {
  if (e instanceof AggregateError) return e.errors as unknown as Error;
  return e instanceof Error ? e : new Error(String(e));
}
