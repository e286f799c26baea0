// One headless Chromium for a test file, pages of the fake server in it. Without Chromium the tests are skipped, with the word why.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT } from '../../helpers/rig.js';
import { Fake } from './fake.js';

const CHOSEN = process.env['CHROMIUM'];
/** Where it is. */
export const CHROMIUM = (CHOSEN === undefined ? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] : [CHOSEN]).find((f) => fs.existsSync(f));
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Undefined: it is there. */
export const missing = CHROMIUM === undefined ? `no Chromium at ${CHOSEN ?? '/usr/bin/chromium'} (apt-get install chromium, or CHROMIUM=<its path>)` : undefined;

let browser: Promise<Browser> | undefined;
let built: string | undefined;
after(async () => {
  await (await browser)?.close();
  if (built !== undefined) fs.rmSync(built, { recursive: true, force: true });
});

/** The pages as they are built now, in a folder of their own: dist/ may be of another day. */
export function pages(): string {
  if (built !== undefined) return built;
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-pages-'));
  const done = spawnSync(process.execPath, [path.join(ROOT, 'scripts/pages.mjs'), dir], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  built = dir;
  return dir;
}

export interface Look {
  readonly page: Page;
  readonly fake: Fake;
  readonly url: string;
  /** Errors of the page and refusals of its Content-Security-Policy. */
  readonly faults: string[];
  /** Opens a place, `#/logs`. */
  go(hash: string): Promise<void>;
  /** Waits for this text. */
  sees(text: string | RegExp): Promise<void>;
  button(name: string | RegExp): Promise<void>;
}
export interface Wish { readonly width?: number; readonly height?: number; readonly dark?: boolean; readonly prepare?: (fake: Fake) => void; readonly mayFail?: boolean }

/** A test with a page of the fake server; it fails when the page met a fault. */
export function look(name: string, body: (l: Look) => Promise<void>, wish: Wish = {}): void {
  test(name, { skip: missing, timeout: 120_000 }, async () => {
    const fake = new Fake(pages());
    wish.prepare?.(fake);
    const url = await fake.listen();
    try {
      await onPage(url, wish, async (page, faults) => {
        const l: Look = {
          page, fake, url, faults,
          go: async (hash) => { await page.goto(`${url}/${hash}`); },
          sees: async (text) => { await page.getByText(text).first().waitFor(); },
          button: async (label) => { await page.getByRole('button', { name: label, exact: typeof label === 'string' }).first().click(); },
        };
        await body(l);
        if (wish.mayFail !== true) assert.deepEqual(faults, []);
      });
    } finally { fake.close(); }
  });
}

/** A page of its own, with nothing of the others in its storage. */
export async function onPage(url: string, wish: Wish, body: (page: Page, faults: string[]) => Promise<void>): Promise<void> {
  browser ??= chromium.launch({ ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }), args: ARGS });
  const context = await (await browser).newContext({ viewport: { width: wish.width ?? 1280, height: wish.height ?? 820 }, colorScheme: wish.dark === true ? 'dark' : 'light' });
  context.setDefaultTimeout(20_000);
  const faults: string[] = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', (e) => { faults.push(e.stack ?? e.message); });
    page.on('console', (m) => { if (m.type() === 'error') faults.push(m.text()); });
    // Nothing comes from outside the machine.
    page.on('request', (r) => { if (!r.url().startsWith(url) && !r.url().startsWith('data:')) faults.push(`asks ${r.url()}`); });
    await body(page, faults);
  } finally { await context.close(); }
}
