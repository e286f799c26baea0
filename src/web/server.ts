/**
 * Theory of operation. A request goes: security headers -> Host (guard.ts) -> a route of api.ts, or a page (files.ts) -> token,
 * Origin, rights (guard.ts) -> query and body, checked by the route's shapes -> handlers/ -> reply.ts. The daemon is
 * asked through one connection (daemon-link.ts). What is live goes: ticker.ts (one look a second for all) -> hub.ts -> the
 * pages; log lines have a stream of their own for each page that asks (log-stream.ts). The past: recorder.ts, every 10 s.
 */
import http from 'node:http';
import type { Call, RouteName } from './api.js';
import type { Asked, Handlers, Web } from './context.js';
import { type GuardOptions, accessOf, admit, checkHost, checkOrigin, cookieFor, cookieName } from './guard.js';
import { HttpError, failureOf } from './http-error.js';
import { readBody } from './body.js';
import type { Files } from './files.js';
import { serveFrame } from './frames/frames.js';
import { SECURITY, sendJson, sendText } from './reply.js';
import { type Match, routeOf } from './router.js';
import { object } from './shape.js';

export interface ServerParts {
  readonly web: Web;
  readonly handlers: Handlers;
  readonly files: Files;
  readonly guard: GuardOptions;
  /** A fault of ours, for the log. */
  readonly say: (text: string) => void;
}

/** ms for a request to arrive in; answers may take as long as they do. */
const ARRIVAL = 30_000;
/** 30 days, seconds. */
const COOKIE_AGE = 2_592_000;

export function webServer(parts: ServerParts): http.Server {
  const server = http.createServer({ requestTimeout: ARRIVAL, headersTimeout: ARRIVAL, maxHeaderSize: 16 * 1024 }, (req, res) => {
    answer(parts, req, res).catch((e: unknown) => fail(parts, req, res, e));
  });
  server.maxConnections = 512;
  return server;
}

async function answer(parts: ServerParts, req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY)) res.setHeader(name, value);
  const knock = { method: req.method ?? 'GET', headers: req.headers };
  checkHost(knock, parts.guard);
  const [path, search] = split(req.url ?? '/');
  if (path.startsWith('/frame/')) return await serveFrame(parts.web, parts.handlers, { req, res }, path);
  const match = routeOf(knock.method, path);
  if (!match) return await page(parts, req, res, path, search);
  if (req.method === 'HEAD' && match.route.answer.media === 'text/event-stream') throw new HttpError(405, 'METHOD', `HEAD is not for ${path}`, 'wanted: GET');
  const access = admit(knock, match.route.access, parts.guard);
  // Whoever needs no token is no reason to let pages of others read.
  if (access === 'nobody') checkOrigin(knock, false);
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const call = { params: match.params, query: queryOf(match, search), body: await bodyOf(match, req) };
  const asked: Asked = { access, req, res, signal: gone.signal };
  // The table ties the three together; the compiler cannot see that the name is that of the call.
  const handle = parts.handlers[match.name] as (call: Call<RouteName>, asked: Asked) => unknown;
  const value = await handle(call as unknown as Call<RouteName>, asked);
  const { answer: a } = match.route;
  if (a.media === 'text/event-stream' || a.media === 'image/*') return;
  if (a.name === undefined) return await sendText(req, res, a.status, a.media, typeof value === 'string' ? value : '');
  await sendJson(req, res, a.status, value);
}

/** The pages ask for no token: they hold nothing. What they show they get from /api. */
async function page({ files, guard }: ServerParts, req: http.IncomingMessage, res: http.ServerResponse, path: string, search: string): Promise<void> {
  if (path.startsWith('/api/') || path === '/api') throw new HttpError(404, 'NO_ROUTE', `nothing is at ${path}`, 'GET /api/openapi.json lists what there is');
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new HttpError(405, 'METHOD', `${req.method ?? ''} is not for ${path}`, 'wanted: GET');
  const token = path === '/' ? new URLSearchParams(search).get('token') : null;
  if (token !== null) {
    // A person is told by the pages, where the right one can be typed.
    if (accessOf(token, guard) === undefined && (req.headers.accept ?? '').includes('text/html')) { res.writeHead(303, { Location: '/#/wrong-token', 'Cache-Control': 'no-store' }).end(); return; }
    if (accessOf(token, guard) === undefined) throw new HttpError(401, 'UNAUTHORIZED', 'wrong token: it was changed, or is of another server', '`mgr web` prints the link');
    res.setHeader('Set-Cookie', `${cookieName(guard.port())}=${cookieFor(token)}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${COOKIE_AGE}`);
    res.setHeader('Cache-Control', 'no-store');
    res.writeHead(303, { Location: '/' }).end();
    return;
  }
  if (await files.serve(req, res, path)) return;
  if (path === '/') return await sendText(req, res, 200, 'text/plain', 'mgr: the pages are not built here; the API is at /api (see /api/openapi.json)\n');
  throw new HttpError(404, 'NOT_FOUND', `nothing is at ${path}`);
}

function queryOf(match: Match, search: string): unknown {
  const given: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(search)) given[key] = value;
  return object(match.route.query ?? {}).read(given, 'query');
}

async function bodyOf(match: Match, req: http.IncomingMessage): Promise<unknown> {
  const { body } = match.route;
  if (!body) return undefined;
  const given = await readBody(req);
  if (given === undefined && body.optional) return undefined;
  return body.read(given, '');
}

function split(url: string): [path: string, search: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

async function fail({ say }: ServerParts, req: http.IncomingMessage, res: http.ServerResponse, e: unknown): Promise<void> {
  // The reader went away in the middle: his right.
  if (res.destroyed || res.writableEnded) return;
  const { status, body } = failureOf(e);
  if (status === 500) say(`${req.method ?? ''} ${JSON.stringify((req.url ?? '').split('?')[0]?.replace(/^\/frame\/\w+/, '/frame/…'))}: ${e instanceof Error ? e.stack ?? e.message : String(e)}`);
  if (res.headersSent) { res.destroy(); return; }
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer realm="mgr"');
  // What was not read of a body that is too large must not be taken for the next request.
  if (status === 413 || !req.complete) res.setHeader('Connection', 'close');
  await sendJson(req, res, status, body);
}
