import type { Clock } from '../base/clock.js';
import { asError, MgrError } from '../base/errors.js';
import type { Database } from '../database/database.js';
import { patient } from '../database/patience.js';
import { DEFAULT_GAPS, gapAfter } from './backoff.js';
import { type Definition, MOST_SPAN, parsePayload } from './options.js';
import type { Claim, Failure, Queue } from './queue.js';
import type { Job, JobHandler, JobTransaction, Log } from './types.js';

export interface RunOptions {
  readonly claim: Claim;
  readonly definition: Definition;
  readonly handler: JobHandler;
  readonly queue: Queue;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** What a handler writes through when it completes. */
  readonly transaction: JobTransaction;
}

/** What is to be written when an attempt has ended; false: it was refused. */
export type Ending = (() => boolean) | undefined;

const MOST_ERROR = 4000;

/**
 * One attempt: a handler at work on a job that this program holds. It never writes about a job but with the number of its
 * claim, so that a program which slept through its lease can do no harm.
 */
export class Run {
  readonly claim: Claim;
  readonly definition: Definition;
  /** Monotonic ms: the next sign of life, and the end of the lease as we know it. */
  beatAt = 0;
  leaseEnd = 0;
  readonly #o: RunOptions;
  readonly #abort = new AbortController();
  readonly #cut: Promise<never>;
  #cutOff: (why: Error) => void = () => { /* set below */ };
  #completing: Promise<void> | undefined;
  #completed = false;
  #givenBack = false;

  constructor(options: RunOptions) {
    this.#o = options;
    this.claim = options.claim;
    this.definition = options.definition;
    this.#cut = new Promise((_, reject) => { this.#cutOff = reject; });
    this.#cut.catch(() => { /* nobody waits for it before the handler runs */ });
    this.renewed();
  }

  /** Its handler has completed it, though it may still be at work. */
  get completed(): boolean { return this.#completed; }
  get title(): string { return `job ${this.claim.id} (${this.claim.name})`; }

  renewed(): void {
    const now = this.#o.clock.now();
    this.beatAt = now + this.definition.lease / 3;
    this.leaseEnd = now + this.definition.lease;
  }

  /** The handler is told; it ends when it likes. */
  abort(why: string): void { this.#abort.abort(new Error(why)); }

  /** The program ends. A handler that listens fails by it, which is no fault of the job. */
  giveBack(): void {
    this.#givenBack = true;
    this.abort(`${this.title} is given back: the program ends`);
  }

  /** Somebody else has it, or may have it: the place is free, and what comes late is refused. False: that is known. */
  lose(): boolean {
    if (this.#completed || this.#abort.signal.reason instanceof Lost) return false;
    this.#abort.abort(new Lost(`${this.title} is no longer held: its lease passed`));
    this.#cutOff(new Lost());
    return true;
  }

  /** Runs the handler. Resolves with what is to be written, never rejects. */
  async go(): Promise<Ending> {
    const { clock, log } = this.#o;
    const { timeout } = this.definition;
    const late = timeout === undefined ? undefined : clock.after(timeout, () => {
      this.abort(`${this.title} took longer than ${timeout} ms`);
      this.#cutOff(new TookTooLong(`took longer than ${timeout} ms`));
    });
    const work = this.#work();
    try {
      const result = await Promise.race([work, this.#cut]);
      await this.#completing;
      return this.#completed ? undefined : () => this.#o.queue.done(this.claim, this.#written(result));
    } catch (e) {
      await this.#completing?.catch(() => { /* then it is not completed */ });
      if (this.#completed) {
        if (!(e instanceof Lost)) log(`${this.title} is done, but its handler threw after that: ${asError(e).message}`);
        return undefined;
      }
      if (e instanceof Lost || e instanceof TookTooLong) work.then((r) => this.#late(r), () => this.#late());
      if (this.#givenBack) return () => this.#o.queue.release(this.claim);
      if (e instanceof Lost) return undefined;
      const failure = this.#failure(e);
      return () => this.#o.queue.failed(this.claim, failure);
    } finally {
      late?.();
    }
  }

  /** For an end of the whole program: nobody will hear of the handler again. */
  failure(error: string): Failure { return this.#failure(new Error(error)); }

  // Apart, so that a handler that throws at once is as one that rejects.
  async #work(): Promise<unknown> { return this.#o.handler(this.#job()); }

  #job(): Job {
    const { claim: { id, name, payload, attempt, fence, slot }, log } = this.#o;
    return {
      id: String(id), name, attempt, fence, slot, payload: payload === undefined ? undefined : JSON.parse(payload) as unknown, signal: this.#abort.signal,
      log: (text) => { log(`${this.title}: ${text}`, 'said'); },
      complete: (write, result) => this.#complete(write, result),
    };
  }

  #complete(write: ((tx: JobTransaction) => void) | undefined, result: unknown): Promise<void> {
    const { database, clock, queue, transaction } = this.#o;
    if (this.#completing) throw new Error(`${this.title} was completed before`);
    const writes = (): void => {
      // First, since it takes the fence: what follows is undone with it when it throws.
      if (!queue.done(this.claim, this.#written(result))) this.#refused();
      const got: unknown = write?.(transaction);
      if (typeof got === 'object' && got !== null && 'then' in got) throw new TypeError(`${this.title}: got an asynchronous function for complete, wanted one that writes at once`);
    };
    const completing = patient(database, () => { database.transaction(writes); }, { clock, ms: Math.max(0, this.leaseEnd - clock.now()) })
      .then(() => { this.#completed = true; }, (e: unknown) => { this.#completing = undefined; throw e; });
    // Who does not wait for it ends with it all the same: `go` does.
    completing.catch(() => { /* told by it */ });
    return (this.#completing = completing);
  }

  #refused(): never {
    const { id, fence } = this.claim;
    const now = this.#o.queue.holder(id);
    this.#o.log(`${this.title}: completion with fence ${fence} refused: ${now}`);
    throw new MgrError('JOB_STALE', { id: String(id), fence, now });
  }

  #late(result?: unknown): void {
    const { queue, log } = this.#o;
    if (this.#completed) return;
    try {
      if (!queue.done(this.claim, this.#written(result))) log(`${this.title}: completion with fence ${this.claim.fence} refused: ${queue.holder(this.claim.id)}`);
    } catch (e) {
      log(`${this.title}: ended late, and the store did not answer: ${asError(e).message}`);
    }
  }

  #failure(e: unknown): Failure {
    const error = asError(e);
    const again = this.claim.attempt <= this.definition.retries && (e as { retry?: unknown } | undefined)?.retry !== false;
    const text = error instanceof TookTooLong ? error.message : error.stack ?? error.message;
    return {
      // A text with a NUL cannot be stored.
      outcome: e instanceof TookTooLong ? 'timeout' : 'failed', error: text.slice(0, MOST_ERROR).replaceAll('\0', '\uFFFD'),
      gap: again ? this.#gap() : undefined,
    };
  }

  #gap(): number {
    const { definition: { gaps }, claim: { attempt } } = this;
    if (typeof gaps !== 'function') return gapAfter(attempt, gaps, Math.random());
    try {
      return ms(gaps(attempt));
    } catch (e) {
      this.#o.log(`${this.title}: its backoff threw, so the next attempt is in ${DEFAULT_GAPS.first} ms: ${asError(e).message}`);
      return DEFAULT_GAPS.first;
    }
  }

  // A result nobody can keep is no reason to do the work again.
  #written(result: unknown): string | undefined {
    try {
      return typeof result === 'function' ? undefined : parsePayload(`${this.title} result`, result);
    } catch (e) {
      this.#o.log(`${this.title}: its result is not kept: ${asError(e).message}`);
      return undefined;
    }
  }
}

class Lost extends Error {}
class TookTooLong extends Error {}

const ms = (gap: unknown): number => (typeof gap === 'number' && gap >= 0 ? Math.round(Math.min(gap, MOST_SPAN)) : DEFAULT_GAPS.first);
