import type http from 'node:http';
import { Readable, Writable } from 'node:stream';
import { HttpFault, isBag } from './model.js';

/** A request of one resource to another: no socket, an answer that is read back as a value. */
export class InternalRequest extends Readable {
  readonly internal = true;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly socket = { remoteAddress: '127.0.0.1' };
  readonly connection = this.socket;
  /** What it stands behind, outermost first: `GET /todos`. */
  readonly stack: readonly string[];

  constructor(method: string, url: string, headers: Readonly<Record<string, string>>, stack: readonly string[]) {
    super();
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.stack = stack;
    this.push(null);
  }
}

/** The part of a server's response that resources use. */
export class InternalResponse extends Writable {
  readonly internal = true;
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
  readonly #headers = new Map<string, unknown>();
  readonly #parts: Buffer[] = [];

  setHeader(name: string, value: unknown): this { this.#headers.set(name.toLowerCase(), value); return this; }
  getHeader(name: string): unknown { return this.#headers.get(name.toLowerCase()); }
  hasHeader(name: string): boolean { return this.#headers.has(name.toLowerCase()); }
  removeHeader(name: string): void { this.#headers.delete(name.toLowerCase()); }
  getHeaders(): Record<string, unknown> { return Object.fromEntries(this.#headers); }
  getHeaderNames(): string[] { return [...this.#headers.keys()]; }
  flushHeaders(): void { this.headersSent = true; }

  writeHead(status: number, ...rest: unknown[]): this {
    this.statusCode = status;
    for (const headers of rest) if (isBag(headers)) for (const [k, v] of Object.entries(headers)) this.setHeader(k, v);
    this.headersSent = true;
    return this;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.headersSent = true;
    this.#parts.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  }

  /** What was answered: a value where it was JSON. Throws an HttpFault for a status of 400 and above. Call after `finish`. */
  result(): unknown {
    const text = Buffer.concat(this.#parts).toString('utf8');
    const value: unknown = text === '' ? undefined : /json/.test(this.#headers.get('content-type') as string) ? JSON.parse(text) : text;
    if (this.statusCode < 400) return value;
    const bag = isBag(value) ? value : {};
    const fault = new HttpFault(this.statusCode, typeof bag['message'] === 'string' ? bag['message'] : typeof value === 'string' ? value : `status ${this.statusCode}`, bag['errors']);
    throw fault;
  }
}

/** These two where the shapes of node:http are wanted. */
export function asHttp(req: InternalRequest, res: InternalResponse): { req: http.IncomingMessage; res: http.ServerResponse } {
  return { req: req as unknown as http.IncomingMessage, res: res as unknown as http.ServerResponse };
}
