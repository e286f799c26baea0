/**
 * Theory of operation. A request is one path; place.ts says what it names below the root and never finds anything outside;
 * `@fastify/send` turns a file and the request's headers into status, headers and a stream (ranges, validators, types);
 * the stream is piped, so a slow reader costs a buffer, not the file.
 */
import { send } from '@fastify/send';
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '../base/errors.js';
import { isAllowed } from './auth.js';
import { escapeHtml, listingPage } from './listing.js';
import { type Place, findPlace, partsOf } from './place.js';
import type { ServeOptions } from './options.js';

type Req = http.IncomingMessage;
type Res = http.ServerResponse;

/** `root` of the options must be a real path. `say` gets a line for each fault of ours. */
export function fileHandler(options: ServeOptions, say: (text: string) => void): (req: Req, res: Res) => void {
  return (req, res) => {
    answer(options, req, res).catch((e: unknown) => {
      // The reader went away in the middle: his right.
      if (res.destroyed || req.destroyed) return;
      say(`${req.method ?? ''} ${JSON.stringify(req.url ?? '')}: ${reasonOf(e)}`);
      if (res.headersSent) res.destroy();
      else page(res, 500, 'Internal Server Error', req);
    });
  };
}

async function answer(o: ServeOptions, req: Req, res: Res): Promise<void> {
  res.setHeader('X-Content-Type-Options', 'nosniff');
  if (o.cors) res.setHeader('Access-Control-Allow-Origin', '*');
  if (o.auth !== undefined && !isAllowed(req.headers.authorization, o.auth)) {
    res.setHeader('WWW-Authenticate', 'Basic realm="mgr serve", charset="UTF-8"');
    page(res, 401, 'Unauthorized', req);
    return;
  }
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD');
    page(res, 405, 'Method Not Allowed', req);
    return;
  }
  const target = req.url ?? '/';
  const parts = partsOf(target);
  if (parts === undefined) { page(res, 400, 'Bad Request', req); return; }
  const slash = (target.split(/[?#]/)[0] ?? '').endsWith('/');
  const place = await lookUp(o, parts, slash);
  if (place.is === 'file') await sendFile(o, req, res, place.real, 200);
  else if (place.is === 'folder') {
    if (!slash) redirect(res, req, parts.at(-1) ?? '', target);
    else await sendListing(o, req, res, place.real, parts);
  } else if (o.spa && wantsPage(req, parts)) await sendHome(o, req, res);
  else await notFound(o, req, res);
}

/** The place of a path; of a folder with an index (asked for with its slash), that index. */
async function lookUp(o: ServeOptions, parts: readonly string[], slash: boolean): Promise<Place> {
  const place = await findPlace(o.root, parts);
  // `/a.txt/` is no file.
  if (place.is === 'file') return slash ? { is: 'nothing' } : place;
  if (place.is !== 'folder') return place;
  const index = parts.length === 0 ? o.home.split('/') : [...parts, 'index.html'];
  const page = await findPlace(o.root, index);
  if (page.is === 'file') return slash ? page : place;
  return o.listing ? place : { is: 'nothing' };
}

async function sendFile(o: ServeOptions, req: Req, res: Res, real: string, status: number): Promise<void> {
  const below = path.relative(o.root, real).split('/').map(encodeURIComponent).join('/');
  // An error page has no ranges and no validators of its own.
  const headers = status === 200 ? req.headers : {};
  const result = await send({ method: req.method, headers } as Req, `/${below}`, { root: o.root, index: false, dotfiles: 'allow', cacheControl: false });
  if (result.type === 'error' && result.statusCode !== 412 && result.statusCode !== 416) throw result.metadata.error;
  res.statusCode = result.statusCode === 200 ? status : result.statusCode;
  for (const [name, value] of Object.entries(result.headers)) res.setHeader(name, value);
  res.setHeader('Cache-Control', o.auth === undefined ? 'public, max-age=0' : 'private, max-age=0');
  await pipeline(result.stream, res, { end: false });
  // A file that shrank meanwhile: the reader must see a broken answer, not wait for the rest of it.
  const promised = Number(result.headers['Content-Length']);
  if (result.stream instanceof fs.ReadStream && promised > 0 && result.stream.bytesRead < promised) res.destroy();
  else res.end();
}

async function sendListing(o: ServeOptions, req: Req, res: Res, real: string, parts: readonly string[]): Promise<void> {
  html(res, 200, await listingPage(o.root, real, parts), req);
}

async function sendHome(o: ServeOptions, req: Req, res: Res): Promise<void> {
  const home = await findPlace(o.root, o.home.split('/'));
  if (home.is === 'file') await sendFile(o, req, res, home.real, 200);
  else await notFound(o, req, res);
}

async function notFound(o: ServeOptions, req: Req, res: Res): Promise<void> {
  const own = await findPlace(o.root, ['404.html']);
  if (own.is === 'file') await sendFile(o, req, res, own.real, 404);
  else page(res, 404, 'Not Found', req);
}

// The router of a single-page app gets its pages; a script that is gone must not come back as HTML.
function wantsPage(req: Req, parts: readonly string[]): boolean {
  return (req.headers.accept ?? '').includes('text/html') || !(parts.at(-1) ?? '').includes('.');
}

// Relative, so that no path can be read as another host; `./` so that no name is read as a scheme.
function redirect(res: Res, req: Req, name: string, target: string): void {
  const query = target.includes('?') ? target.slice(target.indexOf('?')) : '';
  res.setHeader('Location', `./${encodeURIComponent(name)}/${query}`);
  page(res, 301, 'Moved Permanently', req);
}

function page(res: Res, status: number, words: string, req: Req): void {
  html(res, status, `<!doctype html>\n<html><head><meta charset="utf-8"><title>${escapeHtml(words)}</title></head><body><h1>${status} ${escapeHtml(words)}</h1></body></html>\n`, req);
}

function html(res: Res, status: number, text: string, req: Req): void {
  const body = Buffer.from(text);
  res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': body.length, 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" });
  res.end(req.method === 'HEAD' ? undefined : body);
}
