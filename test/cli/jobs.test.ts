// The verbs of jobs on a real database: no daemon is asked for any of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OpenedJobs, openJobs } from '../../src/jobs/open.js';
import type { AttemptView, JobView, ScheduleView } from '../../src/jobs/views.js';
import { waitFor } from '../helpers/wait.js';
import { rig } from './rig.js';

interface Told { readonly code: number; readonly out: string; readonly err: string }

function home(t: TestContext): { readonly mgr: (...words: string[]) => Promise<Told>; readonly jobs: () => OpenedJobs; readonly dir: string } {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-j-'));
  const opened: OpenedJobs[] = [];
  t.after(async () => {
    for (const j of opened) await j.close({ grace: 0 });
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return {
    dir,
    async mgr(...words) {
      const r = rig({}, { env: { MGR_HOME: path.join(dir, 'h') }, clock: Date.now });
      const code = await r.run(...words);
      assert.equal(r.asked.length, 0);
      return { code, out: r.stdout, err: r.stderr };
    },
    jobs: () => { const j = openJobs({ file: path.join(dir, 'h/store.db'), worker: { name: 'app', pid: 7 } }); opened.push(j); return j; },
  };
}

test('add, look, run, cancel, retry, history', async (t) => {
  const { mgr, jobs } = home(t);
  const added = await mgr('jobs:add', 'mail', '{"to":"ann"}', '--key', 'k1', '--delay', '1h', '--priority', '2');
  assert.deepEqual([added.code, added.out], [0, 'job 1 (mail) is queued\n']);
  assert.match(added.err, /no program has defined `mail` so far/);
  assert.match((await mgr('jobs:add', 'mail', '--key', 'k1')).out, /has this key already; nothing was added/);
  const table = await mgr('jobs');
  assert.match(table.out, /^id +name +state +attempt +when +took +worker +note\n1 +mail +queued +0 +in (?:1h|59m)/);
  assert.match(table.err, /1 queued/);
  assert.deepEqual((JSON.parse((await mgr('jobs', '--json')).out) as JobView[]).map((j) => [j.id, j.payload, j.key, j.priority]), [['1', { to: 'ann' }, 'k1', 2]]);
  jobs().define('mail', ({ payload }) => { if (payload === 'bad') throw new Error('no such person'); return 'sent'; }, { retries: 0 });
  assert.match((await mgr('jobs:run', '1')).out, /job 1 \(mail\) is due now/);
  await waitFor('done', async () => (await mgr('jobs', '--state', 'done', '--json')).out.includes('sent'));
  await mgr('jobs:add', 'mail', '"bad"');
  await waitFor('failed', async () => (await mgr('jobs', '--state', 'failed,lost')).out.includes('no such person'));
  assert.deepEqual(await mgr('jobs:retry', '2'), { code: 0, out: 'job 2 (mail) is queued again\n', err: '' });
  const two = await waitFor('two attempts', async () => { const all = JSON.parse((await mgr('jobs:history', '2', '--json')).out) as { attempts: AttemptView[] }; return all.attempts.length === 2 && all.attempts.every((a) => a.outcome === 'failed') ? all : undefined; });
  assert.ok((two.attempts[1]?.fence ?? 0) > (two.attempts[0]?.fence ?? 0));
  const told = await mgr('jobs:history', '2');
  assert.match(told.out, /^job 2 \(mail\)\n {2}state +failed\n {2}payload +"bad"\n/);
  assert.match(told.out, /error\n {2}Error: no such person/);
  await mgr('jobs:add', 'mail', 'null', '--at', '2099-01-01T00:00:00Z');
  assert.equal((await mgr('jobs:cancel', '3')).out, 'job 3 (mail) is cancelled\n');
  const again = await mgr('jobs:cancel', '3', '2', '99');
  assert.deepEqual([again.code, again.err], [1, 'mgr: cannot cancel job 3: it is cancelled\nmgr: cannot cancel job 2: it is failed\nmgr: no job `99`\n']);
});

test('schedules: look, pause, resume, one run beside the times, forget', async (t) => {
  const { mgr, jobs, dir } = home(t);
  fs.mkdirSync(path.join(dir, 'h'));
  const app = jobs();
  let runs = 0;
  app.schedule('tidy', '0 3 * * *', () => { runs++; }, { tz: 'Europe/Berlin' });
  await waitFor('a next time', async () => (JSON.parse((await mgr('jobs:schedules', '--json')).out) as ScheduleView[])[0]?.nextAt);
  assert.match((await mgr('jobs:schedules')).out, /tidy +0 3 \* \* \* +Europe\/Berlin +none .*in \d+/);
  assert.equal((await mgr('jobs:pause', 'tidy', '--schedule')).out, 'the schedule tidy is paused\n');
  assert.match((await mgr('jobs:schedules')).out, /paused\n$/);
  assert.match((await mgr('jobs:run', 'tidy')).out, /job 1 \(tidy\) is due now/);
  await waitFor('a run', () => runs === 1);
  assert.equal((await mgr('jobs:resume', 'tidy', '--schedule')).code, 0);
  assert.equal((await mgr('jobs:pause', 'tidy')).out, 'tidy is paused\n');
  assert.match((await mgr('jobs')).err, /1 done; paused: tidy/);
  assert.equal((await mgr('jobs:schedules', '--forget', 'tidy')).code, 0);
  assert.match((await mgr('jobs:schedules')).err, /no schedules/);
});

test('where there is nothing, nothing is made; wrong words are named', async (t) => {
  const { mgr, dir } = home(t);
  assert.deepEqual(await mgr('jobs', '--json'), { code: 0, out: '[]\n', err: '' });
  assert.match((await mgr('jobs')).err, /no jobs; programs have them/);
  assert.equal((await mgr('jobs:cancel', '1')).code, 1);
  assert.ok(!fs.existsSync(path.join(dir, 'h')));
  for (const [words, says] of [
    [['jobs:add', 'x', '{to:1}'], /payload: got `\{to:1\}` \(.*\), wanted JSON\n.*a text is JSON in double quotes/],
    [['jobs:add', 'x', '--delay', 'soon'], /delay: got `soon`, wanted a time/],
    [['jobs:add', 'x', '--at', 'tomorrow'], /runAt: got `tomorrow`/],
    [['jobs:add', 'x', '--priority', 'high'], /--priority: got `high`, wanted a whole number/],
    [['jobs', '--state', 'dead'], /state: got `dead`, wanted `queued` or/],
    [['jobs:run', 'tidyy'], /no schedule `tidyy`/],
    [['jobs:history', 'x'], /got `x`, wanted the number of a job/],
    [['jobs:pause', 'nobody'], /no jobs of the name `nobody`/],
  ] as const) {
    const r = await mgr(...words);
    assert.equal(r.code, 1, words.join(' '));
    assert.match(r.err, says, words.join(' '));
  }
});
