import fs from 'node:fs';
import path from 'node:path';
import { reasonOf } from '../base/errors.js';
import { alive, startTime } from '../base/proc.js';
import { randomUuid } from '../base/random.js';
import type { AppSpec } from '../config/spec.js';
import { type LogTarget, ProcessLog } from '../logs/process-log.js';
import type { ProcessRecord, RunRecord } from '../protocol/records.js';
import type { ExitRecord } from '../protocol/views.js';
import { commandOf, runsNode } from './launch/command.js';
import { spawnEnv } from './launch/env.js';
import { launch } from './launch/fork.js';
import { type Known, groupLives, signalGroup, signalPid } from './launch/kill.js';
import { logPaths, pidPath } from './log-paths.js';
import { type Effect, type Event, type Machine, type State, type Want, step } from './machine.js';
import { type Exit, NO_INTENSITY } from './policy.js';
import type { Ports } from './ports.js';
import { LiveRun } from './run.js';
import { Telemetry } from './telemetry.js';

/** How often a group is looked at whose leader is gone but some member is not. */
const GROUP_LOOK = 10;
/** How often an adopted process is looked at where its pipes do not tell its end. */
const ADOPTED_LOOK = 2000;

/**
 * One managed process: owns its state, timers, child and history, and runs the effects of the table in machine.ts.
 * Every timer and child event carries the run number it belongs to; news of an old run is dropped in `#news`.
 */
export class ManagedProcess {
  readonly id: number;
  readonly instance: number;
  readonly uniqueId: string;
  readonly createdAt: number;
  readonly telemetry = new Telemetry();
  readonly #ports: Ports;
  #spec: AppSpec;
  readonly #log: ProcessLog;
  #machine: Machine;
  #run: LiveRun | undefined;
  #runs: number;
  #restarts: number;
  #exits: readonly ExitRecord[];
  #lastPid = 0;
  #timers = new Map<string, () => void>();
  #waiters = new Set<() => void>();
  #stopBelow: readonly Known[] = [];
  /** Runs that are over while a grandchild still holds their output open. */
  #over: readonly LiveRun[] = [];
  #released = false;

  constructor(kept: ProcessRecord, ports: Ports) {
    this.id = kept.id;
    this.instance = kept.instance;
    this.uniqueId = kept.uniqueId;
    this.createdAt = kept.createdAt;
    this.#spec = kept.spec;
    this.#ports = ports;
    this.#runs = kept.runs;
    this.#restarts = kept.restarts;
    this.#exits = kept.exits;
    const state: State = kept.failed === undefined ? { name: 'stopped', why: kept.stopped ?? 'not started' } : { name: 'failed', reason: kept.failed };
    this.#machine = { state, want: kept.want, intensity: kept.intensity };
    this.#log = new ProcessLog(this.#target(), ports.files, ports.clock, { resumed: kept.live !== undefined });
  }

  /** The record of a process that never ran. */
  static fresh(id: number, spec: AppSpec, instance: number, now: number): ProcessRecord {
    return { id, spec, instance, uniqueId: randomUuid(), createdAt: now, want: 'down', restarts: 0, intensity: NO_INTENSITY, runs: 0, exits: [] };
  }

  get spec(): AppSpec { return this.#spec; }
  get state(): State { return this.#machine.state; }
  get want(): Want { return this.#machine.want; }
  get pid(): number { return this.#run?.pid ?? 0; }
  get restarts(): number { return this.#restarts; }
  get unstable(): number { return this.#machine.intensity.unstableAt.length; }
  get exits(): readonly ExitRecord[] { return this.#exits; }
  get runNumber(): number { return this.#runs; }
  /** Wall-clock ms of the last start; of a run that is over by the record of its end, which the next daemon has too. */
  get startedAt(): number | undefined {
    const last = this.#exits.at(-1);
    return this.#run?.kept.at ?? (last === undefined ? undefined : last.at - last.ran);
  }
  get log(): ProcessLog { return this.#log; }
  get token(): string | undefined { return this.#run?.kept.token; }
  get isNode(): boolean { return runsNode(this.#spec); }

  start(): void { this.#wish('start'); }
  stop(): void { this.#wish('stop'); }
  /** `why`: what is told of it when no person asked. */
  restart(why?: string): void { this.#take({ type: 'restart', ...(why === undefined ? {} : { why }) }); }

  /** Zeroes the counters (`reset`). */
  reset(): void {
    this.#restarts = 0;
    this.#machine = { ...this.#machine, intensity: { ...this.#machine.intensity, unstableAt: [] } };
    this.#ports.keeper.patch(this.id, { restarts: 0, intensity: this.#machine.intensity });
  }

  /** Takes a new declaration; it counts from the next run on. */
  respec(spec: AppSpec): void {
    const before = this.pidPath;
    this.#spec = spec;
    // A new name: nobody would remove the file of the old one.
    if (this.pidPath !== before) this.#ports.pidFiles.remove(before);
    this.#log.retarget(this.#target());
    this.#ports.keeper.patch(this.id, { spec });
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

  signal(name: NodeJS.Signals): boolean {
    const run = this.#run;
    return run !== undefined && alive(run.pid, run.kept.start) && signalPid(run.pid, name);
  }

  /** Somebody began or ceased to read this log. */
  listenLog(on: boolean): void {
    this.#log.onLines = on ? (stream, text, at) => this.#ports.listener.onLog(this, stream, text, at) : undefined;
    this.#run?.setEager(on);
  }

  /** Takes over a run of the former daemon that still lives. */
  adopt(run: RunRecord): void {
    const ran = Math.max(0, this.#ports.clock.wall() - run.at);
    this.#begin(run, this.#ports.clock.now() - ran);
    const live = this.#run;
    this.#machine = { ...this.#machine, state: { name: 'online', unready: false } };
    // What waited in the pipes goes to the files now, not in some later turn.
    live?.drain();
    live?.watch(ADOPTED_LOOK, (exit) => this.#childGone(run.run, exit));
    if (this.#machine.want === 'down') this.#wish('stop');
  }

  /** A recorded run that is over: its end is judged as if it were seen now. */
  bury(run: RunRecord): void {
    this.#begin(run, this.#ports.clock.now() - Math.max(0, this.#ports.clock.wall() - run.at));
    this.#machine = { ...this.#machine, state: this.#machine.want === 'up' ? { name: 'online', unready: false } : { name: 'stopping', hard: false } };
    this.#childGone(run.run, this.#run?.exitNote() ?? {});
  }

  /** Lets go of everything without touching the child: the daemon goes, the next one adopts. What is over is read on: nobody else would, and a writer would wait for ever. */
  release(): void {
    this.#released = true;
    this.#disarm();
    this.#run?.release();
    this.#log.close();
  }

  #wish(type: 'start' | 'stop'): void {
    this.#take({ type });
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
      if (next.want !== before.want) this.#ports.keeper.patch(this.id, { want: next.want });
      if (next.state.name !== before.state.name) this.#keepState();
      for (const effect of next.effects) {
        const news = this.#perform(effect);
        if (news) events.push(news);
      }
    }
    for (const check of [...this.#waiters]) check();
  }

  /** News of run `n`; an older run's is dropped here. */
  #news(n: number, event: Event): void {
    if (n === this.#runs) this.#take(event);
  }

  #perform(effect: Effect): Event | undefined {
    switch (effect.do) {
      case 'spawn': return this.#spawn();
      case 'ask': return this.#ask();
      case 'kill': this.#kill('SIGKILL'); return undefined;
      case 'arm': this.#arm(effect.timer, effect.ms); return undefined;
      case 'disarm': this.#disarm(); return undefined;
      // `stop` comes only of a wish; an end by itself is told as `exit`.
      case 'tell': this.#ports.listener.onProcess(effect.news, this, effect.news === 'stop'); return undefined;
      case 'record': this.#record(effect); return undefined;
    }
  }

  #spawn(): Event | undefined {
    const n = ++this.#runs;
    const { fifos, home, clock } = this.#ports;
    const out = fifos.take();
    const err = fifos.take();
    if (out === undefined || err === undefined) {
      for (const f of [out, err]) if (f !== undefined) fifos.giveBack(f);
      // The stock is empty: make more, then go on with this run if it is still wanted.
      fifos.ready(8).then(
        () => { if (n === this.#runs && this.state.name === 'starting') { const event = this.#spawn(); if (event) this.#take(event); } },
        (e: unknown) => this.#news(n, { type: 'spawnFailed', reason: `no FIFO for its output: ${reasonOf(e)}`, passing: true }),
      );
      return undefined;
    }
    const door = this.isNode ? this.#ports.channels.doorFor(this.#spec.uid) : undefined;
    const run: RunRecord = { run: n, out: path.basename(out), err: path.basename(err), token: randomUuid(), at: clock.wall(), boot: this.#ports.boot, ...(door && { door }) };
    // The intent is written before the deed: a daemon that dies between them is followed by one that looks for it.
    this.#ports.keeper.patch(this.id, { live: run, runs: n, restarts: this.#restarts, failed: undefined, stopped: undefined });
    this.telemetry.newRun();
    const facts = { id: this.id, instance: this.instance, uniqueId: this.uniqueId, home: home.dir, pidPath: pidPath(this.#spec, this.id, home), restarts: this.#restarts, now: run.at,
      outPath: this.paths.out, errPath: this.paths.err, settings: this.#ports.settingsOf(this.#spec),
      channel: this.#ports.channels.tell(home, this.id, run) };
    let wr: number | undefined;
    let we: number | undefined;
    try {
      try {
        wr = fs.openSync(out, 'r+');
        we = fs.openSync(err, 'r+');
      } catch (e) {
        this.#unspawned(run);
        return { type: 'spawnFailed', reason: reasonOf(e), passing: false };
      }
      const pid = launch({
        spec: this.#spec,
        command: commandOf(this.#spec, this.#ports.preload, this.isNode && fs.existsSync(`${this.#spec.exec_path}.map`)),
        env: spawnEnv(this.#spec, facts),
        out: wr, err: we, door: this.#ports.channels.doorFd(run),
        onExit: (code, signal) => this.#childGone(n, { ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }) }),
        onFail: (reason, passing) => { this.#unspawned(run); this.#news(n, { type: 'spawnFailed', reason, passing }); },
      });
      if (pid === undefined) return undefined; // onFail tells
      const start = startTime(pid);
      const kept: RunRecord = { ...run, pid, ...(start === undefined ? {} : { start }) };
      this.#ports.keeper.patch(this.id, { live: kept });
      this.#begin(kept, clock.now());
      this.#ports.pidFiles.write(facts.pidPath, pid);
      return { type: 'spawned' };
    } finally {
      // Not before somebody reads: what a program that is over already has written goes with the last descriptor.
      for (const fd of [wr, we]) if (fd !== undefined) fs.closeSync(fd);
    }
  }

  #unspawned(run: RunRecord): void {
    this.#ports.channels.forget(run.token);
    for (const name of [run.out, run.err]) this.#ports.fifos.giveBack(path.join(this.#ports.home.run, name));
    if (run.run === this.#runs) this.#ports.keeper.patch(this.id, { live: undefined });
  }

  #begin(kept: RunRecord, startedAt: number): void {
    const run = new LiveRun(kept, startedAt, this.#log, this.#ports);
    this.#run = run;
    this.#lastPid = kept.pid ?? 0;
    for (const name of [kept.out, kept.err]) this.#ports.fifos.claim(path.join(this.#ports.home.run, name));
    run.read();
    run.setEager(this.#log.onLines !== undefined);
    this.#log.onDrain = () => { for (const r of [...this.#over, run]) r.resume(); };
    this.#ports.channels.expect(kept, {
      onMessage: (message) => {
        if (message === 'ready') this.#news(kept.run, { type: 'ready' });
        this.#ports.listener.onMessage(this, message);
      },
      onException: (error) => this.#ports.listener.onException(this, error),
    });
    if (this.#ports.listener.wantsLog(this)) this.listenLog(true);
  }

  /** The leader is gone. While stopping, the end is the end of its whole group. */
  #childGone(n: number, exit: Exit): void {
    const run = this.#run;
    if (n !== this.#runs || !run) return;
    if (this.state.name === 'stopping' && this.#spec.treekill && this.#leftovers(run).length > 0) {
      this.#ports.clock.after(GROUP_LOOK, () => this.#childGone(n, exit));
      return;
    }
    this.#stopBelow = [];
    const ran = Math.max(0, this.#ports.clock.now() - run.startedAt);
    // What it wrote last is read first: in order, and its FIFOs are free again for the run that may follow at once.
    run.drain();
    this.#over = [...this.#over, run].filter((r) => r.heard);
    this.#run = undefined;
    this.#news(n, { type: 'exited', exit, ran });
    if (exit.code !== 0) for (const note of run.takeNotes()) this.#noted(note);
    this.#ports.channels.forget(run.kept.token);
  }

  #noted(note: Readonly<Record<string, unknown>>): void {
    const x = note['x'];
    if (typeof x === 'object' && x !== null) this.#ports.listener.onException(this, x as Record<string, unknown>);
  }

  /** Members of the group, and descendants outside it seen at the stop, that still live. */
  #leftovers(run: LiveRun): number[] {
    const left = this.#stopBelow.filter((k) => signalPid(k.pid, 0) && alive(k.pid, k.start)).map((k) => k.pid);
    return groupLives(run.pid) ? [run.pid, ...left] : left;
  }

  #ask(): Event | undefined {
    const run = this.#run;
    if (!run || run.kept.pid === undefined) return { type: 'unborn' };
    this.#stopBelow = this.#spec.treekill ? this.#ports.tree.below(run.pid) : [];
    if (this.#spec.shutdown_with_message && this.#ports.channels.send(run.kept.token, 'shutdown')) return undefined;
    this.#kill(this.#spec.kill_signal);
    return undefined;
  }

  /** Never signals a pid whose start time is not the recorded one: it is somebody else's. */
  #kill(signal: NodeJS.Signals): void {
    const run = this.#run;
    if (!run || run.kept.pid === undefined) return;
    const leader = alive(run.pid, run.kept.start);
    if (!this.#spec.treekill) { if (leader) signalPid(run.pid, signal); return; }
    // A group outlives its leader under the same number, which the kernel then gives to nobody else.
    if (leader || signalGroup(run.pid, 0)) signalGroup(run.pid, signal);
    for (const { pid, start } of this.#stopBelow) if (alive(pid, start)) signalPid(pid, signal);
  }

  #record(e: Extract<Effect, { do: 'record' }>): void {
    const exit: ExitRecord = { at: this.#ports.clock.wall(), pid: this.#lastPid, ran: Math.round(e.ran), then: e.then, ...e.exit };
    this.#exits = [...this.#exits, exit].slice(-10);
    if (e.restarted) this.#restarts++;
    this.#ports.keeper.patch(this.id, { live: undefined, exit, restarts: this.#restarts, intensity: this.#machine.intensity });
  }

  #keepState(): void {
    const { state } = this.#machine;
    if (state.name === 'failed' || state.name === 'stopped') this.#ports.pidFiles.remove(this.pidPath);
    if (state.name === 'failed') this.#ports.keeper.patch(this.id, { failed: state.reason });
    else if (state.name === 'stopped') this.#ports.keeper.patch(this.id, { stopped: state.why, failed: undefined });
  }

  #arm(timer: 'wait' | 'kill' | 'ready', ms: number): void {
    const n = this.#runs;
    const type = timer === 'wait' ? 'waitOver' : timer === 'kill' ? 'killDue' : 'readyDue';
    this.#timers.get(timer)?.();
    this.#timers.set(timer, this.#ports.clock.after(ms, () => this.#news(n, { type })));
  }

  #disarm(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  get paths(): { readonly out?: string; readonly err?: string; readonly all?: string } { return logPaths(this.#spec, this.id, this.#ports.home); }
  get pidPath(): string { return pidPath(this.#spec, this.id, this.#ports.home); }

  #target(): LogTarget {
    const s = this.#spec;
    return { id: this.id, name: s.name, namespace: s.namespace, ...this.paths, type: s.log_type, date: s.log_date_format, limits: { maxSize: s.log_max_size, keep: s.log_keep, compress: s.log_compress, interval: s.log_rotate_interval } };
  }
}
