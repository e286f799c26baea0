import { MgrError, isMgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import { pm2Record } from '../compat/record.js';
import type { StateStore } from '../store/state.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Result } from '../supervisor/result.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { detailOf } from '../supervisor/view.js';
import type { SavedApp, SavedApps } from './saved.js';

/** What comes back after a reboot or a `kill`, and what is put by for it. Modules are not in it: they start by themselves. */
export class Revival {
  readonly #supervisor: Supervisor;
  readonly #state: Pick<StateStore, 'ended' | 'setEnded'>;
  readonly #saved: SavedApps;
  #interrupted: readonly ManagedProcess[] = [];

  constructor(supervisor: Supervisor, state: Pick<StateStore, 'ended' | 'setEnded'>, saved: SavedApps) {
    this.#supervisor = supervisor;
    this.#state = state;
    this.#saved = saved;
  }

  /** These ran before the machine was restarted, and are known still. */
  interrupted(processes: readonly ManagedProcess[]): void { this.#interrupted = processes; }

  /**
   * Throws NOTHING_SAVED on an empty list, unless forced. What PM2 would read of it has no secrets, unless they are asked
   * for; our own declarations beside it are whole, or nothing could be brought back.
   */
  async save(force: boolean, secrets = false): Promise<{ count: number; file: string }> {
    const apps = this.#apps();
    if (apps.length === 0 && !force) throw new MgrError('NOTHING_SAVED');
    await this.#saved.write(apps.map((p) => ({ record: pm2Record(detailOf(p, { cpu: 0, memory: 0 }), secrets).pm2_env, spec: alone(p.spec, p.want === 'up') })));
    return { count: apps.length, file: this.#saved.file };
  }

  /** `cleardump`: the saved list is empty from now on, and what an ended session left is forgotten. */
  async clear(): Promise<{ file: string }> {
    await this.#saved.write([]);
    this.#state.setEnded([]);
    return { file: this.#saved.file };
  }

  /** What runs is remembered, so that `resurrect` needs no `save`; the list itself is empty afterwards, as PM2's. */
  remember(): void {
    this.#state.setEnded(this.#apps().filter((p) => p.want === 'up').map((p): SavedApp => ({ ...alone(p.spec, true), id: p.id })));
  }

  /** Starts what a reboot or `kill` ended, and what the saved list has and nobody else is called. Throws NO_DUMP. */
  async resurrect(): Promise<Result[]> {
    const again = this.#interrupted.filter((p) => p.state.name === 'stopped').map((p) => p.id);
    this.#interrupted = [];
    const names = new Set([...this.#supervisor.processes.values()].map((p) => p.spec.name));
    const saved = (await this.#saved.read(this.#state.ended)) ?? this.#state.ended;
    const ids = new Map<AppSpec, number>();
    const missing = saved.filter((s) => !names.has(s.name)).map(({ id, ...spec }: SavedApp) => { if (id !== undefined) ids.set(spec, id); return spec; });
    if (again.length === 0 && missing.length === 0 && names.size === 0 && saved.length === 0) throw new MgrError('NO_DUMP');
    return [...await this.#supervisor.restart(again), ...await this.#supervisor.start(missing, 'another', { ids })];
  }

  /**
   * What the daemon as a service brings back by itself: after a boot, and after an end in order. A daemon that follows a
   * dead one has its programs already, and what was deleted since the last `save` must not come back.
   */
  async afterBoot(): Promise<Result[]> {
    if (this.#interrupted.length === 0 && this.#apps().length > 0) return [];
    try {
      return await this.resurrect();
    } catch (e) {
      if (isMgrError(e) && e.code === 'NO_DUMP') return [];
      throw e;
    }
  }

  #apps(): ManagedProcess[] {
    return [...this.#supervisor.processes.values()].filter((p) => p.spec.module === undefined);
  }
}

/** The declaration of one process of an app, which may have several. */
function alone(spec: AppSpec, autostart: boolean): AppSpec { return { ...spec, instances: 1, autostart }; }
