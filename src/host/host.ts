/** What a module of a host imports: `mgr/host`. The same as `process.server`, with its type. */
import type { HostServer } from './server.js';

export { Resource } from './resources/resource.js';
export type { Context } from './resources/context.js';
export type { ResourceOptions } from './resources/model.js';
export type { Session, Sessions } from './sessions.js';
export type { HostLog, HostServer } from './server.js';
export type { Jobs, JobHandler, Job } from '../jobs/jobs.js';
export type { Store } from '../database/documents.js';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Node's own types are one
  namespace NodeJS {
    interface Process {
      /** The server of the module host this program is; there in modules of a host alone. */
      server?: HostServer;
    }
  }
}

/** The host's server. Importing this elsewhere throws: there is none. */
export const server: HostServer = here();

/** The folder of a module's own, which outlives restarts; on this machine only. `module`: its name, or a file of it; default: who calls. */
export function dataDir(module?: string): string { return server.dataDirOf(module); }

function here(): HostServer {
  if (process.server === undefined) throw new Error('mgr/host: this program is not run by a module host; mgr host start <folder> runs one');
  return process.server;
}
