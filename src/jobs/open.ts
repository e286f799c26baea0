/**
 * Theory of operation. Jobs are rows of the home's database, shared by all programs of the home: open.ts (the object a
 * program has) -> desk.ts (what people do from outside), schedules.ts (times become rows), worker.ts (the loop of one
 * program) -> run.ts (one attempt), queue.ts (all changes of a row).
 *
 * The promise: of a job there is at most one valid holder at any time, the one with the number of the last claim (its
 * fence). It runs at least once, or at most once with `onLost: 'fail'` and no retries; exactly once are only effects that are written by
 * `job.complete` in the transaction that ends the job. Times are those of the store.
 */
import { type Clock, systemClock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { type Database, openDatabase } from '../database/database.js';
import { patient } from '../database/patience.js';
import { together } from '../database/together.js';
import { writesNow } from '../database/write-now.js';
import { Desk } from './desk.js';
import { bad, parseAdd, parseDefine, parseName, parseSchedule } from './options.js';
import { Queue } from './queue.js';
import { Schedules } from './schedules.js';
import { prepareTables } from './tables.js';
import type { AddOptions, DefineOptions, JobFilter, JobHandler, JobTransaction, Jobs, Log, ScheduleOptions } from './types.js';
import type { AttemptView, JobView, NameView, ScheduleView } from './views.js';
import { Worker } from './worker.js';

export interface OpenOptions {
  /** An open one, which stays open; or the file of one, which is opened and closed here. */
  readonly database?: Database;
  readonly file?: string;
  /** Who holds the jobs that are done here. */
  readonly worker?: { readonly name: string; readonly pid: number };
  readonly clock?: Clock;
  /** Lines for the program's log. Default: none. */
  readonly log?: Log;
  /** The namespace of a store by the name that handlers use for it. Default: the same. */
  readonly namespace?: (name: string) => string;
}

/** The jobs of a database. Nothing runs here, and no timer either, before the first `define` or `schedule`. Throws STORE_… */
export function openJobs(options: OpenOptions): OpenedJobs {
  return new JobsOfProgram(options);
}

/** For whoever composes a program. */
export interface OpenedJobs extends Jobs {
  /** For the end of the process, when nothing asynchronous happens any more: gives back what runs, or fails it. */
  closeNow(status: number): void;
  /** Some program does jobs of this name, or did. */
  known(name: string): boolean;
  /** Removes history beyond its bounds now; it happens each minute anyhow. */
  prune(): void;
  /** This program has something to do. */
  readonly busy: boolean;
}

const GRACE = 1000;
/** ms until a store that did not take what a program told it is told again. */
const AGAIN = 2000;

class JobsOfProgram implements OpenedJobs {
  readonly #db: Database;
  readonly #owned: boolean;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #queue: Queue;
  readonly #desk: Desk;
  readonly #schedules: Schedules;
  readonly #worker: Worker;
  readonly #transaction: JobTransaction;
  #end: Promise<void> | undefined;
  #works = false;
  /** What this program has told the store. */
  readonly #told = new Map<string, () => void>();

  constructor({ database, file, worker = { name: 'jobs', pid: process.pid }, clock = systemClock, log = () => { /* nobody listens */ }, namespace = (name) => name }: OpenOptions) {
    if (database === undefined && (typeof file !== 'string' || file === '')) throw bad('openJobs', file, '{ file: <path of a database> } or { database }');
    this.#db = database ?? openDatabase(file ?? '', { warn: log });
    this.#owned = database === undefined;
    prepareTables(this.#db);
    this.#clock = clock;
    this.#log = log;
    this.#queue = new Queue(this.#db);
    this.#desk = new Desk(this.#db, this.#queue);
    this.#schedules = new Schedules(this.#db, this.#queue);
    this.#transaction = { database: this.#db, store: (name) => writesNow(this.#db, namespace(name)), add: (name, payload, more) => String(this.#add(name, payload, more).id) };
    this.#worker = new Worker({
      database: this.#db, queue: this.#queue, schedules: this.#schedules, name: `${worker.name}:${worker.pid}`, clock, log,
      transaction: this.#transaction, replaced: () => { for (const name of this.#told.keys()) void this.#tell(name); },
    });
  }

  get busy(): boolean { return this.#works; }

  define<P = unknown>(name: string, handler: JobHandler<P>, options?: DefineOptions): void {
    const definition = parseDefine(parseName('jobs.define', name), options);
    if (typeof handler !== 'function') throw bad(`jobs.define \`${name}\``, handler, 'a function (job) => …', 'the handler comes second, options third');
    if (this.#worker.has(name)) throw bad(`jobs.define \`${name}\``, 'a second handler', 'one handler for each name in a program', 'give the other one a name of its own');
    this.#register(`jobs ${name}`, () => { this.#desk.learn(name); });
    this.#worker.define(definition, handler as JobHandler);
  }

  schedule<P = unknown>(name: string, when: string | object, handler?: JobHandler<P> | ScheduleOptions, options?: ScheduleOptions): void {
    const [fn, more] = typeof handler === 'function' ? [handler, options] : [undefined, handler ?? options];
    const times = parseSchedule(parseName('jobs.schedule', name), when, more);
    if (fn) this.define(name, fn, definePart(more));
    this.#register(`schedule ${name}`, () => { this.#schedules.put({ name, ...times }); });
    this.#worker.schedule(name);
  }

  closeNow(status: number): void {
    this.#worker.rest();
    this.#worker.settle();
    for (const run of this.#worker.active) {
      if (run.completed) continue;
      if (status === 0 || this.#end || run.definition.onLost === 'fail') this.#queue.release(run.claim);
      else this.#queue.failed(run.claim, run.failure(`the program ended with status ${status}`));
    }
    this.#worker.end();
    if (this.#owned) this.#db.close();
  }

  known(name: string): boolean { return this.#desk.known(name); }

  prune(): void { this.#worker.prune(); }

  close({ grace = GRACE }: { readonly grace?: number } = {}): Promise<void> { return (this.#end ??= this.#close(grace)); }

  async add(name: string, payload?: unknown, options?: AddOptions): Promise<{ id: string; added: boolean }> {
    // What many ask for in one turn of the loop waits for the disk once.
    const { id, added } = await together(this.#db, () => this.#add(name, payload, options), { clock: this.#clock });
    this.#worker.poke();
    return { id: String(id), added };
  }

  async transaction(work: (tx: JobTransaction) => void): Promise<void> {
    if (typeof work !== 'function') throw bad('jobs.transaction', work, 'a function (tx) => …');
    await this.#write(() => this.#db.transaction(() => work(this.#transaction)));
  }

  async unschedule(name: string): Promise<void> { this.#told.delete(`schedule ${name}`); this.#worker.unschedule(name); await this.#write(() => { this.#desk.unschedule(name); }); }
  async list(filter: JobFilter = {}): Promise<JobView[]> { return this.#desk.list(filter); }
  async get(id: string | number): Promise<JobView> { return this.#desk.get(id); }
  async history(id: string | number): Promise<AttemptView[]> { return this.#desk.history(id); }
  async names(): Promise<NameView[]> { return this.#desk.names(); }
  async schedules(): Promise<ScheduleView[]> { return this.#desk.schedules(); }
  async run(id: string | number): Promise<JobView> { return this.#write(() => this.#desk.run(id)); }
  async runSchedule(name: string): Promise<JobView> { return this.#write(() => this.#desk.runSchedule(name)); }
  async retry(id: string | number): Promise<JobView> { return this.#write(() => this.#desk.retry(id)); }
  async cancel(id: string | number): Promise<JobView> { return this.#write(() => this.#desk.cancel(id)); }
  async pause(name: string, only?: 'schedule'): Promise<void> { await this.#write(() => { this.#desk.pause(name, true, only); }); }
  async resume(name: string, only?: 'schedule'): Promise<void> { await this.#write(() => { this.#desk.pause(name, false, only); }); }

  #register(what: string, work: () => void): void {
    this.#told.set(what, work);
    this.#works = true;
    void this.#tell(what);
  }

  // At once, as a rule. A store that is busy or full when a program starts must not end it.
  async #tell(what: string): Promise<void> {
    let told = '';
    // Undefined: it is to be forgotten by now.
    for (let work = this.#told.get(what); !this.#end && work !== undefined; work = this.#told.get(what)) {
      try {
        await this.#write(work);
        return;
      } catch (e) {
        const text = `${what} is not known to the store yet: ${reasonOf(e)}`;
        if (text !== told) this.#log(told = text);
      }
      await new Promise<void>((resolve) => { this.#clock.after(AGAIN, resolve); });
    }
  }

  // A store that others hold is waited for, without a standstill of the program.
  async #write<T>(work: () => T): Promise<T> {
    const result = await patient(this.#db, work, { clock: this.#clock });
    this.#worker.poke();
    return result;
  }

  #add(name: string, payload: unknown, options: AddOptions | undefined): { readonly id: number; readonly added: boolean } {
    return this.#queue.add({ name: parseName('jobs.add', name), ...parseAdd(name, payload, options, this.#queue.now()) });
  }

  async #close(grace: number): Promise<void> {
    this.#worker.rest();
    const end = this.#clock.now() + grace;
    while (this.#worker.active.length > 0 && this.#clock.now() < end) await new Promise<void>((resolve) => { this.#clock.after(10, resolve); });
    for (const run of this.#worker.active) run.giveBack();
    // What listens to its signal has this turn to say so.
    await new Promise<void>((resolve) => { this.#clock.after(0, resolve); });
    try {
      this.#worker.settle();
      for (const run of this.#worker.active) if (!run.completed) this.#queue.release(run.claim);
    } finally {
      this.#worker.end();
      if (this.#owned) this.#db.close();
    }
  }
}

function definePart(options: ScheduleOptions | undefined): DefineOptions {
  const { tz: _tz, catchUp: _catchUp, payload: _payload, ...rest } = options ?? {};
  return rest;
}
