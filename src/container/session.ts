import { fullConfig, ownConfig, type Configuration } from './configuration.js';
import { RunError, reasonOf } from './errors.js';
import { inject } from './inject.js';
import { Life, aborted, type Unit } from './lifecycle.js';
import type { Slot } from './catalog.js';
import type { Entry } from './registry.js';
import type { Renewal } from './renewal.js';
import type { Singletons } from './singletons.js';
import type { Logger, Timeouts } from './types.js';

export interface SessionOptions {
  readonly renewal: Renewal;
  readonly singletons: Singletons;
  readonly controller: AbortController;
  readonly timeouts: Timeouts;
  readonly logger: Logger;
  readonly parallel: boolean;
  /** Up: from now on reloads are possible. Ending: no more. */
  entered(state: 'up' | 'ending'): void;
  /** Why it is to end, when it was asked to. */
  reason(): string;
}

/** Constructs, injects, brings up, runs main or waits, brings down. Gives what main returned. Throws RunError or ModuleError. */
export async function live(o: SessionOptions): Promise<{ readonly value: unknown; readonly finished: boolean }> {
  const c = o.renewal.current;
  const { signal } = o.controller;
  const slice = (of: Configuration, unit: Unit): Record<string, unknown> => ownConfig(of, unit.entry, references(of, o.singletons));
  const config = (of: Configuration, unit: Unit): unknown => (unit.entry.initConfig === 'full' ? fullConfig(of, references(of, o.singletons)) : slice(of, unit));
  // All are constructed before the first is initialised, so that modules which need each other can both be given the other.
  const units = new Map(c.plan.order.map((entry): [Entry, Unit] => {
    const unit: Unit = { entry, instance: o.singletons.of(entry), config: () => config(c, unit) };
    return [entry, unit];
  }));
  const levels = (o.parallel ? c.plan.levels : [c.plan.order]).map((level) => level.flatMap((e) => units.get(e) ?? []));
  const life = new Life(levels, o);
  const main = [...units.values()].find((u) => u.entry.main && u.entry.lifecycle && typeof Reflect.get(u.instance, u.entry.methods.main) === 'function');
  let value: unknown;
  let finished = false;
  if (await life.up((u) => { inject(u.entry, u.instance, slice(c, u)); })) {
    o.renewal.live({ units: [...units.values()], life, slice, config });
    o.entered('up');
    if (main === undefined) await aborted(signal);
    else {
      value = await life.main(main);
      finished = !signal.aborted;
    }
  }
  o.entered('ending');
  await o.renewal.close();
  await life.down(life.failures[0]?.message ?? (finished ? 'main has ended' : o.reason()));
  const [first, ...rest] = life.failures;
  if (first !== undefined) throw new RunError([first, ...rest]);
  return { value, finished };
}

/** What each field of a module type gets. */
function references(c: Configuration, singletons: Singletons): (slot: Slot) => unknown {
  const give = (slot: Slot): unknown => {
    const r = c.plan.references.get(slot);
    if (r === undefined || r.kind === 'none') return undefined;
    if (r.kind === 'module') return singletons.of(r.entry);
    if (r.kind === 'constant') return r.value;
    // A resolver sees the module's other values, not those that resolvers are yet to make.
    try {
      return r.fn(r.value, ownConfig(c, slot.module, (other) => (c.plan.references.get(other)?.kind === 'resolver' ? undefined : give(other))), r.name);
    } catch (e) {
      throw new Error(`${slot.shown}: resolver \`${r.name}\`: ${reasonOf(e)}`, { cause: e });
    }
  };
  return give;
}
