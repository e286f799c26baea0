import type { AppSpec, HealthCheck as Asked } from '../config/spec.js';
import type { ProcessLog } from '../logs/process-log.js';
import type { RunRecord } from '../protocol/records.js';
import { fifosOf } from './launch/birth.js';
import { spawnEnv } from './launch/env.js';
import { secretsOf } from './launch/secrets.js';
import { nextOf } from './log-paths.js';
import type { Exit } from './policy.js';
import type { Ports } from './ports.js';
import type { ManagedProcess } from './process.js';
import { type Gate, readyWithin } from './readiness.js';
import { LiveRun } from './run.js';
import { HealthCheck } from './triggers/health.js';

/** What a run brings besides its record. */
export interface Beginning {
  /** Monotonic ms; undefined: now. */
  readonly startedAt?: number;
  readonly spec: AppSpec;
  readonly log: ProcessLog;
  readonly gates: readonly Gate[];
}

export interface LifeNews {
  onReady(run: LiveRun): void;
  onMessage(run: LiveRun, message: unknown): void;
  /** A server of it listens: a worker of a cluster, a program with `listen`. */
  onListening(run: LiveRun): void;
  /** It fails its health check, as often as counts. */
  onUnwell(run: LiveRun, why: string): void;
}

/** The first and the last things that are done to a run of a process, whichever run it is. */
export class Life {
  readonly #process: ManagedProcess;
  readonly #ports: Ports;
  readonly #news: LifeNews;
  /** Runs that are over while a grandchild still holds their output open. */
  #over: readonly LiveRun[] = [];

  constructor(process: ManagedProcess, ports: Ports, news: LifeNews) {
    this.#process = process;
    this.#ports = ports;
    this.#news = news;
  }

  /** It is read and heard from now on, and asked whether it is well. */
  begin(kept: RunRecord, { startedAt, spec, log, gates }: Beginning): LiveRun {
    const p = this.#process;
    const { channels, clock, fifos, home, listener } = this.#ports;
    const run = new LiveRun(kept, startedAt ?? clock.now(), log, this.#ports, { spec, gates, onReady: () => this.#news.onReady(run) });
    for (const file of fifosOf(kept, home)) fifos.claim(file);
    if (spec.health_check) run.health = this.#health(run, spec, spec.health_check, gates.includes('health'));
    run.read();
    run.setEager(log.onLines !== undefined);
    log.onDrain = () => { for (const r of [...this.#over, run]) if (r.log === log) r.resume(); };
    channels.expect(kept, {
      onMessage: (message) => this.#news.onMessage(run, message),
      onException: (error) => listener.onException(p, error),
      onListening: () => this.#news.onListening(run),
    });
    if (listener.wantsLog(p)) p.listenLog(true);
    return run;
  }

  /** Monotonic ms at which a run of the former daemon began. */
  before(run: RunRecord): number {
    return this.#ports.clock.now() - Math.max(0, this.#ports.clock.wall() - run.at);
  }

  /** ms it has lived. */
  ran(run: LiveRun): number { return Math.max(0, this.#ports.clock.now() - run.startedAt); }

  /** What it wrote last is read: in order, and its FIFOs are free again for the run that may follow at once. */
  end(run: LiveRun): void {
    run.readiness.close();
    run.health?.close();
    run.drain();
    run.leaveStdin();
    this.#over = [...this.#over, run].filter((r) => r.heard);
  }

  /** What it left in writing is told; nothing more is heard of it. */
  bury(run: LiveRun, exit: Exit): void {
    if (exit.code !== 0) for (const note of run.takeNotes()) this.#noted(note);
    this.#ports.channels.forget(run.kept.token);
  }

  #health(run: LiveRun, spec: AppSpec, check: Asked, booting: boolean): HealthCheck {
    const env = async (): Promise<Record<string, string>> => {
      const secrets = await secretsOf(run.pid, spec, process.getuid?.());
      return { ...spawnEnv(nextOf(this.#process, spec, this.#ports.home), { home: this.#ports.home.dir, now: run.kept.at, settings: this.#ports.settingsOf(spec), channel: '', secrets }), MGR_PID: String(run.pid) };
    };
    return new HealthCheck(check, { cwd: spec.cwd, env, uid: spec.uid, gid: spec.gid }, this.#ports.clock, {
      onHealthy: () => run.readiness.pass('health'),
      onFailed: (why) => this.#news.onUnwell(run, why),
    }, { booting, grace: readyWithin(spec) });
  }

  #noted(note: Readonly<Record<string, unknown>>): void {
    const x = note['x'];
    if (typeof x === 'object' && x !== null) this.#ports.listener.onException(this.#process, x as Record<string, unknown>);
  }
}
