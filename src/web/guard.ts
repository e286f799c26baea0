/** Who is at the door. Pure: headers in, verdict out. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import net from 'node:net';
import type { Access } from './api.js';
import { HttpError } from './http-error.js';

export interface GuardOptions {
  readonly admin: string;
  readonly read: string;
  /** The address the server listens on. */
  readonly host: string;
  /** Further names it is reached by, of a proxy before it. */
  readonly names: readonly string[];
  readonly port: () => number;
  /** `/metrics` asks for no token. */
  readonly metricsOpen: boolean;
}

export interface Knock {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Header values that a request has once. */
const header = (k: Knock, name: string): string | undefined => { const v = k.headers[name]; return Array.isArray(v) ? v[0] : v; };

/**
 * The name in Host must be one of ours: else a page of a stranger, whose name was made to point at this machine (DNS
 * rebinding), would speak to us as one of our own. Addresses are safe when we listen on more than the loopback one.
 */
export function checkHost(k: Knock, o: GuardOptions): void {
  const host = header(k, 'host') ?? '';
  const name = hostname(host);
  const known = name !== undefined && (isLoopback(name) || name === o.host.toLowerCase() || o.names.includes(name) || (!isLoopback(o.host) && net.isIP(name) !== 0));
  if (!known) throw new HttpError(403, 'FOREIGN_HOST', `the name in Host is not ours: got ${JSON.stringify(host.slice(0, 100))}`, 'wanted: localhost or 127.0.0.1; behind a proxy start with --allow-host <its name>');
}

/** A page of somebody else must neither read nor write here, whatever the browser sends along with its requests. */
export function checkOrigin(k: Knock, byCookie: boolean): void {
  const origin = header(k, 'origin');
  const site = header(k, 'sec-fetch-site');
  const host = header(k, 'host') ?? '';
  if (origin !== undefined && !isOriginOf(origin, host)) throw new HttpError(403, 'FOREIGN_ORIGIN', `requests of pages of ${JSON.stringify(origin.slice(0, 100))} are not taken`, 'call from a page of this server, or from no browser');
  if (site === 'cross-site' || site === 'same-site') throw new HttpError(403, 'FOREIGN_ORIGIN', `requests of pages of other sites are not taken (Sec-Fetch-Site: ${site})`, 'call from a page of this server, or from no browser');
  if (byCookie && origin === undefined && k.method !== 'GET' && k.method !== 'HEAD') throw new HttpError(403, 'FOREIGN_ORIGIN', 'a change with the cookie of a browser needs its Origin', 'send Authorization: Bearer <token> instead');
}

/** Who asks. Throws 401 for a wrong token and for none. */
export function identify(k: Knock, o: GuardOptions): { readonly access: 'admin' | 'read'; readonly byCookie: boolean } {
  const authorization = header(k, 'authorization');
  if (authorization !== undefined) {
    const given = /^bearer +([\w-]+) *$/i.exec(authorization)?.[1] ?? '';
    const access = accessOf(given, o);
    if (access !== undefined) return { access, byCookie: false };
    throw unauthorized('wrong token');
  }
  const cookie = cookieOf(header(k, 'cookie') ?? '', cookieName(o.port()));
  if (cookie === undefined) throw unauthorized('no token');
  const access = (['admin', 'read'] as const).find((a) => same(cookie, cookieFor(o[a])));
  if (access === undefined) throw unauthorized('the cookie is of another token');
  return { access, byCookie: true };
}

/** May he? Throws 401, 403. `open`: nobody is asked. */
export function admit(k: Knock, access: Access, o: GuardOptions): 'admin' | 'read' | 'nobody' {
  if (access === 'open' || (access === 'scrape' && o.metricsOpen)) return 'nobody';
  const who = identify(k, o);
  checkOrigin(k, who.byCookie);
  if (access === 'admin' && who.access !== 'admin') throw new HttpError(403, 'READ_ONLY', 'this token may look, not touch', 'wanted: the admin token (`mgr web` prints its link)');
  return who.access;
}

/** What a token given in the start link is worth. */
export function accessOf(token: string, o: Pick<GuardOptions, 'admin' | 'read'>): 'admin' | 'read' | undefined {
  // Both are compared always.
  const admin = same(token, o.admin);
  const read = same(token, o.read);
  return admin ? 'admin' : read ? 'read' : undefined;
}

/** Cookies know no ports: two servers on one machine must not take each other's. */
export function cookieName(port: number): string { return `mgr-web-${port}`; }

/** Not the token itself: whoever gets to see the cookie cannot make a link or a Bearer of it. */
export function cookieFor(token: string): string { return createHmac('sha256', token).update('cookie').digest('hex'); }

export function isLoopback(name: string): boolean { return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name); }

function hostname(host: string): string | undefined {
  const m = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(host);
  return (m?.[1] ?? m?.[2])?.toLowerCase();
}

// TLS may end before us, so the scheme says nothing.
function isOriginOf(origin: string, host: string): boolean { return origin === `http://${host}` || origin === `https://${host}`; }

function cookieOf(all: string, name: string): string | undefined {
  return all.split(';').map((c) => c.trim()).find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1);
}

// Digests have equal length, so the time tells nothing about how much of a guess was right.
function same(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

function unauthorized(why: string): HttpError {
  return new HttpError(401, 'UNAUTHORIZED', why, 'send Authorization: Bearer <token>, or open the link that `mgr web` prints');
}
