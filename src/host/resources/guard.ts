import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import type http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { errno } from '../../base/thrown.js';
import { HttpFault } from './model.js';

/**
 * The token of who may change resources: 64 hex digits in a file that only the user can read, made with the first start
 * and the same for all processes of the host.
 */
export function rootToken(file: string): string {
  // A host that starts again needs no room on the disk.
  if (!fs.existsSync(file)) make(file);
  const token = fs.readFileSync(file, 'utf8').trim();
  if (token.length < 32) throw new Error(`${file} holds no token: remove it, and the next start makes one`);
  if ((fs.statSync(file).mode & 0o077) !== 0) fs.chmodSync(file, 0o600);
  return token;
}

function make(file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const fresh = randomBytes(32).toString('hex');
  // Written whole before it has its name: another process must not read half a token.
  const temp = `${file}.${fresh.slice(0, 8)}`;
  try {
    fs.writeFileSync(temp, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    fs.linkSync(temp, file);
  } catch (e) {
    if (errno(e) !== 'EEXIST') throw e;
  } finally {
    fs.rmSync(temp, { force: true });
  }
}

/** Does the request carry the token, as `Authorization: Bearer` or Deployd's `dpd-ssh-key`? */
export function hasToken(req: http.IncomingMessage, token: string): boolean {
  const bearer = /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1];
  const key = req.headers['dpd-ssh-key'];
  return [bearer, typeof key === 'string' ? key : undefined].some((given) => given !== undefined && same(given, token));
}

/**
 * Throws HttpFault 403 for a Host that is no address of ours (another name may lead a browser here) and for an Origin that
 * is another than the Host's. `host`: the name the server was told to listen on.
 */
export function checkPlace(req: http.IncomingMessage, host: string | undefined): void {
  const given = req.headers.host ?? '';
  const name = /^(\[[0-9a-f:.]+\]|[^:/\s]+)(?::\d+)?$/i.exec(given)?.[1]?.replace(/^\[|\]$/g, '').toLowerCase();
  const own = name !== undefined && (name === 'localhost' || net.isIP(name) !== 0 || (host !== undefined && host !== '' && name === host.toLowerCase()));
  if (!own) throw new HttpFault(403, 'this Host is not served here');
  const { origin } = req.headers;
  if (origin !== undefined && origin !== `http://${given}` && origin !== `https://${given}`) throw new HttpFault(403, 'requests from other sites are refused');
}

/** Throws HttpFault 401 and 403. */
export function checkRoot(req: http.IncomingMessage, token: string, host: string | undefined): void {
  checkPlace(req, host);
  if (!hasToken(req, token)) throw new HttpFault(401, 'wanted: Authorization: Bearer <the host\'s root token>');
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
