import type { Clock } from '../base/clock.js';
import { MgrError } from '../base/errors.js';
import { memoryOf } from '../base/proc.js';
import { showSize } from '../base/units.js';
import { cronFault } from '../config/croner.js';
import type { AppSpec } from '../config/spec.js';
import type { TreeLook } from '../supervisor/launch/kill.js';
import type { StateStore } from '../store/state.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Stats } from '../supervisor/stats.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { CronTimes } from '../supervisor/triggers/cron.js';
import { MemoryGuard } from '../supervisor/triggers/memory.js';
import { byApp, renewAll } from '../supervisor/triggers/renew.js';
import { WatchApps } from '../supervisor/triggers/watch-apps.js';

export interface TriggersOptions {
  readonly clock: Clock;
  readonly stats: Stats;
  readonly tree: TreeLook;
  readonly supervisor: Supervisor;
  /** Our own home. */
  readonly home: string;
  /** A line for the daemon's log. */
  readonly say: (text: string) => void;
  readonly state: Pick<StateStore, 'records' | 'patch'>;
}

/** What restarts a process though no person asked and it did not end: each with its reason, which is said and recorded. */
export class Triggers {
  readonly #memory: MemoryGuard<ManagedProcess>;
  readonly #cron: CronTimes<ManagedProcess>;
  readonly #watch: WatchApps;
  readonly #o: TriggersOptions;

  constructor(options: TriggersOptions) {
    const { clock, stats, tree, home, say, state } = options;
    this.#o = options;
    this.#memory = new MemoryGuard<ManagedProcess>({
      clock, stats, below: (pid) => tree.below(pid), exact: memoryOf,
      onOver: (p, memory) => void this.#renew([p], `it used ${showSize(memory)}, more than max_memory_restart (${showSize(p.spec.max_memory_restart)})`),
    });
    this.#cron = new CronTimes<ManagedProcess>({
      clock,
      onDue: (due) => { for (const app of byApp(due)) void this.#renew(app, `cron_restart ${app[0]?.spec.cron_restart ?? ''}`); },
      onBad: (p, reason) => { say(`${p.spec.name} (${p.id}): cron_restart ${p.spec.cron_restart ?? ''}: ${reason}`); p.remarks.set('cron', `cron_restart: ${reason}`); },
    });
    this.#watch = new WatchApps({
      clock, home, say, renew: (app, why, since) => this.#renew(app, why, since),
      keep: (p, changed) => { if (state.records.get(p.id)?.changed !== changed) state.patch(p.id, { changed }); },
    });
  }

  /** Call when a process changed, and once for each that the daemon `found` running. */
  follow(p: ManagedProcess, found = false): void {
    this.#memory.follow(p);
    const gone = this.#o.supervisor.processes.get(p.id) !== p;
    if (gone) this.#cron.forget(p); else void this.#cron.follow(p, found);
    this.#watch.follow(p, gone, found ? this.#o.state.records.get(p.id)?.changed : undefined);
  }

  close(): Promise<void> { return this.#watch.close(); }

  #renew(app: readonly ManagedProcess[], why: string, since?: number): Promise<void> {
    this.#o.say(`${app.map((p) => `${p.spec.name} (${p.id})`).join(', ')} restarted: ${why}`);
    return renewAll(app, why, since);
  }
}

/** The last word on what the command line let in: an older one, or another program on the socket. Throws BAD_OPTION. */
export async function checkTriggers(apps: readonly AppSpec[]): Promise<void> {
  for (const { name, cron_restart: pattern, cron_timezone: zone } of apps) {
    const fault = pattern ? await cronFault(pattern, zone) : undefined;
    if (fault !== undefined) throw new MgrError('BAD_OPTION', { path: `${name}: cron_restart`, got: `\`${pattern ?? ''}\` (${fault})`, wanted: 'a cron pattern of 5 or 6 fields such as `0 3 * * 1-5`', fix: 'minute hour day month weekday; https://crontab.guru explains a pattern' });
  }
}
