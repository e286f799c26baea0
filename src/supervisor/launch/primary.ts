/**
 * The primaries of the apps that need one (child/primary.ts): those in cluster mode, whose workers it forks, and those
 * with `listen`, whose sockets it holds. One per app. A process holds its app's primary from its first run on until it
 * is stopped, so that sockets stay open between two runs; the last one that leaves ends it.
 */
import type { Clock } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import { alive, startTime } from '../../base/proc.js';
import { randomUuid } from '../../base/random.js';
import type { AppSpec } from '../../config/spec.js';
import type { PrimaryRecord, RunRecord } from '../../protocol/records.js';
import type { Exit } from '../policy.js';
import { findByToken } from '../adopt.js';
import type { ChannelHub } from './channel.js';
import { type Followed, Primary, followOrphan } from './primary-run.js';
import { startPrimary } from './primary-start.js';

export interface PrimaryHost {
  readonly clock: Clock;
  readonly home: Home;
  readonly boot: string;
  readonly channels: ChannelHub;
  /** dist/primary.cjs, and the Node that runs us. */
  readonly program: string;
  readonly node: string;
}

/** ms. How often it is looked for what nobody told: a primary that was stopped or killed where its socket does not tell. */
const LOOK = 5000;

export class Primaries {
  readonly #host: PrimaryHost;
  readonly #byApp = new Map<string, Primary>();
  readonly #byToken = new Map<string, Primary>();
  #cancelLook: (() => void) | undefined;

  constructor(host: PrimaryHost) { this.#host = host; }

  /** For the record of a run: the primary it will have. Undefined: it is started by the daemon itself. */
  planFor(spec: AppSpec): PrimaryRecord | undefined {
    if (spec.exec_mode !== 'cluster' && spec.listen === undefined) return undefined;
    const known = this.#byApp.get(appKey(spec));
    return known && !known.dead ? known.record : { token: randomUuid(), boot: this.#host.boot };
  }

  /** Process `id` needs the planned primary: it is started if it does not run. Throws why it cannot be. */
  open(planned: PrimaryRecord, id: number, spec: AppSpec, env: Readonly<Record<string, string>>): Primary {
    for (const p of this.#byToken.values()) if (p.record.token !== planned.token) this.#leave(p, id);
    const known = this.#byToken.get(planned.token);
    if (known && !known.dead) { known.holders.add(id); return known; }
    // The app's present one: another process of it was quicker.
    const present = this.#byApp.get(appKey(spec));
    if (present && !present.dead) { present.holders.add(id); return present; }
    const primary = this.#add(planned, appKey(spec), id);
    try {
      primary.record = startPrimary(planned, spec, env, this.#host, () => primary.ended());
    } catch (e) {
      this.#drop(primary);
      throw new Error(`the primary of its app cannot be started: ${reasonOf(e)}`, { cause: e });
    }
    return primary;
  }

  /** What process `id` held when the former daemon died. */
  adopt(id: number, spec: AppSpec, kept: PrimaryRecord): void {
    const known = this.#byToken.get(kept.token);
    if (known) { known.holders.add(id); return; }
    if (kept.boot !== this.#host.boot) return;
    const record = kept.pid === undefined ? found(kept) : kept;
    if (record?.pid !== undefined && alive(record.pid, record.start)) this.#add(record, appKey(spec), id);
  }

  /** Follows an adopted run to its end. `patience`: ms a worker is given to end with its primary. No exit: nobody saw how it ended. */
  follow(run: RunRecord, patience: number, onExit: (exit: Exit | undefined) => void): void {
    const followed: Followed = { pid: run.pid, start: run.start, worker: run.worker === true, patience, onExit };
    const primary = run.primary && this.#byToken.get(run.primary.token);
    if (primary) primary.follow(run.token, followed);
    else followOrphan(followed, this.#host.clock);
  }

  /** Could another run of the app be born beside this one? Not when the sockets it has are nobody's any more. */
  lives(run: RunRecord | undefined): boolean {
    return run?.primary === undefined || this.#byToken.get(run.primary.token)?.dead === false;
  }

  /** The process is stopped: it needs no socket and no worker any more. */
  leave(id: number): void { for (const p of this.#byToken.values()) this.#leave(p, id); }

  close(): void { this.#cancelLook?.(); }

  #leave(primary: Primary, id: number): void {
    primary.holders.delete(id);
    primary.endIfUnused();
  }

  #add(record: PrimaryRecord, app: string, id: number): Primary {
    const primary = new Primary(record, this.#host, () => this.#drop(primary));
    primary.holders.add(id);
    this.#byApp.set(app, primary);
    this.#byToken.set(record.token, primary);
    this.#cancelLook ??= this.#host.clock.after(LOOK, () => this.#look());
    return primary;
  }

  #drop(primary: Primary): void {
    for (const [app, p] of this.#byApp) if (p === primary) this.#byApp.delete(app);
    this.#byToken.delete(primary.record.token);
    this.#host.channels.forget(primary.record.token);
  }

  #look(): void {
    for (const p of this.#byToken.values()) p.look();
    this.#cancelLook = this.#byToken.size === 0 ? undefined : this.#host.clock.after(LOOK, () => this.#look());
  }
}

/** The daemon died between the intent and the pid. */
function found(kept: PrimaryRecord): PrimaryRecord | undefined {
  const pid = findByToken(kept.token);
  if (pid === undefined) return undefined;
  const start = startTime(pid);
  return { ...kept, pid, ...(start === undefined ? {} : { start }) };
}

/** Apps of the same name share a primary, as they share instance numbers. */
function appKey(spec: AppSpec): string { return `${spec.module ?? ''}\0${spec.name}`; }
