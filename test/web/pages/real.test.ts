// The pages against the real server and daemon, with real programs: each kind of deed once, by the button, judged by the daemon.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ROOT } from '../../helpers/rig.js';
import { waitFor } from '../../helpers/wait.js';
import { type WebRig, withWeb } from '../rig.js';
import { missing, onPage } from './browser.js';

const MODULE = JSON.stringify(path.join(ROOT, 'dist/module.cjs'));
const APP = `const m = require(${MODULE}); const http = require('node:http'); let n = 0;
m.action('greet', { comment: 'Says hello' }, (call, reply) => { const say = { hello: call?.params ?? call }; if (typeof reply === 'function') reply(say); return say; });
m.metric('Loops', () => ++n); console.log('ready to serve'); console.error('a careful warning'); setInterval(() => {}, 1000);
process.stdin.on('data', (d) => console.log('got ' + d));`;
const ADDON = `const m = require(${MODULE}); const c = m.initModule({ widget: { theme: ['#123456', '#234567'] } });
m.onConfig((now) => { if (now.every === 13) throw new Error('thirteen is bad luck'); }); setInterval(() => {}, 1000);`;
const HITS = `const Resource = require('deployd/lib/resource'); const util = require('node:util');
function Hits() { Resource.apply(this, arguments); } util.inherits(Hits, Resource); Hits.label = 'Hit counter'; Hits.events = ['get'];
Hits.basicDashboard = { settings: [{ name: 'title', type: 'text', description: 'Shown above the number' }] }; Hits.prototype.handle = function (ctx) { ctx.done(null, { title: this.config.title }); }; module.exports = Hits;
process.server.on('listening', () => { process.server.jobs.schedule('tick', { every: 60000 }, () => 1); process.server.jobs.define('mail', () => { throw new Error('451 try again'); }, { retries: 0 }); process.server.jobs.add('mail', { to: 'ann' }); });`;

const sees = async (page: Page, text: string | RegExp): Promise<void> => { await page.getByText(text).first().waitFor({ timeout: 15_000 }); };
const press = async (page: Page, name: string | RegExp): Promise<void> => { await page.getByRole('button', { name, exact: typeof name === 'string' }).first().click(); };
const item = async (page: Page, name: string): Promise<void> => { await page.getByRole('menuitem', { name }).click(); };
const told = async (w: WebRig, name: string): Promise<{ id: number; status: string; restarts: number; pid: number }[]> => (await w.ok<{ id: number; name: string; status: string; restarts: number; pid: number }[]>('/api/processes')).filter((p) => p.name === name);

test('the dashboard against the real daemon: processes', { skip: missing, timeout: 120_000 }, async () => {
  await withWeb(async (w) => {
    const app = w.rig.file('app.js', APP);
    await w.rig.ok('start', app, '--name', 'shop');
    await onPage(w.running.url, {}, async (page) => {
      page.setDefaultTimeout(15_000);
      await page.goto(`${w.running.url}/`);
      await sees(page, 'This page needs a token');
      await page.getByRole('textbox', { name: 'Token' }).fill('wrong');
      await press(page, 'Open');
      await sees(page, 'This token is not valid');
      await page.goto(`${w.running.url}/?token=${w.admin}`);
      await page.getByRole('link', { name: 'shop' }).waitFor();
      assert.doesNotMatch(page.url(), /token/);

      await press(page, /^Restart shop/);
      await sees(page, 'shop restarted');
      assert.equal((await told(w, 'shop'))[0]?.restarts, 1);
      await press(page, /^Stop shop/);
      await press(page, 'Stop');
      await page.locator('tr').filter({ hasText: 'shop' }).getByText('stopped').waitFor();
      await press(page, /^Start shop/);
      await page.locator('tr').filter({ hasText: 'shop' }).getByText('online').waitFor();
      await press(page, /^More for shop/);
      await item(page, 'Scale…');
      await page.getByRole('spinbutton').fill('2');
      await press(page, 'Scale');
      await waitFor('two', async () => (await told(w, 'shop')).length === 2);
      await press(page, 'Start an app');
      await page.getByLabel('Script or program').fill(path.join(w.rig.dir, 'nowhere.js'));
      await page.locator('dialog').getByRole('button', { name: 'Start', exact: true }).click();
      await sees(page, /nowhere\.js does not exist/);
      await page.getByLabel('Script or program').fill(app);
      await page.getByLabel('Name', { exact: true }).fill('second');
      await page.getByLabel('Variables').fill('API_TOKEN=hunter2');
      await page.locator('dialog').getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('link', { name: 'second' }).click();

      await sees(page, /^It has run for|^It runs/);
      await page.getByRole('tab', { name: /Environment/ }).click();
      await page.getByLabel('Filter variables').fill('API_TOKEN');
      await sees(page, 'masked');
      assert.doesNotMatch(await page.content(), /hunter2/);
      await page.getByRole('tab', { name: /Actions/ }).click();
      await page.getByRole('region', { name: 'Action greet' }).getByRole('textbox').fill('ann');
      await page.keyboard.press('Enter');
      await sees(page, '"hello": "ann"');
      await page.getByRole('tab', { name: 'Logs' }).click();
      await sees(page, 'a careful warning');
      const [second] = await told(w, 'second');
      await w.ok(`/api/processes/${second?.id}/send`, { body: { line: 'a line from afar' } });
      await sees(page, 'got a line from afar');
      await page.getByLabel('Search the log').fill('careful');
      await page.getByText('ready to serve').waitFor({ state: 'detached' });
      await page.getByRole('tab', { name: 'Overview' }).click();
      await page.locator('.chart').filter({ hasText: 'Loops' }).locator('canvas').waitFor();
      await press(page, 'Reload');
      await waitFor('another run', async () => (await told(w, 'second'))[0]?.pid !== second?.pid);
      await press(page, /^More for second/);
      await item(page, 'Delete…');
      await press(page, 'Delete');
      await waitFor('gone', async () => (await told(w, 'second')).length === 0);

      await page.goto(`${w.running.url}/#/logs`);
      await sees(page, 'ready to serve');
      await page.goto(`${w.running.url}/#/machine`);
      await page.locator('.chart canvas').nth(3).waitFor();
    });
    await onPage(w.running.url, {}, async (page) => {
      await page.goto(`${w.running.url}/?token=${w.read}`);
      await sees(page, 'read-only');
      await page.getByRole('link', { name: 'shop' }).first().waitFor();
      assert.equal(await page.getByRole('button', { name: /^(?:Start an app|Restart |Stop |More for )/ }).count(), 0);
    });
  });
});

test('the dashboard against the real daemon: modules, host, jobs', { skip: missing, timeout: 120_000 }, async () => {
  await withWeb(async (w) => {
    w.rig.file('addon/package.json', JSON.stringify({ name: 'addon', version: '1.0.0', main: 'index.js', mgr: { schema: { every: { type: 'number', default: 5, validator: { $range: { min: 1, max: 60 } }, description: 'Seconds' } } } }));
    w.rig.file('addon/index.js', ADDON);
    w.rig.file('site/modules/hits.js', HITS);
    w.rig.file('site/modules/broken.js', "throw new Error('no good');");
    await w.rig.ok('host', 'start', path.join(w.rig.dir, 'site'), '--port', '0');
    await onPage(w.running.url, {}, async (page) => {
      page.setDefaultTimeout(15_000);
      const dialog = page.locator('dialog');
      await page.goto(`${w.running.url}/?token=${w.admin}`);
      await page.getByRole('link', { name: 'Modules' }).click();
      await sees(page, 'No module is installed');
      await press(page, 'Install a module');
      await page.getByLabel('What').fill(path.join(w.rig.dir, 'addon'));
      await press(page, 'Install');
      await sees(page, 'addon installed');
      const every = page.getByLabel('every', { exact: true });
      await every.fill('7');
      await press(page, 'Save');
      await sees(page, 'Saved, and taken over while it runs');
      await every.fill('13');
      await press(page, 'Save');
      await sees(page, /thirteen is bad luck/);
      assert.match(fs.readFileSync(path.join(w.rig.home, 'module_conf.json'), 'utf8'), /"every": "?7/);
      await press(page, 'More for addon');
      await item(page, 'Remove…');
      await press(page, 'Remove');
      await sees(page, 'No module is installed');

      await page.getByRole('link', { name: 'Host' }).click();
      await press(page, 'New instance');
      await dialog.getByLabel('Type').selectOption({ label: 'Hit counter' });
      await dialog.getByLabel('Path').fill('visits');
      await dialog.getByLabel('title').fill('Many');
      await press(page, 'Make it');
      await sees(page, '/visits is there');
      const at = path.join(w.rig.dir, 'site/resources');
      assert.equal((JSON.parse(fs.readFileSync(path.join(at, 'visits/config.json'), 'utf8')) as { title: string }).title, 'Many');
      await press(page, 'Event scripts of visits');
      await page.getByLabel('get.js', { exact: true }).fill('if (((');
      await page.keyboard.press('Control+s');
      await dialog.getByText(/Unexpected token/).waitFor();
      await page.getByLabel('get.js', { exact: true }).fill('// fine');
      await page.keyboard.press('Control+s');
      await sees(page, 'get.js saved');
      await press(page, 'Close');
      await press(page, 'More for visits');
      await item(page, 'Rename…');
      await page.getByLabel('New path').fill('shop/visits');
      await press(page, 'Rename');
      await sees(page, '/visits is /shop/visits now');
      assert.equal(fs.readFileSync(path.join(at, 'shop/visits/get.js'), 'utf8'), '// fine');
      await press(page, 'More for shop/visits');
      await item(page, 'Remove…');
      await press(page, 'Remove');
      await waitFor('removed', () => !fs.existsSync(path.join(at, 'shop/visits/config.json')));
      await page.getByRole('tab', { name: 'Drop-ins (1 in trouble)' }).click();
      await sees(page, /no good/);

      await page.getByRole('link', { name: 'Jobs' }).click();
      const mail = page.getByRole('table', { name: 'Jobs' }).locator('tr').filter({ hasText: 'mail' });
      await mail.getByText('failed').waitFor();
      await mail.getByRole('button', { name: 'Retry' }).click();
      await sees(page, 'mail is queued again');
      await page.getByRole('tab', { name: 'Schedules' }).click();
      await press(page, 'Pause');
      await sees(page, 'tick is paused');
      await press(page, 'Resume');
      await sees(page, 'tick runs at its times again');
    });
  });
});
