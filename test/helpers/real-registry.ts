import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

interface Pkg { readonly name: string; readonly version: string; readonly [key: string]: unknown }

/**
 * A registry on loopback of what npm has put into a node_modules folder: each package in all the versions that lie there, as
 * they were published. So modules from npm are installed as anywhere else, with no network.
 */
export class RealRegistry {
  /** name -> version -> folder */
  readonly #found = new Map<string, Map<string, string>>();
  readonly #server = http.createServer((req, res) => this.#answer(decodeURIComponent((req.url ?? '').replace(/\?.*/, '').slice(1)), res));
  url = '';

  constructor(nodeModules: string) { this.#look(nodeModules); }

  has(name: string): boolean { return this.#found.has(name); }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
  }

  #answer(asked: string, res: http.ServerResponse): void {
    const [, name = '', version = ''] = /^(.+)\/-\/(.+)\.tgz$/.exec(asked) ?? [];
    const dir = this.#found.get(name)?.get(version);
    if (dir !== undefined) {
      const tar = spawn('tar', ['-czf', '-', '--exclude', './node_modules', '--transform', 's,^\\.,package,', '-C', dir, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
      tar.stdout.pipe(res);
      return;
    }
    const versions = this.#found.get(asked);
    if (versions === undefined) { res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_found"}'); return; }
    const all = [...versions].map(([v, at]): [string, object] => [v, { ...withoutUrls(read(at)), dist: { tarball: `${this.url}${asked}/-/${v}.tgz` } }]);
    const latest = [...versions.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ name: asked, 'dist-tags': { latest }, versions: Object.fromEntries(all) }));
  }

  #look(folder: string): void {
    for (const entry of list(folder)) {
      if (entry.startsWith('.')) continue;
      const at = path.join(folder, entry);
      if (entry.startsWith('@')) { this.#look(at); continue; }
      const pkg = read(at);
      if (pkg !== undefined) this.#found.set(pkg.name, (this.#found.get(pkg.name) ?? new Map<string, string>()).set(pkg.version, at));
      this.#look(path.join(at, 'node_modules'));
    }
  }
}

function list(folder: string): string[] { try { return fs.readdirSync(folder); } catch { return []; /* it needs nothing of its own */ } }

function read(dir: string): Pkg | undefined {
  try {
    const pkg = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8')) as Pkg;
    return typeof pkg.name === 'string' && typeof pkg.version === 'string' ? pkg : undefined;
  } catch {
    return undefined; // a folder that is no package
  }
}

/** Optional dependencies that lie outside any registry are left out, as they are for whoever has no network. */
function withoutUrls(pkg: Partial<Pkg> = {}): object {
  const { optionalDependencies: optional = {}, ...rest } = pkg;
  return { ...rest, optionalDependencies: Object.fromEntries(Object.entries(optional as Record<string, string>).filter(([, spec]) => !spec.includes(':'))) };
}
