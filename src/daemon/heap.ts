import type { Clock } from '../base/clock.js';

/** ms between two looks at what the heap holds of the system's memory. */
const EVERY = 2000;
/** Bytes it may have grown since the last collection. */
const ROOM = 6 * 1024 ** 2;
/** ms after the daemon is ready: its first answers and what they load go first. */
const LATER = 50;

/** How much memory the heap holds, and how it is made to hold less. */
export interface Heap {
  /** Bytes taken from the system. */
  held(): number;
  /** From now on the young generation does not grow, and the old one grows in small steps. */
  bound(): void;
  /** Collects everything: 10 ms with a hundred programs. */
  collect(): void;
}

/**
 * Keeps a daemon that lives for months small, by options of V8 that are set while it runs, and by a collection when a burst
 * of restarts has left much behind. Options that bound the heap from the start make Node refuse the compiled code of its own
 * library, which costs 7 ms of each boot.
 */
export function keepHeapSmall(clock: Pick<Clock, 'after'>, heap: Heap = v8Heap()): void {
  let floor = heap.held();
  const look = (): void => {
    if (heap.held() - floor > ROOM) {
      heap.collect();
      floor = heap.held(); // what stays is needed
    }
    clock.after(EVERY, look);
  };
  clock.after(LATER, () => { heap.bound(); look(); });
}

// A context made while the option is set has gc(). Options are part of what compiled code is recognized by, so they are taken
// back before ours is kept at the end (bin/mgr.js).
function v8Heap(): Heap {
  const v8 = process.getBuiltinModule('node:v8');
  let gc: (() => void) | undefined;
  const expose = (): (() => void) => {
    v8.setFlagsFromString('--expose-gc');
    const found: unknown = process.getBuiltinModule('node:vm').runInNewContext('gc');
    v8.setFlagsFromString('--no-expose-gc');
    return found as () => void;
  };
  return {
    held: () => process.memoryUsage().heapTotal,
    bound() {
      // Not --optimize-for-size, which would keep the compiler from making starts quick, too.
      for (const option of ['--semi-space-growth-factor=1', '--heap-growing-percent=40']) v8.setFlagsFromString(option);
      process.prependOnceListener('exit', () => { for (const option of ['--semi-space-growth-factor=2', '--heap-growing-percent=0']) v8.setFlagsFromString(option); });
    },
    collect() { (gc ??= expose())(); },
  };
}
