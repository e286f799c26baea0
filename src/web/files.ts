/** The built pages: a few small files, all known at the start, so that no path can lead anywhere else. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { errno } from '../base/errors.js';
import { takes } from './reply.js';

interface Page { readonly file: string; readonly mtime: number; readonly media: string; readonly etag: string; readonly br: boolean; readonly gz: boolean; readonly hashed: boolean }

const MEDIA: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon',
  '.woff2': 'font/woff2', '.json': 'application/json; charset=utf-8', '.webmanifest': 'application/manifest+json', '.map': 'application/json; charset=utf-8', '.txt': 'text/plain; charset=utf-8',
};

/** ms between two looks for a path that is not there: each reads all pages, and anybody may ask. */
const LOOK = 1000;

export class Files {
  readonly #dir: string;
  #known: ReadonlyMap<string, Page> | undefined;
  #looked = 0;

  /** `dir`: dist/web. */
  constructor(dir: string) { this.#dir = dir; }

  /** Answers when the path is one of the pages. Places inside the app stand behind a `#`, which no server sees. */
  async serve(req: http.IncomingMessage, res: http.ServerResponse, at: string): Promise<boolean> {
    const find = (): Page | undefined => {
      if (this.#known === undefined) this.#looked = performance.now();
      return (this.#known ??= look(this.#dir)).get(at);
    };
    let page = find();
    // Built anew under our feet (an update, a developer): other files, other validators.
    if (page === undefined ? performance.now() - this.#looked > LOOK : fs.statSync(page.file, { throwIfNoEntry: false })?.mtimeMs !== page.mtime) {
      this.#known = undefined;
      page = find();
    }
    if (page === undefined) return false;
    res.setHeader('Content-Type', page.media);
    res.setHeader('Cache-Control', page.hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    res.setHeader('Vary', 'Accept-Encoding');
    const coding = page.br && takes(req, 'br') ? 'br' : page.gz && takes(req, 'gzip') ? 'gzip' : undefined;
    const etag = `"${page.etag}${coding === undefined ? '' : `-${coding}`}"`;
    res.setHeader('ETag', etag);
    if ((req.headers['if-none-match'] ?? '').split(',').some((t) => t.trim().replace(/^W\//, '') === etag)) {
      res.writeHead(304).end();
      return true;
    }
    const body = await fs.promises.readFile(page.file + (coding === 'br' ? '.br' : coding === 'gzip' ? '.gz' : ''));
    if (coding !== undefined) res.setHeader('Content-Encoding', coding);
    res.setHeader('Content-Length', body.length);
    res.writeHead(200);
    res.end(req.method === 'HEAD' ? undefined : body);
    return true;
  }
}

function look(dir: string): Map<string, Page> {
  const pages = new Map<string, Page>();
  let names: string[];
  try {
    names = fs.readdirSync(dir, { recursive: true }) as string[];
  } catch (e) {
    if (errno(e) === 'ENOENT') return pages;
    throw e;
  }
  const all = new Set(names);
  for (const name of names) {
    const file = path.join(dir, name);
    const media = MEDIA[path.extname(name)];
    const stat = fs.statSync(file);
    if (media === undefined || !stat.isFile()) continue;
    const etag = createHash('sha256').update(fs.readFileSync(file)).digest('base64url').slice(0, 22);
    pages.set(`/${name.split(path.sep).join('/')}`, { file, mtime: stat.mtimeMs, media, etag, br: all.has(`${name}.br`), gz: all.has(`${name}.gz`), hashed: /-[A-Z0-9]{8}\.\w+$/.test(name) });
  }
  const home = pages.get('/index.html');
  if (home) pages.set('/', home);
  return pages;
}
