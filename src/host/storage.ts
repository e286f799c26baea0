import fs from 'node:fs';
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { homeAt } from '../base/paths.js';
import { openDatabase, type Database } from '../database/database.js';
import { createStore, type Store } from '../database/documents.js';
import { openJobs, type Jobs, type OpenedJobs } from '../jobs/jobs.js';
import type { HostLog } from './server.js';

export interface StorageOptions {
  /** `$MGR_HOME`: the store is a file in it, which all hosts and instances share. */
  readonly home: string;
  /** Name of the host. */
  readonly name: string;
  /** Who does jobs, as `mgr jobs` shows it. */
  readonly worker: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: HostLog;
}

/** The durable part of a host. Nothing is opened before it is asked for: an idle host pays nothing. */
export class Storage {
  readonly #o: StorageOptions;
  #database: Database | undefined;
  #jobs: OpenedJobs | undefined;

  constructor(o: StorageOptions) { this.#o = o; }

  /** Throws STORE_IO, STORE_BUSY when the file cannot be opened. */
  get database(): Database {
    const { home, log } = this.#o;
    if (this.#database) return this.#database;
    fs.mkdirSync(home, { recursive: true, mode: 0o700 });
    return this.#database = openDatabase(homeAt(home).database, { warn: (text) => { log.warn(`host: ${text}`); } });
  }

  get jobs(): Jobs {
    const { worker, pid, clock, log } = this.#o;
    return this.#jobs ??= openJobs({ database: this.database, worker: { name: worker, pid }, clock, namespace: (of) => this.#namespace(of), log: (text, what) => { log[what === 'said' ? 'info' : 'warn'](`[jobs] ${text}`); } });
  }

  /** Documents of this host: another one of this home has its own under the same name. */
  store(namespace: string): Store { return createStore(this.database, this.#namespace(namespace)); }

  #namespace(of: string): string { return `${this.#o.name.split(':')[0] ?? ''}:${of}`; }

  /** The process ends now: what it was doing is given back, so that another one need not wait for its leases. */
  ended(status: number): void {
    try {
      this.#jobs?.closeNow(status);
    } catch (e) {
      this.#o.log.warn(`[jobs] what ran is not given back, its leases have to pass: ${reasonOf(e)}`);
    }
  }

  async closeJobs(): Promise<void> { await this.#jobs?.close(); }

  close(): void { this.#database?.close(); }
}
