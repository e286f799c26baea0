import { type Deferred, deferred } from '../base/deferred.js';
import { MgrError, reasonOf } from '../base/errors.js';
import { showSpan } from '../base/units.js';
import type { AppSpec, Condition } from '../config/spec.js';
import type { Ends } from './order.js';
import type { ManagedProcess } from './process.js';
import type { Result } from './result.js';

/** ms. */
const DEFAULT_BOUND = 300_000;

/** An app that is just being started. */
interface Begun {
  /** It was told to start, or will not be. */
  readonly issued: Deferred<void>;
  readonly result: Deferred<Result>;
}

/** Waits until what an app depends on is as it wishes (order.ts says who comes before whom). */
export class Dependencies {
  readonly #processes: ReadonlyMap<number, ManagedProcess>;
  readonly #start: (ids: readonly number[]) => Promise<readonly Result[]>;
  readonly #begun = new Map<string, Begun>();

  /** `start`: of those that are down, and of what they need. */
  constructor(processes: ReadonlyMap<number, ManagedProcess>, start: (ids: readonly number[]) => Promise<readonly Result[]>) {
    this.#processes = processes;
    this.#start = start;
  }

  /** A start under way: those who need this app wait for it rather than start it themselves. `act` calls `issued` when it is told to start. */
  async during(name: string, act: (issued: () => void) => Promise<Result>): Promise<Result> {
    const begun: Begun = { issued: deferred(), result: deferred() };
    this.#begun.set(name, begun);
    let result: Result = { target: name, processes: [], error: new Error('it could not be started') };
    try {
      result = await act(() => begun.issued.resolve());
      return result;
    } finally {
      begun.issued.resolve();
      begun.result.resolve(result);
      if (this.#begun.get(name) === begun) this.#begun.delete(name);
    }
  }

  /**
   * Resolves when all that `spec` needs is as it wishes; what is down of it is started. `sooner`: what came of those that
   * were started before it; `only`: of these alone. `waiting`: processes that wait, for those who look; gives those of them
   * that were stopped or deleted meanwhile. Throws DEPENDENCY_FAILED, which names the first that fails; then those that waited are `failed`.
   */
  async met(spec: AppSpec, waiting: readonly ManagedProcess[], sooner?: Ends, only = false): Promise<readonly ManagedProcess[]> {
    const needs = Object.entries(spec.depends_on ?? {}).filter(([on]) => !only || sooner?.has(on));
    if (needs.length === 0) return [];
    const text = `waits for ${needs.map(([on, c]) => `\`${on}\` (${c})`).join(', ')}`;
    for (const p of waiting) p.remarks.set('depends_on', text);
    try {
      await Promise.all(needs.map(async ([on, condition]) => {
        const error = sooner?.get(on);
        const reason = error !== undefined ? reasonOf(error) : await this.#wait(on, condition, spec.depends_timeout ?? DEFAULT_BOUND);
        if (reason !== undefined) throw new MgrError('DEPENDENCY_FAILED', { name: spec.name, on, condition, reason });
      }));
      return waiting.filter((p) => this.#processes.get(p.id) !== p || !waits(p));
    } catch (e) {
      for (const p of waiting) if (this.#processes.get(p.id) === p && p.want === 'up' && p.state.name === 'stopped') p.refuse(reasonOf(e));
      throw e;
    } finally {
      for (const p of waiting) p.remarks.delete('depends_on');
    }
  }

  /**
   * Before a restart of an app: of those that are started all needs are to be met, also by starting them; of those that run
   * only the ones that are restarted with it. Gives those that are wished for still. Throws as `met`.
   */
  async before(app: readonly ManagedProcess[], sooner: Ends): Promise<readonly ManagedProcess[]> {
    const spec = app.find((p) => p.spec.depends_on !== undefined)?.spec;
    if (!spec) return app;
    const down = app.filter(isDown);
    const off = await this.met(spec, down, sooner, down.length === 0);
    return app.filter((p) => !off.includes(p));
  }

  /** Why it cannot be waited for any longer; undefined: it is as wished. */
  async #wait(on: string, condition: Condition, bound: number): Promise<string | undefined> {
    const begun = this.#begun.get(on);
    if (begun && condition === 'started') await begun.issued.promise;
    else if (begun) {
      const { error } = await begun.result.promise;
      if (error !== undefined) return reasonOf(error);
    }
    const of = [...this.#processes.values()].filter((p) => p.spec.name === on && p.spec.module === undefined);
    if (of.length === 0) return 'it is not managed';
    const down = begun ? [] : of.filter((p) => isDown(p) && !isMet(p, condition));
    if (down.length > 0) {
      const failed = (await this.#start(down.map((p) => p.id))).find((result) => result.error !== undefined);
      if (failed && condition !== 'started') return reasonOf(failed.error);
    }
    const reasons = await Promise.all(of.map((p) => reached(p, condition, bound)));
    return reasons.find((r) => r !== undefined);
  }
}

async function reached(p: ManagedProcess, condition: Condition, bound: number): Promise<string | undefined> {
  const before = p.lastEnd;
  const met = (): boolean => isMet(p, condition) || (condition === 'completed' && p.lastEnd !== before && p.lastEnd?.code === 0);
  const lost = (): string | undefined => {
    if (p.state.name === 'failed') return p.state.reason;
    if (isDown(p)) return p.state.name === 'stopped' && p.state.why !== 'asked' ? `it is stopped: ${p.state.why}` : 'it is stopped';
    return p.state.name === 'online' && p.state.unready && condition !== 'completed' && condition !== 'started' ? p.lateWords : undefined;
  };
  if (await p.until(() => met() || lost() !== undefined, bound)) return met() ? undefined : lost();
  return `it was not ${condition} within ${bound < 10_000 ? `${bound} ms` : showSpan(bound)}`;
}

function isMet(p: ManagedProcess, condition: Condition): boolean {
  // A job that ended well was all the rest before.
  if (isDown(p)) return p.state.name === 'stopped' && p.want === 'up' && p.lastEnd?.code === 0;
  switch (condition) {
    case 'started': return p.pid > 0;
    case 'ready': return p.state.name === 'online' && !p.state.unready;
    case 'healthy': return p.state.name === 'online' && !p.state.unready && p.unwell === undefined;
    case 'completed': return false;
  }
}

/** Neither up nor on his way: whoever waits for his own needs is. */
export const isDown = (p: ManagedProcess): boolean => (p.state.name === 'stopped' || p.state.name === 'failed') && !waits(p);

/** Is it to start when what it depends on is as it wishes? A stop takes that back. */
export const waits = (p: Pick<ManagedProcess, 'remarks'>): boolean => p.remarks.has('depends_on');
