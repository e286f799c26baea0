import type http from 'node:http';
import querystring from 'node:querystring';
import { type Bag, HttpFault, isBag } from './model.js';

/** Bodies above this many bytes are refused, unless the host is told otherwise: 1 MB. */
export const BODY_LIMIT = 1_048_576;

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The body of a request as a value: JSON and forms. Of any other kind it is left in the stream for the resource, and `{}`.
 * Throws HttpFault 400 and 413. Listens at once, so that listeners of `request` who read it too miss nothing.
 */
export function readBody(req: http.IncomingMessage, limit: number): Promise<unknown> {
  const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isJson = type === 'application/json' || type.endsWith('+json');
  if ((!isJson && type !== 'application/x-www-form-urlencoded') || req.method === 'GET' || req.method === 'HEAD') return Promise.resolve({});
  if (Number(req.headers['content-length']) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const onData = (d: Buffer): void => {
      size += d.length;
      if (size <= limit) { parts.push(d); return; }
      req.off('data', onData);
      reject(tooLarge(limit));
    };
    req.on('data', onData);
    req.once('error', reject);
    req.once('aborted', () => reject(new HttpFault(400, 'the request ended in the middle')));
    req.once('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      try { resolve(isJson ? jsonOf(text) : formOf(text)); } catch (e) { reject(e); }
    });
  });
}

/** The query of a URL: `?a=1&age[$gt]=5`, or JSON as a whole: `?{"$limit":5}`. Throws HttpFault 400. */
export function queryOf(url: string): Bag {
  const at = url.indexOf('?');
  if (at < 0) return {};
  const raw = url.slice(at + 1);
  if (!/^(?:\{|%7B)/i.test(raw)) return formOf(raw);
  let text: string;
  try { text = decodeURIComponent(raw); } catch { throw new HttpFault(400, 'the query has a broken escape'); }
  const value = jsonOf(text);
  if (!isBag(value)) throw new HttpFault(400, 'the query is no JSON object');
  return value;
}

function jsonOf(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    // A key of this name would become the prototype of the next copy.
    return JSON.parse(text, function revive(this: unknown, key, value: unknown) { return key === '__proto__' ? undefined : value; });
  } catch (e) {
    throw new HttpFault(400, `the JSON cannot be read: ${e instanceof Error ? e.message : String(e)}`);
  }
}

/** `a=1&b[c]=2&d[]=3`, two levels at most as in a form. */
function formOf(text: string): Bag {
  const out: Bag = {};
  for (const [key, value] of Object.entries(querystring.parse(text))) {
    const [, name = key, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(key) ?? [];
    if (FORBIDDEN.has(name) || (inner !== undefined && FORBIDDEN.has(inner))) continue;
    if (inner === undefined) out[name] = value;
    else if (inner === '') out[name] = [...(Array.isArray(out[name]) ? out[name] as unknown[] : []), ...(Array.isArray(value) ? value : [value])];
    else out[name] = { ...(isBag(out[name]) ? out[name] : {}), [inner]: value };
  }
  return out;
}

function tooLarge(limit: number): HttpFault { return new HttpFault(413, `the body is larger than ${limit} bytes`); }
