import { isMgrError } from '../../base/errors.js';
import type { Database } from '../../database/database.js';

/** Tells when jobs or schedules changed since it was last asked. Costs one number while nobody writes to the database. */
export class JobWatch {
  #version: unknown;
  #seen: string | undefined;

  changed(db: Database): boolean {
    try {
      // SQLite's count of what other connections committed.
      const version = db.get('PRAGMA data_version')?.['data_version'];
      if (version === this.#version) return false;
      this.#version = version;
      const seen = picture(db);
      const first = this.#seen === undefined;
      const other = seen !== this.#seen;
      this.#seen = seen;
      return other && !first;
    } catch (e) {
      if (isMgrError(e)) return false; // busy: seen at the next look
      throw e;
    }
  }
}

function picture(db: Database): string {
  // Without the tables nobody ever had a job.
  if (db.get("SELECT 1 FROM sqlite_schema WHERE name = 'job_schedules'") === undefined) return '';
  return JSON.stringify([
    db.all('SELECT state, count(*) AS n, max(id) AS id, max(fence) AS fence, max(ended_at) AS ended, total(cancelling) AS cancelling FROM job_runs GROUP BY state'),
    db.get('SELECT count(*) AS n, total(paused) AS paused, max(last_slot) AS last, max(next_slot) AS next FROM job_schedules'), db.get('SELECT total(paused) AS paused FROM job_names'),
  ]);
}
