import type { Clock } from '../base/clock.js';
import type { RotateLimits } from './rotate.js';
import type { WriteFn } from './sink.js';

/** What all log files of the daemon share, and whom they tell. */
export interface LogFileHost {
  readonly clock: Clock;
  readonly write: WriteFn;
  /** `write` is the system's: bytes may also go past it. */
  readonly direct: boolean;
  defaults(): RotateLimits;
  onTrouble(path: string, reason: string): void;
  onRecovered(path: string, droppedLines: number): void;
  /** A rotated file lies beside it: bounds are to be kept. */
  onRotated(path: string, limits: RotateLimits): void;
}
