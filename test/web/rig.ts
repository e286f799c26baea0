/** The real server on a free port, in this process, beside a real daemon in a home of its own. */
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { homeAt } from '../../src/base/paths.js';
import { type Running, startWeb } from '../../src/web/app.js';
import type { LiveEvent, LiveEvents } from '../../src/web/api-types.js';
import type { WebOptions } from '../../src/web/options.js';
import { readWebFile } from '../../src/web/tokens.js';
import { ROOT, Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

export interface Reply { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly text: string; readonly json: unknown }
export interface Ask { readonly method?: string; readonly body?: unknown; readonly raw?: string; readonly headers?: Readonly<Record<string, string>>; readonly as?: 'admin' | 'read' | 'nobody' }

export interface WebRig {
  readonly rig: Rig;
  readonly running: Running;
  readonly admin: string;
  readonly read: string;
  readonly said: string[];
  ask(path: string, ask?: Ask): Promise<Reply>;
  /** As `ask`, but another status than 200 throws with what was said. */
  ok<T>(path: string, ask?: Ask): Promise<T>;
  watch(query?: string): Promise<Watch>;
}

export interface Watch {
  readonly seen: { readonly event: LiveEvent; readonly data: unknown }[];
  /** The first of an event that fits, past ones too. */
  until<E extends LiveEvent>(event: E, fits?: (data: LiveEvents[E]) => boolean): Promise<LiveEvents[E]>;
  close(): void;
}

export async function withWeb(body: (w: WebRig) => Promise<void>, { pages, ...options }: Partial<WebOptions> & { readonly pages?: string } = {}): Promise<void> {
  const rig = new Rig();
  let running: Running | undefined;
  const said: string[] = [];
  const watches: Watch[] = [];
  try {
    await rig.ok('list');
    const home = homeAt(rig.home);
    running = await startWeb({
      home, options: { port: 0, host: '127.0.0.1', names: [], metricsOpen: false, ...options }, clock: systemClock, say: (text) => { said.push(text); }, ...(pages !== undefined && { pages }),
      around: {
        env: { ...rig.env, SECRET_OF_WEB: 'hidden' }, userHome: rig.dir, username: os.userInfo().username, uid: process.getuid?.() ?? 0, cpus: 2, execPath: process.execPath, nodeVersion: process.versions.node,
        pid: process.pid, dist: path.join(ROOT, 'dist'), rss: () => 0,
      },
    });
    const { url } = running;
    const { admin, read } = readWebFile(home.web) ?? { admin: '', read: '' };
    const ask = (at: string, o: Ask = {}): Promise<Reply> => request(url, at, o, o.as === 'nobody' ? undefined : o.as === 'read' ? read : admin);
    await body({
      rig, running, admin, read, said, ask,
      async ok<T>(at: string, o: Ask = {}) {
        const r = await ask(at, o);
        if (r.status >= 300) throw new Error(`${o.method ?? 'GET'} ${at}: ${r.status} ${r.text}`);
        return r.json as T;
      },
      async watch(query = '') {
        const w = await watch(url, `/api/events${query}`, admin);
        watches.push(w);
        return w;
      },
    });
  } finally {
    for (const w of watches) w.close();
    await running?.close();
    await rig.close();
  }
}

function request(url: string, at: string, o: Ask, token: string | undefined): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const body = o.raw ?? (o.body === undefined ? undefined : JSON.stringify(o.body));
    const req = http.request(url, {
      path: at, method: o.method ?? (body === undefined ? 'GET' : 'POST'), agent: false, timeout: 30_000,
      headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...(body !== undefined && { 'Content-Type': 'application/json', ...(o.headers?.['Transfer-Encoding'] === undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) }), ...o.headers },
    }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (c: Buffer) => chunks.push(c));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: (res.headers['content-type'] ?? '').includes('json') && res.headers['content-encoding'] === undefined && text !== '' ? JSON.parse(text) as unknown : undefined });
      });
    });
    req.on('timeout', () => req.destroy(new Error(`${at}: no answer`)));
    req.on('error', reject);
    req.end(body);
  });
}

function watch(url: string, at: string, token: string): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const seen: { event: LiveEvent; data: unknown }[] = [];
    const req = http.get(url + at, { agent: false, headers: { Authorization: `Bearer ${token}` } }, (res) => {
      if (res.statusCode !== 200) { reject(new Error(`${at}: ${res.statusCode ?? 0}`)); res.resume(); return; }
      let rest = '';
      res.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) {
          const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
          if (event !== undefined && data !== undefined) seen.push({ event: event as LiveEvent, data: JSON.parse(data) as unknown });
        }
      });
      res.on('error', () => { /* the server ended, or we did */ });
      resolve({
        seen, close: () => { req.destroy(); },
        until: <E extends LiveEvent>(event: E, fits: (data: LiveEvents[E]) => boolean = () => true) => waitFor(`event ${event}`, () => seen.find((s) => s.event === event && fits(s.data as LiveEvents[E]))?.data as LiveEvents[E] | undefined),
      });
    });
    req.on('error', reject);
  });
}
