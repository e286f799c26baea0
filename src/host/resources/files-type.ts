import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../../base/thrown.js';
import { fileHandler } from '../../serve/handler.js';
import type { ServeOptions } from '../../serve/options.js';
import { findPlace, partsOf } from '../../serve/place.js';
import type { Context } from './context.js';
import type { HostServer, Log, ResourceOptions, ResourceType } from './model.js';
import { Resource } from './resource.js';

/** Files of a folder of the project: `root`, with `index.html` for folders. `public`, or `public-<env>`, is served at `/` by itself. */
export function filesType(project: string, log: Log): ResourceType {
  class FilesResource extends Resource {
    static readonly label = 'Files';
    static readonly schema = {
      root: { type: 'string', required: true, description: 'Folder of the project to be served' },
      spa: { type: 'boolean', default: false, description: 'Answer paths that are not there with index.html' },
      listing: { type: 'boolean', default: false, description: 'List folders without index.html' },
    };

    /** The public folder. */
    static selfHost({ server }: { readonly server: HostServer }): Resource | undefined {
      const root = [`public-${server.options.env}`, 'public'].find((name) => fs.existsSync(path.join(project, name)));
      return root === undefined ? undefined : new FilesResource('', { config: { root }, configPath: path.join(project, root), server });
    }

    readonly #serve: ServeOptions;
    readonly #handler: ReturnType<typeof fileHandler>;

    constructor(name: string, options: ResourceOptions) {
      super(name, options);
      const { config } = options;
      this.#serve = { root: rootOf(project, String(config['root'])), port: 0, host: '', spa: config['spa'] === true, listing: config['listing'] === true, home: 'index.html', cors: false };
      this.#handler = fileHandler(this.#serve, (text) => { log.error(`resource ${this.path}: ${text}`); });
    }

    override async handle(ctx: Context, next: () => void): Promise<void> {
      const { spa } = this.#serve;
      if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || (!spa && !(await this.#has(ctx.url)))) { next(); return; }
      const query = /\?.*/s.exec(ctx.req.url ?? '')?.[0] ?? '';
      if (this.path !== '/' && ctx.pathname === this.path) {
        // Links of the page are relative to the folder.
        ctx.res.writeHead(301, { Location: `./${this.path.slice(this.path.lastIndexOf('/') + 1)}/${query}` }).end();
        return;
      }
      // The handler knows paths below its root only. A copy: others look at the same request.
      this.#handler(Object.create(ctx.req, { url: { value: `${ctx.url}${query}` } }) as typeof ctx.req, ctx.res);
    }

    async #has(url: string): Promise<boolean> {
      const { root, listing } = this.#serve;
      const parts = partsOf(url);
      if (parts === undefined) return true; // its answer is 400
      const place = await findPlace(root, parts);
      if (place.is !== 'folder' || listing) return place.is === 'file' || place.is === 'folder';
      return (await findPlace(root, [...parts, 'index.html'])).is === 'file';
    }
  }
  return Object.defineProperty(FilesResource, 'name', { value: 'Files' });
}

// Scripts and settings of the host are not for everybody: neither the project as a whole nor what is not of it.
function rootOf(project: string, root: string): string {
  const top = fs.realpathSync(project);
  let real: string;
  try {
    real = fs.realpathSync(path.resolve(top, root));
  } catch (e) {
    if (errno(e) === 'ENOENT') throw new Error(`its root ${root} is not there`, { cause: e });
    throw e;
  }
  if (!fs.statSync(real).isDirectory()) throw new Error(`its root ${root} is no folder`);
  const [first] = path.relative(top, real).split('/');
  if (first === '' || first === '..' || first === 'resources' || first === 'modules' || first === 'node_modules') throw new Error(`its root ${root}: wanted a folder of the project that is for everybody, e.g. public`);
  return real;
}
