import type { Row } from '../database/database.js';

/** `queued` is also what waits for its time or for its next attempt. The last four are ends. */
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'lost' | 'cancelled';
export const JOB_STATES: readonly JobState[] = ['queued', 'running', 'done', 'failed', 'lost', 'cancelled'];

/** A job as it is shown. Times are wall-clock ms. */
export interface JobView {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  /** How often it was begun; 0: never. */
  readonly attempt: number;
  /** Attempts after the first; known once it was begun. */
  readonly retries?: number;
  readonly key?: string;
  readonly payload?: unknown;
  readonly result?: unknown;
  readonly error?: string;
  readonly priority: number;
  /** Who holds it, or held it last: `<program>:<pid>`. */
  readonly worker?: string;
  /** Number of the claim; each claim of any job has a larger one than all before. */
  readonly fence?: number;
  readonly leaseUntil?: number;
  /** A running one was asked to end. */
  readonly cancelling: boolean;
  /** Not before this. */
  readonly runAt: number;
  readonly addedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The time of the schedule that made it. */
  readonly slot?: number;
}

/** One claim of a job and what became of it. */
export interface AttemptView {
  readonly attempt: number;
  readonly fence: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** `refused`: lost, and its late completion was not taken. `released`: given back by a program that ended. */
  readonly outcome?: 'done' | 'failed' | 'timeout' | 'lost' | 'refused' | 'released' | 'cancelled';
  readonly error?: string;
}

export type CatchUp = 'none' | 'one' | 'all';

export interface ScheduleView {
  readonly name: string;
  readonly cron?: string;
  /** ms. */
  readonly every?: number;
  readonly tz?: string;
  readonly catchUp: CatchUp;
  readonly paused: boolean;
  /** The last time that made a job. */
  readonly lastAt?: number;
  readonly nextAt?: number;
}

export interface NameView {
  readonly name: string;
  readonly paused: boolean;
  readonly counts: Readonly<Record<JobState, number>>;
}

export function jobView(row: Row): JobView {
  return {
    id: String(row['id']), name: String(row['name']), state: row['state'] as JobState, attempt: Number(row['attempt']), priority: Number(row['priority']),
    cancelling: row['cancelling'] === 1, runAt: Number(row['run_at']), addedAt: Number(row['added_at']),
    ...present('retries', row['retries']), ...present('key', row['key']), ...parsed('payload', row['payload']), ...parsed('result', row['result']),
    ...present('error', row['error']), ...present('worker', row['worker']), ...present('fence', row['fence']), ...present('leaseUntil', row['lease_until']),
    ...present('startedAt', row['started_at']), ...present('endedAt', row['ended_at']), ...present('slot', row['slot']),
  };
}

export function attemptView(row: Row): AttemptView {
  return {
    attempt: Number(row['attempt']), fence: Number(row['fence']), worker: String(row['worker']), startedAt: Number(row['started_at']),
    ...present('endedAt', row['ended_at']), ...present('outcome', row['outcome']), ...present('error', row['error']),
  };
}

export function scheduleView(row: Row): ScheduleView {
  return {
    name: String(row['name']), catchUp: row['catch_up'] as CatchUp, paused: row['paused'] === 1,
    ...present('cron', row['cron']), ...present('every', row['every']), ...present('tz', row['tz']), ...present('lastAt', row['made_slot']), ...present('nextAt', row['next_slot']),
  };
}

// What is NULL in the table is absent in a view.
function present(key: string, value: unknown): Record<string, never> {
  return (value === null || value === undefined ? {} : { [key]: value }) as Record<string, never>;
}

function parsed(key: string, value: unknown): Record<string, never> {
  return (typeof value === 'string' ? { [key]: JSON.parse(value) as unknown } : {}) as Record<string, never>;
}
