/** Time as a value, so that policies and timers can be tested without waiting. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. For people and files, never for measuring. */
  wall(): number;
  /** Monotonic milliseconds. For measuring and windows; survives a change of the wall clock. */
  now(): number;
  /** Calls `fn` once after `ms`. The returned function cancels. */
  after(ms: number, fn: () => void): () => void;
}

// Node turns a longer delay into 1 ms (its timers are 32 bit).
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  wall: () => Date.now(),
  // Not performance.now: in Node 20 the first use of `performance` loads node:perf_hooks, 2 ms of the daemon's first start.
  now() {
    const [s, ns] = process.hrtime();
    return s * 1e3 + ns / 1e6;
  },
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};
