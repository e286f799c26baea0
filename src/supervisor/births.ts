import { reasonOf } from '../base/errors.js';
import type { RunRecord } from '../protocol/records.js';
import { type Born, bear, fifosOf, intend } from './launch/birth.js';
import type { Who } from './launch/env.js';
import type { Exit } from './policy.js';
import type { Ports } from './ports.js';

/** Whose runs are born. */
export interface Mother {
  /** Is the run with this number still wanted? A birth may take its time. */
  wanted(n: number): boolean;
  /** It is to be put on record now: the deed follows. */
  intended(run: RunRecord): void;
  born(run: RunRecord): void;
  /** It was intended and will not be born. */
  unborn(run: RunRecord): void;
  /** No `exit`: nobody saw how. */
  ended(n: number, exit: Exit | undefined): void;
  /** What came of it, later than the call. */
  late(n: number, event: Born): void;
}

/** Makes the processes of runs: FIFOs, the record, the deed, in this order. */
export class Births {
  readonly #ports: Ports;
  readonly #mother: Mother;

  constructor(ports: Ports, mother: Mother) {
    this.#ports = ports;
    this.#mother = mother;
  }

  /** Gives what came of it; undefined: it is told later. */
  begin(n: number, who: Who): Born | undefined {
    const mother = this.#mother;
    const run = intend(n, who.spec, this.#ports);
    if (!run) { this.#whenStocked(n, who); return undefined; }
    mother.intended(run);
    const late = (event: Born): void => {
      if (event.type === 'spawnFailed') this.unmake(run);
      mother.late(n, event);
    };
    const event = bear(run, who, this.#ports, {
      onBorn: (born) => mother.born(born),
      onExit: (exit) => mother.ended(n, exit),
      onFail: (reason, passing) => late({ type: 'spawnFailed', reason, passing }),
      wanted: () => mother.wanted(n),
      onLate: late,
    });
    if (event?.type === 'spawnFailed') this.unmake(run);
    return event;
  }

  /** What was prepared for a run that has no process. */
  unmake(run: RunRecord): void {
    this.#ports.channels.forget(run.token);
    for (const file of fifosOf(run, this.#ports.home)) this.#ports.fifos.giveBack(file);
    this.#mother.unborn(run);
  }

  /** The stock of FIFOs is empty: make more, then go on. */
  #whenStocked(n: number, who: Who): void {
    this.#ports.fifos.ready(8).then(
      () => {
        const event = this.#mother.wanted(n) ? this.begin(n, who) : undefined;
        if (event) this.#mother.late(n, event);
      },
      (e: unknown) => { if (this.#mother.wanted(n)) this.#mother.late(n, { type: 'spawnFailed', reason: `no FIFO for its output: ${reasonOf(e)}`, passing: true }); },
    );
  }
}
