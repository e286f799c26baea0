import { asError } from '../base/thrown.js';
import type { Config, ConfigChange } from './config.js';
import type { Link } from './link.js';

/**
 * Takes a new configuration over. `config` holds the new values already; what it throws makes the change undone here and
 * in the manager, as when it takes longer than five seconds. May be called again with the old values. It answers
 * `'restart'`, or `{ restart: why }`, for what it cannot take while running: the manager restarts the program.
 */
export type ConfigHandler = (config: Config, change: ConfigChange) => unknown;

/** What is done with other settings: gives what changed, how to undo it, and what to do when all have taken it. */
export type Apply = (settings: Readonly<Record<string, unknown>>) => ConfigChange & { readonly undo: () => void; readonly taken: () => void };

/**
 * Settings while running. The manager gives the whole section of the module, `{t: 'config', v, values, changed}`, and is
 * answered `{t: 'config-ack', v, ok, error?, stuck?, restart?}`, one after the other. `stuck`: the way back failed too.
 * `restart`: all is as it was, and a new run is wanted.
 */
export class Reloading {
  readonly #link: Link;
  readonly #config: Config;
  readonly #apply: Apply;
  readonly #handlers: ConfigHandler[] = [];
  #last = Promise.resolve();

  constructor(link: Link, config: Config, apply: Apply) {
    this.#link = link;
    this.#config = config;
    this.#apply = apply;
  }

  add(handler: ConfigHandler): void {
    if (typeof handler !== 'function') throw new TypeError(`onConfig: got ${typeof handler}, wanted a function`);
    this.#handlers.push(handler);
    if (this.#handlers.length > 1) return;
    this.#link.hear(({ t, v, values }) => {
      if (t !== 'config' || typeof values !== 'object' || values === null) return false;
      this.#last = this.#last.then(() => this.#take(v, values as Readonly<Record<string, unknown>>));
      return true;
    });
    // So the manager knows that we take them; it is told again to each manager that comes.
    this.#link.tell('axm:option:configuration', { hot_reload: true });
  }

  async #take(v: unknown, values: Readonly<Record<string, unknown>>): Promise<void> {
    const { previous, changed, undo, taken } = this.#apply(values);
    const told: ConfigHandler[] = [];
    const answer = (more: object): void => this.#link.send({ t: 'config-ack', v, ...more });
    try {
      for (const handler of changed.length === 0 ? [] : this.#handlers) {
        told.push(handler);
        const why = restartOf(await inTime(handler(this.#config, { previous, changed })));
        if (why !== undefined) throw new Restart(why);
      }
      if (changed.length > 0) taken();
      answer({ ok: true });
    } catch (e) {
      const refused = { ...this.#config };
      undo();
      const well = await this.#goBack(told, { previous: refused, changed });
      answer({ ok: false, error: asError(e).message, ...(well && !isStuck(e) ? {} : { stuck: true }), ...(e instanceof Restart && { restart: true }) });
    }
  }

  /** Those that took the new values are given the old ones, the one that failed too: it may be halfway. False: one failed again. */
  async #goBack(told: readonly ConfigHandler[], change: ConfigChange): Promise<boolean> {
    let well = true;
    for (const handler of told.toReversed()) {
      try { await inTime(handler(this.#config, change)); } catch { well = false; /* the manager restarts us, and the first failure is told */ }
    }
    return well;
  }
}

/** ms. The manager waits no longer either. */
const LIMIT = 5000;

class Restart extends Error {}

/** Why a handler asks for a restart; undefined: it does not. */
function restartOf(answer: unknown): string | undefined {
  if (answer === 'restart') return 'it cannot take that while it runs';
  return typeof answer === 'object' && answer !== null && 'restart' in answer && typeof answer.restart === 'string' ? answer.restart : undefined;
}

/** Said by the handler itself: it is halfway between the old and the new. */
function isStuck(e: unknown): boolean { return typeof e === 'object' && e !== null && 'stuck' in e && e.stuck === true; }

async function inTime(answer: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error(`it took longer than ${LIMIT} ms`)), LIMIT).unref(); });
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
