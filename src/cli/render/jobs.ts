import type { AttemptView, JobView, NameView, ScheduleView } from '../../jobs/views.js';
import { JOB_STATES } from '../../jobs/views.js';
import { type Paint, paint } from '../output.js';
import { type Column, type TableStyle, table } from '../table.js';
import { onTerminal } from '../safe-text.js';
import { stamp } from './log-line.js';
import { type Fact, sections } from './sections.js';

interface Look { readonly columns: number | undefined; readonly colour: boolean; /** Wall-clock ms. */ readonly now: number }

/** Jobs as a table, in the order given. */
export function renderJobs(jobs: readonly JobView[], look: Look): string {
  const p = paint(look.colour);
  const id: Column<JobView> = { title: 'id', text: (j) => j.id, right: true, tint: p.cyan };
  const name: Column<JobView> = { title: 'name', text: (j) => j.name, tint: p.bold, least: 8 };
  const state: Column<JobView> = { title: 'state', text: (j) => (j.cancelling ? 'cancelling' : j.state), tint: (cell, j) => tint(p, j)(cell) };
  const attempt: Column<JobView> = { title: 'attempt', text: (j) => (j.retries === undefined ? String(j.attempt) : `${j.attempt}/${j.retries + 1}`), right: true };
  const when: Column<JobView> = { title: 'when', text: (j) => whenOf(j, look.now) };
  const took: Column<JobView> = { title: 'took', text: (j) => (j.startedAt === undefined || j.endedAt === undefined ? '' : span(j.endedAt - j.startedAt)), right: true };
  const worker: Column<JobView> = { title: 'worker', text: (j) => j.worker ?? '', least: 8 };
  const note: Column<JobView> = { title: 'note', text: (j) => j.error?.split('\n')[0] ?? (j.slot === undefined ? j.key ?? '' : `slot ${stamp(j.slot, 'MM-DD HH:mm:ss')}`), least: 12, most: 60 };
  return table(jobs, [[id, name, state, attempt, when, took, worker, note], [id, name, state, attempt, when, note], [id, name, state, when]], style(p, look));
}

/** `12 queued, 1 running`; what there is none of is left out. */
export function renderCounts(names: readonly NameView[]): string {
  const counts = JOB_STATES.map((s) => [s, names.reduce((n, v) => n + v.counts[s], 0)] as const).filter(([, n]) => n > 0);
  const paused = names.filter((n) => n.paused).map((n) => n.name);
  return `${counts.map(([s, n]) => `${n} ${s}`).join(', ')}${paused.length > 0 ? `; paused: ${paused.join(', ')}` : ''}`;
}

export function renderSchedules(schedules: readonly ScheduleView[], paused: ReadonlySet<string>, look: Look): string {
  const p = paint(look.colour);
  const name: Column<ScheduleView> = { title: 'name', text: (s) => s.name, tint: p.bold, least: 8 };
  const times: Column<ScheduleView> = { title: 'times', text: (s) => s.cron ?? `every ${span(s.every ?? 0)}` };
  const zone: Column<ScheduleView> = { title: 'zone', text: (s) => (s.cron === undefined ? '' : s.tz ?? 'UTC') };
  const catchUp: Column<ScheduleView> = { title: 'catch up', text: (s) => s.catchUp };
  const last: Column<ScheduleView> = { title: 'last', text: (s) => (s.lastAt === undefined ? '' : whenAt(s.lastAt, look.now)) };
  const next: Column<ScheduleView> = {
    title: 'next', tint: (cell, s) => (s.paused || paused.has(s.name) ? p.yellow(cell) : cell),
    text: (s) => (s.paused || paused.has(s.name) ? 'paused' : s.nextAt === undefined ? 'nobody has counted yet' : s.nextAt < look.now - 60_000 ? `${whenAt(s.nextAt, look.now)}: nobody runs it` : whenAt(s.nextAt, look.now)),
  };
  return table(schedules, [[name, times, zone, catchUp, last, next], [name, times, next]], style(p, look));
}

/** One job and its claims. */
export function renderHistory(j: JobView, attempts: readonly AttemptView[], look: Look): string {
  const p = paint(look.colour);
  const { facts, section } = sections(look);
  const at = (ms: number): string => stamp(ms, 'YYYY-MM-DD HH:mm:ss.SSS');
  const json = (value: unknown): string => JSON.stringify(value) ?? '';
  const maybe = (key: string, value: string | undefined): Fact[] => (value === undefined ? [] : [[key, value]]);
  const rows: Fact[] = [
    ['state', j.cancelling ? `${j.state}, asked to end` : j.state], ...maybe('payload', j.payload === undefined ? undefined : json(j.payload)), ...maybe('key', j.key),
    ...(j.priority === 0 ? [] : maybe('priority', String(j.priority))), ['added', at(j.addedAt)], ['not before', at(j.runAt)], ...maybe('slot', j.slot === undefined ? undefined : at(j.slot)),
    ...maybe('ended', j.endedAt === undefined ? undefined : at(j.endedAt)), ...maybe('result', j.result === undefined ? undefined : json(j.result)),
  ];
  const attempt: Column<AttemptView> = { title: 'attempt', text: (a) => String(a.attempt), right: true };
  const fence: Column<AttemptView> = { title: 'fence', text: (a) => String(a.fence), right: true };
  const began: Column<AttemptView> = { title: 'began', text: (a) => at(a.startedAt) };
  const took: Column<AttemptView> = { title: 'took', text: (a) => (a.endedAt === undefined ? '' : span(a.endedAt - a.startedAt)), right: true };
  const outcome: Column<AttemptView> = { title: 'outcome', text: (a) => a.outcome ?? 'running' };
  const worker: Column<AttemptView> = { title: 'worker', text: (a) => a.worker, least: 8 };
  const claims = attempts.length === 0 ? '' : `\n${table(attempts, [[attempt, fence, began, took, outcome, worker]], style(p, look))}`;
  const error = j.error === undefined ? '' : `\n${section('error', j.error.split('\n').map((l) => onTerminal(l, false)))}\n`;
  return `${facts(`job ${j.id} (${j.name})`, rows)}\n${claims}${error}`;
}

const style = (p: Paint, look: Look): TableStyle => ({ columns: look.columns, head: (t) => p.bold(p.cyan(t)), line: p.dim });

function tint(p: Paint, { state }: JobView): (cell: string) => string {
  return { queued: p.cyan, running: p.green, done: p.dim, failed: p.red, lost: p.red, cancelled: p.yellow }[state];
}

function whenOf(j: JobView, now: number): string {
  if (j.state === 'queued') return j.runAt > now ? whenAt(j.runAt, now) : `due for ${span(now - j.runAt)}`;
  // Nobody who could take it over is there, or about to.
  if (j.state === 'running' && j.leaseUntil !== undefined && j.leaseUntil < now - 1000) return `silent for ${span(now - j.leaseUntil)}`;
  if (j.state === 'running') return `for ${span(now - (j.startedAt ?? now))}`;
  return whenAt(j.endedAt ?? now, now);
}

function whenAt(at: number, now: number): string {
  return at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`;
}

/** `80ms`, `1.5s`, `12m 5s`, `3h 2m`, `4d 1h`. */
function span(ms: number): string {
  const n = Math.max(0, ms);
  if (n < 1000) return `${Math.round(n)}ms`;
  if (n < 60_000) return `${Math.round(n / 100) / 10}s`;
  const parts = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'm'], [1000, 's']] as const;
  const first = parts.findIndex(([size]) => n >= size);
  return parts.slice(first, first + 2).map(([size, unit], i) => [Math.floor((i === 0 ? n : n % (parts[first]?.[0] ?? 1)) / size), unit] as const).filter(([count]) => count > 0).map((x) => x.join('')).join(' ');
}
