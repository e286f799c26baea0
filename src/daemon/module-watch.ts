import { reasonOf } from '../base/errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { watchFolder } from '../supervisor/triggers/watch.js';

/** Linked modules (`mgr install .`) are restarted when their folder changes. */
export class ModuleWatch {
  readonly #supervisor: Supervisor;
  readonly #say: (text: string) => void;
  readonly #watches = new Map<string, Promise<{ close(): Promise<void> } | undefined>>();

  constructor(supervisor: Supervisor, say: (text: string) => void) {
    this.#supervisor = supervisor;
    this.#say = say;
  }

  /** Watches what is to be watched now and nothing else. */
  async all(): Promise<void> {
    const wanted = new Map<string, { module: string; ignore: readonly string[]; delay: number }>();
    for (const { spec } of this.#supervisor.processes.values()) {
      if (spec.module !== undefined && spec.watch !== false) wanted.set(spec.cwd, { module: spec.module, ignore: spec.ignore_watch, delay: spec.watch_delay });
    }
    for (const [dir, watch] of this.#watches) {
      if (wanted.has(dir)) continue;
      this.#watches.delete(dir);
      await (await watch)?.close();
    }
    for (const [dir, { module, ignore, delay }] of wanted) {
      if (this.#watches.has(dir)) continue;
      this.#watches.set(dir, watchFolder(dir, { ignore, delay }, (paths) => this.#changed(module, paths)).catch((e: unknown) => {
        this.#say(`cannot watch ${dir}: ${reasonOf(e)}`);
        return undefined;
      }));
    }
    await Promise.all(this.#watches.values());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watches.values()].map(async (w) => (await w)?.close()));
  }

  #changed(module: string, paths: readonly string[]): void {
    this.#say(`${module}: ${paths[0] ?? 'a file'}${paths.length > 1 ? ` and ${paths.length - 1} more` : ''} changed, restarting it`);
    for (const p of this.#supervisor.processes.values()) if (p.spec.module === module && p.want === 'up') p.restart();
  }
}
