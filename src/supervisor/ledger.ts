import { randomUuid } from '../base/random.js';
import type { AppSpec } from '../config/spec.js';
import { type Intensity, MOST_EXITS, type ProcessRecord, type RunRecord } from '../protocol/records.js';
import type { ExitRecord } from '../protocol/views.js';
import type { State, Want } from './machine.js';
import { NO_INTENSITY } from './policy.js';
import type { Keeper } from './ports.js';

/** The record of a process that never ran. */
export function freshRecord(id: number, spec: AppSpec, instance: number, now: number, want: Want = 'down'): ProcessRecord {
  return { id, spec, instance, uniqueId: randomUuid(), createdAt: now, want, restarts: 0, intensity: NO_INTENSITY, runs: 0, exits: [] };
}

/** What a process has behind it, its ends and its restarts; and the words for the next daemon about it. */
export class Ledger {
  readonly #id: number;
  readonly #keeper: Keeper;
  #restarts: number;
  #exits: readonly ExitRecord[];
  /** The last end of a living run: not of one that was replaced, or not taken. */
  #last: ExitRecord | undefined;
  /** Runs beside the living one, by number. */
  readonly #others: Map<number, RunRecord>;

  constructor(kept: ProcessRecord, keeper: Keeper) {
    this.#id = kept.id;
    this.#keeper = keeper;
    this.#restarts = kept.restarts;
    this.#exits = kept.exits;
    this.#last = kept.exits.at(-1);
    this.#others = new Map(kept.others?.map((r) => [r.run, r]));
  }

  get restarts(): number { return this.#restarts; }
  /** Oldest first. */
  get exits(): readonly ExitRecord[] { return this.#exits; }
  /** How the living run's predecessor ended, if it ended by itself or was asked to. */
  get lastEnd(): ExitRecord | undefined { return this.#last; }
  /** Wall-clock ms at which the last run began that is over. */
  get lastStart(): number | undefined {
    const last = this.#last;
    return last && last.at - last.ran;
  }

  wished(want: Want): void { this.#keeper.patch(this.#id, { want }); }
  declared(spec: AppSpec): void { this.#keeper.patch(this.#id, { spec }); }

  /** Written before the deed: a daemon that dies between them is followed by one that looks for it. */
  intended(run: RunRecord): void { this.#keeper.patch(this.#id, { live: run, primary: run.primary, runs: run.run, restarts: this.#restarts, failed: undefined, stopped: undefined }); }
  born(run: RunRecord): void { this.#keeper.patch(this.#id, { live: run, primary: run.primary }); }
  unborn(): void { this.#keeper.patch(this.#id, { live: undefined }); }

  /** Why it is down; that it is up is seen by its run. */
  came(state: State): void {
    if (state.name === 'failed') this.#keeper.patch(this.#id, { failed: state.reason, primary: undefined });
    else if (state.name === 'stopped') this.#keeper.patch(this.#id, { stopped: state.why, failed: undefined, primary: undefined });
  }

  ended(exit: ExitRecord, restarted: boolean, intensity: Intensity): void {
    this.#exits = [...this.#exits, exit].slice(-MOST_EXITS);
    this.#last = exit;
    if (restarted) this.#restarts++;
    this.#keeper.patch(this.#id, { live: undefined, exit, restarts: this.#restarts, intensity });
  }

  /** A run beside the living one: intended, and again when it is born. */
  beside(run: RunRecord): void {
    this.#others.set(run.run, run);
    this.#keeper.patch(this.#id, { others: [...this.#others.values()], runs: run.run });
  }

  /** The run `n` from beside is the living one now, `old` is beside it: one line, so that no daemon finds half of it. */
  tookOver(n: number, old: RunRecord | undefined, spec: AppSpec | undefined): void {
    const live = this.#others.get(n);
    this.#others.delete(n);
    if (old) { this.#others.set(old.run, old); this.#restarts++; }
    this.#keeper.patch(this.#id, { live, primary: live?.primary, others: this.#rest(), restarts: this.#restarts, failed: undefined, stopped: undefined, ...(spec && { spec }) });
  }

  /** A run beside the living one is gone, or never came. */
  left(n: number, exit?: ExitRecord): void {
    this.#others.delete(n);
    if (exit) this.#exits = [...this.#exits, exit].slice(-MOST_EXITS);
    this.#keeper.patch(this.#id, { others: this.#rest(), ...(exit && { exit }) });
  }

  #rest(): RunRecord[] | undefined { return this.#others.size === 0 ? undefined : [...this.#others.values()]; }

  reset(intensity: Intensity): void {
    this.#restarts = 0;
    this.#keeper.patch(this.#id, { restarts: 0, intensity });
  }
}
