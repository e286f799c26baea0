import fs from 'node:fs';
import os from 'node:os';
import type { Clock } from '../../base/clock.js';
import type { MachineNow, MachineView } from '../api-types-machine.js';
import { type Counters, counters, memory } from './proc.js';

/** Two looks that are nearer than this are one, ms: figures over less are noise. */
const NEAR = 500;
/** ms over which the first figures are taken, when there is no look before. */
const FIRST = 250;

interface Look { readonly now: MachineNow; readonly at: number; readonly counters: Counters }

/** The machine we run on: figures of this moment, rates since the look before. */
export class Machine {
  readonly #clock: Clock;
  readonly #dir: string;
  #last: Look | undefined;
  #looking: Promise<MachineNow> | undefined;

  /** `dir`: the file system in question holds it. */
  constructor(clock: Clock, dir: string) {
    this.#clock = clock;
    this.#dir = dir;
  }

  now(): Promise<MachineNow> {
    // Who asks while somebody looks gets what he gets.
    return this.#looking ??= this.#look().finally(() => { this.#looking = undefined; });
  }

  async #look(): Promise<MachineNow> {
    if (this.#last && this.#clock.now() - this.#last.at < NEAR) return this.#last.now;
    let last: Pick<Look, 'at' | 'counters'> | undefined = this.#last;
    if (!last) {
      last = { at: this.#clock.now(), counters: counters() };
      await new Promise<void>((resolve) => { this.#clock.after(FIRST, resolve); });
    }
    const at = this.#clock.now();
    const c = counters();
    const m = memory();
    const disk = await this.#disk();
    const seconds = (at - last.at) / 1000;
    const rate = (key: 'diskRead' | 'diskWrite' | 'netIn' | 'netOut'): { [K in typeof key]?: number } => {
      const [a, b] = [last.counters[key], c[key]];
      // A counter that went back: an interface came anew.
      return a === undefined || b === undefined || seconds <= 0 || b < a ? {} : { [key]: Math.round((b - a) / seconds) };
    };
    const busy = (c.cpuBusy - last.counters.cpuBusy) / Math.max(1, c.cpuAll - last.counters.cpuAll);
    const now: MachineNow = {
      at: this.#clock.wall(), cpu: Math.round(Math.min(1, Math.max(0, busy)) * 1000) / 10, load: Math.round((os.loadavg()[0] ?? 0) * 100) / 100, memory: m.used, swap: m.swapUsed, disk: disk.used,
      ...rate('diskRead'), ...rate('diskWrite'), ...rate('netIn'), ...rate('netOut'),
    };
    this.#last = { now, at, counters: c };
    return now;
  }

  /** Totals since the boot, for whoever makes his own rates. */
  totals(): Counters { return counters(); }

  async view(): Promise<MachineView> {
    const [m, disk, now] = [memory(), await this.#disk(), await this.now()];
    const cpus = os.cpus();
    return {
      hostname: os.hostname(), os: `${os.type()} ${os.release()}`, arch: os.arch(), cpus: cpus.length, cpuModel: cpus[0]?.model.trim() ?? '', memoryTotal: m.total, swapTotal: m.swapTotal,
      diskTotal: disk.total, diskPath: this.#dir, bootedAt: Math.round(this.#clock.wall() - os.uptime() * 1000), now,
    };
  }

  async #disk(): Promise<{ readonly used: number; readonly total: number }> {
    const { blocks, bavail, bsize, bfree } = await fs.promises.statfs(this.#dir);
    // As df: what only root may have counts as no space.
    return { used: (blocks - bfree) * bsize, total: (blocks - bfree + bavail) * bsize };
  }
}
