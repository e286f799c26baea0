import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { InstallEvent, InstallRequest } from '../../src/modules/report.js';

export type Files = Readonly<Record<string, string>>;

/** The body of npm's PUT. */
export interface Published {
  readonly name: string;
  readonly access?: string | null;
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, object>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** A registry on loopback, a home, and the means to fill both. */
export class Rig {
  readonly dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'mi-')));
  readonly home = path.join(this.dir, 'h');
  readonly modules = path.join(this.home, 'modules');
  readonly asked: string[] = [];
  readonly events: InstallEvent[] = [];
  readonly #packages = new Map<string, Record<string, object>>();
  readonly #tarballs = new Map<string, Buffer>();
  /** What `npm publish` must show; undefined: nobody is known here. */
  token: string | undefined;
  /** Refuses what is published with this status. */
  refuse: { readonly status: number; readonly error: string } | undefined;
  /** Bodies of what was published. */
  readonly published: Published[] = [];
  readonly #server = http.createServer((req, res) => {
    const at = decodeURIComponent((req.url ?? '').replace(/\?.*/, ''));
    const say = (status: number, body: object): void => { res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)); };
    const known = this.token !== undefined && req.headers.authorization === `Bearer ${this.token}`;
    if (at === '/-/whoami') { if (known) say(200, { username: 'ann' }); else say(401, { error: 'who?' }); return; }
    if (req.method === 'PUT') { void this.#put(req, known, say); return; }
    this.asked.push(`${at}${req.headers.authorization === undefined ? '' : ` ${req.headers.authorization}`}`);
    const tarball = this.#tarballs.get(at);
    const versions = this.#packages.get(at.slice(1));
    if (tarball !== undefined) res.end(tarball);
    else if (versions !== undefined) res.setHeader('content-type', 'application/json').end(JSON.stringify({ name: at.slice(1), versions, 'dist-tags': { latest: Object.keys(versions).at(-1) } }));
    else res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_found"}');
  });
  url = '';

  async open(): Promise<this> {
    await new Promise<void>((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** Puts files at a path below the rig's folder. */
  folder(name: string, pkg: object | string, files: Files = {}): string {
    const dir = path.join(this.dir, name);
    for (const [file, text] of Object.entries({ ...files, 'package.json': typeof pkg === 'string' ? pkg : JSON.stringify(pkg) })) {
      fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      fs.writeFileSync(path.join(dir, file), text);
    }
    return dir;
  }

  tarball(pkg: { readonly name: string; readonly version: string }, files: Files = {}): Buffer {
    const top = `pack-${pkg.name.replace('/', '+')}-${pkg.version}`;
    this.folder(`${top}/package`, pkg, files);
    return execFileSync('tar', ['-czf', '-', '-C', path.join(this.dir, top), 'package']);
  }

  publish(pkg: { readonly name: string; readonly version: string; readonly scripts?: object }, files: Files = {}, dist: object = {}): void {
    const bytes = this.tarball(pkg, files);
    const at = `/t/${pkg.name.replace('/', '+')}-${pkg.version}.tgz`;
    this.#tarballs.set(at, bytes);
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const wants = pkg.scripts !== undefined && 'postinstall' in pkg.scripts;
    this.#packages.set(pkg.name, { ...this.#packages.get(pkg.name), [pkg.version]: { ...pkg, ...(wants ? { hasInstallScript: true } : {}), dist: { tarball: new URL(at, this.url).href, integrity, ...dist } } });
  }

  async #put(req: http.IncomingMessage, known: boolean, say: (status: number, body: object) => void): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    if (!known) { say(401, { error: 'log in first' }); return; }
    if (this.refuse !== undefined) { say(this.refuse.status, { error: this.refuse.error }); return; }
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Published;
    const [version = ''] = Object.keys(body.versions);
    if (this.#packages.get(body.name)?.[version] !== undefined) { say(403, { error: 'You cannot publish over the previously published versions' }); return; }
    this.published.push(body);
    for (const [file, { data }] of Object.entries(body._attachments)) this.#tarballs.set(`/${body.name}/-/${file}`, Buffer.from(data, 'base64'));
    this.#packages.set(body.name, { ...this.#packages.get(body.name), ...body.versions });
    say(201, { success: true });
  }

  request(spec: string, more: Partial<InstallRequest> = {}): InstallRequest {
    const env = { PATH: process.env['PATH'] ?? '', npm_config_registry: this.url, npm_config_cache: path.join(this.dir, 'cache'), MARK: 'mine' };
    return { spec, home: this.home, allowScripts: false, cwd: this.dir, userHome: this.dir, username: 'me', ...more, env: { ...env, ...more.env } };
  }

  readonly report = (event: InstallEvent): void => { this.events.push(event); };
  warnings(): string[] {
    return this.events.flatMap((e) => (e.type === 'warning' ? [e.text] : []));
  }

  /** What lies below modules/ but our own bookkeeping folders, and what lies in those. */
  left(): { readonly modules: string[]; readonly staging: string[]; readonly locks: string[] } {
    const list = (dir: string): string[] => (fs.existsSync(dir) ? fs.readdirSync(dir) : []);
    return { modules: list(this.modules).filter((n) => !n.startsWith('.')), staging: list(path.join(this.modules, '.staging')), locks: list(path.join(this.modules, '.lock')) };
  }
}
