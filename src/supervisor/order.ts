/**
 * `depends_on`: who comes before whom. Pure. Starts go along the arrows, stops against them; a restart of one that others
 * need does not touch those.
 */
import { type Deferred, deferred } from '../base/deferred.js';
import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import type { DependsOn } from '../config/spec.js';

export interface Ordered {
  readonly name: string;
  readonly depends_on?: DependsOn | undefined;
  /** Modules stand outside: nobody depends on one, and they on nobody. */
  readonly module?: string | undefined;
}

/**
 * Are these apps fit to be started, beside those that are managed already? Throws DEPENDS_UNKNOWN, DEPENDS_CYCLE: before
 * anything is started.
 */
export function checkOrder(apps: readonly Ordered[], managed: readonly Ordered[]): void {
  if (apps.every((a) => a.depends_on === undefined)) return;
  // A new declaration of a managed app counts instead of its old one.
  const graph = new Map([...managed, ...apps].filter((a) => a.module === undefined).map((a) => [a.name, Object.keys(a.depends_on ?? {})]));
  for (const { name, depends_on } of apps) {
    for (const on of Object.keys(depends_on ?? {})) {
      if (graph.has(on)) continue;
      const near = nearest(on, graph.keys());
      throw new MgrError('DEPENDS_UNKNOWN', { name, on, ...(near === undefined ? {} : { near }) });
    }
  }
  const circle = circleIn(graph);
  if (circle) throw new MgrError('DEPENDS_CYCLE', { circle: circle.join(' -> ') });
}

/** `a b a`: the first circle found; undefined: there is none. */
export function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (name: string, trail: readonly string[]): string[] | undefined => {
    const again = trail.indexOf(name);
    if (again >= 0) return [...trail.slice(again), name];
    if (done.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const circle = walk(next, [...trail, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const circle = walk(name, []);
    if (circle) return circle;
  }
  return undefined;
}

interface Belongs { readonly spec: Ordered }

/** Apps that had their turn before -> what went wrong with them; undefined: nothing. */
export type Ends = ReadonlyMap<string, unknown>;

/** Does it to all side by side. Throws the first failure when all are through. */
export async function together<P>(all: readonly P[], act: (one: P) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(all.map(async (one) => act(one)));
  const failed = ends.find((e) => e.status === 'rejected');
  if (failed) throw failed.reason as unknown;
}

/** Verbs on many apps: each has its turn when those before it are through, whatever came of them. */
export class Turns<P extends Belongs> {
  readonly #before = new Map<string, readonly string[]>();
  /** One a part: two targets of a verb may name processes of one app. */
  readonly #ends = new Map<string, Deferred<unknown>[]>();
  readonly #free: Map<string, Deferred<unknown>[]>;

  /**
   * `parts`: the processes of each target. `up`: those that are needed come first, else last. Undefined: none of them
   * depends on anybody.
   */
  static of<P extends Belongs>(parts: readonly (readonly P[])[], way: 'up' | 'down'): Turns<P> | undefined {
    const apps = new Map(parts.flat().filter((p) => p.spec.module === undefined).map((p) => [p.spec.name, Object.keys(p.spec.depends_on ?? {})]));
    if ([...apps.values()].every((needs) => needs.length === 0)) return undefined;
    // What was let in one after the other may be a circle all the same: then no order is the right one.
    const arrows = circleIn(apps) ? [] : [...apps].flatMap(([name, needs]) => needs.filter((on) => apps.has(on)).map((on) => [name, on] as const));
    return new Turns(parts, arrows.map(([name, on]) => (way === 'up' ? [name, on] : [on, name])));
  }

  private constructor(parts: readonly (readonly P[])[], arrows: readonly (readonly [later: string, sooner: string])[]) {
    for (const [later, sooner] of arrows) this.#before.set(later, [...this.#before.get(later) ?? [], sooner]);
    for (const part of parts) for (const name of byName(part).keys()) this.#ends.set(name, [...this.#ends.get(name) ?? [], deferred()]);
    this.#free = new Map([...this.#ends].map(([name, ends]) => [name, [...ends]]));
  }

  /** Does it to each app of one target in its turn. `act` is told what came of those before it. Throws the first failure. */
  run(part: readonly P[], act: (app: readonly P[], sooner: Ends) => Promise<void>): Promise<void> {
    return together([...byName(part)], async ([name, app]) => {
      const end = this.#free.get(name)?.shift();
      try {
        const sooner = new Map<string, unknown>();
        for (const other of this.#before.get(name) ?? []) {
          for (const one of this.#ends.get(other) ?? []) sooner.set(other, (await one.promise) ?? sooner.get(other));
        }
        await act(app, sooner);
        end?.resolve(undefined);
      } catch (e) {
        end?.resolve(e);
        throw e;
      }
    });
  }
}

/** Modules are nobody's before or after, each part of them stands for itself. */
function byName<P extends Belongs>(part: readonly P[]): Map<string, P[]> {
  const apps = new Map<string, P[]>();
  for (const p of part) {
    const name = p.spec.module === undefined ? p.spec.name : `\0${p.spec.module}`;
    apps.set(name, [...apps.get(name) ?? [], p]);
  }
  return apps;
}
