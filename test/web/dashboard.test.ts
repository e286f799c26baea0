// What a browser lets pages of others do to the real server, with the cookie in its jar. The deeds: pages/real.test.ts.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { type Browser, type Page, chromium } from 'playwright-core';
import { CHROMIUM, missing, pages } from './pages/browser.js';
import { withWeb } from './rig.js';

async function inBrowser(body: (browser: Browser, page: Page, faults: string[]) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await (await browser.newContext()).newPage();
    const faults: string[] = [];
    // Refusals of the policy come this way too.
    page.on('console', (m) => { if (m.type() === 'error') faults.push(m.text()); });
    page.on('pageerror', (e) => { faults.push(e.message); });
    await body(browser, page, faults);
  } finally {
    await browser.close();
  }
}

test('the start link, a foreign page, a reader, a stranger, a name that was made to point here', { skip: missing, timeout: 120_000 }, async () => withWeb(async ({ rig, running, admin, read, ok }) => {
  await rig.ok('start', rig.file('app.js', "setInterval(() => console.log('a line of shop'), 100);"), '--name', 'shop');
  const { url } = running;
  const { port } = new URL(url);
  await inBrowser(async (browser, page, faults) => {
    await page.goto(`${url}/?token=${admin}`);
    assert.equal(page.url(), `${url}/`, 'the token is not left in the address');
    await page.getByText('shop').first().waitFor();
    assert.deepEqual(faults, []);
    assert.equal(await page.evaluate('document.cookie'), '', 'scripts see no cookie');

    // A page of another site in the same browser, with the cookie in its jar.
    const foreign = http.createServer((_req, res) => { res.setHeader('Content-Type', 'text/html'); res.end('<title>foreign</title>'); }).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => { foreign.once('listening', resolve); });
      const other = await page.context().newPage();
      await other.goto(`http://127.0.0.1:${(foreign.address() as { port: number }).port}/`);
      const tried = await other.evaluate(`(async (at) => {
        const outcome = (work) => work.then((r) => r.type + ' ' + r.status, () => 'failed');
        return [
          await outcome(fetch(at + '/api/processes', { credentials: 'include' })),
          await outcome(fetch(at + '/api/processes/shop/stop', { method: 'POST', credentials: 'include', mode: 'no-cors' })),
          await new Promise((resolve) => { const f = document.createElement('iframe'); f.src = at; f.onload = () => resolve(f.contentDocument === null ? 'closed' : 'open'); document.body.append(f); }),
        ];
      })(${JSON.stringify(url)})`);
      // The second one is sent without asking us first; its Origin gives it away.
      assert.deepEqual(tried, ['failed', 'failed', 'closed']);
      assert.equal((await ok<{ status: string }[]>('/api/processes'))[0]?.status, 'online');
    } finally {
      foreign.close();
      foreign.closeAllConnections();
    }

    // Who may only look: the pages come, deeds are refused.
    const reader = await (await browser.newContext()).newPage();
    await reader.goto(`${url}/?token=${read}`);
    await reader.getByText('shop').first().waitFor();
    assert.equal(await reader.evaluate(() => fetch('/api/processes/shop/stop', { method: 'POST' }).then((r) => r.status)), 403);
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(`${url}/?token=${'0'.repeat(48)}`);
    assert.equal(stranger.url(), `${url}/#/wrong-token`);
    assert.equal(await stranger.evaluate(() => fetch('/api/processes').then((r) => r.status)), 401);
    // A name that a stranger made point here.
    const rebound = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP evil.example 127.0.0.1`] });
    try {
      assert.equal((await (await rebound.newPage()).goto(`http://evil.example:${port}/`))?.status(), 403);
    } finally {
      await rebound.close();
    }
  });
}, { pages: pages() }));
