import type { Clock } from '../base/clock.js';
import { asError, isMgrError, reasonOf } from '../base/errors.js';
import { loadCron } from '../config/croner.js';
import type { Database } from '../database/database.js';
import { Endings } from './endings.js';
import { Leases } from './leases.js';
import type { Definition } from './options.js';
import type { Claim, Queue } from './queue.js';
import { Run } from './run.js';
import type { Cron, Schedules } from './schedules.js';
import { storeVersion } from './tables.js';
import type { JobHandler, JobTransaction, Log } from './types.js';

export interface WorkerOptions {
  readonly database: Database;
  readonly queue: Queue;
  readonly schedules: Schedules;
  /** Who holds the jobs: `<program>:<pid>`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly transaction: JobTransaction;
  /** Another file stands in the place of the store: it knows nothing of this program. */
  readonly replaced: () => void;
}

interface Entry { readonly definition: Definition; readonly handler: JobHandler; running: number }

/** ms between two looks whether somebody else wrote to the store: while somebody does, and when it is quiet. */
const LOOK = 50;
const QUIET_LOOK = 250;
/** ms without a change until it is quiet. */
const QUIET = 3000;
/** ms to the next look after one that failed. */
const TROUBLE = 1000;
/** ms. */
const PRUNE = 60_000;
/** ms. Programs that wait for one slot should not all come in the same moment, nor always the same one first. */
const SPREAD = 10;

/**
 * The jobs of this program at work: proposes slots, claims what is due, tells that it lives, sweeps up after those who do
 * not. It has a timer only while this program has a name or a schedule, and asks the store more than a version number only
 * when that has changed or something is due.
 */
export class Worker {
  readonly #o: WorkerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #scheduled = new Set<string>();
  /** By fence. */
  readonly #active = new Map<number, Run>();
  readonly #endings: Endings;
  readonly #leases: Leases;
  #cron: Cron | undefined;
  #cronLoads = false;
  #cancel: (() => void) | undefined;
  #version = -1;
  #notices: number;
  /** Monotonic ms of the last change. */
  #changedAt = 0;
  #poked = true;
  /** Wall-clock ms of the store: when there is something to do. */
  #due = 0;
  #trouble = '';
  #prunedAt: number;
  #ended = 0;
  #closing = false;

  constructor(options: WorkerOptions) {
    this.#o = options;
    this.#prunedAt = options.clock.now();
    this.#notices = options.database.notices.length;
    this.#leases = new Leases({ ...options, active: () => this.active });
    this.#endings = new Endings({
      ...options, claim: (ended) => this.#following(ended), left: (ended, next) => { this.#left(ended, next); }, holds: (run) => this.#active.has(run.claim.fence),
    });
  }

  has(name: string): boolean { return this.#entries.has(name); }
  get active(): readonly Run[] { return [...this.#active.values()]; }

  define(definition: Definition, handler: JobHandler): void {
    this.#entries.set(definition.name, { definition, handler, running: 0 });
    this.poke();
  }

  schedule(name: string): void { this.#scheduled.add(name); this.poke(); }
  unschedule(name: string): void { this.#scheduled.delete(name); }

  /** This program itself has written to the store. */
  poke(): void {
    this.#poked = true;
    if (this.#entries.size > 0 || this.#scheduled.size > 0) this.#arm(0);
  }

  /** Begins nothing more; signs of life go on until `end`. */
  rest(): void { this.#closing = true; }

  /** Writes at once what has ended: it must not be given back, as if it had not. */
  settle(): void { this.#endings.write(); }

  end(): void {
    this.#closing = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#active.clear();
    this.#entries.clear();
    this.#scheduled.clear();
  }

  #arm(wait: number): void {
    this.#cancel?.();
    this.#cancel = this.#o.clock.after(wait, () => {
      const next = this.#guard(() => this.#look()) ?? TROUBLE;
      if (!this.#closing || this.#active.size > 0) this.#arm(next);
    });
  }

  #look(): number {
    const { database, queue, replaced } = this.#o;
    const version = storeVersion(database);
    if (database.notices.length !== this.#notices) {
      this.#notices = database.notices.length;
      this.#poked = true;
      replaced();
    }
    const now = queue.now();
    if (this.#leases.beat(now)) this.#poked = true;
    if (version !== this.#version || this.#poked || now >= this.#due) {
      this.#leases.watch();
      this.#due = this.#closing ? Infinity : this.#work(now);
      if (version !== this.#version || this.#poked) this.#changedAt = this.#o.clock.now();
      this.#version = version;
      this.#poked = false;
    }
    if (this.#ended > 0 && this.#o.clock.now() - this.#prunedAt > PRUNE) this.prune();
    const look = this.#o.clock.now() - this.#changedAt < QUIET ? LOOK : QUIET_LOOK;
    return Math.max(1, Math.min(look, this.#due - now, this.#leases.next()));
  }

  /** Gives the wall-clock ms of the next thing to do. */
  #work(now: number): number {
    const { queue, schedules, log, database } = this.#o;
    let due = Infinity;
    for (const name of this.#scheduled) {
      let at = schedules.due(name);
      if (at !== undefined && at <= now) {
        const note = schedules.propose(name, this.#cron);
        if (note !== undefined) log(note);
        at = schedules.due(name);
        // A cron line whose reader is not there yet.
        if (at !== undefined && at <= now) { this.#loadCron(); at = now + TROUBLE; }
      }
      if (at !== undefined) due = Math.min(due, at + Math.random() * SPREAD);
    }
    const lease = this.#leases.sweep(now);
    if (lease !== undefined) due = Math.min(due, lease + 1 + Math.random() * SPREAD);
    const free = [...this.#entries.values()].filter((e) => e.running < e.definition.concurrency);
    const waits = free.map((e) => queue.due(e.definition.name) ?? Infinity);
    if (Math.min(...waits) > now) return Math.min(due, ...waits);
    for (const claim of database.transaction(() => free.flatMap((e) => this.#claim(e)))) this.#begin(claim);
    return Math.min(due, ...free.filter((e) => e.running < e.definition.concurrency).map((e) => queue.due(e.definition.name) ?? Infinity));
  }

  #claim({ definition, running }: Entry, leaving = 0): Claim[] {
    return this.#closing ? [] : this.#o.queue.claim(definition, this.#o.name, definition.concurrency - running + leaving);
  }

  #begin(claim: Claim): void {
    const entry = this.#entries.get(claim.name);
    if (!entry) return;
    const { queue, database, clock, log, transaction } = this.#o;
    const run = new Run({ claim, definition: entry.definition, handler: entry.handler, queue, database, clock, log, transaction });
    entry.running++;
    this.#active.set(claim.fence, run);
    // In a turn of its own: handlers that never wait must not keep the program from all else.
    setImmediate(() => {
      void run.go().then((ending) => {
        if (ending === undefined) this.#left([run], []);
        else this.#endings.add(run, ending);
      });
    });
  }

  /** What takes the place of these. */
  #following(ended: readonly Run[]): Claim[] {
    return [...this.#entries.values()].flatMap((e) => {
      const free = ended.filter((r) => r.claim.name === e.definition.name).length;
      return free === 0 ? [] : this.#claim(e, free);
    });
  }

  #left(ended: readonly Run[], next: readonly Claim[]): void {
    for (const run of ended) {
      if (!this.#active.delete(run.claim.fence)) continue;
      const entry = this.#entries.get(run.claim.name);
      if (entry) entry.running--;
      this.#ended++;
    }
    for (const claim of next) this.#begin(claim);
    this.poke();
  }

  /** Removes history beyond its bounds. */
  prune(): void {
    this.#prunedAt = this.#o.clock.now();
    this.#ended = 0;
    for (const { definition } of this.#entries.values()) this.#o.queue.prune(definition.name, definition.keep);
  }

  #loadCron(): void {
    if (this.#cronLoads) return;
    this.#cronLoads = true;
    loadCron().then((cron) => { this.#cron = cron; this.poke(); }, (e: unknown) => { this.#cronLoads = false; this.#o.log(`cron lines cannot be read: ${reasonOf(e)}`); });
  }

  // A store that is busy or full must not end the program that has jobs: it is told of once, and asked again.
  #guard<T>(work: () => T): T | undefined {
    try {
      const result = work();
      this.#trouble = '';
      return result;
    } catch (e) {
      const text = isMgrError(e) ? e.message : asError(e).stack ?? reasonOf(e);
      if (text !== this.#trouble) this.#o.log(`jobs wait: ${text}`);
      this.#trouble = text;
      return undefined;
    }
  }
}
