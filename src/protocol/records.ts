/** What a daemon keeps of a process for the next one: the supervisor tells it, the store writes it. */
import type { AppSpec } from '../config/spec.js';
import type { ExitRecord } from './views.js';

/** One run of a process: what a new daemon needs to find it, read its output and know it again. */
export interface RunRecord {
  readonly run: number;
  /** FIFOs of stdout and stderr, names inside the home's run folder. */
  readonly out: string;
  readonly err: string;
  /** The one of stdin; undefined: it reads /dev/null (a worker of a cluster, a run of an older daemon). */
  readonly in?: string;
  readonly token: string;
  /** Wall-clock ms of the spawn. */
  readonly at: number;
  /** Id of the boot it belongs to: a pid of another boot is nobody. */
  readonly boot: string;
  /** Undefined between the intent and the spawn. */
  readonly pid?: number;
  /** Kernel start time of pid: a recycled pid has another. */
  readonly start?: string;
  /** Its `listening` was told (a worker of a cluster). */
  readonly listens?: true;
  /** Of the declaration it was started by (config/plan-keys.ts). */
  readonly mark?: string;
  /** Of a Node program that runs as another user than the daemon. */
  readonly door?: DoorRecord;
  /** Who starts it and tells its end, when that is not the daemon. */
  readonly primary?: PrimaryRecord;
  /** A worker of a cluster: it speaks by its primary and ends with it. */
  readonly worker?: true;
}

/** The primary of an app (supervisor/launch/primary.ts). */
export interface PrimaryRecord {
  readonly token: string;
  readonly boot: string;
  /** Undefined before it was started. */
  readonly pid?: number;
  readonly start?: string;
}

/** How such a program reaches the daemon (supervisor/launch/door.ts). */
export interface DoorRecord {
  readonly uid: number;
  /** Name of its note inside the home's door folder. */
  readonly note: string;
}

/** What the policy of restarts remembers between runs (supervisor/policy.ts). */
export interface Intensity {
  /** ms of running time, all runs summed. */
  readonly ranTotal: number;
  /** Each unstable exit, as the running time at which it fell. */
  readonly unstableAt: readonly number[];
  /** ms; the last back-off delay, 0 when none is in force. */
  readonly lastDelay: number;
}

export interface ProcessRecord {
  readonly id: number;
  readonly spec: AppSpec;
  readonly instance: number;
  readonly uniqueId: string;
  readonly createdAt: number;
  readonly want: 'up' | 'down';
  /** Set when it gave up. */
  readonly failed?: string;
  /** Why it is stopped, when it stopped by itself. */
  readonly stopped?: string;
  readonly restarts: number;
  readonly intensity: Intensity;
  /** The last run; kept after its end so that numbers go on. */
  readonly runs: number;
  readonly live?: RunRecord;
  /** The primary it holds, also between two runs; none when it is stopped. */
  readonly primary?: PrimaryRecord;
  /** A change of its watched files that nothing was done about yet. `at`: wall-clock ms. */
  readonly changed?: { readonly at: number; readonly file: string };
  /** Runs beside the living one: a heir that has not taken over (a higher number), or runs that are leaving. */
  readonly others?: readonly RunRecord[];
  readonly exits: readonly ExitRecord[];
}

/** Every run that may live. */
export function runsOf(record: Pick<ProcessRecord, 'live' | 'others'>): RunRecord[] {
  return [...(record.live ? [record.live] : []), ...(record.others ?? [])];
}

/** Ends kept of a process, the last ones. */
export const MOST_EXITS = 10;

/** Undefined in a patch removes the key; `exit` is appended to `exits`. */
export type RecordPatch = { readonly [K in keyof ProcessRecord]?: ProcessRecord[K] | undefined } & { readonly exit?: ExitRecord };
