import type http from 'node:http';
import { HttpError } from './http-error.js';

/** Bytes of a body: settings, event scripts and app declarations are small. */
export const MOST = 1024 * 1024;

/** The JSON of a body; undefined: there is none. Throws 400, 413, 415. */
export async function readBody(req: http.IncomingMessage): Promise<unknown> {
  if (Number(req.headers['content-length'] ?? 0) > MOST) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left in the middle it stays open: who sends too much is to be told.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST) throw tooLarge();
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  // A form of another site can send texts, but no JSON without asking first.
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) throw new HttpError(415, 'NO_JSON', `got Content-Type ${JSON.stringify(req.headers['content-type'] ?? '')}`, 'wanted: application/json');
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (e) {
    throw new HttpError(400, 'NO_JSON', `the body is no JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
}

function tooLarge(): HttpError { return new HttpError(413, 'TOO_LARGE', `the body is larger than ${MOST} bytes`); }
