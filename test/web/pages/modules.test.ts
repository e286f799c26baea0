import assert from 'node:assert/strict';
import { waitFor } from '../../helpers/wait.js';
import { look, type Look } from './browser.js';
import { No } from './fake.js';

const asked = (l: Look, name: string) => l.fake.calls.filter((c) => c.name === name);

look('install: what goes on is told, then the module is there', async (l) => {
  await l.go('#/modules');
  await l.button('Install a module');
  await l.page.getByLabel('What').fill('pm2-server-monit');
  await l.page.keyboard.press('Enter');
  await l.sees('Installing pm2-server-monit…');
  assert.deepEqual(asked(l, 'install').map((c) => c.body), [{ spec: 'pm2-server-monit' }]);
  l.fake.operation({ lines: [{ at: Date.now(), kind: 'progress', text: '112 packages unpacked' }] });
  await l.sees('112 packages unpacked');
  const [first] = l.fake.modules;
  assert.ok(first !== undefined);
  l.fake.modules = [...l.fake.modules, { ...first, name: 'pm2-server-monit', version: '9.9.9' }];
  l.fake.operation({ state: 'done', module: 'pm2-server-monit', endedAt: Date.now() });
  await l.sees('pm2-server-monit installed');
  await l.page.getByRole('link', { name: /pm2-server-monit/ }).waitFor();
  await l.button('Install a module');
  await l.page.getByLabel('What').fill('nonsense');
  await l.page.keyboard.press('Enter');
  await l.sees('Installing nonsense…');
  l.fake.operation({ state: 'failed', error: { code: 'MODULE_FETCH', message: 'cannot fetch `nonsense`: 404', data: {}, hint: 'did you mean sense?' } });
  await l.sees('Installing nonsense failed');
  await l.sees('did you mean sense?');
});

look('update, roll back, remove', async (l) => {
  await l.go('#/modules/pm2-logrotate');
  await l.button('Update');
  await l.sees('Updating pm2-logrotate…');
  l.fake.operation({ state: 'done', module: 'pm2-logrotate' });
  await l.sees('pm2-logrotate updated');
  await l.button('More for pm2-logrotate');
  await l.page.getByRole('menuitem', { name: 'Roll back to 2.7.0…' }).click();
  await l.sees('Version 2.7.0 takes the place of 3.0.0');
  await l.button('Roll back');
  await waitFor('a rollback', () => asked(l, 'rollback').length === 1);
  l.fake.operation({ state: 'done', module: 'pm2-logrotate' });
  await l.button('More for pm2-logrotate');
  await l.page.getByRole('menuitem', { name: 'Remove…' }).click();
  await l.button('Remove');
  await waitFor('a removal', () => asked(l, 'uninstall').length === 1);
  l.fake.modules = [];
  l.fake.operation({ state: 'done', module: 'pm2-logrotate' });
  await l.sees('No module is installed');
  await l.sees('mgr install pm2-logrotate');
});

look('settings: a form of the schema; what is wrong is said at its field, what was saved and how it is applied too', async (l) => {
  await l.go('#/modules/pm2-logrotate');
  const field = (name: string) => l.page.getByLabel(name, { exact: true });
  await field('retain').waitFor();
  assert.equal(await field('max_size').inputValue(), '10M');
  assert.deepEqual(await field('level').locator('option').allTextContents(), ['as default: info', 'info', 'debug', 'warn']);
  assert.equal(await field('upload:token').inputValue(), '');
  assert.equal(await field('upload:token').getAttribute('type'), 'password');
  await field('retain').fill('many');
  await field('max_size').fill('ten');
  await l.button('Save 2 changes');
  await l.sees('Got “many”, wanted a number');
  await l.sees(/Got “ten”, wanted what fits/);
  assert.equal(asked(l, 'saveSettings').length, 0);
  await field('retain').fill('7');
  await field('max_size').fill('20M');
  await field('compress').selectOption('true');
  await field('ignore').fill('site\napi\n');
  await l.button('Save 4 changes');
  await l.sees('Saved, and taken over while it runs');
  await l.sees('Saved; the module was restarted');
  assert.deepEqual(asked(l, 'saveSettings').at(-1)?.body, { values: { max_size: '20M', retain: 7, compress: true, ignore: ['site', 'api'] } });
  await l.page.locator('.setting').filter({ hasText: 'retain' }).getByRole('button', { name: 'back to the default' }).click();
  await l.sees('will be the default again: 14');
  l.fake.instead.set('saveSettings', () => { throw new No(400, 'SETTING_REFUSED', '`pm2-logrotate` does not take `retain`: less than one', 'nothing was saved; it runs on with what it had', { name: 'pm2-logrotate', keys: '`retain`' }); });
  await l.button('Save');
  await l.sees('nothing was saved; it runs on with what it had');
  assert.deepEqual(asked(l, 'saveSettings').at(-1)?.body, { values: { retain: null } });
}, { mayFail: true });

look('looks, actions, processes and origin of a module', async (l) => {
  await l.go('#/modules/pm2-logrotate');
  const head = l.page.locator('.module-head');
  await head.waitFor();
  assert.match(await l.page.evaluate<string>('getComputedStyle(document.querySelector(".module-head")).backgroundImage'), /rgb\(17, 17, 17\)/);
  await l.page.locator('.logo img').first().waitFor();
  await l.page.getByRole('tab', { name: /Actions/ }).click();
  await l.page.getByRole('region', { name: 'Action list folder' }).getByRole('textbox').fill('/var/log');
  await l.page.keyboard.press('Enter');
  await l.sees('"given": "/var/log"');
  assert.deepEqual(asked(l, 'trigger').map((c) => [c.params['target'], c.body['action']]), [['pm2-logrotate', 'list folder']]);
  await l.page.getByRole('tab', { name: 'Processes' }).click();
  await l.page.getByRole('table', { name: 'Processes' }).getByText('online').waitFor();
  await l.page.getByRole('tab', { name: 'Origin' }).click();
  await l.sees('registry.npmjs.org');
});

look('instances: made, configured, renamed and removed, from the form of their type', async (l) => {
  await l.go('#/host');
  await l.sees('no type Email: modules/dpd-email.js did not load');
  await l.button('New instance');
  const dialog = l.page.locator('dialog');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await l.sees('/hits is taken');
  await l.sees('A value is needed here');
  await dialog.getByLabel('Path').fill('Bad Path');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await l.sees(/Got “Bad Path”, wanted small letters/);
  await dialog.getByLabel('Path').fill('hits2');
  await dialog.getByLabel(/^title/).fill('More visits');
  await dialog.getByLabel('every').fill('5');
  await dialog.getByLabel('public').selectOption('true');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await l.sees('/hits2 is there');
  assert.deepEqual(asked(l, 'putResource').at(-1)?.body, { title: 'More visits', every: 5, public: true, type: 'Hits' });
  await l.button('Configure hits2');
  assert.equal(await dialog.getByLabel(/^title/).inputValue(), 'More visits');
  await dialog.getByLabel(/^title/).fill('Visits, again');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await l.sees('/hits2 is changed');
  await l.button('More for hits2');
  await l.page.getByRole('menuitem', { name: 'Rename…' }).click();
  await dialog.getByLabel('New path').fill('visits');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await l.sees('/hits2 is /visits now');
  await l.button('More for visits');
  await l.page.getByRole('menuitem', { name: 'Remove…' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await l.sees('/visits removed');
  assert.deepEqual(asked(l, 'removeResource').map((c) => c.params), [{ host: 'folder', resource: 'visits' }]);
});

look('event scripts: numbered lines, saved with Ctrl+S; a script that cannot be compiled is refused and kept in the field', async (l) => {
  await l.go('#/host');
  await l.button('Event scripts of hits');
  const editor = l.page.getByLabel('get.js', { exact: true });
  await editor.fill('if (((');
  await l.page.keyboard.press('Control+s');
  await l.sees('get.js:1: Unexpected token');
  await editor.fill("cancel('no', 401);\nthis.ok = true;");
  assert.equal(await l.page.locator('.editor .lines').textContent(), '1\n2');
  await l.page.keyboard.press('Control+s');
  await l.sees('get.js saved');
  await l.button('post +');
  await l.page.getByLabel('post.js', { exact: true }).fill('this.at = 1;');
  await l.button('Close');
  await l.sees('Leave without saving?');
  await l.page.locator('dialog').last().getByRole('button', { name: 'Cancel' }).click();
  await l.button('Save post.js');
  await l.sees('post.js saved');
  assert.deepEqual(l.fake.resources.find((r) => r.id === 'hits')?.scripts, { 'get.js': "cancel('no', 401);\nthis.ok = true;", 'post.js': 'this.at = 1;' });
}, { mayFail: true });

look('types, drop-ins in trouble, the store', async (l) => {
  await l.go('#/host/folder?tab=types');
  await l.page.getByRole('table', { name: 'Resource types' }).getByText('Hit counter').waitFor();
  await l.page.getByRole('tab', { name: 'Drop-ins (2 in trouble)' }).click();
  await l.sees("Cannot find module 'nodemailer'");
  await l.button('Load again');
  await l.sees('modules/spin.js will be loaded again');
  assert.deepEqual(asked(l, 'unquarantine').map((c) => c.params), [{ host: 'folder', file: 'modules/spin.js' }]);
  await l.page.getByRole('tab', { name: 'Store' }).click();
  await l.sees('48,213');
});

look('no host: the page tells how one is made', async (l) => {
  await l.go('#/host');
  await l.sees('No module host runs');
  await l.sees('mgr host start ./my-folder');
}, { prepare: (fake) => { fake.hosts = false; } });

look('jobs by state, their attempts; retried, run and cancelled; schedules paused', async (l) => {
  await l.go('#/jobs');
  const table = l.page.getByRole('table', { name: 'Jobs' });
  const line = (text: string) => table.locator('tr').filter({ hasText: text });
  await line('SMTP: 451').getByRole('button', { name: 'Retry' }).click();
  await l.sees('mail is queued again');
  await line('report').getByRole('button', { name: /Cancel report/ }).click();
  await l.sees('Cancel report?');
  await l.button('Cancel the job');
  await l.sees('report is cancelled');
  await line('01JD000006').getByRole('button', { name: 'Run now' }).click();
  await l.sees('mail is due now');
  assert.deepEqual(['retryJob', 'cancelJob', 'runJob'].map((n) => asked(l, n).map((c) => c.params['id'])), [['01JD000003'], ['01JD000001'], ['01JD000006']]);
  await l.button(/^lost/);
  await waitFor('only lost ones', async () => await table.locator('tbody tr').count() === 1);
  await l.button('All');
  await line('01JD000002').getByRole('button', { name: 'mail' }).click();
  await l.sees('ann@example.org');
  await l.page.getByRole('table', { name: 'Attempts' }).getByText('done').waitFor();
  await l.page.keyboard.press('Escape');
  await l.page.getByRole('tab', { name: 'Schedules' }).click();
  const schedules = l.page.getByRole('table', { name: 'Schedules' });
  await schedules.locator('tr').filter({ hasText: 'write-hits' }).getByRole('button', { name: 'Pause' }).click();
  await l.sees('write-hits is paused');
  await schedules.locator('tr').filter({ hasText: 'newsletter' }).getByRole('button', { name: 'Resume' }).click();
  await l.sees('newsletter runs at its times again');
  await l.button('Run clean-up now');
  await l.sees('clean-up is due now');
});

look('no job and no schedule yet', async (l) => {
  await l.go('#/jobs');
  await l.sees('No job was ever added');
  await l.page.getByRole('tab', { name: 'Schedules' }).click();
  await l.sees('No schedule is set');
}, { prepare: (fake) => { fake.jobs = []; fake.schedules = []; } });
