import type { AppSpec } from '../config/spec.js';
import { dropsNetwork } from '../supervisor/launch/sandbox.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Doors, DoorsOptions } from './doors.js';

/** The doors of modules that declare what they may. Most homes have no such module, and never load what it takes. */
export class LazyDoors {
  readonly #options: () => DoorsOptions;
  #doors: Promise<Doors> | undefined;

  constructor(options: () => DoorsOptions) { this.#options = options; }

  /** Throws HOME_TOO_LONG. */
  async open(specs: Iterable<AppSpec>): Promise<void> {
    const guarded = [...specs].filter((spec) => spec.guard !== undefined);
    if (guarded.length === 0) return;
    await (await (this.#doors ??= import('./doors.js').then((m) => new m.Doors(this.#options())))).open(guarded);
  }

  /** After a start of the daemon. Who could connect once only, to the daemon before, is restarted: it is deaf. */
  async adopt(processes: readonly ManagedProcess[]): Promise<void> {
    await this.open(processes.map((p) => p.spec));
    for (const p of processes) if (p.pid > 0 && dropsNetwork(p.spec)) p.restart('its sandbox let it connect to the former daemon only');
  }

  async shut(module: string): Promise<void> { await (await this.#doors)?.shut(module); }
  async close(): Promise<void> { await (await this.#doors)?.close(); }
}
