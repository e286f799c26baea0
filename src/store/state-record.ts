import type { AppSpec } from '../config/spec.js';
import type { ExitRecord } from '../protocol/views.js';

const MOST_EXITS = 10;

/** One run of a process: what a new daemon needs to find it, read its output and know it again. */
export interface RunRecord {
  readonly run: number;
  /** FIFOs of stdout and stderr, names inside the home's run folder. */
  readonly out: string;
  readonly err: string;
  readonly token: string;
  /** Wall-clock ms of the spawn. */
  readonly at: number;
  /** Id of the boot it belongs to: a pid of another boot is nobody. */
  readonly boot: string;
  /** Undefined between the intent and the spawn. */
  readonly pid?: number;
  /** Kernel start time of pid: a recycled pid has another. */
  readonly start?: string;
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
  readonly intensity: { readonly ranTotal: number; readonly unstableAt: readonly number[]; readonly lastDelay: number };
  /** The last run; kept after its end so that numbers go on. */
  readonly runs: number;
  readonly live?: RunRecord;
  readonly exits: readonly ExitRecord[];
}

/** Undefined in a patch removes the key; `exit` is appended to `exits`. */
export type Patch = { readonly [K in keyof ProcessRecord]?: ProcessRecord[K] | undefined } & { readonly exit?: ExitRecord };

/** The record with the patch laid over it. */
export function applied(record: ProcessRecord, patch: Patch): ProcessRecord {
  const { exit, ...rest } = patch;
  const next: Record<string, unknown> = { ...record };
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) delete next[key]; else next[key] = value;
  }
  if (exit) next['exits'] = [...record.exits, exit].slice(-MOST_EXITS);
  return next as unknown as ProcessRecord;
}
