import fs from 'node:fs';
import { MgrError, isMgrError } from '../../base/errors.js';
import { parseJson } from '../../base/json-text.js';
import { type OpenedJobs, openJobs } from '../../jobs/open.js';
import { JOB_STATES, type JobState } from '../../jobs/views.js';
import { renderCounts, renderHistory, renderJobs, renderSchedules } from '../render/jobs.js';
import { count, isOn, text } from '../values.js';
import type { Cli, Command, Input } from '../world.js';

/**
 * The verbs of jobs. They read and write the database themselves, so they work with no daemon and with no program that
 * does the jobs: what they ask for is done when there is one.
 */
const JSON_FLAG = { flags: '--json', summary: 'as JSON' };

export const list: Command = {
  options: [{ flags: '--state <state>', summary: `only these: ${JOB_STATES.join(', ')}; several with commas` }, { flags: '--name <name>', summary: 'only jobs of this name' }, { flags: '--limit <number>', summary: 'so many, the latest (default 20)' }, JSON_FLAG],
  run: (cli, { options }) => withJobs(cli, 'look', async (jobs) => {
    const state = text(options, 'state')?.split(',') as JobState[] | undefined;
    const name = text(options, 'name');
    const rows = await jobs.list({ limit: count(options, 'limit', '--limit', 1) ?? 20, ...(state && { state }), ...(name !== undefined && { name }) });
    if (isOn(options, 'json')) { cli.out.answer(json(rows)); return; }
    const names = await jobs.names();
    if (rows.length > 0) cli.out.answer(renderJobs(rows, look(cli)));
    cli.out.notice(rows.length > 0 ? renderCounts(names) : `mgr: no jobs${state || name !== undefined ? ' of that kind' : ''}${names.length > 0 && !state ? ` yet; \`mgr jobs:add ${names[0]?.name ?? ''}\` adds one` : ''}`);
  }, options),
};

export const add: Command = {
  args: '<job-name> [payload]',
  options: [
    { flags: '--key <key>', summary: 'of jobs with one name and key there is one' }, { flags: '--delay <time>', summary: 'not before this time from now, e.g. 10m' },
    { flags: '--at <time>', summary: 'not before this, e.g. 2027-01-31T09:00:00Z' }, { flags: '--priority <number>', summary: 'higher first (default 0)' }, JSON_FLAG,
  ],
  async run(cli, { args: [name = '', given], options }) {
    const payload = given === undefined ? undefined : parsePayload(given);
    return withJobs(cli, 'write', async (jobs) => {
      const [key, delay, at] = ['key', 'delay', 'at'].map((o) => text(options, o));
      const priority = count(options, 'priority', '--priority', -1_000_000);
      const { id, added } = await jobs.add(name, payload, {
        ...(key !== undefined && { key }), ...(delay !== undefined && { delay }), ...(at !== undefined && { runAt: at }), ...(priority !== undefined && { priority }),
      });
      if (isOn(options, 'json')) cli.out.answer(json(await jobs.get(id)));
      else cli.out.done(added ? `job ${id} (${name}) is queued` : `job ${id} (${name}) has this key already; nothing was added`);
      if (!jobs.known(name)) cli.out.notice(`mgr: no program has defined \`${name}\` so far; the job waits for one`);
    });
  },
};

/** A verb that does one thing to jobs by number. */
const each = (deed: (jobs: OpenedJobs, id: string) => Promise<string>): Command => ({
  args: '<jobs...>',
  run: (cli, { args }) => withJobs(cli, 'change', async (jobs) => {
    const faults: unknown[] = [];
    for (const id of args) {
      try {
        cli.out.done(await deed(jobs, id));
      } catch (e) {
        if (!isMgrError(e) || args.length === 1) throw e;
        faults.push(e);
        cli.out.problem(`mgr: ${e.message}`);
      }
    }
    return faults.length > 0 ? 1 : 0;
  }),
});

export const run = each(async (jobs, id) => {
  const job = /^\d+$/.test(id) ? await jobs.run(id) : await jobs.runSchedule(id);
  return `job ${job.id} (${job.name}) is due now`;
});
export const retry = each(async (jobs, id) => { const { name } = await jobs.retry(id); return `job ${id} (${name}) is queued again`; });
export const cancel = each(async (jobs, id) => {
  const { name, state, worker } = await jobs.cancel(id);
  return state === 'running' ? `job ${id} (${name}) was asked to end; ${worker ?? 'its holder'} ends it` : `job ${id} (${name}) is cancelled`;
});

const pausing = (paused: boolean): Command => ({
  args: '<job-name>',
  options: [{ flags: '--schedule', summary: 'only the schedule; jobs of this name that are there go on' }],
  run: (cli, { args: [name = ''], options }) => withJobs(cli, 'change', async (jobs) => {
    const only = isOn(options, 'schedule') ? 'schedule' : undefined;
    await (paused ? jobs.pause(name, only) : jobs.resume(name, only));
    cli.out.done(`${only ? `the schedule ${name}` : name} is ${paused ? 'paused' : 'resumed'}`);
  }),
});
export const pause = pausing(true);
export const resume = pausing(false);

export const history: Command = {
  args: '<job>',
  options: [JSON_FLAG],
  run: (cli, { args: [id = ''], options }) => withJobs(cli, 'change', async (jobs) => {
    const [job, attempts] = [await jobs.get(id), await jobs.history(id)];
    cli.out.answer(isOn(options, 'json') ? json({ ...job, attempts }) : renderHistory(job, attempts, look(cli)));
  }),
};

export const schedules: Command = {
  options: [{ flags: '--forget <name>', summary: 'take a schedule out; a program that asks for it at its start brings it back' }, JSON_FLAG],
  run: (cli, { options }) => withJobs(cli, 'look', async (jobs) => {
    const forget = text(options, 'forget');
    if (forget !== undefined) {
      await jobs.unschedule(forget);
      cli.out.done(`the schedule ${forget} is forgotten`);
      return;
    }
    const rows = await jobs.schedules();
    if (isOn(options, 'json')) { cli.out.answer(json(rows)); return; }
    const paused = new Set((await jobs.names()).filter((n) => n.paused).map((n) => n.name));
    if (rows.length > 0) cli.out.answer(renderSchedules(rows, paused, look(cli)));
    else cli.out.notice('mgr: no schedules; a program makes one with jobs.schedule(name, \'*/15 * * * *\', handler)');
  }, options),
};

/** `look`: where there is no database yet there is nothing to show, and none is made. */
async function withJobs(cli: Cli, what: 'look' | 'write' | 'change', work: (jobs: OpenedJobs) => Promise<number | void>, options: Input['options'] = {}): Promise<number> {
  const { dir, database } = cli.home;
  if (!fs.existsSync(database)) {
    if (what === 'change') throw new MgrError('JOB_NOT_FOUND', { kind: 'jobs in', id: dir, fix: 'no program of this home has had jobs yet' });
    if (what === 'look') {
      if (isOn(options, 'json')) cli.out.answer('[]\n');
      else cli.out.notice('mgr: no jobs; programs have them by `mgr/jobs`, see the README');
      return 0;
    }
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  }
  const jobs = openJobs({ file: database, worker: { name: 'mgr', pid: process.pid }, log: (line) => { cli.out.notice(`mgr: ${line}`); } });
  try {
    return await work(jobs) ?? 0;
  } finally {
    await jobs.close({ grace: 0 });
  }
}

function parsePayload(given: string): unknown {
  const parsed = parseJson(given);
  if (parsed.ok) return parsed.value;
  throw new MgrError('BAD_OPTION', { path: 'payload', got: `\`${given}\` (${parsed.reason})`, wanted: 'JSON', fix: `a text is JSON in double quotes: '${JSON.stringify(given)}'` });
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const look = (cli: Cli): { columns: number | undefined; colour: boolean; now: number } => ({ columns: cli.out.columns, colour: cli.out.colour, now: cli.world.now() });
