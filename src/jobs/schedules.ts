import type { Database } from '../database/database.js';
import type { NextTime } from '../config/croner.js';
import type { Queue } from './queue.js';
import { chooseSlots, everyTime, MOST_SLOTS, SET_BACK } from './slots.js';
import type { CatchUp } from './views.js';

export interface Schedule {
  readonly name: string;
  readonly cron: string | undefined;
  /** ms. */
  readonly every: number | undefined;
  readonly tz: string;
  readonly catchUp: CatchUp;
  /** JSON. */
  readonly payload: string | undefined;
}

/** `(pattern, options) -> times` of config/croner.ts, once it is loaded. */
export type Cron = (pattern: string, options: { readonly zone: string; readonly once: true }) => NextTime;

/**
 * The table of schedules. A schedule runs nothing: each program that has it proposes the slot that is due, and the store
 * takes the first.
 */
export class Schedules {
  readonly #db: Database;
  readonly #queue: Queue;

  constructor(db: Database, queue: Queue) { this.#db = db; this.#queue = queue; }

  /** A new one, or one with other times, begins now; else it goes on where it was, so that what was missed is known. */
  put(s: Schedule): void {
    const { name, cron, every, tz, catchUp, payload } = s;
    const known = this.#db.get('SELECT cron, every, tz, catch_up, payload FROM job_schedules WHERE name = ?', [name]);
    const same = (a: unknown, b: unknown): boolean => (a ?? null) === (b ?? null);
    const sameTimes = known !== undefined && same(known['cron'], cron) && same(known['every'], every) && same(known['tz'], tz);
    if (sameTimes && known['catch_up'] === catchUp && same(known['payload'], payload)) return;
    this.#db.run(
      `INSERT INTO job_schedules (name, cron, every, tz, catch_up, payload, last_slot) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET catch_up = excluded.catch_up, payload = excluded.payload${sameTimes ? '' : ', cron = excluded.cron, every = excluded.every, tz = excluded.tz, last_slot = excluded.last_slot, next_slot = NULL'}`,
      [name, cron, every, tz, catchUp, payload, this.#queue.now()],
    );
  }

  /** Wall-clock ms of the next slot, 0 when nobody has counted yet; undefined: it is paused, forgotten, or never comes. */
  due(name: string): number | undefined {
    const row = this.#db.get('SELECT next_slot, last_slot FROM job_schedules WHERE name = ? AND NOT paused', [name]);
    if (row === undefined) return undefined;
    // Far ahead of us only when the clock was set back: then it is counted anew.
    return typeof row['next_slot'] === 'number' && Number(row['last_slot']) - this.#queue.now() <= SET_BACK ? row['next_slot'] : 0;
  }

  /** Makes the jobs that are due. `cron` may be missing while it is loaded. Gives what is to be said. */
  propose(name: string, cron: Cron | undefined): string | undefined {
    return this.#db.transaction(() => {
      const row = this.#db.get('SELECT cron, every, tz, catch_up, payload, last_slot, next_slot FROM job_schedules WHERE name = ? AND NOT paused', [name]);
      if (row === undefined) return undefined;
      const now = this.#queue.now();
      const next = typeof row['every'] === 'number' ? everyTime(row['every']) : cron?.(String(row['cron']), { zone: String(row['tz'] ?? 'UTC'), once: true });
      if (next === undefined) return undefined;
      const payload = typeof row['payload'] === 'string' ? row['payload'] : undefined;
      const choice = chooseSlots({ last: Number(row['last_slot']), now, catchUp: row['catch_up'] as CatchUp, next });
      for (const slot of choice.run) this.#queue.add({ name, payload, key: `sched:${name}:${new Date(slot).toISOString()}`, runAt: slot, priority: 0, slot });
      if (choice.last !== row['last_slot'] || (choice.next ?? null) !== row['next_slot']) this.#db.run('UPDATE job_schedules SET last_slot = ?, next_slot = ?, made_slot = coalesce(?, made_slot) WHERE name = ?', [choice.last, choice.next, choice.run.at(-1), name]);
      return choice.dropped ? `schedule ${name}: more than ${MOST_SLOTS} times were missed; only the last ${MOST_SLOTS} are made up for` : undefined;
    });
  }
}
