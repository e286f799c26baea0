import type { AppSpec } from '../config/spec.js';
import { type Intensity, MOST_EXITS, type ProcessRecord, type RunRecord } from '../protocol/records.js';
import type { ExitRecord } from '../protocol/views.js';
import type { State, Want } from './machine.js';
import type { Keeper } from './ports.js';

/** What a process has behind it, its ends and its restarts; and the words for the next daemon about it. */
export class Ledger {
  readonly #id: number;
  readonly #keeper: Keeper;
  #restarts: number;
  #exits: readonly ExitRecord[];

  constructor(kept: ProcessRecord, keeper: Keeper) {
    this.#id = kept.id;
    this.#keeper = keeper;
    this.#restarts = kept.restarts;
    this.#exits = kept.exits;
  }

  get restarts(): number { return this.#restarts; }
  /** Oldest first. */
  get exits(): readonly ExitRecord[] { return this.#exits; }
  /** Wall-clock ms at which the last run began that is over. */
  get lastStart(): number | undefined {
    const last = this.#exits.at(-1);
    return last && last.at - last.ran;
  }

  wished(want: Want): void { this.#keeper.patch(this.#id, { want }); }
  declared(spec: AppSpec): void { this.#keeper.patch(this.#id, { spec }); }

  /** Written before the deed: a daemon that dies between them is followed by one that looks for it. */
  intended(run: RunRecord): void { this.#keeper.patch(this.#id, { live: run, runs: run.run, restarts: this.#restarts, failed: undefined, stopped: undefined }); }
  born(run: RunRecord): void { this.#keeper.patch(this.#id, { live: run }); }
  unborn(): void { this.#keeper.patch(this.#id, { live: undefined }); }

  /** Why it is down; that it is up is seen by its run. */
  came(state: State): void {
    if (state.name === 'failed') this.#keeper.patch(this.#id, { failed: state.reason });
    else if (state.name === 'stopped') this.#keeper.patch(this.#id, { stopped: state.why, failed: undefined });
  }

  ended(exit: ExitRecord, restarted: boolean, intensity: Intensity): void {
    this.#exits = [...this.#exits, exit].slice(-MOST_EXITS);
    if (restarted) this.#restarts++;
    this.#keeper.patch(this.#id, { live: undefined, exit, restarts: this.#restarts, intensity });
  }

  reset(intensity: Intensity): void {
    this.#restarts = 0;
    this.#keeper.patch(this.#id, { restarts: 0, intensity });
  }
}
