/** Records of the HTTP API: module hosts, jobs, the store. Types only. */
import type { ModuleRow, ResourceDetail, ResourceView, TypeView } from '../host/views.js';
import type { AttemptView, JobState, JobView, ScheduleView } from '../jobs/views.js';
import type { ErrorRecord, Status } from '../protocol/views.js';

export type { AttemptView, JobState, JobView, ModuleRow, ResourceDetail, ResourceView, ScheduleView, TypeView };

/** A module host that runs. Where it did not answer: `error` and empty lists. */
export interface HostInfo {
  readonly name: string;
  /** Its processes. */
  readonly processes: readonly { readonly id: number; readonly status: Status }[];
  /** Its folder. */
  readonly dir?: string;
  /** Where it listens. */
  readonly url?: string;
  readonly env?: 'development' | 'production';
  readonly types: readonly TypeView[];
  readonly resources: readonly ResourceView[];
  readonly modules: readonly ModuleRow[];
  readonly error?: ErrorRecord;
}

/** Where a page of a resource type is for an hour: for a frame. */
export interface FrameView { readonly url: string }

export interface JobPage {
  readonly jobs: readonly JobView[];
  /** How many there are of each state. */
  readonly counts: Readonly<Record<JobState, number>>;
  /** Names of which nothing is begun at present. */
  readonly paused: readonly string[];
}
/** A job with its claims, the first first. */
export interface JobDetail extends JobView { readonly attempts: readonly AttemptView[] }

export interface StoreView {
  readonly file: string;
  /** Of the database and its write-ahead file. */
  readonly bytes: number;
  /** Documents of modules. */
  readonly namespaces: readonly { readonly name: string; readonly records: number; readonly bytes: number }[];
  /** Bytes of the metrics history. */
  readonly history: number;
  /** Why it is not usable. */
  readonly trouble?: string;
}
