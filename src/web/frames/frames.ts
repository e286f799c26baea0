/**
 * The pages that a resource type brings for the dashboard (`dashboard.path`), below /frame/<ticket>/. They run in a frame
 * without an origin (page.ts), so no cookie of ours goes with what they ask; the ticket in the path is all they have, and it is
 * for one instance.
 */
import path from 'node:path';
import { askHost } from '../ask-host.js';
import { readBody } from '../body.js';
import type { Asked, Handlers, Web } from '../context.js';
import { HttpError } from '../http-error.js';
import { sendJson, sendText } from '../reply.js';
import { object, record, text } from '../shape.js';
import { PAGE, clientOf, documentOf, policyOf } from './page.js';
import type { Ticket } from './tickets.js';

const MEDIA: Readonly<Record<string, string>> = {
  '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.txt': 'text/plain', '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg',
  '.gif': 'image/gif', '.webp': 'image/webp', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
};
const CONFIG = record('its configuration');
const TEXT = object({ text: text('the whole file') });

type Deeds = Pick<Handlers, 'resource' | 'putResource' | 'putResourceFile'>;

/** Answers what is asked below /frame/. `at`: the path of the URL. Throws HttpError. */
export async function serveFrame(web: Web, deeds: Deeds, { req, res }: Pick<Asked, 'req' | 'res'>, at: string): Promise<void> {
  const [, , token = '', ...rest] = at.split('/');
  // Sent with a refusal too: without it the page could not read why.
  res.setHeader('Access-Control-Allow-Origin', 'null');
  res.setHeader('Content-Security-Policy', policyOf(token.replace(/[^\w]/g, ''), req.headers.host ?? ''));
  res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  res.removeHeader('X-Frame-Options');
  const ticket = web.tickets.find(token);
  if (ticket === undefined) throw new HttpError(401, 'UNAUTHORIZED', 'this page is over: its ticket is an hour old, or of a server that was started anew', 'open it again in the dashboard');
  const { method = 'GET' } = req;
  if (method === 'OPTIONS') { res.writeHead(204, { 'Access-Control-Allow-Methods': 'GET, PUT', 'Access-Control-Allow-Headers': 'Content-Type', 'Access-Control-Max-Age': '600' }).end(); return; }
  if (rest[0] === 'api') return await api(web, deeds, ticket, { req, res }, method, rest.slice(1));
  if (method !== 'GET' && method !== 'HEAD') throw new HttpError(405, 'METHOD', `${method} is not for a page`, 'wanted: GET');
  const name = decoded(rest.join('/'));
  if (name === '') return await sendText(req, res, 200, 'text/html', await frameDocument(web, ticket));
  if (name === 'mgr.js') return await sendText(req, res, 200, 'text/javascript', clientOf(ticket));
  const media = MEDIA[path.extname(name).toLowerCase()];
  const file = media === undefined ? undefined : await read(web, ticket, name);
  if (file === undefined || media === undefined) throw new HttpError(404, 'NOT_FOUND', `${ticket.type} brings no file ${JSON.stringify(name.slice(0, 100))}`);
  await sendText(req, res, 200, media, file);
}

/** The document of a page. Throws HttpError 404 when the type has no such page. */
export async function frameDocument(web: Web, ticket: Omit<Ticket, 'token'>): Promise<string> {
  const { page, type } = ticket;
  if (!PAGE.test(page)) throw new HttpError(400, 'BAD_OPTION', `page: got ${JSON.stringify(page.slice(0, 100))}, wanted the name of a page`);
  const names = [...new Set([page.toLowerCase(), page])];
  const first = async (all: readonly string[]): Promise<string | undefined> => { for (const name of all) if (await read(web, ticket, name) !== undefined) return name; return undefined; };
  const [html, script, style] = [await first(names.map((n) => `${n}.html`)), await first(names.map((n) => `js/${n}.js`)), await first(['style.css'])];
  if (html === undefined && script === undefined) throw new HttpError(404, 'NOT_FOUND', `${type} brings no page ${JSON.stringify(page)}`, `wanted: ${names[0] ?? ''}.html or js/${names[0] ?? ''}.js in the folder that its \`dashboard.path\` names`);
  return documentOf(ticket, { html: html === undefined ? undefined : (await read(web, ticket, html))?.toString('utf8'), script, style });
}

async function api(web: Web, deeds: Deeds, { host, resource, type, access }: Ticket, { req, res }: Pick<Asked, 'req' | 'res'>, method: string, rest: readonly string[]): Promise<void> {
  const [what, file, ...more] = rest;
  const asked: Asked = { access, req, res, signal: AbortSignal.timeout(60_000) };
  const change = method === 'PUT' && more.length === 0;
  if (change && access !== 'admin') throw new HttpError(403, 'READ_ONLY', 'this page was opened by who may look, not touch');
  if (what === 'resource' && file === undefined && (method === 'GET' || change)) {
    if (method === 'GET') return await sendJson(req, res, 200, await deeds.resource({ params: { host, resource }, query: {}, body: undefined }, asked));
    // Neither another name nor another type: it is for this one.
    const { id: _id, ...config } = CONFIG.read(await readBody(req), '');
    return await sendJson(req, res, 200, await deeds.putResource({ params: { host, resource }, query: {}, body: { ...config, type } }, asked));
  }
  if (what === 'files' && file !== undefined && change) {
    return await sendJson(req, res, 200, await deeds.putResourceFile({ params: { host, resource, file: decoded(file) }, query: {}, body: TEXT.read(await readBody(req), '') }, asked));
  }
  throw new HttpError(404, 'NO_ROUTE', 'wanted: GET or PUT api/resource, PUT api/files/<file>');
}

/**
 * A file of the type's folder, read by the host, which sees to it that nothing leads out of it. No path comes from there: a
 * program that runs as another user, or in a sandbox, could have any file of ours read for it.
 */
async function read(web: Web, { host, type }: Pick<Ticket, 'host' | 'type'>, name: string): Promise<Buffer | undefined> {
  const answer = await askHost(web, host, 'host:dashboardFile', { type, name });
  const content = typeof answer === 'object' && answer !== null && 'base64' in answer ? answer.base64 : undefined;
  return typeof content === 'string' ? Buffer.from(content, 'base64') : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, 'BAD_PATH', 'the path has a broken escape');
  }
}
