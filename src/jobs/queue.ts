import type { Database, Row } from '../database/database.js';
import { storeNow } from './tables.js';

/** A job that this program holds, as it was when it was claimed. */
export interface Claim {
  readonly id: number;
  readonly name: string;
  /** JSON; undefined: none was given. */
  readonly payload: string | undefined;
  readonly attempt: number;
  readonly fence: number;
  readonly slot: number | undefined;
}

/** What a claim takes over from the definition, so that any program can judge its loss. */
export interface Terms {
  readonly name: string;
  readonly lease: number;
  readonly retries: number;
  readonly onLost: 'retry' | 'fail';
}

export interface NewJob {
  readonly name: string;
  readonly payload: string | undefined;
  readonly key: string | undefined;
  readonly runAt: number;
  readonly priority: number;
  readonly slot?: number;
}

type Ended = 'done' | 'failed' | 'lost' | 'cancelled';
export type Failure = { readonly outcome: 'failed' | 'timeout'; readonly error: string; /** ms until the next attempt; undefined: no further one. */ readonly gap: number | undefined };

/** The words of the table of jobs. Each changes a job only while it is what the caller believes: fences decide. */
export class Queue {
  readonly #db: Database;
  constructor(db: Database) { this.#db = db; }

  now(): number { return storeNow(this.#db); }

  add(job: NewJob): { readonly id: number; readonly added: boolean } {
    const { name, payload, key, runAt, priority, slot } = job;
    return this.#db.transaction(() => {
      // Looked for first: a refused INSERT would leave a hole in the numbers.
      const known = key === undefined ? undefined : this.#db.get('SELECT id FROM job_runs WHERE name = ? AND key = ?', [name, key]);
      const row = known ?? this.#db.get('INSERT INTO job_runs (name, payload, key, run_at, priority, slot, added_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id', [name, payload, key, runAt, priority, slot, this.now()]);
      return { id: Number(row?.['id']), added: known === undefined };
    });
  }

  /** Wall-clock ms of the earliest queued job of this name; undefined: none, or the name is paused. */
  due(name: string): number | undefined {
    const at = this.#db.get('SELECT min(run_at) AS at FROM job_runs WHERE state = \'queued\' AND name = ? AND name NOT IN (SELECT name FROM job_names WHERE paused)', [name])?.['at'];
    return typeof at === 'number' ? at : undefined;
  }

  /** Takes up to `most` jobs that are due, the highest priority first. To be called inside a transaction. */
  claim(terms: Terms, worker: string, most: number): Claim[] {
    const now = this.now();
    const rows = this.#first(terms.name, now, most);
    return rows.map((row) => {
      const id = Number(row['id']);
      const attempt = Number(row['attempt']) + 1;
      const fence = Number(this.#db.get('UPDATE job_fence SET n = n + 1 RETURNING n')?.['n']);
      this.#db.run(
        'UPDATE job_runs SET state = \'running\', attempt = ?, fence = ?, worker = ?, lease = ?, lease_until = ?, retries = ?, on_lost = ?, started_at = ?, cancelling = 0 WHERE id = ?',
        [attempt, fence, worker, terms.lease, now + terms.lease, terms.retries, terms.onLost, now, id],
      );
      this.#db.run('INSERT INTO job_attempts (job, fence, attempt, worker, started_at) VALUES (?, ?, ?, ?, ?)', [id, fence, attempt, worker, now]);
      return { id, name: String(row['name']), payload: textOf(row['payload']), attempt, fence, slot: typeof row['slot'] === 'number' ? row['slot'] : undefined };
    });
  }

  // Priority by priority: neither a long queue nor many that wait for their time are gone through.
  #first(name: string, now: number, most: number): Row[] {
    const rows: Row[] = [];
    if (this.#db.get('SELECT 1 FROM job_names WHERE name = ? AND paused', [name]) !== undefined) return rows;
    const from = 'FROM job_runs INDEXED BY job_runs_order WHERE state = \'queued\' AND name = ?';
    for (let below = Number.MAX_SAFE_INTEGER; rows.length < most;) {
      const priority = this.#db.get(`SELECT max(priority) AS p ${from} AND priority < ?`, [name, below])?.['p'];
      if (typeof priority !== 'number') break;
      rows.push(...this.#db.all(`SELECT id, name, payload, attempt, slot ${from} AND priority = ? AND run_at <= ? ORDER BY run_at, id LIMIT ?`, [name, priority, now, most - rows.length]));
      below = priority;
    }
    return rows;
  }

  /** False: it is no longer ours. */
  renew(held: Claim, lease: number): boolean {
    return this.#db.run('UPDATE job_runs SET lease_until = ? WHERE id = ? AND fence = ? AND state = \'running\'', [this.now() + lease, held.id, held.fence]).changes === 1;
  }

  /** What this worker holds, by fence; and whether it was asked to end it. */
  held(worker: string): Map<number, boolean> {
    return new Map(this.#db.all('SELECT fence, cancelling FROM job_runs WHERE state = \'running\' AND worker = ?', [worker]).map((r) => [Number(r['fence']), r['cancelling'] === 1]));
  }

  /** False: refused, somebody else has had it since. */
  done(held: Claim, result: string | undefined): boolean {
    return this.#db.transaction(() => this.#end(held, 'done', { result }) && (this.#close(held, 'done'), true));
  }

  /** False: refused. */
  failed(held: Claim, { outcome, error, gap }: Failure): boolean {
    return this.#db.transaction(() => {
      const row = this.#ours(held);
      if (row === undefined) return this.#refuse(held);
      const cancelled = row['cancelling'] === 1;
      if (cancelled || gap === undefined) this.#end(held, cancelled ? 'cancelled' : 'failed', { error });
      else this.#db.run('UPDATE job_runs SET state = \'queued\', run_at = ?, error = ?, lease_until = NULL WHERE id = ?', [this.now() + gap, error, held.id]);
      this.#close(held, cancelled ? 'cancelled' : outcome, error);
      return true;
    });
  }

  /** Gives it back unharmed: this attempt does not count. What must not be begun twice is lost. */
  release(held: Claim): boolean {
    return this.#db.transaction(() => {
      const row = this.#ours(held);
      if (row === undefined) return this.#refuse(held);
      const outcome = row['cancelling'] === 1 ? 'cancelled' : row['on_lost'] === 'fail' ? 'lost' : 'released';
      if (outcome === 'released') this.#db.run('UPDATE job_runs SET state = \'queued\', run_at = ?, attempt = attempt - 1, lease_until = NULL WHERE id = ?', [this.now(), held.id]);
      else this.#end(held, outcome, outcome === 'lost' ? { error: 'its program ended before it was done' } : {});
      this.#close(held, outcome);
      return true;
    });
  }

  /** No lease ends later than it would if it began now: for a clock that was set back. */
  clamp(): void {
    const now = this.now();
    if (this.#db.get('SELECT 1 FROM job_runs WHERE state = \'running\' AND lease_until > ? + lease', [now]) === undefined) return;
    this.#db.run('UPDATE job_runs SET lease_until = ? + lease WHERE state = \'running\' AND lease_until > ? + lease', [now, now]);
  }

  /** Wall-clock ms at which the first lease is over. */
  leaseEnd(): number | undefined {
    const at = this.#db.get('SELECT min(lease_until) AS at FROM job_runs WHERE state = \'running\'')?.['at'];
    return typeof at === 'number' ? at : undefined;
  }

  /** Jobs whose holder let the lease pass: queued again, or at their end. Gives what is to be said of each. */
  sweep(): string[] {
    return this.#db.transaction(() => {
      const now = this.now();
      const rows = this.#db.all('SELECT id, name, attempt, fence, worker, retries, on_lost, cancelling FROM job_runs WHERE state = \'running\' AND lease_until < ?', [now]);
      return rows.map((row) => {
        const held: Claim = { id: Number(row['id']), name: String(row['name']), attempt: Number(row['attempt']), fence: Number(row['fence']), payload: undefined, slot: undefined };
        const again = row['on_lost'] === 'retry' && held.attempt <= Number(row['retries']);
        const error = `its holder ${String(row['worker'])} was not heard of for the time of its lease`;
        if (row['cancelling'] === 1) this.#end(held, 'cancelled', {});
        else if (again) this.#db.run('UPDATE job_runs SET state = \'queued\', run_at = ?, lease_until = NULL WHERE id = ?', [now, held.id]);
        else this.#end(held, 'lost', { error });
        this.#close(held, 'lost');
        return `job ${held.id} (${held.name}): ${error}; ${row['cancelling'] === 1 ? 'it was cancelled' : again ? 'it is queued again' : 'it is lost'}`;
      });
    });
  }

  /** Removes the history beyond these bounds. */
  prune(name: string, keep: { readonly count: number; readonly age: number }): void {
    const old = [name, name, keep.count, this.now() - keep.age] as const;
    const which = 'SELECT id FROM job_runs WHERE name = ? AND ended_at IS NOT NULL AND (id IN (SELECT id FROM job_runs WHERE name = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT -1 OFFSET ?) OR ended_at < ?)';
    this.#db.transaction(() => {
      this.#db.run(`DELETE FROM job_attempts WHERE job IN (${which})`, old);
      this.#db.run(`DELETE FROM job_runs WHERE id IN (${which})`, old);
    });
  }

  /** Who holds it now, in words. */
  holder(id: number): string {
    const row = this.#db.get('SELECT state, fence, worker FROM job_runs WHERE id = ?', [id]);
    return row === undefined ? 'it is no longer there' : row['state'] === 'running' ? `${String(row['worker'])} holds it with fence ${String(row['fence'])}` : `it is ${String(row['state'])} by now`;
  }

  #ours({ id, fence }: Claim): Row | undefined {
    return this.#db.get('SELECT cancelling, on_lost FROM job_runs WHERE id = ? AND fence = ? AND state = \'running\'', [id, fence]);
  }

  #end({ id, fence }: Claim, state: Ended, { result, error }: { result?: string | undefined; error?: string }): boolean {
    const { changes } = this.#db.run(
      'UPDATE job_runs SET state = ?, result = ?, error = ?, ended_at = ?, lease_until = NULL, cancelling = 0 WHERE id = ? AND fence = ? AND state = \'running\'', [state, result, error, this.now(), id, fence],
    );
    return changes === 1 || this.#refuse({ id, fence });
  }

  #close({ id, fence }: Claim, outcome: string, error?: string): void {
    this.#db.run('UPDATE job_attempts SET outcome = ?, error = ?, ended_at = ? WHERE job = ? AND fence = ?', [outcome, error, this.now(), id, fence]);
  }

  // It stands in the history that somebody came too late with it.
  #refuse({ id, fence }: Pick<Claim, 'id' | 'fence'>): false {
    this.#db.run('UPDATE job_attempts SET outcome = \'refused\' WHERE job = ? AND fence = ? AND outcome = \'lost\'', [id, fence]);
    return false;
  }
}

const textOf = (v: unknown): string | undefined => (typeof v === 'string' ? v : undefined);
