import type http from 'node:http';
import { offer } from '../offers.js';
import { readBody, queryOf, BODY_LIMIT } from './body.js';
import type { Done, HostServer } from './model.js';
import { Resource } from './resource.js';
import { clientOfServer, typesOfServer } from './registry.js';
import { Script } from './script.js';

/**
 * Lets modules that were written for Deployd find what they require of it: `deployd/lib/resource`, `script`,
 * `internal-client`, `type-loader`, `util/http`. Call before the first module is loaded; again does nothing.
 */
export function installShims(): void {
  if (installed) return;
  installed = true;
  for (const [name, value] of Object.entries(SHIMS)) for (const end of ['', '.js']) offer(`deployd/lib/${name}${end}`, () => value);
}

let installed = false;

const http_ = {
  parseQuery: queryOf,
  parseBody(req: http.IncomingMessage & { body?: unknown }, _res: unknown, _mime: string, done: Done): void {
    readBody(req, BODY_LIMIT).then((body) => { req.body = body; done(undefined, req); }, done);
  },
};

const SHIMS: Readonly<Record<string, unknown>> = {
  resource: Resource,
  script: Script,
  'internal-client': { build: (server: HostServer) => clientOfServer(server) },
  // `(folder, done)`: done(built-in types, types of modules), by name. Here they are one table.
  'type-loader': (_folder: string, done: (builtIn: object, own: object) => void): void => { done({}, typesOfServer()); },
  'util/http': http_,
};
