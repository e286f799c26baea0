import { ModuleError, RunError } from './errors.js';
import { pairs, strayError, type Pair } from './assign.js';
import { ReloadFailure, apply, difference, linesOf, reloadError, withReport, type Application, type Difference, type ReloadOutcome, type ReloadReport } from './reload.js';
import { SEQUENCE, type Source } from './sources.js';
import type { Configuration } from './configuration.js';
import type { PartialConfig } from './types.js';

/** Owner of the configuration in force, of what was set while running, and of the order of reloads. */
export class Renewal {
  #current: Configuration;
  #version = 1;
  #queue: Promise<unknown> = Promise.resolve();
  #live: Omit<Application, 'affected' | 'changes'> | undefined;
  readonly #patches: Patches;
  readonly #load: () => Promise<Configuration>;

  private constructor(current: Configuration, patches: Patches, load: () => Promise<Configuration>) {
    this.#current = current;
    this.#patches = patches;
    this.#load = load;
  }

  /** `load` asks the sources it is given; it is called again for each reload. */
  static async begin(sources: readonly Source[], load: (sources: readonly Source[]) => Promise<Configuration>): Promise<Renewal> {
    const patches = new Patches();
    const all = [...sources, patches];
    return new Renewal(await load(all), patches, () => load(all));
  }

  get current(): Configuration { return this.#current; }

  /** What a reload is applied to, once it is up. */
  live(live: Omit<Application, 'affected' | 'changes'>): void { this.#live = live; }

  /** No further reload is begun; resolves when the one under way is done. */
  async close(): Promise<void> {
    this.#live = undefined;
    await this.#queue;
  }

  reload(patch?: PartialConfig): Promise<ReloadReport> {
    const next = this.#queue.then(() => this.#reload(patch));
    this.#queue = next.catch(() => {}); // told to its own caller
    return next;
  }

  async #reload(patch: PartialConfig | undefined): Promise<ReloadReport> {
    const began = performance.now();
    const report = (outcome: ReloadOutcome, d: Pick<Difference, 'changes'>, reasons: readonly string[]): ReloadReport => {
      const facts = { outcome, version: this.#version, ms: performance.now() - began, changes: d.changes, reasons };
      return { ...facts, lines: linesOf(facts) };
    };
    const live = this.#live;
    if (live === undefined) throw new ModuleError('E_RELOAD', 'cannot reload: the container is not running');
    const undo = this.#patches.lay(patch);
    let after: Configuration;
    try {
      after = await this.#load();
    } catch (e) {
      undo();
      if (e instanceof RunError) throw withReport(e, report('rejected', { changes: [] }, e.errors.map((x: ModuleError) => x.message)));
      throw e;
    }
    const d = difference(this.#current, after);
    if (d.restart.length > 0) {
      undo();
      throw reloadError(report('restart', d, d.restart), undefined, undefined);
    }
    try {
      await apply(this.#current, after, { ...live, affected: d.affected, changes: d.changes });
    } catch (e) {
      undo();
      if (!(e instanceof ReloadFailure)) throw e;
      throw reloadError(report(e.again.length > 0 ? 'failed' : 'rolled back', d, [e.message, ...e.again]), e.module, e.cause);
    }
    this.#current = after;
    if (d.changes.length > 0) this.#version++;
    return report(d.changes.length > 0 ? 'hot' : 'unchanged', d, []);
  }
}

/** What was set while running: a source like any other, in the place of the store. */
class Patches implements Source {
  readonly name = 'store';
  readonly sequence = SEQUENCE.store;
  #laid: readonly PartialConfig[] = [];
  #kept = new Map<string, Pair>();

  /** Lays a patch on top; the function it returns takes it away again. */
  lay(patch: PartialConfig | undefined): () => void {
    const before = this.#kept;
    this.#laid = patch === undefined ? [] : [patch];
    return () => { this.#kept = before; this.#laid = []; };
  }

  load({ catalog }: Parameters<Source['load']>[0]): { pairs: (Pair & { detail: string })[]; errors: ModuleError[] } {
    const kept = new Map(this.#kept);
    const errors: ModuleError[] = [];
    for (const patch of this.#laid) {
      const found = pairs(catalog, patch);
      errors.push(...found.strays.map((s) => strayError(s, 'reload')));
      for (const p of found.pairs) kept.set(p.path.join('\0'), p);
    }
    this.#kept = kept;
    this.#laid = [];
    return { pairs: [...kept.values()].map((p) => ({ ...p, detail: 'set while running' })), errors };
  }
}
