import type { AppSpec } from '../config/spec.js';
import type { RunRecord } from '../protocol/records.js';
import { Beside } from './beside.js';
import { Births } from './births.js';
import { Heir, isTelemetry } from './heir.js';
import type { Born } from './launch/birth.js';
import { GROUP_LOOK } from './leaving.js';
import type { Ledger } from './ledger.js';
import { Life } from './life.js';
import { nextOf } from './log-paths.js';
import type { Event } from './machine.js';
import type { Owner } from './owner.js';
import type { Exit } from './policy.js';
import type { Ports } from './ports.js';
import type { ManagedProcess } from './process.js';
import { startGates } from './readiness.js';
import type { LiveRun } from './run.js';

/** ms. How often an adopted process is looked at where its pipes do not tell its end. */
const ADOPTED_LOOK = 2000;

/**
 * The runs of one process: begins them, hears of them, ends them. It decides nothing: what happens becomes an event of
 * the table in machine.ts. Every event carries the run number it belongs to; news of an old run is dropped in `news`.
 * One run lives; what is beside it during a reload is in beside.ts.
 */
export class Runs {
  readonly beside: Beside;
  readonly #process: ManagedProcess;
  readonly #ledger: Ledger;
  readonly #ports: Ports;
  readonly #owner: Owner;
  readonly #life: Life;
  readonly #births: Births;
  /** The last number given, and the number of the run whose news count. */
  #last: number;
  #number: number;
  #live: LiveRun | undefined;
  #lastPid = 0;
  #released = false;

  /** `last`: the number of the last run, 0 when there was none. */
  constructor(process: ManagedProcess, last: number, ledger: Ledger, ports: Ports, owner: Owner) {
    this.#process = process;
    this.#last = last;
    this.#number = last;
    this.#ledger = ledger;
    this.#ports = ports;
    this.#owner = owner;
    this.#life = new Life(process, ports, {
      onReady: (run) => { if (run === this.beside.heir?.run) owner.take({ type: 'heirReady' }); else this.news(run.kept.run, { type: 'ready' }); },
      onMessage: (run, message) => this.#message(run, message),
      onListening: (run) => this.#listening(run),
      // One that is being replaced anyway is left to that.
      onUnwell: (run, why) => { if (run === this.#live && process.state.name === 'online' && process.reloading === false) process.restart(`health check failed: ${why}`); },
    });
    this.#births = new Births(ports, {
      wanted: (n) => this.#wanted(n), intended: (run) => this.#intended(run), born: (run) => this.#born(run), unborn: (run) => this.#unborn(run),
      ended: (n, exit) => this.#ended(n, exit), late: (n, event) => this.#late(n, event),
    });
    this.beside = new Beside(process, ports, ledger, this.#life, () => owner.changed());
  }

  get number(): number { return this.#number; }
  get live(): LiveRun | undefined { return this.#live; }
  /** Of the run that lives or lived last. */
  get lastPid(): number { return this.#lastPid; }

  /** News of run `n`; an older run's is dropped here. */
  news(n: number, event: Event): void {
    if (n === this.#number) this.#owner.take(event);
  }

  /** It is told of once only: a next daemon finds it in the record. */
  #listening(run: LiveRun): void {
    if (run.kept.listens) return;
    run.kept = { ...run.kept, listens: true };
    if (run === this.#live) this.#ledger.born(run.kept); else this.#ledger.beside(run.kept);
    run.readiness.pass('listening');
    this.#owner.changed();
  }

  /** The next run. Gives what came of it at once; what comes later is told. */
  start(): Event | undefined {
    const n = ++this.#last;
    this.#number = n;
    this.beside.refused = undefined;
    return this.#births.begin(n, this.#process);
  }

  /** A run that is to take the living one's place. Gives its failure if there was one at once. */
  startHeir(spec: AppSpec, why: string | undefined): Event | undefined {
    const n = ++this.#last;
    this.beside.expect(new Heir(n, spec, why, this.#owner.newLog(spec)));
    const event = this.#births.begin(n, nextOf(this.#process, spec, this.#ports.home));
    return event && heirEvent(event);
  }

  /** The heir is the living run from now on. `dead`: the one before is; else it leaves. */
  succeed(dead: boolean): void {
    const heir = this.beside.takeHeir();
    const before = this.#live;
    if (!heir) return;
    const p = this.#process;
    const old = p.spec;
    this.#number = heir.n;
    this.#live = heir.run;
    p.telemetry.newRun();
    this.#ledger.tookOver(heir.n, dead ? undefined : before?.kept, heir.spec === old ? undefined : heir.spec);
    this.#owner.succeeded(heir.spec, heir.log);
    for (const message of heir.mail.splice(0)) this.#ports.listener.onMessage(p, message);
    if (heir.run) this.#came(heir.run);
    heir.succession.state = dead ? 'inherits' : 'took over';
    if (!dead && before) this.beside.replaced(before, old, heir.succession);
    else heir.succession.left = true;
  }

  /** Takes over a run of the former daemon that still lives. */
  adopt(run: RunRecord): void { this.#watch(this.#resume(run)); }

  /** A run of the former daemon that is over: its end is told as if it were seen now. A primary that lives may be about to note it. */
  bury(record: RunRecord, looks = 15, run = this.#resume(record)): void {
    const exit = run.exitNote();
    if (looks === 0 || Object.keys(exit).length > 0 || !run.kept.primary || !this.#ports.primaries.lives(run.kept)) this.#gone(run, exit);
    else this.#ports.clock.after(20, () => { if (!this.#released) this.bury(record, looks - 1, run); });
  }

  /** Another run of the former daemon: a heir that never took over, or one that was leaving. It is ended; `gone`: it ended already. */
  finish(run: RunRecord, gone: boolean): void {
    const other = this.beside.finish(run, this.#owner.newLog(this.#process.spec), run.run < this.#number, gone);
    if (!gone) this.#watch(other);
  }

  /** Another run that was intended and never born. `boot`: of this boot, so that its FIFOs are there. */
  unmade(run: RunRecord, boot: boolean): void {
    if (boot) this.#births.unmake(run); else this.#ledger.left(run.run);
  }

  /** The living run is asked to end. */
  ask(): Event | undefined {
    if (this.#live?.kept.pid === undefined) return { type: 'unborn' };
    this.#live.takedown.ask(this.#process.spec);
    return undefined;
  }

  /** The living run finishes what it has begun; then `drained` is told. */
  drain(ms: number): Event | undefined {
    const run = this.#live;
    if (run?.kept.pid === undefined) return { type: 'unborn' };
    void run.takedown.drain(ms, this.#process.spec.kill_signal, this.#process.spec.kill_timeout).then(() => this.news(run.kept.run, { type: 'drained' }));
    return undefined;
  }

  kill(): void { if (this.#live?.kept.pid !== undefined) this.#live.takedown.signalAll('SIGKILL', this.#process.spec.treekill); }
  setEager(on: boolean): void { for (const r of [this.#live, ...this.beside.runs]) r?.setEager(on); }

  /** Lets go of every run; one that is over is read on: nobody else would, and a writer would wait for ever. */
  release(): void {
    this.#released = true;
    this.#live?.release();
    this.beside.release();
  }

  #wanted(n: number): boolean {
    return !this.#released && (n === this.beside.heir?.n || (n === this.#number && this.#process.state.name === 'starting'));
  }

  #born(run: RunRecord): void {
    const p = this.#process;
    const { heir } = this.beside;
    if (heir?.n === run.run) { this.beside.born(heir, run, this.#live?.kept.listens === true); return; }
    if (!this.#wanted(run.run)) { this.beside.unwanted(run, this.#owner.newLog(p.spec)); return; }
    this.#ledger.born(run);
    this.#live = this.#life.begin(run, { spec: p.spec, log: p.log, gates: startGates(p.spec) });
    this.#came(this.#live);
  }

  /** It is the living run now. */
  #came(run: LiveRun): void {
    this.#lastPid = run.pid;
    this.#ports.pidFiles.write(this.#process.pidPath, run.pid);
  }

  #intended(run: RunRecord): void {
    if (run.run !== this.#number) { this.#ledger.beside(run); return; }
    this.#ledger.intended(run);
    this.#process.telemetry.newRun();
  }

  #unborn(run: RunRecord): void {
    // After a release the record is the next daemon's.
    if (this.#released) return;
    if (run.run === this.#number) this.#ledger.unborn(); else this.#ledger.left(run.run);
  }

  /** What came of a birth that took its time. */
  #late(n: number, event: Born): void {
    const told = this.beside.heir?.n === n ? heirEvent(event) : undefined;
    if (told) this.#owner.take(told); else this.news(n, event);
  }

  #resume(run: RunRecord): LiveRun {
    const { spec, log } = this.#process;
    const live = this.#life.begin(run, { startedAt: this.#life.before(run), spec, log, gates: [] });
    this.#number = run.run;
    this.#live = live;
    this.#lastPid = live.pid;
    return live;
  }

  #watch(run: LiveRun): void {
    // What waited in the pipes goes to the files now, not in some later turn.
    run.drain();
    const onExit = (exit: Exit | undefined): void => this.#ended(run.kept.run, exit);
    if (run.kept.primary) this.#ports.primaries.follow(run.kept, this.#process.spec.kill_timeout, onExit); else run.watch(ADOPTED_LOOK, onExit);
  }

  /** Actions and metrics of a heir count from its succession on, those of a run that leaves no more. */
  #message(run: LiveRun, message: unknown): void {
    if (message === 'ready') run.readiness.pass('message');
    if (run === this.beside.heir?.run) this.beside.heir.keep(message);
    else if (run === this.#live || !isTelemetry(message)) this.#ports.listener.onMessage(this.#process, message);
  }

  /** No `exit`: nobody saw how; it may have left a note. */
  #ended(n: number, exit: Exit | undefined): void {
    const { heir } = this.beside;
    if (this.#live?.kept.run === n) { this.#gone(this.#live, exit ?? this.#live.exitNote()); return; }
    if (heir?.run && heir.n === n) this.#owner.take({ type: 'heirFailed', reason: heir.endWords(exit ?? {}, this.#life.ran(heir.run)) });
    this.beside.gone(n, exit ?? {});
  }

  /** The leader is gone. While stopping, the end is the end of its whole group. */
  #gone(run: LiveRun, exit: Exit): void {
    if (run !== this.#live) return;
    if (this.#process.state.name === 'stopping' && this.#process.spec.treekill && run.takedown.leavesSome()) {
      this.#ports.clock.after(GROUP_LOOK, () => this.#gone(run, exit));
      return;
    }
    this.#life.end(run);
    this.#live = undefined;
    this.news(run.kept.run, { type: 'exited', exit, ran: this.#life.ran(run) });
    this.#life.bury(run, exit);
  }
}

/** A heir that runs is none yet: it is to be ready. */
function heirEvent(event: Born): Event | undefined {
  return event.type === 'spawnFailed' ? { type: 'heirFailed', reason: event.reason } : undefined;
}
