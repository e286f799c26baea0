import assert from 'node:assert/strict';
import { waitFor } from '../../helpers/wait.js';
import { view } from './data.js';
import { look, type Look } from './browser.js';
import { No } from './fake.js';

const row = (l: Look, id: number) => l.page.locator(`tr[data-id="${id}"]`);
const asked = (l: Look, name: string) => l.fake.calls.filter((c) => c.name === name);
const names = async (l: Look) => l.page.locator('main [data-row]').allTextContents();

look('the table shows each process with state, numbers and what is wrong, and follows the stream', async (l) => {
  await l.go('');
  await l.sees('7 online · 1 errored · 1 waiting restart · 1 stopped');
  assert.deepEqual((await row(l, 4).innerText()).replaceAll(/\s+/g, ' ').includes('errored'), true);
  await l.sees('16 exits in 15 s; the last: exit code 1');
  assert.match(await row(l, 0).innerText(), /142\s*MB/);
  l.fake.change(4, { status: 'online', pid: 77, cpu: 55.5, memory: 1024 * 1024 * 99 });
  await row(l, 4).getByText('55.5').waitFor();
  assert.match(await row(l, 4).innerText(), /online[\s\S]*99\.0/);
  l.fake.views = l.fake.views.filter((v) => v.id !== 5);
  l.fake.rows([5]);
  await row(l, 5).waitFor({ state: 'detached' });
});

look('filter, sort and groups; the address keeps the filter', async (l) => {
  await l.go('#/processes');
  await row(l, 0).waitFor();
  await l.page.keyboard.press('/');
  await l.page.keyboard.type('shop online');
  await row(l, 4).waitFor({ state: 'detached' });
  assert.deepEqual(await names(l), ['api', 'api', 'api', 'worker']);
  assert.match(l.page.url(), /q=shop\+online/);
  await l.page.reload();
  await row(l, 3).waitFor();
  assert.deepEqual(await names(l), ['api', 'api', 'api', 'worker']);
  await l.page.getByLabel('Filter processes').fill('nobody');
  await l.sees('Nothing matches');
  await l.button('Clear the filter');
  await l.page.getByRole('columnheader', { name: 'Memory' }).getByRole('button').click();
  await waitFor('the largest first', async () => (await names(l))[0] === 'api');
  assert.equal(await l.page.getByRole('columnheader', { name: 'Memory' }).getAttribute('aria-sort'), 'descending');
  await l.button('By app');
  await l.sees('3 of 3 online');
  await l.button('By namespace');
  await l.sees('4 of 4 online');
});

look('restart, reload, start: at once; stop and delete: asked first', async (l) => {
  await l.go('#/processes');
  await l.button('Restart worker 3');
  await l.sees('worker restarted');
  assert.deepEqual(asked(l, 'restart').map((c) => c.params), [{ target: '3' }]);
  await l.button('Stop worker 3');
  await l.sees('Stop worker?');
  await l.button('Cancel');
  assert.equal(asked(l, 'stop').length, 0);
  await l.button('Stop worker 3');
  await l.button('Stop');
  await row(l, 3).getByText('stopped').waitFor();
  await l.button('Start worker 3');
  await row(l, 3).getByText('online').waitFor();
  await l.button('More for worker 3');
  await l.page.getByRole('menuitem', { name: 'Reload' }).click();
  await l.sees('worker reloaded');
  await l.button('More for worker 3');
  await l.page.keyboard.press('End');
  await l.page.keyboard.press('Enter');
  await l.sees('Delete worker?');
  await l.button('Delete');
  await row(l, 3).waitFor({ state: 'detached' });
  assert.deepEqual(asked(l, 'remove').map((c) => c.params), [{ target: '3' }]);
});

look('what the server refuses is told with its hint and stays', async (l) => {
  l.fake.instead.set('restart', () => { throw new No(409, 'START_FAILED', '`worker` did not come up: exit code 1', 'mgr logs worker --nostream'); });
  await l.go('#/processes');
  await l.button('Restart worker 3');
  await l.sees('`worker` did not come up: exit code 1');
  await l.sees('mgr logs worker --nostream');
  await l.button('Dismiss');
  assert.equal(await l.page.getByText('did not come up').count(), 0);
}, { mayFail: true });

look('scale up at once, down asked first', async (l) => {
  await l.go('#/processes');
  await l.button('More for api 0');
  await l.page.getByRole('menuitem', { name: 'Scale…' }).click();
  await l.page.getByRole('spinbutton', { name: 'Processes' }).fill('1.5');
  await l.sees('Wanted: a whole number from 0 to 1000');
  await l.page.getByRole('spinbutton', { name: 'Processes' }).fill('5');
  await l.page.keyboard.press('Enter');
  await l.sees('api now has 5 processes');
  await l.button('More for api 0');
  await l.page.getByRole('menuitem', { name: 'Scale…' }).click();
  await l.page.getByRole('spinbutton', { name: 'Processes' }).fill('2');
  await l.page.keyboard.press('Enter');
  await l.sees('3 processes of 5 will be stopped');
  await l.button('Scale down');
  await l.sees('api now has 2 processes');
  assert.deepEqual(asked(l, 'scale').map((c) => c.body), [{ to: 5 }, { to: 2 }]);
});

look('several at once', async (l) => {
  await l.go('#/processes');
  await l.page.getByLabel('Select api 0').check();
  await l.page.getByLabel('Select worker 3').check();
  const bar = l.page.getByRole('toolbar', { name: 'Selected processes' });
  await bar.getByText('2 selected').waitFor();
  await bar.getByRole('button', { name: 'Restart' }).click();
  await l.sees('Restart 2 processes?');
  await l.page.locator('dialog').getByRole('button', { name: 'Restart' }).click();
  await l.sees('2 processes restarted');
  assert.deepEqual(asked(l, 'restart').map((c) => c.params['target']), ['0', '3']);
  await bar.waitFor({ state: 'detached' });
});

look('a new app: what is wrong is said at its field, what the server says above', async (l) => {
  await l.go('#/processes');
  await l.button('Start an app');
  await l.page.locator('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await l.sees('Wanted: the path of a script or program');
  await l.page.getByLabel('Script or program').fill('server.js');
  await l.sees('A relative path needs a working directory');
  await l.page.getByLabel('Script or program').fill('/srv/new/server.js');
  await l.page.getByLabel('Variables').fill('PORT=3000\nnonsense');
  await l.sees('Got “nonsense”, wanted NAME=value');
  await l.page.getByLabel('Variables').fill('PORT=3000\nA=b=c');
  await l.page.getByLabel('Name', { exact: true }).fill('fresh');
  l.fake.instead.set('start', () => { throw new No(400, 'SCRIPT_NOT_FOUND', 'cannot start `fresh`: script does not exist', 'looked for /srv/new/server.js'); });
  await l.page.locator('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await l.sees('looked for /srv/new/server.js');
  l.fake.instead.delete('start');
  await l.page.locator('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await l.page.getByRole('link', { name: 'fresh' }).waitFor();
  assert.deepEqual(asked(l, 'start').at(-1)?.body, { script: '/srv/new/server.js', name: 'fresh', exec_mode: 'fork', instances: 1, env: { PORT: '3000', A: 'b=c' } });
}, { mayFail: true });

look('a read-only token: no deeds are shown', async (l) => {
  l.fake.access = 'read';
  await l.go('#/processes');
  await row(l, 3).waitFor();
  await l.sees('read-only');
  assert.equal(await l.page.getByRole('button', { name: /^(?:Start an app|Restart |Stop |More for )/ }).count(), 0);
  await l.go('#/process/3');
  await l.sees('It runs, and has since its start');
  assert.equal(await l.page.getByRole('button', { name: /^(?:Restart|Stop|More for .*)$/ }).count(), 0);
});

look('keys: ? tells them, j and k walk, Enter opens, g and a letter jump, Escape closes', async (l) => {
  await l.go('#/processes');
  await row(l, 0).waitFor();
  await l.page.keyboard.press('?');
  await l.sees('Jump to the filter or search of the page');
  await l.page.keyboard.press('Escape');
  await l.page.locator('dialog').waitFor({ state: 'detached' });
  for (const key of ['j', 'j', 'j', 'k']) await l.page.keyboard.press(key);
  assert.equal(await l.page.evaluate('document.activeElement.closest("tr").dataset.id'), '1');
  await l.page.keyboard.press('Enter');
  await l.page.waitForURL(/#\/process\/1$/);
  for (const [key, name] of [['m', 'Modules'], ['h', 'Host folder'], ['j', 'Jobs'], ['l', 'Logs'], ['c', 'Machine'], ['p', 'Processes']] as const) {
    await l.page.keyboard.press('g');
    await l.page.keyboard.press(key);
    await l.page.getByRole('heading', { level: 1, name }).waitFor();
  }
});

look('nothing managed: the page tells the next command', async (l) => {
  await l.go('#/processes');
  await l.sees('No process is managed yet');
  await l.sees('mgr start app.js');
  l.fake.views = [view(0, 'first')];
  l.fake.rows();
  await row(l, 0).waitFor();
}, { prepare: (fake) => { fake.views = []; } });

look('100 processes, new numbers each second: little work, and only a row that changed is drawn', async (l) => {
  await l.go('#/processes');
  await row(l, 99).waitFor();
  const cdp = await l.page.context().newCDPSession(l.page);
  await cdp.send('Performance.enable');
  const spent = async () => (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === 'ScriptDuration')?.value ?? 0;
  const before = await spent();
  let at = Date.now();
  for (let i = 1; i <= 20; i++) {
    at += 1000;
    l.fake.views = l.fake.views.map((v) => ({ ...v, cpu: v.id / 10 + i, memory: v.memory + i * 100_000 }));
    l.fake.tell('processes', { full: false, at, rows: l.fake.views, gone: [] });
    await row(l, 99).getByText((9.9 + i).toFixed(1)).waitFor();
  }
  const each = (await spent() - before) * 1000 / 20;
  assert.ok(each < 150, `${each.toFixed(0)} ms of script for each second`);
  await l.page.evaluate('window.drawn = new Set(); new MutationObserver((list) => { for (const m of list) { const r = (m.target.nodeType === 1 ? m.target : m.target.parentElement)?.closest("tr[data-id]"); if (r && !m.target.parentElement?.matches("td[data-of=Up]")) window.drawn.add(r.dataset.id); } }).observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true, attributes: true })');
  l.fake.tell('processes', { full: false, at, rows: l.fake.views.filter((v) => v.id === 7).map((v) => ({ ...v, restarts: 321 })), gone: [] });
  await row(l, 7).getByText('321').waitFor();
  assert.deepEqual(await l.page.evaluate('[...window.drawn]'), ['7']);
}, { prepare: (fake) => { fake.views = Array.from({ length: 100 }, (_, i) => view(i, `app-${i}`)); } });
