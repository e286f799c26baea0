/** Records of the HTTP API: module hosts, jobs, the store. Types only. */
import type { ErrorRecord, Status } from '../protocol/views.js';

/** A module host that runs. Where it did not answer: `error` and empty lists. */
export interface HostInfo {
  readonly id: number;
  readonly name: string;
  readonly status: Status;
  /** Its folder. */
  readonly dir?: string;
  /** Where it listens. */
  readonly url?: string;
  readonly dev?: boolean;
  readonly types: readonly HostType[];
  readonly resources: readonly HostResource[];
  readonly modules: readonly HostModule[];
  readonly error?: ErrorRecord;
}
/** A resource type: src/host/views.ts TypeView. */
export interface HostType {
  readonly name: string;
  readonly label?: string;
  readonly file?: string;
  readonly defaultPath?: string;
  /** Names of its event scripts, e.g. `get`, `post`. */
  readonly events: readonly string[];
  readonly pages?: readonly string[];
  /** JSON Schema of an instance's configuration. */
  readonly schema?: Readonly<Record<string, unknown>>;
}
/** An instance of a type: ResourceView. */
export interface HostResource {
  /** Its path below the host, without the leading slash. */
  readonly id: string;
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** File name -> text of its event scripts. */
  readonly files?: Readonly<Record<string, string>>;
  readonly error?: string;
}
/** A drop-in: ModuleRow. */
export interface HostModule {
  readonly file: string;
  readonly state: 'loaded' | 'errored' | 'quarantined';
  readonly reason?: string;
  /** Time of loading. */
  readonly ms?: number;
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'lost' | 'cancelled';
export interface JobView {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly retries?: number;
  readonly key?: string;
  readonly payload?: unknown;
  readonly result?: unknown;
  readonly error?: string;
  /** Who holds it. */
  readonly worker?: string;
  readonly fence?: number;
  readonly runAt?: number;
  readonly addedAt?: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}
export interface JobPage {
  readonly jobs: readonly JobView[];
  /** How many there are of each state. */
  readonly counts: Readonly<Record<string, number>>;
  readonly trouble?: string;
}
export interface ScheduleView {
  readonly name: string;
  /** A cron line. */
  readonly cron?: string;
  /** ms. */
  readonly every?: number;
  readonly tz?: string;
  readonly catchUp?: string;
  readonly paused: boolean;
  readonly lastAt?: number;
  readonly nextAt?: number;
}

export interface StoreView {
  readonly file: string;
  /** Of the database and its write-ahead file. */
  readonly bytes: number;
  readonly namespaces: readonly { readonly name: string; readonly records: number }[];
  /** Why it is not usable. */
  readonly trouble?: string;
}
