/**
 * Theory of operation of this room. One process holds a folder: a store and jobs that all its instances share, the server
 * that modules find at `process.server`, the resources it routes to, and the modules themselves. They are five singletons in a
 * container (mgr/container), which brings them up in the order of their needs and down in the reverse one:
 *
 *   storage -> jobs -> server -> resources -> modules -> front (listens, answers the manager, waits for the end)
 *
 * What a module may do to the process it is in cannot be prevented, only survived: notes on disk (notes.ts), a thread that
 * counts heartbeats (watchdog.ts) and stacks (blame.ts) tell the next life which file to leave out.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from '../base/clock.js';
import { fileSafe } from '../base/paths.js';
import { errno, reasonOf } from '../base/thrown.js';
import { type Logger, ModuleManager } from '../container/container.js';
import { blame } from './blame.js';
import { readFolder, shortName } from './folder.js';
import { importer, type ImportOptions } from './load.js';
import { Modules } from './modules.js';
import type { Notes } from './notes.js';
import type { HostOptions } from './options.js';
import { createResources, type Resources } from './resources/resources.js';
import { HostServer, type HostLog } from './server.js';
import { Storage } from './storage.js';

/** What the process gives. */
export interface Around {
  readonly options: HostOptions;
  readonly notes: Notes;
  readonly clock: Clock;
  readonly pid: number;
  readonly log: HostLog;
  readonly esm: ImportOptions;
  /** It is there for whoever asks for it by name. Called before the first module is loaded. */
  readonly announce: (server: HostServer) => void;
  /** It listens; every module has its outcome. */
  readonly up: (host: Host) => void;
  readonly logger: Logger;
}

export interface Host {
  readonly server: HostServer;
  readonly modules: Modules;
  readonly resources: Resources;
  readonly storage: Storage;
}

/** How long requests under way may take when the host ends, ms. */
const LEAVE = 5000;

/** The container of a host, ready to run. `run` rejects when the port cannot be had, or with `strict` a module not be loaded. */
export function composeHost(around: Around): ModuleManager {
  const { options, log } = around;

  class StorageModule {
    readonly storage = new Storage({ home: options.home, name: options.name, worker: options.name, pid: around.pid, clock: around.clock, log });
    init(): void { present.storage = this.storage; }
    terminate(): void { this.storage.close(); }
  }

  // Before the store is closed jobs are let go; before that the server takes no more requests that might add some.
  class JobsModule {
    static moduleSchema = { storage: { type: StorageModule } };
    declare readonly storage: StorageModule;
    async stop(): Promise<void> { await this.storage.storage.closeJobs(); }
  }

  class ServerModule {
    static moduleSchema = { storage: { type: StorageModule }, jobs: { type: JobsModule } };
    declare readonly storage: StorageModule;
    declare server: HostServer;
    start(): void {
      const { storage } = this.storage;
      this.server = new HostServer({
        options: { env: options.env, port: options.port, host: options.host }, log, now: () => around.clock.wall(),
        store: (namespace) => storage.store(namespace), jobs: () => storage.jobs, dataDirOf: (module) => dataDir(options, module),
      });
      around.announce(this.server);
    }
    stop(): Promise<void> { return closed(this.server, around.clock); }
  }

  class ResourcesModule {
    static moduleSchema = { server: { type: ServerModule } };
    declare readonly server: ServerModule;
    declare resources: Resources;
    start(): void {
      const { server } = this.server;
      this.resources = createResources({ dir: options.dir, server, store: (namespace) => server.createStore(namespace), sessions: server.sessions, cors: options.cors, env: options.env, log, dataDir: (owner) => made(path.join(options.notes, owner)) });
      server.serve(this.resources);
    }
  }

  class ModulesModule {
    static moduleSchema = { server: { type: ServerModule }, resources: { type: ResourcesModule } };
    declare readonly server: ServerModule;
    declare readonly resources: ResourcesModule;
    declare modules: Modules;
    async start(): Promise<void> {
      const { server } = this.server;
      this.modules = new Modules({
        folder: readFolder(options.dir), notes: around.notes, load: importer(around.esm), only: options.only, now: () => around.clock.now(),
        registerType: (file, type) => { this.resources.resources.registerType(file, type); },
        say: (text) => { log.info(`host: ${text}`); }, complain: (text) => { log.error(`host: ${text}`); },
        told: (event, row) => { server.emit(event, row.file, row.reason); },
      });
      present.modules = this.modules;
      await this.modules.loadAll();
      const [first] = this.modules.failed;
      if (options.strict && first) throw new Error(`--strict: ${first.file}: ${first.reason ?? first.state}`);
    }
  }

  class Front {
    static moduleSchema = { modules: { type: ModulesModule } };
    declare readonly modules: ModulesModule;
    async start(): Promise<void> {
      const { server: { server }, resources: { resources }, modules } = this.modules;
      await resources.reload();
      await listen(server, portFile(options));
      around.up({ server, resources, modules, storage: this.modules.server.storage.storage });
    }
    main({ signal }: { signal: AbortSignal }): Promise<void> { return new Promise((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true }); }); }
  }

  // Loading has its limits in load.ts, so that the one who is late is named.
  const manager = new ModuleManager({ logger: around.logger, signals: false, timeouts: { start: Number.POSITIVE_INFINITY } });
  for (const part of [StorageModule, JobsModule, ServerModule, ResourcesModule, ModulesModule, Front]) manager.register(part);
  return manager;
}

/** Of this process, also while it comes up: for whoever has to deal with its end. */
export const present: { modules?: Modules; storage?: Storage } = {};

/** Of a name, of a path or a file: URL in a module, or of who calls. Throws when that is no module of this host. */
function dataDir(options: HostOptions, module: string | undefined): string {
  const asStack = module === undefined ? new Error().stack ?? '' : module.startsWith('file:') || path.isAbsolute(module) ? `    at ${module}:1` : undefined;
  const found = asStack === undefined ? module : blame(Object.assign(new Error(), { stack: asStack }), readFolder(options.dir).candidates)?.file;
  if (found === undefined) throw new Error(`dataDirOf: ${module ?? 'what calls it'} is no module of ${options.dir}; give the name of one`);
  const name = shortName(found).replace(/[^\w.@+-]/g, '-').replace(/^\.+/, '-');
  return made(path.join(options.home, 'module-data', fileSafe(options.name.split(':')[0] ?? options.name), name));
}

function made(dir: string): string {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

function portFile({ port, notes, only }: HostOptions): string | undefined { return port === 0 && only === undefined ? path.join(notes, 'port') : undefined; }

/** With a file: any free port, but the one that stands there when it can be had, so that what knows it finds it again. */
async function listen(server: HostServer, file: string | undefined): Promise<void> {
  const { host, port } = server.options;
  const before = file !== undefined && fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
  try {
    await listenOn(server, host, before > 0 && before < 65_536 ? before : port);
  } catch (e) {
    if (before === 0) throw cannot(e, host, port);
    await listenOn(server, host, port).catch((again: unknown) => { throw cannot(again, host, port); });
  }
  if (file === undefined || server.port === before) return;
  try {
    made(path.dirname(file));
    fs.writeFileSync(file, String(server.port));
  } catch {
    // A full disk: it serves all the same, and has another port the next time.
  }
}

function listenOn(server: HostServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => { server.off('error', reject); resolve(); });
  });
}

function cannot(e: unknown, host: string, port: number): Error {
  return new Error(`cannot listen on ${host} port ${port}: ${errno(e) === 'EADDRINUSE' ? `the port is in use; another with --port, or --port 0 for any` : errno(e) === 'EACCES' ? 'ports below 1024 are root\'s' : reasonOf(e)}`, { cause: e });
}

function closed(server: HostServer, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(LEAVE, () => { server.closeAllConnections(); });
    server.close(() => { cancel(); resolve(); });
    server.closeIdleConnections();
  });
}
