import type { Context } from './context.js';
import { type ResourceOptions, type ResourceType } from './model.js';
import { Resource } from './resource.js';

/**
 * The simplest type: `get.js`, `post.js`, `put.js` and `delete.js` answer their methods at and below the path. What a
 * script sees besides the usual: `url parts query body getHeader setHeader setStatusCode setResult`.
 */
class EventResource extends Resource {
  static readonly label = 'Event';
  static readonly events = ['get', 'post', 'put', 'delete'];

  constructor(name: string, options: ResourceOptions) {
    super(name, options);
    this.clientGeneration = true;
  }

  override handle(ctx: Context, next: () => void): void {
    const script = this.events[ctx.method === 'HEAD' ? 'get' : ctx.method.toLowerCase()];
    if (script === undefined) { next(); return; }
    let result: unknown = {};
    const own = result;
    script.run(ctx, {
      this: own,
      url: ctx.url,
      parts: ctx.url.split('/').filter((p) => p !== '').map(decoded),
      query: ctx.query,
      body: ctx.body,
      getHeader: (name: unknown) => (typeof name === 'string' ? ctx.req.headers[name.toLowerCase()] : undefined),
      setHeader: (name: string, value: string) => { ctx.res.setHeader(name, value); },
      setStatusCode: (status: unknown) => {
        if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) throw new TypeError(`setStatusCode: got ${String(status)}, wanted a number from 200 to 599`);
        ctx.res.statusCode = status;
      },
      // A number is told as text, as in dpd-event.
      setResult: (value: unknown) => { result = typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : String(value); },
    }, (error) => { ctx.done(error, result); });
  }
}

export const eventType: ResourceType = Object.defineProperty(EventResource, 'name', { value: 'Event' });

function decoded(part: string): string {
  try { return decodeURIComponent(part); } catch { return part; /* no escape then, but letters */ }
}
