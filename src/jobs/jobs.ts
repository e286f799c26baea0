/** `mgr/jobs`: work that is done once, however many programs wait for it. */
import { type OpenedJobs } from './open.js';
import { endWithSignals, jobsOfProgram } from './program.js';
import type { Jobs } from './types.js';

export { openJobs, type OpenOptions, type OpenedJobs } from './open.js';
export type { AddOptions, Backoff, DefineOptions, Job, JobFilter, JobHandler, JobTransaction, Jobs, Log, ScheduleOptions, Span } from './types.js';
export type { AttemptView, CatchUp, JobState, JobView, NameView, ScheduleView } from './views.js';

let opened: OpenedJobs | undefined;
let hears = false;
const here = (): OpenedJobs => (opened ??= jobsOfProgram());
/** Only who has jobs to do cares about its end. */
const works = (): OpenedJobs => {
  if (!hears) { hears = true; endWithSignals(here()); }
  return here();
};

/**
 * The jobs of the home this program runs in; opened at the first call, so that whoever never calls pays nothing. Outside
 * of the manager each call throws JOBS_HOME, unless MGR_HOME is set.
 */
export const jobs: Jobs = {
  define: (name, handler, options) => { works().define(name, handler, options); },
  schedule: (...args: readonly unknown[]) => { (works().schedule as (...a: readonly unknown[]) => void)(...args); },
  unschedule: async (name) => here().unschedule(name),
  add: async (name, payload, options) => here().add(name, payload, options),
  transaction: async (work) => here().transaction(work),
  list: async (filter) => here().list(filter),
  get: async (id) => here().get(id),
  history: async (id) => here().history(id),
  names: async () => here().names(),
  schedules: async () => here().schedules(),
  run: async (id) => here().run(id),
  runSchedule: async (name) => here().runSchedule(name),
  retry: async (id) => here().retry(id),
  cancel: async (id) => here().cancel(id),
  pause: async (name, only) => here().pause(name, only),
  resume: async (name, only) => here().resume(name, only),
  close: async (options) => opened?.close(options),
};
