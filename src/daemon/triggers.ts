import type { Clock } from '../base/clock.js';
import { showSize } from '../base/units.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Stats } from '../supervisor/stats.js';
import { MemoryGuard } from '../supervisor/triggers/memory.js';

/** What restarts a process though no person asked and it did not end: each with its reason, which is said and recorded. */
export class Triggers {
  readonly #memory: MemoryGuard<ManagedProcess>;

  constructor(clock: Clock, stats: Stats, say: (text: string) => void) {
    this.#memory = new MemoryGuard<ManagedProcess>(clock, stats, (p, memory) => {
      const why = `it used ${showSize(memory)}, more than max_memory_restart (${showSize(p.spec.max_memory_restart)})`;
      say(`${p.spec.name} (${p.id}) is restarted: ${why}`);
      p.restart(why);
    });
  }

  /** Call when a process changed. */
  follow(p: ManagedProcess): void { this.#memory.follow(p); }
}
