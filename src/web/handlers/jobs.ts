import type { JobPage, JobState } from '../api-types-host.js';
import type { OpenedJobs } from '../../jobs/open.js';
import { openJobs } from '../../jobs/open.js';
import { maskDeep } from '../../config/secrets-mask.js';
import type { JobView } from '../../jobs/views.js';
import type { Some, Web } from '../context.js';
import { HttpError } from '../http-error.js';
import { words } from './times.js';

type Names = 'jobs' | 'job' | 'retryJob' | 'cancelJob' | 'runJob' | 'schedules' | 'pauseSchedule' | 'resumeSchedule' | 'runSchedule';

/** Jobs are rows of the home's database: nobody has to be asked, and nothing runs here. */
export function jobHandlers(web: Web): Some<Names> {
  let opened: { readonly db: object; readonly jobs: OpenedJobs } | undefined;
  const jobs = (): OpenedJobs => {
    web.recorder.open(web.clock.wall());
    const db = web.recorder.database;
    if (!db) throw new HttpError(503, 'NO_STORE', `the database is not usable: ${web.recorder.reason ?? 'unknown'}`, 'mgr doctor tells more');
    if (opened?.db !== db) opened = { db, jobs: openJobs({ database: db, worker: { name: 'mgr-web', pid: web.around.pid }, clock: web.clock }) };
    return opened.jobs;
  };
  const told = (job: JobView): JobView => { web.hub.publish('jobs', { at: web.clock.wall() }); return masked(job); };
  const scheduleOf = async (name: string) => {
    const found = (await jobs().schedules()).find((s) => s.name === name);
    if (!found) throw new HttpError(404, 'NOT_FOUND', `no schedule ${JSON.stringify(name)}`, 'GET /api/jobs/schedules lists them');
    return found;
  };
  return {
    jobs: async ({ query }): Promise<JobPage> => {
      const state = words(query.state) as readonly JobState[] | undefined;
      const list = await jobs().list({ ...(state && { state }), ...(query.name !== undefined && { name: query.name }), ...(query.limit !== undefined && { limit: query.limit }) });
      const names = await jobs().names();
      const counts = Object.fromEntries(STATES.map((s) => [s, names.reduce((n, v) => n + v.counts[s], 0)])) as Record<JobState, number>;
      return { jobs: list.map(masked), counts, paused: names.filter((n) => n.paused).map((n) => n.name) };
    },
    job: async ({ params: { id } }) => ({ ...masked(await jobs().get(id)), attempts: await jobs().history(id) }),
    retryJob: async ({ params: { id } }) => told(await jobs().retry(id)),
    cancelJob: async ({ params: { id } }) => told(await jobs().cancel(id)),
    runJob: async ({ params: { id } }) => told(await jobs().run(id)),
    schedules: () => jobs().schedules(),
    pauseSchedule: async ({ params: { name } }) => {
      await scheduleOf(name);
      await jobs().pause(name, 'schedule');
      web.hub.publish('jobs', { at: web.clock.wall() });
      return scheduleOf(name);
    },
    resumeSchedule: async ({ params: { name } }) => {
      await scheduleOf(name);
      await jobs().resume(name, 'schedule');
      web.hub.publish('jobs', { at: web.clock.wall() });
      return scheduleOf(name);
    },
    runSchedule: async ({ params: { name } }) => told(await jobs().runSchedule(name)),
  };
}

const STATES: readonly JobState[] = ['queued', 'running', 'done', 'failed', 'lost', 'cancelled'];

function masked(job: JobView): JobView {
  return { ...job, ...(job.payload !== undefined && { payload: maskDeep(job.payload) }), ...(job.result !== undefined && { result: maskDeep(job.result) }) };
}
