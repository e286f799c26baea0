import { ModuleError, failed, type Phase } from './errors.js';
import type { Entry, Methods } from './registry.js';
import type { Ctx, Logger, Timeouts } from './types.js';

/** A module with its singleton, as the lifecycle sees it. */
export interface Unit {
  readonly entry: Entry;
  readonly instance: object;
  /** What `init` is given. */
  config(): unknown;
}

export const TIMEOUTS: Readonly<Timeouts> = { init: 60_000, start: 60_000, reload: 5000, stop: 10_000, terminate: 5000 };

// What setTimeout can wait; more is for ever.
const LONGEST = 2 ** 31 - 1;

export interface LifecycleOptions {
  readonly timeouts: Timeouts;
  readonly logger: Logger;
  /** A level of modules that do not need each other at once. */
  readonly parallel: boolean;
  /** Aborted when the run is to end. */
  readonly controller: AbortController;
}

/**
 * Brings modules up in the order of their dependencies and down in exactly the reverse one.
 *
 * Theory: `init` and `start` end at the first failure or when the run is aborted. `down` calls `stop` of what was started and
 * `terminate` of what was initialised, each once, whatever fails on the way; nothing is skipped because something else failed.
 * A call whose time is over is left behind: its signal aborts, the failure is noted, and the next call is made.
 */
export class Life {
  readonly failures: ModuleError[] = [];
  readonly #levels: readonly (readonly Unit[])[];
  readonly #o: LifecycleOptions;
  readonly #initialised = new Set<Unit>();
  readonly #started = new Set<Unit>();

  constructor(levels: readonly (readonly Unit[])[], o: LifecycleOptions) {
    // One module at a time is a level of one.
    this.#levels = o.parallel ? levels : levels.flat().map((u) => [u]);
    this.#o = o;
  }

  /** init of all, then start of all. False when it did not come to the end: a failure (in `failures`) or an abort. */
  async up(before: (unit: Unit) => void): Promise<boolean> {
    const inited = await this.#each('init', this.#initialised, (u) => [u.config()], before);
    return inited && this.#each('start', this.#started, () => []);
  }

  /** main of the one module that has it. Undefined when the run was aborted first, or it failed. */
  async main(unit: Unit): Promise<unknown> {
    const { signal } = this.#o.controller;
    let left = false;
    const running = this.#call(unit, 'main', []).catch((e: unknown) => {
      // What an aborted main throws, be it late, is how it ends.
      if (!signal.aborted || (!left && !isAbort(e, signal))) this.failures.push(failed(unit.entry.name, 'main', e));
      return undefined;
    });
    const result = await Promise.race([running, aborted(signal)]);
    left = true;
    return result;
  }

  /** stop, then terminate, in reverse order. Never rejects: see `failures`. */
  async down(reason: string): Promise<void> {
    if (!this.#o.controller.signal.aborted) this.#o.controller.abort(new DOMException(reason, 'AbortError'));
    for (const [phase, done] of [['stop', this.#started], ['terminate', this.#initialised]] as const) {
      for (const level of this.#levels.toReversed()) {
        await Promise.all(level.toReversed().filter((u) => done.delete(u)).map(async (unit) => {
          try {
            await this.#call(unit, phase, [], reason);
          } catch (e) {
            this.#fail(unit, phase, e);
          }
        }));
      }
    }
  }

  /** Calls a method for a reload: `reload`, or `init` again when there is none. Rejects with a ModuleError. */
  async renew(unit: Unit, config: unknown, change: unknown): Promise<void> {
    const has = typeof Reflect.get(unit.instance, unit.entry.methods.reload) === 'function';
    try {
      await (has ? this.#call(unit, 'reload', [config, change]) : this.#call(unit, 'init', [config], undefined, 'reload'));
    } catch (e) {
      throw failed(unit.entry.name, 'reload', e);
    }
  }

  async #each(phase: 'init' | 'start', done: Set<Unit>, args: (u: Unit) => unknown[], before?: (u: Unit) => void): Promise<boolean> {
    const { signal } = this.#o.controller;
    for (const level of this.#levels) {
      if (signal.aborted) return false;
      await Promise.all(level.map(async (unit) => {
        try {
          before?.(unit);
          if (await this.#patient(unit, phase, args(unit))) done.add(unit);
        } catch (e) {
          if (!(signal.aborted && isAbort(e, signal))) this.#fail(unit, phase, e);
        }
      }));
    }
    return !signal.aborted;
  }

  // A call under way when the run is aborted has the time of a stop to come to its end. False when it did not.
  async #patient(unit: Unit, phase: 'init' | 'start', args: unknown[]): Promise<boolean> {
    const call = this.#call(unit, phase, args).then(() => true);
    const over = new AbortController();
    try {
      return await Promise.race([call, aborted(this.#o.controller.signal, over.signal).then(() => later(this.#o.timeouts.stop, over.signal)).then(() => false)]);
    } finally {
      over.abort();
      call.catch(() => {}); // left behind: the run ends already for another reason
    }
  }

  async #call(unit: Unit, phase: Exclude<Phase, 'construct'>, args: unknown[], reason?: string, limitOf: keyof Timeouts | 'main' = phase): Promise<unknown> {
    const { entry, instance } = unit;
    const method: unknown = entry.lifecycle ? Reflect.get(instance, entry.methods[phase satisfies keyof Methods]) : undefined;
    if (typeof method !== 'function') return undefined;
    this.#o.logger.debug(`${entry.name}: ${phase}`);
    const limit = limitOf === 'main' ? undefined : this.#o.timeouts[limitOf];
    const over = new AbortController();
    const down = phase === 'stop' || phase === 'terminate';
    const signal = down ? over.signal : AbortSignal.any([this.#o.controller.signal, over.signal]);
    const ctx: Ctx = { signal, logger: this.#o.logger, ...(reason === undefined ? {} : { reason }) };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (limit === undefined || limit > LONGEST) return;
      timer = setTimeout(() => {
        const error = new ModuleError('E_TIMEOUT', `${entry.name}: ${phase} timed out: "${phase}" lifecycle timeout for ${entry.name} after ${limit} ms`, { module: entry.name, phase });
        reject(error);
        over.abort(error);
      }, limit).unref(); // the run itself keeps the process; a call that was left behind must not
    });
    try {
      // A method that throws at once and one that rejects are the same.
      const call = (async (): Promise<unknown> => Reflect.apply(method, instance, [...args, ctx]) as unknown)();
      return await Promise.race([call, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(unit: Unit, phase: Phase, e: unknown): void {
    const error = failed(unit.entry.name, phase, e);
    this.failures.push(error);
    this.#o.logger.debug(error.message);
    if (!this.#o.controller.signal.aborted) this.#o.controller.abort(error);
  }
}

/** Resolves when the signal aborts. `until`: nobody waits for it any more. */
export function aborted(signal: AbortSignal, until?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => { resolve(undefined); }, { once: true, ...(until && { signal: until }) });
  });
}

function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
    if (signal.aborted) { clearTimeout(timer); resolve(); }
  });
}

// What a call throws because its signal aborted, as far as it can be told.
function isAbort(e: unknown, signal: AbortSignal): boolean { return e === signal.reason || (e instanceof Error && e.name === 'AbortError'); }
