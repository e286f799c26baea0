import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.js';
import { openJobs } from '../../src/jobs/open.js';
import type { JobDetail, JobPage, JobView, ScheduleView } from '../../src/web/api-types-host.js';
import { waitFor } from '../helpers/wait.js';
import { withWeb } from './rig.js';

test('jobs and schedules of other programs: seen, driven, and told of', async () => withWeb(async ({ ok, ask, rig, watch }) => {
  // Another program of the home, with a connection of its own.
  const jobs = openJobs({ file: `${rig.home}/store.db`, worker: { name: 'test', pid: 1 }, clock: systemClock });
  try {
    const { id } = await jobs.add('mail', { to: 'a@b', password: 'hunter2hunter2' }, { delay: '1h' });
    jobs.schedule('nightly', '0 3 * * *', { tz: 'UTC' });
    const page = await ok<JobPage>('/api/jobs');
    assert.deepEqual(page.jobs.map((j) => [j.id, j.name, j.state, j.payload]), [[id, 'mail', 'queued', { to: 'a@b', password: '***' }]]);
    assert.equal(page.counts.queued, 1);
    assert.deepEqual((await ok<JobPage>('/api/jobs?state=failed,lost')).jobs, []);
    assert.equal((await ask('/api/jobs?state=nonsense')).status, 400);

    const live = await watch('?topics=jobs');
    // The first look of the server only learns what there is.
    await waitFor('jobs told', async () => { await jobs.add('mail', {}, { delay: '1h' }); return live.seen.some((e) => e.event === 'jobs'); });

    assert.equal((await ok<JobView>(`/api/jobs/${id}/cancel`, { method: 'POST' })).state, 'cancelled');
    assert.equal((await ok<JobView>(`/api/jobs/${id}/retry`, { method: 'POST' })).state, 'queued');
    assert.ok((await ok<JobView>(`/api/jobs/${id}/run`, { method: 'POST' })).runAt <= Date.now());
    assert.deepEqual((await ok<JobDetail>(`/api/jobs/${id}`)).attempts, []);
    assert.equal((await ask('/api/jobs/99999')).status, 404);

    const [schedule] = await ok<ScheduleView[]>('/api/jobs/schedules');
    assert.deepEqual([schedule?.name, schedule?.cron, schedule?.paused], ['nightly', '0 3 * * *', false]);
    assert.equal((await ok<ScheduleView>('/api/jobs/schedules/nightly/pause', { method: 'POST' })).paused, true);
    assert.equal((await ok<ScheduleView>('/api/jobs/schedules/nightly/resume', { method: 'POST' })).paused, false);
    assert.equal((await ok<JobView>('/api/jobs/schedules/nightly/run', { method: 'POST' })).name, 'nightly');
    assert.equal((await ask('/api/jobs/schedules/nobody/run', { method: 'POST' })).status, 404);
    assert.match((await ask('/metrics')).text, /^mgr_jobs\{name="nightly",state="queued"\} 1$/m);
  } finally {
    await jobs.close();
  }
}));
