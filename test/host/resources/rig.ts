// A server with resources in a temporary project, asked over real HTTP on the loopback address.
import fs from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../../src/database/database.js';
import { createStore } from '../../../src/database/documents.js';
import type { HostServer } from '../../../src/host/resources/model.js';
import { Sessions } from '../../../src/host/sessions.js';
import { type Resources, type ResourcesOptions, createResources } from '../../../src/host/resources/resources.js';

export interface Reply { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: string; readonly json: unknown }
export interface AskOptions { readonly method?: string; readonly headers?: http.OutgoingHttpHeaders; readonly body?: unknown }

export interface Rig {
  readonly dir: string;
  readonly data: string;
  readonly port: number;
  readonly server: HostServer;
  readonly resources: Resources;
  readonly log: string[];
  readonly token: string;
  /** Files of the project: path -> text, or an object that is written as JSON. */
  write(files: Readonly<Record<string, unknown>>): void;
  /** The path is sent as it stands. A body that is no text goes as JSON. */
  ask(target: string, options?: AskOptions): Promise<Reply>;
  /** With the root token. */
  root(target: string, options?: AskOptions): Promise<Reply>;
}

export async function withRig(files: Readonly<Record<string, unknown>>, body: (rig: Rig) => Promise<void>, over: Partial<Omit<ResourcesOptions, 'dir' | 'server'>> & { readonly types?: readonly unknown[] } = {}): Promise<void> {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-r-'));
  const dir = path.join(fs.realpathSync(top), 'app');
  const data = path.join(top, 'data');
  fs.mkdirSync(dir);
  fs.mkdirSync(data);
  const write: Rig['write'] = (list) => {
    for (const [name, content] of Object.entries(list)) {
      fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      fs.writeFileSync(path.join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
  };
  write(files);
  const log: string[] = [];
  const say = (text: string): void => { log.push(text); };
  const db = openDatabase(path.join(top, 'store.db'));
  const env = over.env ?? 'production';
  const server = Object.assign(http.createServer(), { options: { env, host: '127.0.0.1', port: 0 }, sockets: null }) as unknown as HostServer;
  const { types = [], ...rest } = over;
  const resources = createResources({ dir, server, store: (ns) => createStore(db, `test:${ns}`), sessions: new Sessions(() => createStore(db, 'test:.sessions'), () => Date.now()), env, log: { info: say, warn: say, error: say }, dataDir: () => data, ...rest });
  for (const type of types) resources.registerType('modules/test.js', type);
  server.on('request', (req, res) => { void resources.handle(req, res); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as net.AddressInfo;
  const token = fs.readFileSync(path.join(over.dataDir?.('') ?? data, 'root.token'), 'utf8').trim();
  const ask: Rig['ask'] = (target, { method = 'GET', headers = {}, body: sent } = {}) => new Promise((resolve, reject) => {
    const text = sent === undefined || typeof sent === 'string' || Buffer.isBuffer(sent) ? sent as string | undefined : JSON.stringify(sent);
    const all = { ...(sent !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text ?? '') }), ...headers };
    http.request({ port, host: '127.0.0.1', path: target, headers: all, method, agent: false }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (d: Buffer) => parts.push(d)).on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text, get json() { return JSON.parse(text); } });
      }).on('error', reject);
    }).on('error', reject).end(text);
  });
  const root: Rig['root'] = (target, options = {}) => ask(target, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
  try {
    await body({ dir, data, port, server, resources, log, token, write, ask, root });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
    db.close();
    fs.rmSync(top, { recursive: true, force: true });
  }
}
