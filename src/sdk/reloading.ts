import { asError } from '../base/thrown.js';
import type { Config, ConfigChange } from './config.js';
import type { Link } from './link.js';

/**
 * Takes a new configuration over. `config` holds the new values already; what it throws makes the change undone here and
 * in the manager. May be called again with the old values.
 */
export type ConfigHandler = (config: Config, change: ConfigChange) => unknown;

/** What is done with other settings: gives what changed, how to undo it, and what to do when all have taken it. */
export type Apply = (settings: Readonly<Record<string, unknown>>) => ConfigChange & { readonly undo: () => void; readonly taken: () => void };

/**
 * Settings while running. The manager gives the whole section of the module, `{t: 'config', v, values, changed}`, and is
 * answered `{t: 'config-ack', v, ok, error?, stuck?}`, one after the other. `stuck`: the way back failed too.
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
        await handler(this.#config, { previous, changed });
      }
      if (changed.length > 0) taken();
      answer({ ok: true });
    } catch (e) {
      const refused = { ...this.#config };
      undo();
      answer({ ok: false, error: asError(e).message, ...(await this.#goBack(told, { previous: refused, changed }) ? {} : { stuck: true }) });
    }
  }

  /** Those that took the new values are given the old ones, the one that failed too: it may be halfway. False: one failed again. */
  async #goBack(told: readonly ConfigHandler[], change: ConfigChange): Promise<boolean> {
    let well = true;
    for (const handler of told.toReversed()) {
      try { await handler(this.#config, change); } catch { well = false; /* the manager restarts us, and the first failure is told */ }
    }
    return well;
  }
}
