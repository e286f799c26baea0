/** What a program that has jobs to do sees. */
import type { Database } from '../database/database.js';
import type { WritesNow } from '../database/write-now.js';
import type { AttemptView, CatchUp, JobState, JobView, NameView, ScheduleView } from './views.js';

/** Milliseconds, or a text such as `30s`, `5m`, `1h`. */
export type Span = number | string;

/** A line for the log of a program; `said`: by a handler with `job.log`, else it is something to know of. */
export type Log = (text: string, what?: 'said') => void;

/** What a handler gets. */
export interface Job<P = unknown> {
  readonly id: string;
  readonly name: string;
  readonly payload: P;
  /** 1 for the first. */
  readonly attempt: number;
  /**
   * Larger than that of every claim before, of any job. Give it to what the handler writes to elsewhere, so that this can
   * refuse whoever held the job earlier and woke up late.
   */
  readonly fence: number;
  /** The time of the schedule that made it, wall-clock ms. */
  readonly slot: number | undefined;
  /** Aborts when the job is cancelled, takes too long, is no longer held by this program, or the program ends. */
  readonly signal: AbortSignal;
  /** A line of this program's log, with the job's name and number. */
  log(text: string): void;
  /**
   * Completes the job. What `work` writes through `tx` is written in the same transaction: either the job is done and the
   * writes are there, or neither. Rejects with JOB_STALE, and writes nothing, when somebody else holds the job by now.
   * `work` must not be asynchronous; it may be called again when the store was busy.
   */
  complete(work?: (tx: JobTransaction) => void, result?: unknown): Promise<void>;
}

export interface JobTransaction {
  /** The database itself: run, get, all. */
  readonly database: Database;
  /** Documents of a store by its name: insert, find, update, remove, each done when it returns. */
  store(name: string): WritesNow;
  /** A job that is there if all is. Gives the id. */
  add(name: string, payload?: unknown, options?: AddOptions): string;
}

/** What it returns is kept as the result. What it throws is a failed attempt; an error with `retry: false` is the last one. */
export type JobHandler<P = unknown> = (job: Job<P>) => unknown;

export interface DefineOptions {
  /** Who holds a job tells so every third of this; after this without news it is lost. Default 30s. */
  readonly lease?: Span;
  /** An attempt that takes longer has failed. Default: none. */
  readonly timeout?: Span;
  /** Attempts after the first, lost ones included. Default 3. */
  readonly retries?: number;
  /** Gap before the next attempt. A time is the first gap, each further one is twice as long, an hour at most. Default 1s. */
  readonly backoff?: Span | Backoff | ((attempt: number) => number);
  /** So many at once in this program. Default 1. */
  readonly concurrency?: number;
  /** What becomes of a job whose holder is lost: `retry` (at least once) or `fail` (at most once). Default retry. */
  readonly onLost?: 'retry' | 'fail';
  /** How much history of this name is kept. Default 1000 jobs, 7d. */
  readonly keep?: { readonly count?: number; readonly age?: Span };
}

export interface Backoff {
  readonly first?: Span;
  readonly factor?: number;
  readonly most?: Span;
  /** Share of a gap that is left to chance, 0 to 1. Default 0.1. */
  readonly jitter?: number;
}

export interface AddOptions {
  /** Of jobs with one name and key there is one, for as long as it is kept. */
  readonly key?: string;
  readonly delay?: Span;
  /** Wall-clock ms, a Date, or an ISO 8601 text. */
  readonly runAt?: number | Date | string;
  /** Higher first, among those of one name that are due. Default 0. */
  readonly priority?: number;
}

export interface ScheduleOptions extends DefineOptions {
  /** IANA name of the zone in which a cron line is meant. Default UTC. */
  readonly tz?: string;
  /** What becomes of times that passed while nobody ran: nothing, one run, or each its run (at most 1000). Default none. */
  readonly catchUp?: CatchUp;
  readonly payload?: unknown;
}

export interface JobFilter {
  readonly state?: JobState | readonly JobState[];
  readonly name?: string;
  /** Default 100, at most 10000. */
  readonly limit?: number;
}

export interface Jobs {
  /** From now on this program does jobs of this name. A second handler of one name in one program is a mistake and throws. */
  define<P = unknown>(name: string, handler: JobHandler<P>, options?: DefineOptions): void;
  /** `added` is false when there was one with this key; `id` is that one's then. */
  add(name: string, payload?: unknown, options?: AddOptions): Promise<{ readonly id: string; readonly added: boolean }>;
  /**
   * A job of this name at each time of a cron line or every so many ms (counted from 1970, so that all programs agree),
   * once over all programs. Without a handler it is only made; somebody has to define the name.
   */
  schedule<P = unknown>(name: string, when: string | { readonly every: Span }, handler?: JobHandler<P>, options?: ScheduleOptions): void;
  schedule(name: string, when: string | { readonly every: Span }, options?: ScheduleOptions): void;
  /** Forgets a schedule. One that a program still asks for is there again when that starts. */
  unschedule(name: string): Promise<void>;
  /** What `work` writes, jobs and rows of its own, is there altogether or not at all. As with `complete`, no asynchronous work. */
  transaction(work: (tx: JobTransaction) => void): Promise<void>;
  /** The latest first. */
  list(filter?: JobFilter): Promise<JobView[]>;
  get(id: string | number): Promise<JobView>;
  /** Its claims, the first first. */
  history(id: string | number): Promise<AttemptView[]>;
  names(): Promise<NameView[]>;
  schedules(): Promise<ScheduleView[]>;
  /** A queued job: now, whatever its time. The name of a schedule: one run beside its times. */
  run(id: string | number): Promise<JobView>;
  runSchedule(name: string): Promise<JobView>;
  /** Revives one that ended, with all its attempts before it. */
  retry(id: string | number): Promise<JobView>;
  /** A queued one ends here; of a running one the signal aborts, and it ends when its handler does. */
  cancel(id: string | number): Promise<JobView>;
  /** Nothing of this name is begun and its schedule makes no jobs, until `resume`. `schedule`: only that. */
  pause(name: string, only?: 'schedule'): Promise<void>;
  resume(name: string, only?: 'schedule'): Promise<void>;
  /**
   * Begins nothing more, waits `grace` ms (default 1000) for what runs, then aborts its signals and gives it back, so that
   * another program takes it at once.
   */
  close(options?: { readonly grace?: number }): Promise<void>;
}
