import type { Clock } from '../base/clock.js';
import type { Usage } from '../supervisor/stats.js';
import type { Stats } from '../supervisor/stats.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { detailOf } from '../supervisor/view.js';
import { type Pm2Record, pm2Record } from '../compat/record.js';

/** ms. What was just forked has no usage worth a look, and looking at 100 of them costs more than starting ten. */
const INFANCY = 300;

/** The whole list as PM2's records, as one JSON text that is made once and kept while nothing changes. */
export class Records {
  readonly #supervisor: Supervisor;
  readonly #stats: Stats;
  readonly #clock: Clock;
  /** Tags of one daemon mean nothing to the next. */
  readonly #epoch: string;
  /** What looks like a secret is shown, as in PM2 (`mgr:mask_secrets`). */
  reveal = false;
  #changes = 0;
  #tag = '';
  #text = '';

  constructor(supervisor: Supervisor, stats: Stats, clock: Clock, epoch: string) {
    this.#clock = clock;
    this.#supervisor = supervisor;
    this.#stats = stats;
    this.#epoch = epoch;
  }

  /** Something that is listed has changed. */
  touch(): void { this.#changes++; }

  async usage(): Promise<(p: ManagedProcess) => Usage> {
    const pids: number[] = [];
    const grown = this.#clock.wall() - INFANCY;
    for (const p of this.#supervisor.processes.values()) if (p.pid > 0 && (p.startedAt ?? 0) < grown) pids.push(meant(p));
    const of = await this.#stats.of(pids);
    return (p) => of(meant(p));
  }

  async all(): Promise<Pm2Record[]> {
    const usage = await this.usage();
    return [...this.#supervisor.processes.values()].map((p) => pm2Record(detailOf(p, usage(p)), this.reveal));
  }

  /** With everything that is masked elsewhere; made anew each time. */
  async revealed(): Promise<string> {
    const usage = await this.usage();
    return JSON.stringify([...this.#supervisor.processes.values()].map((p) => pm2Record(detailOf(p, usage(p)), true)));
  }

  /** Undefined text: what the caller holds under `have` is still true. */
  async text(have: string | undefined): Promise<{ readonly tag: string; readonly text?: string }> {
    const usage = await this.usage();
    const tag = `${this.#epoch}.${this.#changes}.${this.#stats.looks}`;
    if (tag !== this.#tag) {
      this.#text = JSON.stringify([...this.#supervisor.processes.values()].map((p) => pm2Record(detailOf(p, usage(p)), this.reveal)));
      this.#tag = tag;
    }
    return have === tag ? { tag } : { tag, text: this.#text };
  }
}

/** A module may look after another program, whose figures are then its own (`pid` of initModule). */
function meant(p: ManagedProcess): number {
  const { pid } = p.telemetry.options;
  return p.spec.module !== undefined && p.pid > 0 && typeof pid === 'number' && Number.isInteger(pid) && pid > 1 ? pid : p.pid;
}
