import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import type { Database, Param, Row } from '../database/database.js';
import { bad, oneOf } from './options.js';
import type { Queue } from './queue.js';
import type { JobFilter } from './types.js';
import { type AttemptView, JOB_STATES, type JobState, type JobView, type NameView, type ScheduleView, attemptView, jobView, scheduleView } from './views.js';

/** What people do with jobs from outside: look, run, revive, cancel, pause. */
export class Desk {
  readonly #db: Database;
  readonly #queue: Queue;
  constructor(db: Database, queue: Queue) { this.#db = db; this.#queue = queue; }

  list({ state, name, limit = 100 }: JobFilter): JobView[] {
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw bad('limit', limit, 'a whole number from 1 to 10000');
    const states = (state === undefined ? [] : Array.isArray(state) ? state as readonly JobState[] : [state as JobState]).map((s) => oneOf('state', s, JOB_STATES) ?? s);
    const where: string[] = [];
    const params: Param[] = [];
    if (states.length > 0) { where.push(`state IN (${states.map(() => '?').join(', ')})`); params.push(...states); }
    if (name !== undefined) { where.push('name = ?'); params.push(name); }
    return this.#db.all(`SELECT * FROM job_runs${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`, [...params, limit]).map(jobView);
  }

  get(id: string | number): JobView { return jobView(this.#row(id)); }

  history(id: string | number): AttemptView[] {
    const row = this.#row(id);
    return this.#db.all('SELECT * FROM job_attempts WHERE job = ? ORDER BY fence', [Number(row['id'])]).map(attemptView);
  }

  names(): NameView[] {
    const rows = this.#db.all('SELECT n.name, coalesce(p.paused, 0) AS paused FROM (SELECT name FROM job_names UNION SELECT name FROM job_runs UNION SELECT name FROM job_schedules) n LEFT JOIN job_names p ON p.name = n.name ORDER BY n.name');
    const counts = this.#db.all('SELECT name, state, count(*) AS n FROM job_runs GROUP BY name, state');
    return rows.map((r) => ({
      name: String(r['name']), paused: r['paused'] === 1,
      counts: Object.fromEntries(JOB_STATES.map((s) => [s, Number(counts.find((c) => c['name'] === r['name'] && c['state'] === s)?.['n'] ?? 0)])) as Record<JobState, number>,
    }));
  }

  schedules(): ScheduleView[] { return this.#db.all('SELECT * FROM job_schedules ORDER BY name').map(scheduleView); }

  run(id: string | number): JobView {
    return this.#change(id, (row) => {
      if (row['state'] !== 'queued') this.#not('run', row, row['state'] === 'running' ? 'it is at work already' : row['state'] === 'done' ? `to do it once more: mgr jobs:add ${String(row['name'])}` : `\`mgr jobs:retry ${String(row['id'])}\` runs it again`);
      this.#db.run('UPDATE job_runs SET run_at = ? WHERE id = ?', [this.#queue.now(), row['id']]);
    });
  }

  runSchedule(name: string): JobView {
    return this.#db.transaction(() => {
      const row = this.#db.get('SELECT payload FROM job_schedules WHERE name = ?', [name]);
      if (row === undefined) throw this.#unknown('schedule', name, this.schedules().map((s) => s.name));
      const payload = typeof row['payload'] === 'string' ? row['payload'] : undefined;
      return this.get(this.#queue.add({ name, payload, key: undefined, runAt: this.#queue.now(), priority: 0 }).id);
    });
  }

  retry(id: string | number): JobView {
    return this.#change(id, (row) => {
      const fix = { queued: `\`mgr jobs:run ${String(row['id'])}\` runs it now`, running: 'wait for its end, or cancel it', done: `what is done is not done twice by mistake; to do it once more: mgr jobs:add ${String(row['name'])}` }[String(row['state'])];
      if (fix !== undefined) this.#not('retry', row, fix);
      this.#db.run('UPDATE job_runs SET state = \'queued\', attempt = 0, run_at = ?, result = NULL, error = NULL, ended_at = NULL WHERE id = ?', [this.#queue.now(), row['id']]);
    });
  }

  cancel(id: string | number): JobView {
    return this.#change(id, (row) => {
      const { state } = row;
      if (state !== 'queued' && state !== 'running') this.#not('cancel', row, 'it has ended already');
      if (state === 'running') this.#db.run('UPDATE job_runs SET cancelling = 1 WHERE id = ?', [row['id']]);
      else this.#db.run('UPDATE job_runs SET state = \'cancelled\', ended_at = ? WHERE id = ?', [this.#queue.now(), row['id']]);
    });
  }

  /** A schedule that is resumed goes on with the next time; what passed in its pause was meant to pass. */
  pause(name: string, paused: boolean, only: unknown): void {
    oneOf('only', only, ['schedule']);
    this.#db.transaction(() => {
      const scheduled = this.#db.run(`UPDATE job_schedules SET paused = ?${paused ? '' : ', last_slot = CASE WHEN paused THEN max(last_slot, ?) ELSE last_slot END, next_slot = CASE WHEN paused THEN NULL ELSE next_slot END'} WHERE name = ?`, paused ? [paused, name] : [paused, this.#queue.now(), name]).changes > 0;
      if (only === 'schedule') {
        if (!scheduled) throw this.#unknown('schedule', name, this.schedules().map((s) => s.name));
        return;
      }
      const known = this.names().map((n) => n.name);
      if (!known.includes(name)) throw this.#unknown('jobs of the name', name, known);
      this.#db.run('INSERT INTO job_names (name, paused) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET paused = excluded.paused', [name, paused]);
    });
  }

  unschedule(name: string): void {
    if (this.#db.run('DELETE FROM job_schedules WHERE name = ?', [name]).changes === 0) throw this.#unknown('schedule', name, this.schedules().map((s) => s.name));
  }

  /** Somebody does jobs of this name, or did. */
  known(name: string): boolean { return this.#db.get('SELECT 1 FROM job_names WHERE name = ?', [name]) !== undefined; }

  learn(name: string): void {
    if (!this.known(name)) this.#db.run('INSERT INTO job_names (name) VALUES (?) ON CONFLICT DO NOTHING', [name]);
  }

  #row(id: string | number): Row {
    const n = typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : id;
    if (typeof n !== 'number' || !Number.isSafeInteger(n)) throw bad('job', id, 'the number of a job', '`mgr jobs` shows them');
    const row = this.#db.get('SELECT * FROM job_runs WHERE id = ?', [n]);
    if (row === undefined) throw new MgrError('JOB_NOT_FOUND', { id: String(id) });
    return row;
  }

  #change(id: string | number, write: (row: Row) => void): JobView {
    return this.#db.transaction(() => {
      write(this.#row(id));
      return this.get(id);
    });
  }

  #not(verb: string, row: Row, fix: string): never {
    throw new MgrError('JOB_STATE', { verb, id: String(row['id']), state: String(row['state']), fix });
  }

  #unknown(kind: string, name: string, known: readonly string[]): MgrError {
    const near = nearest(name, known);
    return new MgrError('JOB_NOT_FOUND', { kind, id: name, ...(near === undefined ? { fix: known.length === 0 ? 'there are none yet' : `there are: ${known.slice(0, 10).join(', ')}` } : { near }) });
  }
}
