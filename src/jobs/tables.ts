import { type Database, migrate } from '../database/database.js';

/** Brings the tables of this room up to date. Safe to call from several programs at once. */
export function prepareTables(db: Database): void { migrate(db, 'jobs', STEPS); }

/** Wall-clock ms of the store: with one that is elsewhere, all programs would still agree about the time. */
export function storeNow(db: Database): number {
  return Number(db.get("SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER) AS now")?.['now']);
}

/** Another number than before: somebody else has written to the file. Costs microseconds. */
export function storeVersion(db: Database): number {
  return Number(db.get('PRAGMA data_version')?.['data_version']);
}

const STEPS: readonly string[] = [`
  CREATE TABLE job_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, key TEXT, payload TEXT, priority INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'queued', run_at INTEGER NOT NULL, slot INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0, retries INTEGER, on_lost TEXT, fence INTEGER, worker TEXT, lease INTEGER, lease_until INTEGER, cancelling INTEGER NOT NULL DEFAULT 0,
    result TEXT, error TEXT, added_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER
  );
  CREATE UNIQUE INDEX job_runs_key ON job_runs (name, key) WHERE key IS NOT NULL;
  CREATE INDEX job_runs_order ON job_runs (name, priority DESC, run_at, id) WHERE state = 'queued';
  CREATE INDEX job_runs_due ON job_runs (name, run_at) WHERE state = 'queued';
  CREATE INDEX job_runs_lease ON job_runs (lease_until) WHERE state = 'running';
  CREATE INDEX job_runs_state ON job_runs (name, state);
  CREATE INDEX job_runs_ended ON job_runs (name, ended_at) WHERE ended_at IS NOT NULL;
  CREATE TABLE job_attempts (
    job INTEGER NOT NULL, fence INTEGER NOT NULL, attempt INTEGER NOT NULL, worker TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER, outcome TEXT, error TEXT, PRIMARY KEY (job, fence)
  ) WITHOUT ROWID;
  CREATE TABLE job_schedules (
    name TEXT PRIMARY KEY, cron TEXT, every INTEGER, tz TEXT, catch_up TEXT NOT NULL, payload TEXT,
    paused INTEGER NOT NULL DEFAULT 0, last_slot INTEGER NOT NULL, next_slot INTEGER, made_slot INTEGER
  );
  CREATE TABLE job_names (name TEXT PRIMARY KEY, paused INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE job_fence (n INTEGER NOT NULL);
  INSERT INTO job_fence VALUES (0)
`];
