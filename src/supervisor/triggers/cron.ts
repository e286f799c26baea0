import type { Clock } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import { type NextTime, loadCron } from '../../config/croner.js';
import type { AppSpec } from '../../config/spec.js';
import type { Want } from '../machine.js';

/** What the clockwork looks at of a process. */
export interface Scheduled {
  readonly spec: Pick<AppSpec, 'cron_restart' | 'cron_timezone' | 'cron_start'>;
  readonly want: Want;
  /** Wall-clock ms of its last start. */
  readonly startedAt: number | undefined;
  /** Wall-clock ms of the next restart by the clock, for those who look. */
  nextRestart: number | undefined;
}

export interface CronTimesOptions<P extends Scheduled> {
  readonly clock: Clock;
  /** The processes whose time has come, at once: they may belong together. */
  readonly onDue: (due: readonly P[]) => void;
  /** Such a pattern was let in by a looser door. */
  readonly onBad: (process: P, reason: string) => void;
}

/** ms. What fell due while no daemon lived is made up for this long; later it would be a surprise. */
const MAKE_UP = 3_600_000;
/** ms. */
const FRESH = 500;
/** ms. Timers stand still while a machine sleeps, and the wall clock may be set: nobody trusts a longer wait. */
const LONGEST_WAIT = 60_000;

/**
 * `cron_restart`. Whoever is wanted up is restarted at his times, also when he ended by himself (a job); who was stopped is left
 * alone unless `cron_start`. Times are computed by croner from the last start of the program, never remembered: so a
 * daemon that follows a dead one neither misses a restart nor does it twice. No timer runs while nobody has a pattern.
 */
export class CronTimes<P extends Scheduled> {
  readonly #o: CronTimesOptions<P>;
  readonly #jobs = new Map<P, { readonly pattern: string; readonly zone: string | undefined; readonly next: NextTime; due: number | undefined }>();
  #croner: ReturnType<typeof loadCron> | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: CronTimesOptions<P>) { this.#o = options; }

  /** Call when a process changed. `found`: it ran before this daemon, what it missed is made up for. */
  async follow(p: P, found = false): Promise<void> {
    const { cron_restart: pattern, cron_timezone: zone } = p.spec;
    const job = this.#jobs.get(p);
    if (!pattern || !awake(p)) { this.forget(p); return; }
    if (job?.pattern === pattern && job.zone === zone) return;
    const asked = this.#o.clock.wall();
    this.#croner ??= loadCron();
    const cron = await this.#croner;
    // It may have changed while croner was loaded; then somebody else is on his way with the news.
    if (!awake(p) || p.spec.cron_restart !== pattern || p.spec.cron_timezone !== zone || this.#jobs.get(p) !== job) return;
    try {
      const next = cron(pattern, { zone });
      const from = found && p.startedAt !== undefined ? Math.min(asked, Math.max(p.startedAt, asked - MAKE_UP)) : asked;
      const due = next(from);
      this.#jobs.set(p, { pattern, zone, next, due });
      p.nextRestart = due;
    } catch (e) {
      this.forget(p);
      this.#o.onBad(p, reasonOf(e));
    }
    this.#arm();
  }

  /** It is stopped, or gone. */
  forget(p: P): void {
    if (!this.#jobs.delete(p)) return;
    p.nextRestart = undefined;
    this.#arm();
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const first = Math.min(...[...this.#jobs.values()].map((job) => job.due ?? Infinity));
    if (first === Infinity) return;
    const wait = Math.min(LONGEST_WAIT, Math.max(0, first - this.#o.clock.wall()));
    this.#cancel = this.#o.clock.after(wait, () => this.#look());
  }

  #look(): void {
    // A timer may come a moment early: a restart before its time would be followed by another one at it.
    const now = this.#o.clock.wall();
    const due: P[] = [];
    for (const [p, job] of this.#jobs) {
      if (job.due === undefined || job.due > now) continue;
      // Of times that went by unseen one restart is enough. A wall clock set back must not bring the same time again.
      job.due = job.next(Math.max(now, job.due));
      p.nextRestart = job.due;
      // Who began just now is as fresh as he would be; and whoever waits for his start is not told of a restart.
      if (awake(p) && now - (p.startedAt ?? 0) >= FRESH) due.push(p);
    }
    this.#arm();
    if (due.length > 0) this.#o.onDue(due);
  }
}

const awake = (p: Scheduled): boolean => p.want === 'up' || p.spec.cron_start === true;
