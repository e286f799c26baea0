// J8 of the acceptance list, and jobs as a managed program has them: by mgr/jobs and by mgr/module.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { AttemptView, JobView } from '../../src/jobs/views.js';
import { ROOT, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const APP = `import { jobs } from 'mgr/jobs';
import { jobs as ofModule, onStop } from 'mgr/module';
import fs from 'node:fs';
const tell = (text) => fs.appendFileSync('journal', text + '\\n');
jobs.define('later', ({ fence, log }) => { log('at work'); tell('later ' + fence + ' ' + Date.now()); });
jobs.define('dies', ({ attempt }) => { if (attempt === 1) process.exit(1); return attempt; }, { backoff: 50 });
ofModule.define('stays', ({ signal, attempt }) => attempt === 1 ? new Promise(() => {}) : tell('stays'));
onStop(() => tell('stopped'));
tell('up');`;

test('a delayed job outlives mgr kill; who ends gives back what he does; who dies of a job has failed', async () => {
  await within(async (rig) => {
    fs.mkdirSync(path.join(rig.dir, 'node_modules'));
    fs.symlinkSync(ROOT, path.join(rig.dir, 'node_modules/mgr'));
    const journal = (): string => { const f = path.join(rig.dir, 'journal'); return fs.existsSync(f) ? fs.readFileSync(f, 'utf8') : ''; };
    const job = async (id: string): Promise<JobView & { attempts: AttemptView[] }> => JSON.parse(await rig.ok('jobs:history', id, '--json')) as JobView & { attempts: AttemptView[] };
    await rig.ok('start', rig.file('app.mjs', APP), '-i', '2');
    await waitFor('two programs', () => journal().split('up').length === 3);

    const dies = JSON.parse(await rig.ok('jobs:add', 'dies', '--json')) as JobView;
    const dead = await waitFor('the second attempt', async () => { const j = await job(dies.id); return j.state === 'done' ? j : undefined; });
    assert.deepEqual([dead.result, dead.attempts.map((a) => [a.outcome, a.error?.split('\n')[0]])], [2, [['failed', 'Error: the program ended with status 1'], ['done', undefined]]]);

    const stays = JSON.parse(await rig.ok('jobs:add', 'stays', '--json')) as JobView;
    await waitFor('it runs', async () => (await job(stays.id)).state === 'running');
    const later = JSON.parse(await rig.ok('jobs:add', 'later', '{"a":1}', '--delay', '10s', '--json')) as JobView;
    await rig.ok('kill');
    const back = await job(stays.id);
    assert.deepEqual([back.state, back.attempt, back.attempts[0]?.outcome], ['queued', 0, 'released']);
    assert.match(journal(), /stopped/);
    assert.ok(Date.now() < later.runAt, 'the machine is too slow for this test');
    await rig.ok('resurrect');
    const done = await waitFor('the delayed one', async () => { const j = await job(later.id); return j.state === 'done' ? j : undefined; });
    const lines = journal().split('\n').filter((l) => l.startsWith('later '));
    assert.equal(lines.length, 1);
    assert.ok(Number(lines[0]?.split(' ')[2]) >= later.runAt && done.attempt === 1);
    const logs = (): string => fs.readdirSync(path.join(rig.home, 'logs')).map((f) => rig.read(`logs/${f}`)).join('');
    await waitFor('its line in the log', () => logs().includes(`[jobs] job ${later.id} (later): at work`));
  });
});
