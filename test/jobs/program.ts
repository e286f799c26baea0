// A program with jobs, for tests that kill it: node program.js <setup>. Tells each step of a handler in an append-only file.
import fs from 'node:fs';
import { openJobs } from '../../src/jobs/jobs.js';
import type { DefineOptions, Job, ScheduleOptions } from '../../src/jobs/jobs.js';

/** What such a program is to do. */
export interface Setup {
  readonly file: string;
  readonly journal: string;
  readonly name: string;
  readonly define?: Readonly<Record<string, DefineOptions>>;
  readonly schedule?: Readonly<Record<string, ScheduleOptions & { readonly every: number }>>;
  readonly add?: readonly { readonly name: string; readonly payload?: unknown; readonly key?: string }[];
}

/** A line of the journal. `end`: it has completed, exactly once by what was written in the same transaction. */
export interface Line {
  readonly what: 'ready' | 'start' | 'end' | 'refused';
  readonly name: string;
  readonly worker: string;
  readonly id: string;
  readonly attempt: number;
  readonly fence: number;
  readonly slot: number | undefined;
  readonly at: number;
}

/** How long a handler takes: for its first attempt, and for the others. */
export interface Work { readonly first?: number; readonly then?: number }

const setup = JSON.parse(process.argv[2] ?? '{}') as Setup;
const tell = (what: Line['what'], job?: Pick<Job, 'id' | 'name' | 'attempt' | 'fence' | 'slot'>): void => {
  const { id = '', name = '', attempt = 0, fence = 0, slot } = job ?? {};
  fs.appendFileSync(setup.journal, `${JSON.stringify({ what, worker: setup.name, id, name, attempt, fence, slot, at: Date.now() })}\n`);
};

const jobs = openJobs({ file: setup.file, worker: { name: setup.name, pid: process.pid }, log: (text) => { process.stdout.write(`${text}\n`); } });

async function handler(job: Job<Work | undefined>): Promise<void> {
  tell('start', job);
  const ms = (job.attempt === 1 ? job.payload?.first : job.payload?.then) ?? 0;
  if (ms > 0) await new Promise((r) => { setTimeout(r, ms); });
  try {
    await job.complete((tx) => { tx.database.run('INSERT INTO effects VALUES (?, ?)', [job.id, job.fence]); });
  } catch (e) {
    tell('refused', job);
    throw e;
  }
  tell('end', job);
}

for (const { name, payload, key } of setup.add ?? []) await jobs.add(name, payload, key === undefined ? {} : { key });
for (const [name, options] of Object.entries(setup.define ?? {})) jobs.define<Work | undefined>(name, handler, options);
for (const [name, { every, ...options }] of Object.entries(setup.schedule ?? {})) jobs.schedule<Work | undefined>(name, { every }, handler, options);
process.once('SIGTERM', () => { void jobs.close().then(() => { process.exit(0); }); });
tell('ready');
