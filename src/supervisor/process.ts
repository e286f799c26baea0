import { randomUuid } from '../base/random.js';
import type { AppSpec } from '../config/spec.js';
import { type LogTarget, ProcessLog } from '../logs/process-log.js';
import type { ProcessRecord, RunRecord } from '../protocol/records.js';
import type { ExitRecord } from '../protocol/views.js';
import { runsNode } from './launch/command.js';
import { Ledger } from './ledger.js';
import { type LogPaths, logPaths, pidPath } from './log-paths.js';
import { type Effect, type Event, type Machine, type State, type Want, step } from './machine.js';
import { NO_INTENSITY } from './policy.js';
import type { Ports } from './ports.js';
import { Runs } from './runs.js';
import { Telemetry } from './telemetry.js';

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
  readonly #log: ProcessLog;
  #spec: AppSpec;
  #machine: Machine;
  #timers = new Map<string, () => void>();
  #waiters = new Set<() => void>();
  #released = false;

  constructor(kept: ProcessRecord, ports: Ports) {
    this.id = kept.id;
    this.instance = kept.instance;
    this.uniqueId = kept.uniqueId;
    this.createdAt = kept.createdAt;
    this.#spec = kept.spec;
    this.#ports = ports;
    this.#ledger = new Ledger(kept, ports.keeper);
    const state: State = kept.failed === undefined ? { name: 'stopped', why: kept.stopped ?? 'not started' } : { name: 'failed', reason: kept.failed };
    this.#machine = { state, want: kept.want, intensity: kept.intensity };
    this.#log = new ProcessLog(this.#target(), ports.files, ports.clock, { resumed: kept.live !== undefined });
    this.#runs = new Runs(this, kept.runs, this.#ledger, ports, (event) => this.#take(event));
  }

  /** The record of a process that never ran. */
  static fresh(id: number, spec: AppSpec, instance: number, now: number): ProcessRecord {
    return { id, spec, instance, uniqueId: randomUuid(), createdAt: now, want: 'down', restarts: 0, intensity: NO_INTENSITY, runs: 0, exits: [] };
  }

  get spec(): AppSpec { return this.#spec; }
  get state(): State { return this.#machine.state; }
  get want(): Want { return this.#machine.want; }
  get pid(): number { return this.#runs.pid; }
  get restarts(): number { return this.#ledger.restarts; }
  get unstable(): number { return this.#machine.intensity.unstableAt.length; }
  get exits(): readonly ExitRecord[] { return this.#ledger.exits; }
  get runNumber(): number { return this.#runs.number; }
  /** Wall-clock ms of the last start; of a run that is over by the record of its end, which the next daemon has too. */
  get startedAt(): number | undefined { return this.#runs.startedAt ?? this.#ledger.lastStart; }
  get log(): ProcessLog { return this.#log; }
  get token(): string | undefined { return this.#runs.token; }
  /** Path of the FIFO its standard input is. */
  get stdin(): string | undefined { return this.#runs.stdin; }
  get isNode(): boolean { return runsNode(this.#spec); }

  start(): void { this.#take({ type: 'start' }); }
  stop(): void { this.#take({ type: 'stop' }); }
  /** `why`: what is told of it when no person asked. */
  restart(why?: string): void { this.#take({ type: 'restart', ...(why === undefined ? {} : { why }) }); }
  /** For triggers: replaced by a new run where a reload can do that without a gap, else restarted. `why` is told and recorded. */
  renew(why: string): void { this.restart(why); }

  /** Zeroes the counters (`reset`). */
  reset(): void {
    this.#machine = { ...this.#machine, intensity: { ...this.#machine.intensity, unstableAt: [] } };
    this.#ledger.reset(this.#machine.intensity);
  }

  /** Takes a new declaration; it counts from the next run on. */
  respec(spec: AppSpec): void {
    const before = this.pidPath;
    this.#spec = spec;
    // A new name: nobody would remove the file of the old one.
    if (this.pidPath !== before) this.#ports.pidFiles.remove(before);
    this.#log.retarget(this.#target());
    this.#ledger.declared(spec);
  }

  /** Resolves when `done` holds, checked after each step. `ms`: give up waiting (false); undefined: wait. */
  until(done: () => boolean, ms?: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (answer: boolean): void => { this.#waiters.delete(check); cancel?.(); resolve(answer); };
      const check = (): void => { if (done()) end(true); };
      const cancel = ms === undefined ? undefined : this.#ports.clock.after(ms, () => end(done()));
      this.#waiters.add(check);
    });
  }

  signal(name: NodeJS.Signals): boolean { return this.#runs.signal(name); }

  /** Somebody began or ceased to read this log. */
  listenLog(on: boolean): void {
    this.#log.onLines = on ? (stream, text, at) => this.#ports.listener.onLog(this, stream, text, at) : undefined;
    this.#runs.setEager(on);
  }

  /** Takes over a run of the former daemon that still lives. */
  adopt(run: RunRecord): void {
    this.#machine = { ...this.#machine, state: { name: 'online', unready: false } };
    this.#runs.adopt(run);
    if (this.#machine.want === 'down') this.stop();
  }

  /** A recorded run that is over: its end is judged as if it were seen now. */
  bury(run: RunRecord): void {
    this.#machine = { ...this.#machine, state: this.#machine.want === 'up' ? { name: 'online', unready: false } : { name: 'stopping', hard: false } };
    this.#runs.bury(run);
  }

  /** Lets go of everything without touching the child: the daemon goes, the next one adopts. */
  release(): void {
    this.#released = true;
    this.#disarm();
    this.#runs.release();
    this.#log.close();
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
    for (const check of [...this.#waiters]) check();
  }

  #perform(effect: Effect): Event | undefined {
    switch (effect.do) {
      case 'spawn': return this.#runs.start();
      case 'ask': return this.#runs.ask();
      case 'kill': this.#runs.kill(); return undefined;
      case 'arm': this.#arm(effect.timer, effect.ms); return undefined;
      case 'disarm': this.#disarm(); return undefined;
      // `stop` comes only of a wish; an end by itself is told as `exit`.
      case 'tell': this.#ports.listener.onProcess(effect.news, this, effect.news === 'stop'); return undefined;
      case 'record': this.#record(effect); return undefined;
    }
  }

  #record(e: Extract<Effect, { do: 'record' }>): void {
    const exit: ExitRecord = { at: this.#ports.clock.wall(), pid: this.#runs.lastPid, ran: Math.round(e.ran), then: e.then, ...e.exit };
    this.#ledger.ended(exit, e.restarted, this.#machine.intensity);
  }

  #stateCame(state: State): void {
    if (state.name === 'failed' || state.name === 'stopped') this.#ports.pidFiles.remove(this.pidPath);
    this.#ledger.came(state);
  }

  #arm(timer: 'wait' | 'kill' | 'ready', ms: number): void {
    const n = this.#runs.number;
    const type = timer === 'wait' ? 'waitOver' : timer === 'kill' ? 'killDue' : 'readyDue';
    this.#timers.get(timer)?.();
    this.#timers.set(timer, this.#ports.clock.after(ms, () => this.#runs.news(n, { type })));
  }

  #disarm(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  get paths(): LogPaths { return logPaths(this.#spec, this.id, this.#ports.home); }
  get pidPath(): string { return pidPath(this.#spec, this.id, this.#ports.home); }

  #target(): LogTarget {
    const s = this.#spec;
    return { id: this.id, name: s.name, namespace: s.namespace, ...this.paths, type: s.log_type, date: s.log_date_format, limits: { maxSize: s.log_max_size, keep: s.log_keep, compress: s.log_compress, interval: s.log_rotate_interval } };
  }
}
