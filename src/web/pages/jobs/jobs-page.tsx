/** Jobs that run once across instances, and the schedules that make them. */
import type { JobDetail, JobState, JobView } from '../../api-types-host.js';
import { ask } from '../lib/ask.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { ago, plain, span, stamp } from '../lib/format.js';
import { useLive } from '../lib/live.js';
import { say } from '../lib/notes.js';
import { second } from '../lib/now.js';
import { useEffect, useState, type JSX } from '../lib/preact.js';
import { place, setQuery, to } from '../lib/router.js';
import { admin } from '../lib/session.js';
import { Panel, Segments, Strip, Tabs } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';
import { State } from '../parts/state.js';
import { Schedules } from './schedules.js';

const STATES = ['queued', 'running', 'done', 'failed', 'lost', 'cancelled'] as const;

export function JobsPage(): JSX.Element {
  const { tab = 'jobs', state = 'all', name } = place.value.query;
  const asked = useAsked(`jobs ${state} ${name ?? ''}`, async (signal) => call('GET /api/jobs', { query: { ...(state !== 'all' && { state }), ...(name !== undefined && { name }) }, signal }));
  useLive('jobs', () => { asked.again(); });
  useEffect(() => {
    const timer = window.setInterval(asked.again, 5000);
    return () => { window.clearInterval(timer); };
  }, [asked.again]);
  const counts: Readonly<Partial<Record<JobState, number>>> = asked.value?.counts ?? {};
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  return (
    <>
      <div class="head"><h1>Jobs</h1>{asked.value !== undefined && <span class="sub num">{STATES.filter((s) => (counts[s] ?? 0) > 0).map((s) => `${counts[s] ?? 0} ${s}`).join(' · ')}</span>}</div>
      <Tabs label="Jobs and schedules" at={tab} tabs={[{ key: 'jobs', name: 'Jobs', href: to(['jobs']), tally: total }, { key: 'schedules', name: 'Schedules', href: to(['jobs'], { tab: 'schedules' }) }]} />
      {tab === 'schedules' && <Schedules />}
      {tab !== 'schedules' && (
        <>
          {total > 0 && <div class="toolbar"><div class="scrolls"><Segments label="State" at={state} all={[['all', 'All'], ...STATES.map((s) => [s, `${s} ${counts[s] ?? 0}`] as const)]} onPick={(s) => { setQuery({ state: s === 'all' ? undefined : s }); }} /></div>{name !== undefined && <span class="tag accent">{name} <button type="button" class="as-link" aria-label="All names" onClick={() => { setQuery({ name: undefined }); }}>×</button></span>}</div>}
          {(asked.value?.paused.length ?? 0) > 0 && <Strip kind="warn"><p>Paused, nothing of these is begun: {asked.value?.paused.join(', ')}</p></Strip>}
          <Panel flush label="Jobs">
            {asked.value === undefined ? (asked.error === undefined ? <Waiting what="Asking for the jobs…" /> : <Trouble error={asked.error} retry={asked.again} />) : <List jobs={asked.value.jobs} all={total === 0} again={asked.again} />}
          </Panel>
        </>
      )}
    </>
  );
}

function List({ jobs, all, again }: { readonly jobs: readonly JobView[]; readonly all: boolean; readonly again: () => void }): JSX.Element {
  const [open, setOpen] = useState<string | undefined>();
  const shown = jobs.find((j) => j.id === open);
  if (jobs.length === 0) return all ? <Empty icon="jobs" title="No job was ever added" text="A program adds one with jobs.add('name', payload) of mgr/jobs, or a schedule makes them. Each runs once, though there are many instances." command="mgr jobs" /> : <Empty slim icon="search" title="No job is in this state" />;
  return (
    <div class="scrolls">
      <table class="table cards" aria-label="Jobs">
        <thead><tr><th>Job</th><th>State</th><th class="num">Attempt</th><th>When</th><th class="num">Took</th><th>Held by</th>{admin.value && <th><span class="unseen">Deeds</span></th>}</tr></thead>
        <tbody>{jobs.map((j) => (
          <tr key={j.id}>
            <td class="first"><div class="who"><button type="button" class="as-link strong" data-row onClick={() => { setOpen(j.id); }}>{j.name}</button><span class="dim small mono clip">{j.key ?? j.id}</span></div>{j.error !== undefined && j.state !== 'done' && <div class="note" title={j.error}>{j.error.split('\n')[0]}</div>}</td>
            <td><State word={j.state} /></td>
            <td class="num" data-of="Attempt">{j.attempt}{j.retries !== undefined && <span class="dim"> of {j.retries + 1}</span>}</td>
            <td class="nowrap"><When job={j} /></td>
            <td class="num" data-of="Took">{j.startedAt === undefined || j.endedAt === undefined ? '–' : span(j.endedAt - j.startedAt)}</td>
            <td class="mono small clip gone">{j.worker ?? '–'}</td>
            {admin.value && <td class="deed-cell"><Deeds job={j} again={again} /></td>}
          </tr>
        ))}</tbody>
      </table>
      {shown !== undefined && <Detail job={shown} onClose={() => { setOpen(undefined); }} />}
    </div>
  );
}

function When({ job: j }: { readonly job: JobView }): JSX.Element {
  const now = second.value;
  if (j.state === 'queued' && j.runAt !== undefined) return <span title={stamp(j.runAt)}>{j.runAt > now ? `due ${ago(j.runAt, now)}` : `due since ${span(now - j.runAt)}`}</span>;
  const at = j.endedAt ?? j.startedAt ?? j.addedAt;
  return <span title={stamp(at)}>{j.state === 'running' ? 'for ' : ''}{j.state === 'running' && at !== undefined ? span(now - at) : ago(at, now)}</span>;
}

function Deeds({ job: j, again }: { readonly job: JobView; readonly again: () => void }): JSX.Element {
  const params = { id: j.id };
  const retry = async (): Promise<void> => { await call('POST /api/jobs/{id}/retry', { params }); say(`${j.name} is queued again`); again(); };
  const run = async (): Promise<void> => { await call('POST /api/jobs/{id}/run', { params }); say(`${j.name} is due now`); again(); };
  const cancel = async (): Promise<void> => {
    if (j.state === 'running' && !(await ask({ title: `Cancel ${j.name}?`, text: 'It runs just now: its handler is told to end, and what it does after that does not count.', deed: 'Cancel the job', danger: true }))) return;
    await call('POST /api/jobs/{id}/cancel', { params });
    say(`${j.name} is cancelled`);
    again();
  };
  return (
    <div class="deeds">
      {(j.state === 'failed' || j.state === 'lost' || j.state === 'cancelled') && <Button small icon="restart" label="Retry" onPress={retry} />}
      {j.state === 'queued' && <Button small icon="play" label="Run now" onPress={run} />}
      {(j.state === 'queued' || j.state === 'running') && <Button small icon="cancel" label={`Cancel ${j.name} ${j.id}`} bare kind="plain" onPress={cancel} />}
    </div>
  );
}

function Detail({ job, onClose }: { readonly job: JobView; readonly onClose: () => void }): JSX.Element {
  const asked = useAsked<JobDetail>(`job ${job.id}`, async (signal) => call('GET /api/jobs/{id}', { params: { id: job.id }, signal }));
  const j = { ...job, attempts: asked.value?.attempts ?? [] };
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Id', j.id], ['Key', j.key], ['Attempt', `${j.attempt}${j.retries === undefined ? '' : ` of ${j.retries + 1}`}`], ['Held by', j.worker], ['Fence', j.fence === undefined ? undefined : String(j.fence)],
    ['Added', j.addedAt === undefined ? undefined : stamp(j.addedAt)], ['Due', j.runAt === undefined ? undefined : stamp(j.runAt)], ['Begun', j.startedAt === undefined ? undefined : stamp(j.startedAt)], ['Ended', j.endedAt === undefined ? undefined : stamp(j.endedAt)],
  ];
  const text = (v: unknown): string => (typeof v === 'object' && v !== null ? JSON.stringify(v, null, 2) : plain(v));
  return (
    <Dialog wide title={j.name} onClose={onClose} footer={<Button label="Close" onPress={onClose} />}>
      <div class="row"><State word={j.state} /></div>
      {j.error !== undefined && <div class="stack tight"><h3>Error</h3><pre class="steps bad">{j.error}</pre></div>}
      <dl class="facts">{rows.filter(([, v]) => v !== undefined).map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={`${k}=`} class="mono">{v}</dd>])}</dl>
      <div class="cols">
        <div class="stack tight"><h3>Payload</h3><pre class="steps">{text(j.payload)}</pre></div>
        {j.result !== undefined && <div class="stack tight"><h3>Result</h3><pre class="steps">{text(j.result)}</pre></div>}
      </div>
      {j.attempts.length > 0 && (
        <div class="scrolls">
          <table class="table" aria-label="Attempts">
            <thead><tr><th class="num">Attempt</th><th>Held by</th><th>Begun</th><th class="num">Took</th><th>Outcome</th></tr></thead>
            <tbody>{j.attempts.map((a) => <tr key={a.fence}><td class="num">{a.attempt}</td><td class="mono small">{a.worker}</td><td class="nowrap">{stamp(a.startedAt)}</td><td class="num">{a.endedAt === undefined ? '–' : span(a.endedAt - a.startedAt)}</td><td title={a.error}><State word={a.outcome ?? 'running'} /></td></tr>)}</tbody>
          </table>
        </div>
      )}
    </Dialog>
  );
}
