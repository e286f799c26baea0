import type { Clock } from '../base/clock.js';
import { memoryOf } from '../base/proc.js';
import { showSize } from '../base/units.js';
import type { TreeLook } from '../supervisor/launch/kill.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Stats } from '../supervisor/stats.js';
import { MemoryGuard } from '../supervisor/triggers/memory.js';

export interface TriggersOptions {
  readonly clock: Clock;
  readonly stats: Stats;
  readonly tree: TreeLook;
  /** A line for the daemon's log. */
  readonly say: (text: string) => void;
}

/** What restarts a process though no person asked and it did not end: each with its reason, which is said and recorded. */
export class Triggers {
  readonly #memory: MemoryGuard<ManagedProcess>;

  constructor({ clock, stats, tree, say }: TriggersOptions) {
    this.#memory = new MemoryGuard<ManagedProcess>({
      clock, stats, below: (pid) => tree.below(pid), exact: memoryOf,
      onOver: (p, memory) => {
        const why = `it used ${showSize(memory)}, more than max_memory_restart (${showSize(p.spec.max_memory_restart)})`;
        say(`${p.spec.name} (${p.id}) is restarted: ${why}`);
        p.renew(why);
      },
    });
  }

  /** Call when a process changed, and once for each that the daemon found running. */
  follow(p: ManagedProcess): void { this.#memory.follow(p); }
}
