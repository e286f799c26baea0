import { isDeepStrictEqual } from 'node:util';

/** The configuration of this module, by key. Declare yours: `declare module 'mgr/module' { interface Config { every: number } }`. */
export interface Config { [key: string]: unknown }

/** What a change of the configuration changes. */
export interface ConfigChange {
  /** The configuration before. */
  readonly previous: Config;
  /** First-level keys whose value differs. */
  readonly changed: readonly string[];
}

/** The one configuration object of a program: it stays the same object while its values change. */
export class LiveConfig {
  readonly values: Config = {};

  /** Puts other values in place. Gives what was there before and the keys that differ. */
  replace(next: Readonly<Record<string, unknown>>): ConfigChange {
    const previous = { ...this.values };
    const keys = new Set([...Object.keys(previous), ...Object.keys(next)]);
    const changed = [...keys].filter((key) => !isDeepStrictEqual(previous[key], next[key]));
    for (const key of changed) {
      if (Object.hasOwn(next, key)) this.values[key] = next[key];
      else delete this.values[key];
    }
    return { previous, changed };
  }
}
