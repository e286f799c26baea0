/**
 * Theory of operation. A type is a class that a module exports; an instance is a folder below `resources/` with a
 * config.json that names its type, and scripts. A request is read (body.ts), its caller is known (guard.ts), and it goes
 * through the instances from the longest path to the shortest (router.ts), each of which gets a Context. Scripts (script.ts)
 * are functions with names for parameters; what they ask of other resources comes back through the same router without a
 * socket (client.ts, in-process.ts). Changes go through writes.ts alone, which puts the files back when anything fails.
 */
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { asError, errno } from '../../base/thrown.js';
import type { Store } from '../../database/documents.js';
import type { Sessions } from '../sessions.js';
import type { ResourceDetail, ResourceView, TypeView } from '../views.js';
import { ADMIN, administer } from './admin.js';
import { BODY_LIMIT, queryOf, readBody } from './body.js';
import type { Asked } from './client.js';
import { collectionType } from './collection-type.js';
import { type Exchange } from './context.js';
import { browserClient } from './dpd-js.js';
import { eventType } from './event-type.js';
import { filesType } from './files-type.js';
import { checkPlace, checkRoot, hasToken, rootToken } from './guard.js';
import { InternalRequest, InternalResponse, asHttp } from './in-process.js';
import { textsOf } from './disk.js';
import { Instances, type ResourceSet } from './instances.js';
import { type Bag, HttpFault, type HostServer, type Log, type ResourceType, type Session, isBag } from './model.js';
import { enlist } from './registry.js';
import { Resource } from './resource.js';
import { failed, route } from './router.js';
import { visitor } from './visitor.js';
import { BUILT_IN, Types, dashboardOf, isResourceType } from './types.js';
import { Writes } from './writes.js';

export interface ResourcesOptions {
  /** The project: its `resources/` and `public/`. Absolute. */
  readonly dir: string;
  readonly server: HostServer;
  readonly store: (namespace: string) => Store;
  readonly sessions: Pick<Sessions, 'find' | 'fresh'>;
  readonly env: 'development' | 'production';
  readonly log: Log;
  /** A folder in MGR_HOME that all processes of this host share, made when it is asked for. */
  readonly dataDir: (owner: string) => string;
  /** Sites whose pages may call the resources; true: all. Default: none. */
  readonly cors?: boolean | readonly string[];
  /** Bytes of a JSON or form body. Default 1 MB. */
  readonly bodyLimit?: number;
}

export interface Resources {
  /** Answers a request. Settles when a resource has it; never rejects. */
  handle(req: http.IncomingMessage, res: http.ServerResponse): Promise<void>;
  types(): TypeView[];
  list(): Promise<ResourceView[]>;
  get(id: string): Promise<ResourceDetail | undefined>;
  /** Creates or changes an instance; `$setAll: true` replaces all keys, another `id` renames it. Throws HttpFault with `statusCode` and `errors`. */
  put(id: string, config: unknown): Promise<ResourceView>;
  /** Undefined removes the file. */
  putFile(id: string, file: string, text: string | undefined): Promise<void>;
  remove(id: string): Promise<void>;
  /** Reads the folder again; instances whose files are the same stay. */
  reload(): Promise<void>;
  /** Throws RESOURCE: the name is taken (both files are named), or the type's schema is none. */
  registerType(file: string, type: unknown): void;
  /** A file of a type's own pages, absolute; undefined: there is none of this name. */
  dashboardFile(type: string, name: string): string | undefined;
  /** The client of the host itself: `client().todos.get({…})`. */
  client(): Promise<unknown>;
}

/** How deep one resource may ask itself for the same, and any others in turn. `$limitRecursion` in a query changes the first. */
const SAME_DEPTH = 2;
const DEPTH = 32;

export function createResources(options: ResourcesOptions): Resources { return new Room(options); }

class Room implements Resources {
  readonly #o: ResourcesOptions;
  readonly #types = new Types();
  readonly #instances: Instances;
  readonly #writes: Writes;
  readonly #token: string;

  constructor(o: ResourcesOptions) {
    this.#o = o;
    const { server, log } = o;
    const root = path.join(o.dir, 'resources');
    const data = o.dataDir('resources');
    this.#token = rootToken(path.join(data, 'root.token'));
    for (const type of [eventType, collectionType(o.store), filesType(o.dir, log)]) this.#types.register(BUILT_IN, type);
    this.#instances = new Instances({ root, types: this.#types, server, db: { createStore: o.store }, log, development: o.env === 'development', stamp: path.join(data, 'stamp') });
    this.#writes = new Writes({ root, types: this.#types, instances: this.#instances, server, log });
    enlist(server, { client: () => this.#later(), types: () => Object.fromEntries(this.#types.all().map((t) => [t.name, t.type])) });
  }

  types(): TypeView[] { return this.#types.views(); }

  async list(): Promise<ResourceView[]> {
    const { lives } = await this.#instances.current();
    return [...lives].sort((a, b) => a.entry.since - b.entry.since || (a.entry.id < b.entry.id ? -1 : 1)).map((l) => this.#instances.view(l));
  }

  async get(id: string): Promise<ResourceDetail | undefined> {
    const live = (await this.#instances.current()).lives.find((l) => l.entry.id === id);
    if (live === undefined) return undefined;
    const view = this.#instances.view(live);
    return { ...view, scripts: textsOf(live.entry.dir, view.files) };
  }

  put(id: string, config: unknown): Promise<ResourceView> { return this.#writes.put(id, config); }
  putFile(id: string, file: string, text: string | undefined): Promise<void> { return this.#writes.putFile(id, file, text); }
  remove(id: string): Promise<void> { return this.#writes.remove(id); }
  async reload(): Promise<void> { await this.#instances.renew(); }

  registerType(file: string, type: unknown): void {
    // A module that hands on the base class has no type in it.
    if (!isResourceType(type) || type === (Resource as unknown as ResourceType)) return;
    this.#types.register(file, type);
    this.#instances.forget();
  }

  dashboardFile(type: string, name: string): string | undefined {
    const known = this.#types.get(type);
    const folder = known === undefined ? undefined : dashboardOf(known.type).path;
    if (folder === undefined) return undefined;
    try {
      const top = fs.realpathSync(folder);
      const real = fs.realpathSync(path.join(top, name));
      return real.startsWith(`${top}/`) && fs.statSync(real).isFile() ? real : undefined;
    } catch (e) {
      if (errno(e) !== undefined) return undefined; // not there, or no path at all
      throw e;
    }
  }

  async client(): Promise<unknown> {
    const set = await this.#instances.current();
    return set.client((asked) => this.#ask(set, asked, itself(), []));
  }

  async handle(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    if (res.headersSent || res.writableEnded) return;
    const report = (e: unknown): void => this.#report(e, req, res);
    try {
      const url = req.url?.startsWith('/') ? req.url : pathOf(req.url ?? '');
      const pathname = url.split('?')[0] ?? '/';
      const isAdmin = pathname === ADMIN || pathname.startsWith(`${ADMIN}/`);
      const { host } = this.#o.server.options;
      // Before anything is read of who may not.
      if (isAdmin) checkRoot(req, this.#token, host);
      else if (this.#cors(req, res)) return;
      const body = await readBody(req, this.#o.bodyLimit ?? BODY_LIMIT);
      const query = queryOf(url);
      const method = methodOf(req, query, body);
      if (isAdmin) { await administer(this, { method, pathname, body, res }); return; }
      const set = await this.#instances.current();
      if (pathname === '/dpd.js' && method === 'GET' && !set.order.some((r) => r.path === '/dpd.js')) { script(res, browserClient(set.offers)); return; }
      const session = await visitor({ req, res, isRoot: this.#isRoot(req), sessions: this.#o.sessions, report });
      await route(set.order, { req, res, method, pathname, query, body, session, server: this.#o.server, report, client: (run) => set.client((asked) => this.#ask(set, asked, session, []), run) });
    } catch (e) {
      failed({ res, report, server: this.#o.server }, e);
    }
  }

  /** A request of one resource to another. */
  async #ask(set: ResourceSet, asked: Asked, session: Session, stack: readonly string[]): Promise<unknown> {
    const { $limitRecursion, ...query } = asked.query;
    const step = `${asked.method} ${asked.path}`;
    const limit = typeof $limitRecursion === 'number' ? Math.min($limitRecursion, DEPTH) : SAME_DEPTH;
    if (stack.filter((s) => s === step).length >= limit || stack.length >= DEPTH) throw new HttpFault(508, `${step} asks for itself, ${stack.length} deep: ${stack.slice(-4).join(' -> ')}`);
    const deeper = [...stack, step];
    const req = new InternalRequest(asked.method, asked.path, {}, deeper);
    const res = new InternalResponse();
    const answered = new Promise<void>((resolve, reject) => { res.once('finish', resolve).once('close', resolve).once('error', reject); });
    const shapes = asHttp(req, res);
    const exchange: Exchange = {
      ...shapes, method: asked.method, pathname: asked.path, query, session, server: this.#o.server,
      // As over the network: who is asked may change what it is given.
      body: asked.body === undefined ? {} : JSON.parse(JSON.stringify(asked.body)) as unknown,
      report: (e) => this.#report(e, shapes.req, shapes.res),
      client: (run) => set.client((next) => this.#ask(set, next, session, deeper), run),
    };
    await route(set.order, exchange);
    await answered;
    return res.result();
  }

  // For Deployd's `internal-client`, which gives a client at once: its calls wait for the instances themselves.
  #later(): unknown {
    return new Proxy({}, { get: (_, name) => new Proxy({}, { get: (_t, verb) => async (...args: unknown[]) => {
      const one = (await this.client() as Readonly<Record<PropertyKey, Readonly<Record<PropertyKey, ((...a: unknown[]) => unknown) | undefined>> | undefined>>)[name];
      const act = one?.[verb];
      if (act === undefined) throw new HttpFault(404, `no client dpd.${String(name)}.${String(verb)}`);
      return act(...args);
    } }) });
  }

  #isRoot(req: http.IncomingMessage): boolean {
    if (!hasToken(req, this.#token)) return false;
    checkPlace(req, this.#o.server.options.host);
    return true;
  }

  // True: answered. Other sites are let in where the host was told so, without the cookies of the user.
  #cors(req: http.IncomingMessage, res: http.ServerResponse): boolean {
    const { cors = false } = this.#o;
    const { origin } = req.headers;
    if (cors === false || origin === undefined || (cors !== true && !cors.includes(origin))) return false;
    res.setHeader('Access-Control-Allow-Origin', cors === true ? '*' : origin);
    if (cors !== true) res.setHeader('Vary', 'Origin');
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return false;
    res.writeHead(204, { 'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE', 'Access-Control-Allow-Headers': 'Content-Type, Authorization', 'Access-Control-Max-Age': '600' }).end();
    return true;
  }

  #report(e: unknown, req: http.IncomingMessage, res: http.ServerResponse): void {
    const error = asError(e);
    if (!this.#o.server.emit('request:error', error, req, res)) this.#o.log.error(`${req.method ?? ''} ${req.url ?? ''}: ${error.stack ?? error.message}`);
  }
}

/** The host itself has no visitor to remember. */
function itself(): Session {
  const never = (): never => { throw new Error('the host asks for itself: there is no session'); };
  return { isRoot: true, data: {}, sid: '', isNew: () => true, set: never, save: never, remove: never };
}

/** Old browsers and forms send all as POST and say in `_method` what they mean; a link cannot. */
function methodOf(req: http.IncomingMessage, query: Bag, body: unknown): string {
  const given = query['_method'] ?? (isBag(body) ? body['_method'] : undefined);
  const method = (req.method ?? 'GET').toUpperCase();
  if (method !== 'POST' || typeof given !== 'string') return method;
  delete query['_method'];
  if (isBag(body)) delete body['_method'];
  const meant = given.toUpperCase();
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(meant)) throw new HttpFault(400, `_method ${JSON.stringify(given)}: wanted GET, POST, PUT or DELETE`);
  return meant;
}

function pathOf(url: string): string {
  if (!URL.canParse(url)) throw new HttpFault(400, 'the URL cannot be read');
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function script(res: http.ServerResponse, text: string): void {
  res.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' }).end(text);
}
