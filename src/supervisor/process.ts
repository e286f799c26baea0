import { MgrError } from '../base/errors.js';
import { runsNode } from '../config/runs-node.js';
import type { AppSpec } from '../config/spec.js';
import { ProcessLog } from '../logs/process-log.js';
import type { ProcessRecord, RunRecord } from '../protocol/records.js';
import type { ExitRecord } from '../protocol/views.js';
import type { Succession } from './heir.js';
import { Ledger } from './ledger.js';
import { type LogPaths, logPaths, logTarget, pidPath } from './log-paths.js';
import { type Effect, type Event, type Machine, type State, type Want, step } from './machine.js';
import type { Ports } from './ports.js';
import { lateWords, overlaps, readyWithin } from './readiness.js';
import { Runs } from './runs.js';
import { Telemetry } from './telemetry.js';
import { Timers } from './timers.js';
import { Waiters } from './waiters.js';

/** ms. */
const RENEW_PAUSE = 60_000;

/**
 * One managed process: owns its declaration, wish, state and timers, and drives the table in machine.ts. What the
 * effects do to a child is runs.ts's, what is remembered ledger.ts's. Whatever decides by itself when to start or stop
 * (triggers/) comes in by the public verbs, as a person does.
 */
export class ManagedProcess {
  readonly id: number;
  readonly instance: number;
  readonly uniqueId: string;
  readonly createdAt: number;
  readonly telemetry = new Telemetry();
  /** What its triggers have to tell a person, by their name: watching that was given up, what it waits for. */
  readonly remarks = new Map<string, string>();
  /** Wall-clock ms of the next `cron_restart`. */
  nextRestart: number | undefined;
  readonly #ports: Ports;
  readonly #ledger: Ledger;
  readonly #runs: Runs;
  #log: ProcessLog;
  #spec: AppSpec;
  #machine: Machine;
  readonly #timers: Timers;
  readonly #waiters: Waiters;
  #released = false;
  /** Monotonic ms of the last renewal. */
  #renewed = 0;

  constructor(kept: ProcessRecord, ports: Ports) {
    this.id = kept.id;
    this.instance = kept.instance;
    this.uniqueId = kept.uniqueId;
    this.createdAt = kept.createdAt;
    this.#spec = kept.spec;
    this.#ports = ports;
    this.#timers = new Timers(ports.clock);
    this.#waiters = new Waiters(ports.clock);
    this.#ledger = new Ledger(kept, ports.keeper);
    const state: State = kept.failed === undefined ? { name: 'stopped', why: kept.stopped ?? 'not started' } : { name: 'failed', reason: kept.failed };
    this.#machine = { state, want: kept.want, intensity: kept.intensity };
    this.#log = this.#newLog(kept.spec, kept.live !== undefined);
    this.#runs = new Runs(this, kept.runs, this.#ledger, ports, {
      take: (event) => this.#take(event), changed: () => this.#waiters.wake(),
      succeeded: (spec, log) => { this.#declare(spec); this.#log = log; }, newLog: (spec) => this.#newLog(spec, false),
    });
  }

  get spec(): AppSpec { return this.#spec; }
  get state(): State { return this.#machine.state; }
  get want(): Want { return this.#machine.want; }
  get pid(): number { return this.#runs.live?.pid ?? 0; }
  get restarts(): number { return this.#ledger.restarts; }
  get unstable(): number { return this.#machine.intensity.unstableAt.length; }
  get exits(): readonly ExitRecord[] { return this.#ledger.exits; }
  /** The last end of a living run: not of one that was replaced, or not taken. */
  get lastEnd(): ExitRecord | undefined { return this.#ledger.lastEnd; }
  get runNumber(): number { return this.#runs.number; }
  /** Wall-clock ms of the last start; of a run that is over by the record of its end, which the next daemon has too. */
  get startedAt(): number | undefined { return this.#runs.live?.kept.at ?? this.#ledger.lastStart; }
  get log(): ProcessLog { return this.#log; }
  get token(): string | undefined { return this.#runs.live?.kept.token; }
  /** Path of the FIFO its standard input is. */
  get stdin(): string | undefined { return this.#runs.live?.stdin; }
  /** Of the declaration its program was started by, see RunRecord. */
  get mark(): string | undefined { return this.#runs.live?.kept.mark; }
  get isNode(): boolean { return runsNode(this.#spec); }

  /** A run boots to take the place of the living one; who wants it so. */
  get reloading(): 'asked' | 'triggered' | false { return this.#machine.state.name === 'online' && this.#machine.state.heir === true && (this.#runs.beside.heir?.succession.why === undefined ? 'asked' : 'triggered'); }
  /** Its `listening` was told (a worker of a cluster). */
  get listens(): boolean { return this.#runs.live?.kept.listens === true; }
  /** Runs beside the living one that are not gone yet. */
  get leaving(): number { return this.#runs.beside.leaving; }
  /** Why the last reload failed; undefined once another run began. */
  get refused(): string | undefined { return this.#runs.beside.refused; }
  /** What its health check last found wrong; undefined: nothing. */
  get unwell(): string | undefined { return this.#runs.live?.health?.trouble; }
  /** Why it is not ready: "it did not listen within 3000 ms". */
  get lateWords(): string { return lateWords(this.#runs.live?.readiness.waits ?? [], readyWithin(this.#spec), this.#runs.live?.health?.last); }
  start(): void { this.#take({ type: 'start' }); }
  stop(): void { this.remarks.delete('depends_on'); this.#take({ type: 'stop' }); this.#runs.beside.hurry(); }
  /** `why`: what is told of it when no person asked. */
  restart(why?: string): void { this.#take({ type: 'restart', ...(why === undefined ? {} : { why }) }); }
  /** It is not started, since what it needs is not there; nothing of it runs. */
  refuse(reason: string): void {
    this.#machine = { ...this.#machine, state: { name: 'failed', reason } };
    this.#stateCame(this.#machine.state);
    this.#ports.listener.onProcess('exit', this, false);
    this.#waiters.wake();
  }

  /** For triggers: replaced by a new run where a reload can do that without a gap, else restarted. `why` is told and recorded. */
  renew(why: string): void {
    if (!this.canReload(this.#spec)) { this.restart(why); return; }
    // What did not boot a moment ago is not tried again at once.
    const now = this.#ports.clock.now();
    if (this.reloading !== false || (this.refused !== undefined && now < this.#renewed + RENEW_PAUSE)) return;
    this.#renewed = now;
    this.replace(this.#spec, why);
  }

  /** Is it up, and may the next run boot beside this one? */
  canReload(spec: AppSpec): boolean { return this.#machine.state.name === 'online' && overlaps(this.#spec) && overlaps(spec) && this.#ports.primaries.lives(this.#runs.live?.kept); }
  /**
   * Begins a reload (see reload.ts, which waits for its end): a run of this declaration boots beside the living one and
   * takes its place when it is ready. Call only where `canReload`. Throws RELOAD_BUSY while another one is under way.
   * `why`: when no person asked.
   */
  replace(spec: AppSpec, why?: string): Succession {
    if (this.reloading !== false) throw new MgrError('RELOAD_BUSY', { name: this.#spec.name });
    this.#take({ type: 'reload', spec, ...(why === undefined ? {} : { why }) });
    return this.#runs.beside.succession;
  }

  /** Gives up a reload that is under way. */
  abandon(why: string): void { if (this.reloading !== false) this.#take({ type: 'abandon', why }); }
  /** Zeroes the counters (`reset`). */
  reset(): void {
    this.#machine = { ...this.#machine, intensity: { ...this.#machine.intensity, unstableAt: [] } };
    this.#ledger.reset(this.#machine.intensity);
  }

  /** Takes a new declaration; it counts from the next run on. */
  respec(spec: AppSpec): void {
    this.abandon('it was given another declaration');
    this.#declare(spec);
    this.#log.retarget(logTarget(spec, this.id, this.#ports.home));
    this.#ledger.declared(spec);
  }

  /** Its app has another number of processes now: nothing that a program would have to hear of. */
  recount(instances: number): void {
    this.#spec = { ...this.#spec, instances };
    this.#ledger.declared(this.#spec);
  }

  /** Resolves when `done` holds, checked after each step. `ms`: give up waiting (false); undefined: wait. */
  until(done: () => boolean, ms?: number): Promise<boolean> { return this.#waiters.until(done, ms); }
  signal(name: NodeJS.Signals): boolean { return this.#runs.live?.takedown.signal(name) ?? false; }

  /** Somebody began or ceased to read this log. */
  listenLog(on: boolean): void {
    for (const log of [this.#log, ...this.#runs.beside.logs]) log.onLines = on ? (stream, text, at) => this.#ports.listener.onLog(this, stream, text, at) : undefined;
    this.#runs.setEager(on);
  }

  /** Takes over a run of the former daemon that still lives. */
  adopt(run: RunRecord): void {
    this.#machine = { ...this.#machine, state: { name: 'online', unready: false } };
    this.#runs.adopt(run);
    if (this.#machine.want === 'down') this.stop();
  }

  /** Ends a run of the former daemon that is not the living one. `gone`: it ended already. */
  finish(run: RunRecord, gone: boolean): void { this.#runs.finish(run, gone); }
  /** Such a run that never was born. `boot`: of this boot. */
  unmade(run: RunRecord, boot: boolean): void { this.#runs.unmade(run, boot); }
  /** A recorded run that is over: its end is judged as if it were seen now. */
  bury(run: RunRecord): void {
    this.#machine = { ...this.#machine, state: this.#machine.want === 'up' ? { name: 'online', unready: false } : { name: 'stopping', hard: false } };
    this.#runs.bury(run);
  }

  /** Lets go of everything without touching the child: the daemon goes, the next one adopts. */
  release(): void {
    this.#released = true;
    this.#timers.disarm();
    this.#runs.release();
    this.#log.close();
    this.#waiters.wake();
  }

  /** One event through the table. The effects may bring the next one; the loop is here, not on the stack. */
  #take(first: Event): void {
    // Whatever happens now is for the next daemon to see: a restart by both would be two processes.
    if (this.#released) return;
    const events: Event[] = [first];
    for (let event = events.shift(); event; event = events.shift()) {
      const before = this.#machine;
      const next = step(before, event, this.#spec);
      this.#machine = { state: next.state, want: next.want, intensity: next.intensity };
      if (next.want !== before.want) this.#ledger.wished(next.want);
      if (next.state.name !== before.state.name) this.#stateCame(next.state);
      for (const effect of next.effects) {
        const news = this.#perform(effect);
        if (news) events.push(news);
      }
    }
    this.#waiters.wake();
  }

  #perform(effect: Effect): Event | undefined {
    switch (effect.do) {
      case 'spawn': return this.#runs.start();
      case 'spawnHeir': return this.#runs.startHeir(effect.spec, effect.why);
      case 'takeOver': this.#runs.succeed(false); return undefined;
      case 'inherit': this.#runs.succeed(true); return undefined;
      case 'dropHeir': this.#runs.beside.drop(effect.why); return undefined;
      case 'drain': return this.#runs.drain(effect.ms);
      case 'ask': return this.#runs.ask();
      case 'kill': this.#runs.kill(); return undefined;
      case 'arm': { const n = this.#runs.number; this.#timers.arm(effect.timer, effect.ms, (event) => this.#runs.news(n, event)); return undefined; }
      case 'disarm': this.#timers.disarm(); return undefined;
      // `stop` comes only of a wish; an end by itself is told as `exit`.
      case 'tell': this.#ports.listener.onProcess(effect.news, this, effect.news === 'stop'); return undefined;
      case 'record': this.#ledger.ended({ at: this.#ports.clock.wall(), pid: this.#runs.lastPid, ran: Math.round(effect.ran), then: effect.then, ...effect.exit }, effect.restarted, this.#machine.intensity); return undefined;
    }
  }

  #stateCame(state: State): void {
    if (state.name === 'failed' || state.name === 'stopped') {
      this.#ports.pidFiles.remove(this.pidPath);
      this.#ports.primaries.leave(this.id);
    }
    this.#ledger.came(state);
  }

  get paths(): LogPaths { return logPaths(this.#spec, this.id, this.#ports.home); }
  get pidPath(): string { return pidPath(this.#spec, this.id, this.#ports.home); }

  #declare(spec: AppSpec): void {
    const before = this.pidPath;
    this.#spec = spec;
    // A new name: nobody would remove the file of the old one.
    if (this.pidPath !== before) this.#ports.pidFiles.remove(before);
  }

  #newLog(spec: AppSpec, resumed: boolean): ProcessLog {
    return new ProcessLog(logTarget(spec, this.id, this.#ports.home), this.#ports.files, this.#ports.clock, { resumed });
  }
}
