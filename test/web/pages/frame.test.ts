import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { waitFor } from '../../helpers/wait.js';
import { look, pages } from './browser.js';

const PLACES = ['#/processes', '#/process/0', '#/process/0?tab=logs', '#/process/0?tab=env', '#/process/0?tab=actions', '#/process/0?tab=spec', '#/modules', '#/modules/pm2-logrotate', '#/modules/pm2-logrotate?tab=processes', '#/modules/pm2-logrotate?tab=actions', '#/host', '#/host/folder?tab=types', '#/host/folder?tab=modules', '#/host/folder?tab=store', '#/jobs', '#/jobs?tab=schedules', '#/logs', '#/machine'];

test('the page weighs at most 200 KB compressed, with the notices of what is in it and no address but its own', () => {
  const dir = pages();
  for (const ending of ['br', 'gz']) {
    const sum = ['index.html', 'app.js', 'app.css'].reduce((n, f) => n + fs.statSync(path.join(dir, `${f}.${ending}`)).size, 0);
    assert.ok(sum <= 200 * 1024, `${ending}: ${sum} bytes`);
  }
  const js = fs.readFileSync(path.join(dir, 'app.js'), 'utf8');
  for (const name of ['preact', '@preact/signals', '@preact/signals-core', 'uplot']) assert.ok(js.includes(`/*! ${name}\n`), name);
  const addresses = [...js.matchAll(/https?:\/\/[^"'`)\s]+/g)].map((m) => m[0]).filter((a) => !a.startsWith('http://www.w3.org/'));
  assert.deepEqual(addresses, []);
  const html = fs.readFileSync(path.join(dir, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\son\w+=/);
});

look('no token, or a wrong one: the page tells where the right one is', async (l) => {
  await l.go('');
  await l.sees('This page needs a token');
  await l.sees('mgr web');
  await l.page.getByRole('textbox', { name: 'Token' }).fill('bad');
  await l.button('Open');
  await l.sees('This token is not valid');
  await l.page.getByRole('textbox', { name: 'Token' }).fill('good');
  await l.button('Open');
  await l.sees('7 online');
  assert.doesNotMatch(l.page.url(), /token/);
  // The token is replaced while the page is open.
  l.fake.access = 'none';
  l.fake.hangUp();
  await l.sees('This page needs a token');
}, { prepare: (fake) => { fake.access = 'none'; }, mayFail: true });

look('the stream is lost and found: the page says so, and shows what happened meanwhile', async (l) => {
  await l.go('#/processes');
  await l.page.getByText('Live').first().waitFor();
  l.fake.views = l.fake.views.filter((v) => v.id !== 3);
  await l.page.evaluate('window.said = []; new MutationObserver(() => window.said.push(document.querySelector(".link-state").innerText)).observe(document.querySelector(".side .link-state"), { subtree: true, childList: true, characterData: true })');
  l.fake.hangUp();
  await l.page.locator('tr[data-id="3"]').waitFor({ state: 'detached' });
  await l.page.getByText('Live').first().waitFor();
  assert.ok((await l.page.evaluate<string[]>('window.said')).some((t) => t.includes('Reconnecting')));
  assert.equal(l.fake.watchers, 1);
  l.fake.tell('daemon', { state: 'gone', at: Date.now() });
  await l.sees('The daemon does not answer');
  l.fake.tell('daemon', { state: 'back', at: Date.now() });
  await l.page.getByText('The daemon does not answer').waitFor({ state: 'detached' });
}, { mayFail: true });

look('one stream, whatever a page wants of it', async (l) => {
  for (const place of ['#/process/0', '#/logs', '#/processes', '#/machine']) {
    await l.go(place);
    await l.page.getByRole('heading', { level: 1 }).waitFor();
  }
  await waitFor('one stream', () => l.fake.watchers === 1);
});

look('light, dark, as the machine has it; the choice stays', async (l) => {
  await l.go('#/processes');
  await l.sees('7 online');
  const shown = () => l.page.evaluate('document.documentElement.dataset.theme');
  assert.equal(await shown(), 'dark');
  await l.page.keyboard.press('t');
  assert.equal(await shown(), 'light');
  await l.page.reload();
  await l.sees('7 online');
  assert.equal(await shown(), 'light');
  await l.page.emulateMedia({ colorScheme: 'light' });
  for (const _ of [1, 2]) await l.page.keyboard.press('t');
  assert.equal(await shown(), 'light');
}, { dark: true });

for (const [name, width, dark] of [['phone, dark', 360, true], ['tablet', 768, false], ['laptop', 1024, false], ['wide', 1920, true]] as const) {
  look(`no page is wider than the screen, each has its headline, nothing without a name: ${name}`, async (l) => {
    await l.go('');
    await l.sees(/7 online/);
    for (const place of PLACES) {
      await l.page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await l.page.locator('.spin').first().waitFor({ state: 'detached' });
      await l.page.getByRole('heading', { level: 1 }).first().waitFor();
      assert.ok(await l.page.evaluate<number>('document.documentElement.scrollWidth') <= width, `${place} is ${await l.page.evaluate<number>('document.documentElement.scrollWidth')} wide`);
      const nameless = await l.page.evaluate('[...document.querySelectorAll("button, a, input, select, textarea")].filter((e) => !(e.innerText || e.getAttribute("aria-label") || e.labels?.length || e.querySelector("[alt]") || e.textContent.trim())).map((e) => e.outerHTML.slice(0, 120))');
      assert.deepEqual(nameless, [], place);
    }
  }, { width, dark, height: 780 });
}

look('text can be read: contrast of words on their ground is 4.5 at least, in light and dark', async (l) => {
  const poor = `(() => {
    const lin = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const rgb = (s) => { const m = s.match(/[\\d.]+/g).map(Number); return s.startsWith('color(srgb') ? m.map((v, i) => i < 3 ? v * 255 : v) : m; };
    const lum = ([r, g, b]) => 0.2126 * lin(r) + 0.7152 * lin(g) + 0.0722 * lin(b);
    const ground = (e) => { for (; e; e = e.parentElement) { const b = getComputedStyle(e); if (b.backgroundImage.includes('gradient')) return undefined; const c = rgb(b.backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
    return [...document.querySelectorAll('main *, .side *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.offsetParent && !e.closest(':disabled, .unseen')).flatMap((e) => {
      const g = ground(e); if (!g) return [];
      const a = lum(rgb(getComputedStyle(e).color)), b = lum(g); const k = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return k < 4.5 ? [e.className + ': ' + e.textContent.trim().slice(0, 30) + ' ' + k.toFixed(2)] : [];
    });
  })()`;
  for (const scheme of ['light', 'dark'] as const) {
    await l.page.emulateMedia({ colorScheme: scheme });
    await l.go('');
    for (const place of ['#/processes', '#/process/4', '#/process/0?tab=logs', '#/modules', '#/host', '#/jobs', '#/machine']) {
      await l.page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await l.page.getByRole('heading', { level: 1 }).first().waitFor();
      await l.page.locator('.spin').first().waitFor({ state: 'detached' });
      assert.deepEqual(await l.page.evaluate(poor), [], `${scheme} ${place}`);
    }
  }
});
