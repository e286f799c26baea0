import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Does an Authorization header carry these credentials (RFC 7617)? The time it takes tells nothing about how much of a
 * guess was right: digests of equal length are compared, both always.
 */
export function isAllowed(header: string | undefined, wanted: { readonly username: string; readonly password: string }): boolean {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  const given = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = given.indexOf(':');
  const username = same(colon < 0 ? given : given.slice(0, colon), wanted.username);
  const password = same(colon < 0 ? '' : given.slice(colon + 1), wanted.password);
  return username && password && colon >= 0;
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
