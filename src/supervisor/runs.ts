import { reasonOf } from '../base/errors.js';
import type { RunRecord } from '../protocol/records.js';
import { bear, fifosOf, intend } from './launch/birth.js';
import type { Ledger } from './ledger.js';
import type { Event } from './machine.js';
import type { Exit } from './policy.js';
import type { Ports } from './ports.js';
import type { ManagedProcess } from './process.js';
import { LiveRun } from './run.js';

/** ms. How often a group is looked at whose leader is gone but some member is not. */
const GROUP_LOOK = 10;
/** ms. How often an adopted process is looked at where its pipes do not tell its end. */
const ADOPTED_LOOK = 2000;

/**
 * The runs of one process: begins them, reads them, ends them, tells how they ended. It decides nothing: what happens
 * becomes an event of the table in machine.ts. Every event carries the run number it belongs to; news of an old run
 * is dropped in `news`.
 */
export class Runs {
  readonly #process: ManagedProcess;
  readonly #ledger: Ledger;
  readonly #ports: Ports;
  readonly #take: (event: Event) => void;
  #number: number;
  #live: LiveRun | undefined;
  #lastPid = 0;
  /** Runs that are over while a grandchild still holds their output open. */
  #over: readonly LiveRun[] = [];
  #released = false;

  /** `last`: the number of the last run, 0 when there was none. */
  constructor(process: ManagedProcess, last: number, ledger: Ledger, ports: Ports, take: (event: Event) => void) {
    this.#process = process;
    this.#number = last;
    this.#ledger = ledger;
    this.#ports = ports;
    this.#take = take;
  }

  get number(): number { return this.#number; }
  /** 0 when there is no process. */
  get pid(): number { return this.#live?.pid ?? 0; }
  /** The pid of the run that lives or lived last. */
  get lastPid(): number { return this.#lastPid; }
  get token(): string | undefined { return this.#live?.kept.token; }
  /** Path of the FIFO; undefined when none lives or it has none. */
  get stdin(): string | undefined { return this.#live?.stdin; }
  /** Wall-clock ms; undefined when none lives. */
  get startedAt(): number | undefined { return this.#live?.kept.at; }

  /** News of run `n`; an older run's is dropped here. */
  news(n: number, event: Event): void {
    if (n === this.#number) this.#take(event);
  }

  /** The next run. Gives what came of it at once; what comes later is told. */
  start(): Event | undefined {
    const n = ++this.#number;
    const p = this.#process;
    const run = intend(n, p.spec, this.#ports);
    if (!run) { this.#startLater(n); return undefined; }
    this.#ledger.intended(run);
    p.telemetry.newRun();
    const event = bear(run, p, this.#ports, {
      onBorn: (born) => {
        this.#ledger.born(born);
        this.#begin(born, this.#ports.clock.now());
        this.#ports.pidFiles.write(p.pidPath, this.#lastPid);
      },
      onExit: (exit) => this.#gone(n, exit),
      onFail: (reason, passing) => { this.#unborn(run); this.news(n, { type: 'spawnFailed', reason, passing }); },
      wanted: () => !this.#released && n === this.#number && p.state.name === 'starting',
      onLate: (late) => { if (late.type === 'spawnFailed') this.#unborn(run); this.news(n, late); },
    });
    if (event?.type === 'spawnFailed') this.#unborn(run);
    return event;
  }

  /** Takes over a run of the former daemon that still lives. */
  adopt(run: RunRecord): void {
    const live = this.#begin(run, this.#before(run));
    // What waited in the pipes goes to the files now, not in some later turn.
    live.drain();
    live.watch(ADOPTED_LOOK, (exit) => this.#gone(run.run, exit));
  }

  /** A run of the former daemon that is over: its end is told as if it were seen now. */
  bury(run: RunRecord): void {
    this.#gone(run.run, this.#begin(run, this.#before(run)).exitNote());
  }

  /** The living run is asked to end. */
  ask(): Event | undefined {
    if (this.#live?.kept.pid === undefined) return { type: 'unborn' };
    this.#live.takedown.ask(this.#process.spec);
    return undefined;
  }

  kill(): void {
    if (this.#live?.kept.pid !== undefined) this.#live.takedown.signalAll('SIGKILL', this.#process.spec.treekill);
  }

  signal(name: NodeJS.Signals): boolean { return this.#live?.takedown.signal(name) ?? false; }

  setEager(on: boolean): void { this.#live?.setEager(on); }

  /** Lets go of the living run; one that is over is read on: nobody else would, and a writer would wait for ever. */
  release(): void {
    this.#released = true;
    this.#live?.release();
  }

  /** The stock of FIFOs is empty: make more, then go on with this run if it is still wanted. */
  #startLater(n: number): void {
    this.#ports.fifos.ready(8).then(
      () => {
        // After a release the start is the next daemon's: by both it would be two processes.
        if (this.#released || n !== this.#number || this.#process.state.name !== 'starting') return;
        const event = this.start();
        if (event) this.#take(event);
      },
      (e: unknown) => this.news(n, { type: 'spawnFailed', reason: `no FIFO for its output: ${reasonOf(e)}`, passing: true }),
    );
  }

  #unborn(run: RunRecord): void {
    this.#ports.channels.forget(run.token);
    for (const file of fifosOf(run, this.#ports.home)) this.#ports.fifos.giveBack(file);
    if (run.run === this.#number && !this.#released) this.#ledger.unborn();
  }

  /** Monotonic ms at which a run of the former daemon began. */
  #before(run: RunRecord): number {
    return this.#ports.clock.now() - Math.max(0, this.#ports.clock.wall() - run.at);
  }

  #begin(kept: RunRecord, startedAt: number): LiveRun {
    const p = this.#process;
    const { channels, fifos, home, listener } = this.#ports;
    const run = new LiveRun(kept, startedAt, p.log, this.#ports);
    this.#live = run;
    this.#lastPid = run.pid;
    for (const file of fifosOf(kept, home)) fifos.claim(file);
    run.read();
    run.setEager(p.log.onLines !== undefined);
    p.log.onDrain = () => { for (const r of [...this.#over, run]) r.resume(); };
    channels.expect(kept, {
      onMessage: (message) => {
        if (message === 'ready') this.news(kept.run, { type: 'ready' });
        listener.onMessage(p, message);
      },
      onException: (error) => listener.onException(p, error),
    });
    if (listener.wantsLog(p)) p.listenLog(true);
    return run;
  }

  /** The leader is gone. While stopping, the end is the end of its whole group. */
  #gone(n: number, exit: Exit): void {
    const run = this.#live;
    if (n !== this.#number || !run) return;
    if (this.#process.state.name === 'stopping' && this.#process.spec.treekill && run.takedown.leavesSome()) {
      this.#ports.clock.after(GROUP_LOOK, () => this.#gone(n, exit));
      return;
    }
    const ran = Math.max(0, this.#ports.clock.now() - run.startedAt);
    // What it wrote last is read first: in order, and its FIFOs are free again for the run that may follow at once.
    run.drain();
    run.leaveStdin();
    this.#over = [...this.#over, run].filter((r) => r.heard);
    this.#live = undefined;
    this.news(n, { type: 'exited', exit, ran });
    if (exit.code !== 0) for (const note of run.takeNotes()) this.#noted(note);
    this.#ports.channels.forget(run.kept.token);
  }

  #noted(note: Readonly<Record<string, unknown>>): void {
    const x = note['x'];
    if (typeof x === 'object' && x !== null) this.#ports.listener.onException(this.#process, x as Record<string, unknown>);
  }
}
