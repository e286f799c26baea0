import type { Clock } from '../../base/clock.js';
import { alive, startTime } from '../../base/proc.js';
import type { PrimaryRecord } from '../../protocol/records.js';
import { type Exit, PRIMARY_ENDED } from '../policy.js';
import { signalGroup, signalPid } from './kill.js';
import type { PrimaryHost } from './primary.js';

/** A process the primary started or is about to start. */
export interface Followed {
  /** Set when it lives. */
  pid?: number | undefined;
  start?: string | undefined;
  /** A worker of a cluster ends with its primary; any other program lives on without. */
  readonly worker: boolean;
  /** ms a worker is given to end with its primary. */
  readonly patience: number;
  /** Undefined for an adopted one. */
  onBorn?: ((pid: number, start: string | undefined) => void) | undefined;
  onFail?: ((reason: string, code: string | undefined) => void) | undefined;
  /** Undefined: nobody saw how it ended. */
  onExit(exit: Exit | undefined): void;
}

/** ms. How often an orphan is looked at: at first, and later. */
const SOON = 50;
const LATER = 1000;
const CLOSE_LOOK = 5000;

/** One primary as the daemon knows it: what it was told to start and what it tells. */
export class Primary {
  record: PrimaryRecord;
  readonly holders = new Set<number>();
  readonly #host: PrimaryHost;
  readonly #onGone: () => void;
  readonly #runs = new Map<string, Followed>();
  /** Orders for when it is connected. */
  #waiting: object[] = [];
  #up = false;
  #ending = false;
  #dead = false;

  constructor(record: PrimaryRecord, host: PrimaryHost, onGone: () => void) {
    this.record = record;
    this.#host = host;
    this.#onGone = onGone;
    host.channels.expect({ token: record.token }, {
      onMessage: () => {},
      onException: () => {},
      onControl: (news) => this.#heard(news as News),
      onHello: () => this.#hello(),
      onLost: () => { this.#up = false; this.#lookUntilItSpeaks(); },
    });
  }

  get dead(): boolean { return this.#dead || this.#ending; }

  bear(token: string, order: object, followed: Followed): void {
    this.#runs.set(token, followed);
    this.#order({ do: 'bear', token, ...order });
  }

  follow(token: string, followed: Followed): void {
    this.#runs.set(token, followed);
    if (this.#dead) this.#orphaned(token, followed);
  }

  /** It is not wanted any more; its end is told as that of any other, or `onFail` is. */
  cancel(token: string): void { this.#order({ do: 'cancel', token }); }

  endIfUnused(): void {
    if (this.#ending || this.#dead || this.holders.size > 0 || this.#runs.size > 0) return;
    this.#ending = true;
    this.#order({ do: 'end' });
    // We may be gone before it is connected again.
    const { pid, start } = this.record;
    if (!this.#up && pid !== undefined && alive(pid, start)) signalPid(pid, 'SIGTERM');
  }

  /** Its process is gone. */
  ended(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#up = false;
    this.#onGone();
    for (const [token, run] of this.#runs) {
      if (run.pid === undefined) { this.#runs.delete(token); run.onFail?.('the primary of its app ended before it was started', 'EAGAIN'); }
      else this.#orphaned(token, run);
    }
  }

  /** Is it there, and is there what it started? */
  look(): void {
    const { pid, start } = this.record;
    if (!this.#dead && pid !== undefined && !alive(pid, start)) this.ended();
    if (this.#up || this.#dead) return;
    // It does not speak; whom it started may have ended.
    for (const [token, run] of this.#runs) if (run.pid !== undefined && !alive(run.pid, run.start)) this.#over(token, run, undefined);
  }

  #lookUntilItSpeaks(): void {
    this.#host.clock.after(SOON, () => {
      this.look();
      if (!this.#up && !this.#dead) this.#lookUntilItSpeaks();
    });
  }

  #order(order: object): void {
    if (!this.#up || !this.#host.channels.control(this.record.token, order)) this.#waiting.push(order);
  }

  #hello(): void {
    this.#up = true;
    this.#host.channels.control(this.record.token, { do: 'welcome' });
    for (const order of this.#waiting.splice(0)) this.#order(order);
  }

  #heard(news: News): void {
    const run = this.#runs.get(news.token);
    switch (news.is) {
      case 'born':
        if (!run) this.#order({ do: 'cancel', token: news.token }); // of a run that nobody knows any more
        else if (run.pid === undefined) {
          run.pid = news.pid;
          run.start = startTime(news.pid);
          run.onBorn?.(run.pid, run.start);
        }
        return;
      case 'failed':
        this.#runs.delete(news.token);
        run?.onFail?.(news.reason, news.code);
        break;
      case 'exit':
        if (run) this.#over(news.token, run, { ...(news.code === undefined ? {} : { code: news.code }), ...(news.signal === undefined ? {} : { signal: news.signal }) });
        this.#order({ do: 'known', token: news.token });
    }
    this.endIfUnused();
  }

  #over(token: string, run: Followed, exit: Exit | undefined): void {
    this.#runs.delete(token);
    run.onExit(exit);
  }

  #orphaned(token: string, run: Followed): void {
    // What the primary told last may still come: whoever is first counts.
    followOrphan({ ...run, onExit: (exit) => { if (this.#runs.has(token)) this.#over(token, run, exit); } }, this.#host.clock);
  }
}

/** A process whose primary died. A worker ends by itself, as node:cluster has it; what is stuck is killed. */
export function followOrphan(run: Followed, clock: Clock, since = clock.now()): void {
  const { pid, start } = run;
  if (pid === undefined) return;
  const waited = clock.now() - since;
  // It ended because its primary did, whatever its exit code says.
  if (!alive(pid, start)) { run.onExit(run.worker ? { why: PRIMARY_ENDED } : undefined); return; }
  if (run.worker && waited > run.patience) signalGroup(pid, 'SIGKILL');
  clock.after(waited < CLOSE_LOOK ? SOON : LATER, () => followOrphan(run, clock, since));
}

type News =
  | { readonly is: 'born'; readonly token: string; readonly pid: number }
  | { readonly is: 'failed'; readonly token: string; readonly reason: string; readonly code?: string }
  | { readonly is: 'exit'; readonly token: string; readonly code?: number; readonly signal?: string };
