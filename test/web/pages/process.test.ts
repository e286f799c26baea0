import assert from 'node:assert/strict';
import { waitFor } from '../../helpers/wait.js';
import * as data from './data.js';
import { look, type Look } from './browser.js';

const asked = (l: Look, name: string) => l.fake.calls.filter((c) => c.name === name);
const inked = `[...document.querySelectorAll('.chart canvas')].map((c) => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 0) n++; return n; })`;

look('why it is where it is, its last words and the ends of its runs', async (l) => {
  await l.go('#/process/4');
  await l.sees('It was given up after 16 exits in 15 s');
  await l.sees('SMTP_HOST is not set');
  const ends = l.page.getByRole('table', { name: 'Ends of former runs' });
  await ends.getByText('gave up: 16 exits in 15 s').waitFor();
  assert.equal(await ends.locator('tbody tr').count(), 4);
  // Something happens: what the stream does not carry is asked for again.
  const before = asked(l, 'process').length;
  l.fake.change(4, { status: 'online', pid: 9, restarts: 17 });
  await l.sees('It runs, and has since its start');
  assert.ok(asked(l, 'process').length > before);
});

look('charts of cpu, memory, event loop and its own numbers; the range asks for more past', async (l) => {
  await l.go('#/process/3');
  for (const title of ['CPU', 'Memory', 'Event loop delay', 'Requests', 'Queue']) await l.page.locator('.chart').filter({ hasText: title }).first().waitFor();
  await waitFor('curves', async () => (await l.page.evaluate<number[]>(inked)).every((n) => n > 1500) && await l.page.locator('.chart canvas').count() === 5);
  assert.match(await l.page.locator('.chart').first().getByRole('img').getAttribute('aria-label') ?? '', /^CPU over time, now 3\d\.\d/);
  const span = () => Number(asked(l, 'processHistory').at(-1)?.query['from']);
  assert.ok(Date.now() - span() < 920_000);
  await l.button('Month');
  await waitFor('a month', () => Date.now() - span() > 29 * 86_400_000);
  // The choice is for all charts, and stays.
  await l.go('#/machine');
  await waitFor('a month of the machine', () => asked(l, 'machineHistory').some((c) => Date.now() - Number(c.query['from']) > 29 * 86_400_000));
  const box = await l.page.locator('.chart .u-over').first().boundingBox();
  assert.ok(box !== null);
  await l.page.mouse.move(box.x + box.width / 2, box.y + 40);
  await l.page.locator('.tip:visible').first().waitFor();
});

look('the log: what was, what comes, searched by the server and marked', async (l) => {
  await l.go('#/process/0?tab=logs');
  const lines = l.page.getByRole('log');
  await lines.getByText('GET /api/orders 200 14 ms').first().waitFor();
  l.fake.tell('log', { lines: [{ id: 0, name: 'api', stream: 'err', at: Date.now(), text: '\u001b[31mred alert\u001b[0m' }, { id: 3, name: 'worker', stream: 'out', at: Date.now(), text: 'of another one' }] });
  await lines.getByText('red alert').waitFor();
  assert.equal(await lines.getByText('of another one').count(), 0);
  await l.page.getByLabel('Search the log').fill('upstream');
  await waitFor('a search', () => asked(l, 'logs').some((c) => c.query['grep'] === 'upstream' && c.query['target'] === '0'));
  await lines.locator('mark').first().waitFor();
  assert.equal(await lines.getByText('GET /api/orders').count(), 0);
  l.fake.tell('log', { lines: [{ id: 0, name: 'api', stream: 'out', at: Date.now(), text: 'nothing of it' }, { id: 0, name: 'api', stream: 'out', at: Date.now(), text: 'Upstream is back' }] });
  await lines.getByText('Upstream').last().waitFor();
  assert.equal(await lines.getByText('nothing of it').count(), 0);
  await l.button('Err');
  await waitFor('errors only', () => asked(l, 'logs').at(-1)?.query['stream'] === 'err');
  await l.page.getByLabel('Time', { exact: true }).selectOption('1h');
  await waitFor('an hour', () => asked(l, 'logs').at(-1)?.query['since'] === '1h');
  await l.page.getByLabel('Time', { exact: true }).selectOption('own');
  await l.page.getByLabel('From', { exact: true }).fill('2026-01-02T03:04:05');
  await waitFor('from then', () => asked(l, 'logs').at(-1)?.query['since'] === String(new Date(2026, 0, 2, 3, 4, 5).getTime()));
});

look('older lines are a press away', async (l) => {
  const at = Date.now() - 60_000;
  l.fake.instead.set('logs', ({ query }) => ({ lines: [0, 1, 2].map((i) => ({ id: 0, name: 'api', stream: 'out', at: at + i, text: `${query['until'] === undefined ? 'newer' : 'older'} ${i}` })), more: query['until'] === undefined }));
  await l.go('#/process/0?tab=logs');
  await l.button('Older lines');
  await l.sees('older 0');
  assert.deepEqual(await l.page.locator('.log .text').allTextContents(), ['older 0', 'older 1', 'older 2', 'newer 0', 'newer 1', 'newer 2']);
  assert.equal(asked(l, 'logs').at(-1)?.query['until'], String(at - 1));
  assert.equal(await l.page.getByRole('button', { name: 'Older lines' }).count(), 0);
});

look('older lines of files without dates', async (l) => {
  l.fake.instead.set('logs', ({ query }) => ({ lines: Array.from({ length: Number(query['lines']) }, (_, i) => ({ id: 0, name: 'api', stream: 'out', text: `line ${1200 - Number(query['lines']) + i}` })), more: true }));
  await l.go('#/process/0?tab=logs');
  await l.page.locator('.log .text').getByText('line 700', { exact: true }).waitFor({ state: 'attached' });
  await l.button('Older lines');
  await l.page.locator('.log .text').getByText('line 200', { exact: true }).waitFor({ state: 'attached' });
  assert.equal(await l.page.locator('.log .line').count(), 1000);
});

look('paused, the log stands still', async (l) => {
  await l.go('#/process/0?tab=logs');
  await l.page.getByRole('log').waitFor();
  await l.button('Pause');
  l.fake.tell('log', { lines: [{ id: 0, name: 'api', stream: 'out', at: Date.now(), text: 'while paused' }] });
  l.fake.change(0, { restarts: 9 });
  await l.page.locator('.tile').getByText('9', { exact: true }).waitFor();
  assert.equal(await l.page.getByText('while paused').count(), 0);
});

look('variables with where they come from; secrets masked', async (l) => {
  await l.go('#/process/0?tab=env');
  const table = l.page.getByRole('table', { name: 'Environment' });
  const line = (name: string) => table.locator('tr').filter({ hasText: name });
  assert.match(await line('NODE_ENV').innerText(), /production[\s\S]*env_production[\s\S]*covers env/);
  assert.match(await line('STRIPE_API_KEY').innerText(), /\*\*\*[\s\S]*masked/);
  assert.match(await line('SESSION_SECRET').innerText(), /kept elsewhere/);
  await l.page.getByLabel('Without the shell’s').check();
  await line('PATH').waitFor({ state: 'detached' });
  await l.page.getByLabel('Filter variables').fill('stripe');
  await l.sees('1 variable');
});

look('actions with parameters, and what they answer', async (l) => {
  await l.go('#/process/0?tab=actions');
  const action = (name: string) => l.page.getByRole('region', { name: `Action ${name}` });
  await action('log:level').getByRole('textbox').fill('{"level":"debug"}');
  await l.page.keyboard.press('Enter');
  await action('log:level').getByText('"success": true').waitFor();
  await action('profile').getByRole('textbox').fill('ten seconds');
  await action('profile').getByRole('button', { name: 'Run' }).click();
  await action('profile').getByText('"given": "ten seconds"').waitFor();
  assert.deepEqual(asked(l, 'trigger').map((c) => c.body), [{ action: 'log:level', params: { level: 'debug' } }, { action: 'profile', params: 'ten seconds' }]);
});

look('a line to its standard input, a signal', async (l) => {
  await l.go('#/process/3?tab=actions');
  await l.page.getByLabel('Line for its standard input').fill('rotate now');
  await l.page.keyboard.press('Enter');
  await l.sees('worker was sent the line');
  await l.page.getByLabel('Signal', { exact: true }).selectOption('SIGHUP');
  await l.button('Send signal');
  await l.sees('worker was sent SIGHUP');
  assert.deepEqual(['send', 'signal'].map((n) => asked(l, n).map((c) => [c.params['target'], c.body])), [[['3', { line: 'rotate now' }]], [['3', { signal: 'SIGHUP' }]]]);
});

look('its brothers are a choice away; deleted, the page says so', async (l) => {
  await l.go('#/process/0');
  await l.page.getByLabel('Process of this app').selectOption('2');
  await l.page.waitForURL(/#\/process\/2/);
  await l.button('More for api');
  await l.page.getByRole('menuitem', { name: 'Delete…' }).click();
  await l.button('Delete');
  await l.page.waitForURL(/#\/processes/);
  await l.go('#/process/2');
  await l.sees('No process 2');
}, { mayFail: true });

look('the declaration', async (l) => {
  await l.go('#/process/0?tab=spec');
  await l.sees('max_memory_restart');
  await l.sees('/home/deploy/.mgr/logs/api-out.log');
});

look('logs of all apps, one chosen, live', async (l) => {
  await l.go('#/logs');
  const lines = l.page.getByRole('log');
  await lines.getByText('worker').first().waitFor();
  const before = await lines.locator('.line').count();
  l.fake.tell('log', { lines: data.logLines(l.fake.views, 4) });
  await waitFor('new lines', async () => await lines.locator('.line').count() === before + 4);
  await l.page.getByLabel('App').selectOption('worker');
  await waitFor('one app', () => asked(l, 'logs').at(-1)?.query['target'] === 'worker');
  await waitFor('only its lines', async () => (await lines.locator('.from').allTextContents()).every((t) => t.startsWith('worker')));
});

look('the machine: numbers, charts, daemon', async (l) => {
  await l.go('#/machine');
  await l.sees('AMD EPYC 7543 × 4');
  await waitFor('six charts', async () => await l.page.locator('.chart canvas').count() === 6);
  l.fake.tell('machine', { ...data.machineNow(1), cpu: 99.4 });
  await l.page.locator('.tile').getByText('99.4').waitFor();
  assert.equal(await l.page.getByRole('meter').count(), 3);
});
