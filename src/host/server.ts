import http from 'node:http';
import type { Store } from '../database/documents.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Resources } from './resources/resources.js';
import { SESSIONS, Sessions } from './sessions.js';

/** What modules write with: a line each, with its time and place in `mgr logs`. */
export interface HostLog {
  debug(...what: unknown[]): void;
  info(...what: unknown[]): void;
  warn(...what: unknown[]): void;
  error(...what: unknown[]): void;
}

export interface ServerParts {
  readonly options: { readonly env: 'development' | 'production'; readonly port: number; readonly host: string };
  readonly log: HostLog;
  /** Wall-clock ms. */
  now(): number;
  store(namespace: string): Store;
  jobs(): Jobs;
  /** The folder of a module, made when it is asked for; undefined: of the one that calls. */
  dataDirOf(module: string | undefined): string;
}

/**
 * `process.server`: the HTTP server of the host, and what its modules share. It is there before the first of them is loaded.
 *
 * Events besides those of http.Server: `module:loaded` (file), `module:error` (file, reason), `request:error` (error, req, res),
 * `resource:changed` and `resource:deleted` (id), `config` (the settings of the host, what changed). A listener of `request`
 * observes: routing comes after it, unless it has begun an answer. `listening` comes when all modules and resources are there.
 */
export class HostServer extends http.Server {
  readonly options: ServerParts['options'];
  readonly log: HostLog;
  readonly sessions: Sessions;
  /** Web sockets are off. */
  readonly sockets: { emit(event: string, ...args: unknown[]): unknown; to(room: string): unknown; on(event: string, listener: (...args: unknown[]) => void): unknown } | null = null;
  readonly #parts: ServerParts;
  #resources: Resources | undefined;

  constructor(parts: ServerParts) {
    super();
    this.#parts = parts;
    this.options = parts.options;
    this.log = parts.log;
    this.sessions = new Sessions(() => parts.store(SESSIONS), () => parts.now());
    this.setMaxListeners(0); // one of each module is no leak
    this.on('request:error', (error: unknown, req: http.IncomingMessage) => { parts.log.error(`${req.method ?? ''} ${req.url ?? ''}:`, error); });
  }

  /** Where documents of this name are kept: shared by all instances, durable. */
  createStore(namespace: string): Store { return this.#parts.store(namespace); }

  /** Jobs that run once, however many instances there are. */
  get jobs(): Jobs { return this.#parts.jobs(); }

  /**
   * The folder of a module's own, which outlives restarts and updates of it; on this machine only. `module`: its name, or the path
   * or URL of a file of it. Default: the module that calls.
   */
  dataDirOf(module?: string): string { return this.#parts.dataDirOf(module); }

  /** Undefined while the first modules are loaded. */
  get resources(): Resources | undefined { return this.#resources; }
  get router(): { route(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> } { return { route: (req, res) => this.#route(req, res) }; }

  /** Answers a request as if it had come by the network. */
  handleRequest(req: http.IncomingMessage, res: http.ServerResponse): void { this.emit('request', req, res); }

  /** The port it listens on; the one asked for while it does not. */
  get port(): number {
    const at = this.address();
    return typeof at === 'object' && at !== null ? at.port : this.options.port;
  }

  /** Gives requests to these from now on. */
  serve(resources: Resources): void { this.#resources = resources; }

  override emit(event: string, ...args: unknown[]): boolean {
    if (event !== 'request') return super.emit(event, ...args);
    const [req, res] = args as [http.IncomingMessage, http.ServerResponse];
    try {
      super.emit('request', req, res);
    } catch (e) {
      // One bad listener must not end what the others serve.
      this.#failed(e, req, res);
      return true;
    }
    if (!res.headersSent && !res.writableEnded) void this.#route(req, res);
    return true;
  }

  async #route(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    try {
      if (!this.#resources) throw new Error('the host is still starting');
      await this.#resources.handle(req, res);
    } catch (e) {
      this.#failed(e, req, res);
    }
  }

  #failed(e: unknown, req: http.IncomingMessage, res: http.ServerResponse): void {
    super.emit('request:error', e, req, res);
    if (res.writableEnded) return;
    // What was begun cannot be taken back; a cut connection tells that it is not whole.
    if (res.headersSent) { res.destroy(); return; }
    res.writeHead(500, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify({ status: 500, message: 'Internal server error' }));
  }
}
