import fs from 'node:fs';
import type { Clock } from '../../base/clock.js';
import { errno } from '../../base/errors.js';
import { memoryOf } from '../../base/proc.js';

export interface DaemonUsage {
  /** Percent of a core since the look before. */
  readonly daemonCpu?: number;
  /** Bytes: its share of what it shares. */
  readonly daemonMemory?: number;
}

/** Looks that are nearer than this are one, ms. */
const NEAR = 500;
/** The kernel counts the memory page by page, some ms each time: not more often than this, ms. */
const MEMORY = 10_000;
/** Ticks of a second: of every Linux that Node runs on. */
const TICKS = 100;

/** What the daemon itself uses, which nobody else measures. Where the kernel does not tell: nothing. */
export class DaemonMeter {
  readonly #clock: Pick<Clock, 'now'>;
  #pid: number | undefined;
  #last: { readonly at: number; readonly seconds: number; readonly usage: DaemonUsage } | undefined;
  #memory: { readonly at: number; readonly bytes: number | undefined } | undefined;

  constructor(clock: Pick<Clock, 'now'>) { this.#clock = clock; }

  /** `pid`: undefined while there is none. */
  look(pid: number | undefined): DaemonUsage {
    const at = this.#clock.now();
    if (pid !== this.#pid) [this.#pid, this.#last, this.#memory] = [pid, undefined, undefined];
    if (pid === undefined) return {};
    if (this.#last && at - this.#last.at < NEAR) return this.#last.usage;
    const seconds = cpuSeconds(pid);
    if (seconds === undefined) return {};
    if (this.#memory === undefined || at - this.#memory.at >= MEMORY) this.#memory = { at, bytes: memoryOf([pid]) };
    const { bytes } = this.#memory;
    const daemonCpu = this.#last === undefined ? undefined : Math.round(((seconds - this.#last.seconds) / (at - this.#last.at)) * 1_000_000) / 10;
    const usage = { ...(daemonCpu !== undefined && { daemonCpu }), ...(bytes !== undefined && { daemonMemory: bytes }) };
    this.#last = { at, seconds, usage };
    return usage;
  }
}

/** Processor time of a process since it began. Undefined where there is no /proc, or no such process. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything; proc(5): utime and stime are the fields 14 and 15.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch (e) {
    if (errno(e) !== undefined) return undefined;
    throw e;
  }
}
