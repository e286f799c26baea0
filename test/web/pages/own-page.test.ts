// A page that a resource type brings: in a frame without an origin, with a ticket for its instance and nothing more.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { HostInfo, ResourceDetail } from '../../../src/web/api-types-host.js';
import { type WebRig, withWeb } from '../rig.js';
import { missing, onPage } from './browser.js';

const MAIL = "const Resource = require('deployd/lib/resource'); class Mail extends Resource { handle(ctx) { ctx.done(null, this.config); } }\nMail.dashboard = { path: require('node:path').join(__dirname, '../pages'), pages: ['Letters'] };\nMail.basicDashboard = { settings: [{ name: 'greeting', type: 'text' }] };\nmodule.exports = Mail;";
// What it may not reach: cookies, the page around it, the API, another machine.
const LETTERS = `const out = document.querySelector('#out');
const tried = async (what) => { try { return String(await what()).slice(0, 40); } catch (e) { return e.name; } };
(async () => {
  const before = (await mgr.get()).config.greeting;
  const after = (await mgr.put({ greeting: before + ' world' })).config.greeting;
  const seen = [Context.resourceId, Context.resourceType, before, after, await tried(() => document.cookie), await tried(() => parent.document.title), await tried(async () => (await fetch('/api/processes')).status), await tried(async () => (await fetch('http://127.0.0.1:9/')).status), await tried(() => mgr.put({ id: 'other', type: 'Event' }).then((r) => r.id + ' ' + r.type))];
  out.textContent = seen.join(' | ');
})();`;

async function start({ rig, ok }: WebRig): Promise<HostInfo> {
  rig.file('post/modules/mail.js', MAIL);
  rig.file('post/resources/mail/config.json', '{"type":"Mail","greeting":"hello"}');
  rig.file('post/pages/letters.html', '<h1>Letters</h1><p id="out"></p>');
  rig.file('post/pages/js/letters.js', LETTERS);
  rig.file('post/pages/style.css', 'h1 { color: rgb(1, 2, 3); }');
  rig.file('post/secret.txt', 'not of the page');
  await rig.ok('host', 'start', path.join(rig.dir, 'post'), '--port', '0');
  const [host] = await ok<HostInfo[]>('/api/hosts');
  return host ?? assert.fail('no host');
}

test('the ticket is for one instance, its files and nothing else', async () => withWeb(async (w) => {
  await start(w);
  const at = '/api/hosts/post/resources/mail/frame';
  assert.equal((await w.ask(at, { as: 'nobody' })).status, 401);
  assert.equal((await w.ask(`${at}?page=nothing`)).status, 404);
  assert.equal((await w.ask(`${at}?page=../x`)).status, 400);
  const { url } = await w.ok<{ url: string }>(`${at}?page=Letters`);
  const page = await w.ask(url, { as: 'nobody' });
  assert.deepEqual([page.status, page.headers['x-frame-options']], [200, undefined]);
  assert.match(String(page.headers['content-security-policy']), /^sandbox allow-scripts allow-forms allow-modals; default-src 'none'; /);
  assert.doesNotMatch(String(page.headers['content-security-policy']), /allow-same-origin/);
  assert.match(page.text, /<script src="mgr\.js"><\/script><link rel="stylesheet" href="style\.css">[^]*<h1>Letters<\/h1>[^]*<script src="js\/letters\.js">/);
  for (const token of [w.admin, w.read]) assert.equal(`${page.text}${(await w.ask(`${url}mgr.js`, { as: 'nobody' })).text}${JSON.stringify(page.headers)}`.includes(token), false, 'the main token goes to no page');
  for (const bad of ['..%2fsecret.txt', '%2e%2e/secret.txt', 'mail.js', 'api/processes', 'api/resource/x']) assert.equal((await w.ask(url + bad, { as: 'nobody' })).status, 404, bad);
  assert.equal((await w.ask(`/frame/${'0'.repeat(48)}/`)).status, 401, 'not even with the main token');
  assert.equal((await w.ask('/api/processes', { as: 'nobody', headers: { Authorization: `Bearer ${url.split('/')[2] ?? ''}` } })).status, 401, 'it opens nothing else');
  assert.equal((await w.ask(url, { as: 'nobody', headers: { Host: 'evil.example' } })).status, 403);
  // Who may only look gets a page that may only look.
  const looks = await w.ok<{ url: string }>(`${at}?page=Letters`, { as: 'read' });
  assert.equal((await w.ask(`${looks.url}api/resource`, { as: 'nobody' })).status, 200);
  assert.equal((await w.ask(`${looks.url}api/resource`, { method: 'PUT', body: { greeting: 'x' }, as: 'nobody' })).status, 403);
}));

test('in a browser it has no cookie, no page around it and no other server', { skip: missing, timeout: 90_000 }, () => withWeb(async (w) => {
  await start(w);
  await onPage(w.running.url, {}, async (page) => {
    page.setDefaultTimeout(15_000);
    await page.goto(`${w.running.url}/?token=${w.admin}`);
    await page.goto(`${w.running.url}/#/host/post`);
    await page.getByRole('button', { name: 'Page of mail' }).click();
    const frame = page.frameLocator('iframe.own-page');
    await frame.locator('#out').filter({ hasText: /\|/ }).waitFor();
    assert.equal(await frame.locator('#out').textContent(), 'mail | Mail | hello | hello world | SecurityError | SecurityError | TypeError | TypeError | mail Mail');
    assert.equal(await frame.locator('h1').evaluate((e) => (globalThis as unknown as { getComputedStyle(e: unknown): { color: string } }).getComputedStyle(e).color), 'rgb(1, 2, 3)');
  });
  assert.equal((await w.ok<ResourceDetail>('/api/hosts/post/resources/mail')).config['greeting'], 'hello world');
  assert.equal(fs.existsSync(path.join(w.rig.dir, 'post/resources/other')), false);
}));
