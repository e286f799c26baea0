import { MgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { Want } from './machine.js';
import { freshRecord } from './ledger.js';
import type { Ports } from './ports.js';
import { ManagedProcess } from './process.js';
import { standing } from './standing.js';

/** How many processes an app has: they are made, renumbered and forgotten here. */
export class Instances {
  readonly #processes: Map<number, ManagedProcess>;
  readonly #ports: Ports;

  constructor(processes: Map<number, ManagedProcess>, ports: Ports) {
    this.#processes = processes;
    this.#ports = ports;
  }

  /** `want`: `up` for those that will be started when their turn comes. `id`: of the first, where it is free. */
  create(spec: AppSpec, count: number, want: Want = 'down', id?: number): ManagedProcess[] {
    const made: ManagedProcess[] = [];
    for (let i = 0; i < count; i++) {
      const kept = freshRecord(this.#ports.keeper.takeId(i === 0 ? id : undefined), spec, this.#freeInstance(spec.name), this.#ports.clock.wall(), want);
      this.#ports.keeper.put(kept);
      const p = new ManagedProcess(kept, this.#ports);
      this.#enter(p);
      made.push(p);
    }
    return made;
  }

  /** A known app takes the new declaration; instances come and go to its number. */
  renew(known: readonly ManagedProcess[], spec: AppSpec): ManagedProcess[] {
    const byInstance = known.toSorted((a, b) => a.instance - b.instance);
    const keep = byInstance.slice(0, spec.instances);
    for (const p of byInstance.slice(spec.instances)) {
      p.stop();
      void this.down(p).catch(() => {}).then(() => this.forget(p));
    }
    for (const p of keep) if (p.spec !== spec) p.respec(spec);
    return [...keep, ...this.create(spec, spec.instances - keep.length)];
  }

  /**
   * As many processes as wished: the highest ids go, new ones take the free instance numbers. The others are left alone.
   * Throws NOTHING_TO_DO, or why a new one does not come up.
   */
  async scale(app: readonly ManagedProcess[], count: number): Promise<void> {
    const known = app.toSorted((a, b) => a.id - b.id);
    const [first] = known;
    if (!first) return;
    if (count === known.length) throw new MgrError('NOTHING_TO_DO', { name: first.spec.name, count });
    const spec = { ...first.spec, instances: count };
    const [keep, leave] = [known.slice(0, count), known.slice(count)];
    // What is declared for them has not changed: none is restarted for its number's sake.
    for (const p of keep) p.recount(count);
    for (const p of leave) p.stop();
    const fresh = this.create(spec, count - keep.length);
    for (const p of fresh) {
      this.#ports.listener.onProcess('start', p, true);
      p.start();
    }
    await Promise.all(leave.map(async (p) => { await this.down(p); this.forget(p); }));
    const ends = await Promise.allSettled(fresh.map(standing));
    const failed = ends.find((e) => e.status === 'rejected');
    if (failed) throw failed.reason as unknown;
  }

  forget(p: ManagedProcess): void {
    p.release();
    this.#processes.delete(p.id);
    this.#ports.keeper.remove(p.id);
    this.#ports.listener.onProcess('delete', p, true);
  }

  /** Stops it and waits for the end. Throws STOP_FAILED. */
  async end(p: ManagedProcess): Promise<void> {
    p.stop();
    await this.down(p);
  }

  /** Waits for the end of a stop. Throws STOP_FAILED. */
  async down(p: ManagedProcess): Promise<void> {
    await p.until(() => (p.state.name === 'stopped' || p.state.name === 'failed') && p.leaving === 0);
    if (p.state.name === 'failed' && p.pid !== 0) throw new MgrError('STOP_FAILED', { name: p.spec.name, pid: p.pid });
  }

  /** All are listed by their ids. */
  #enter(p: ManagedProcess): void {
    const later = [...this.#processes.values()].filter((other) => other.id > p.id);
    for (const other of later) this.#processes.delete(other.id);
    for (const one of [p, ...later]) this.#processes.set(one.id, one);
  }

  #freeInstance(name: string): number {
    const taken = new Set<number>();
    for (const p of this.#processes.values()) if (p.spec.name === name) taken.add(p.instance);
    let n = 0;
    while (taken.has(n)) n++;
    return n;
  }
}
