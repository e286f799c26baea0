import fs from 'node:fs';
import { alive } from '../base/proc.js';
import { Intake } from '../logs/intake.js';
import type { ProcessLog } from '../logs/process-log.js';
import type { AppSpec } from '../config/spec.js';
import type { RunRecord } from '../protocol/records.js';
import { notePath } from './launch/channel-words.js';
import { isHeld } from './launch/stdin.js';
import { Takedown } from './launch/takedown.js';
import { type Exit, PRIMARY_ENDED } from './policy.js';
import type { Ports } from './ports.js';
import { type Gate, Readiness } from './readiness.js';
import type { HealthCheck } from './triggers/health.js';

/**
 * One run of a process as the daemon holds it: its pid, its two FIFOs and how its end is noticed.
 * A child of ours tells its end by itself (SIGCHLD). An adopted one tells it by the end of file on its FIFOs; where
 * a grandchild keeps those open, by a slow look at its pid.
 */
export class LiveRun {
  kept: RunRecord;
  readonly startedAt: number;
  readonly takedown: Takedown;
  readonly #ports: Ports;
  readonly log: ProcessLog;
  readonly readiness: Readiness;
  /** Set where the app declares one. */
  health: HealthCheck | undefined;
  readonly #intakes = new Map<'out' | 'err', Intake>();
  /** Streams the living program closed: their FIFOs stay its own, a next daemon opens them by this run's record. */
  readonly #closed: ('out' | 'err')[] = [];
  #drained = false;
  #ended = false;
  #cancelLook: (() => void) | undefined;

  /** `startedAt`: monotonic ms. */
  constructor(kept: RunRecord, startedAt: number, log: ProcessLog, ports: Ports, ready: { readonly spec: AppSpec; readonly gates: readonly Gate[]; readonly onReady: () => void }) {
    this.kept = kept;
    this.startedAt = startedAt;
    this.takedown = new Takedown(kept, ports);
    this.log = log;
    this.#ports = ports;
    this.readiness = new Readiness(ready.gates, ready.spec, ports.clock, ready.onReady);
  }

  get pid(): number { return this.kept.pid ?? 0; }

  /** Path of the note a Node child leaves (child/preload.ts): its exit code, an exception. */
  get note(): string { return notePath(this.#ports.home, this.kept); }

  /** Path of the FIFO its standard input is, see launch/stdin.ts. */
  get stdin(): string | undefined { return this.kept.in === undefined ? undefined : `${this.#ports.home.run}/${this.kept.in}`; }

  /** Starts reading both streams. */
  read(): void {
    for (const [stream, name] of [['out', this.kept.out], ['err', this.kept.err]] as const) {
      const file = `${this.#ports.home.run}/${name}`;
      const intake = new Intake(file, {
        onData: (chunk) => this.log.write(stream, chunk),
        directFd: () => this.log.directFd(stream),
        wroteDirect: (chunk) => this.log.wroteDirect(stream, chunk),
        onEnd: () => this.#streamEnded(stream),
        onError: (e) => { this.#ports.listener.onBug(`reading ${file}`, e); this.#intakes.delete(stream); },
      }, this.#ports.clock);
      try {
        intake.open();
        this.#intakes.set(stream, intake);
      } catch (e) {
        this.#ports.listener.onBug(`opening ${file}`, e);
      }
    }
  }

  /** Nobody holds its other end any more: what came is whole, and after the run the FIFO is as good as new. */
  #streamEnded(stream: 'out' | 'err'): void {
    if (!this.#intakes.delete(stream)) return;
    this.log.end(stream);
    if (this.#drained) this.#giveBack(stream); else this.#closed.push(stream);
    this.onStreamEnd?.();
  }

  #giveBack(stream: 'out' | 'err'): void { this.#ports.fifos.giveBack(`${this.#ports.home.run}/${this.kept[stream]}`); }

  onStreamEnd: (() => void) | undefined;

  /** Is some stream still held open, by a grandchild when the run itself is over? */
  get heard(): boolean { return this.#intakes.size > 0; }

  setEager(on: boolean): void { for (const i of this.#intakes.values()) i.setEager(on); }
  resume(): void { for (const i of this.#intakes.values()) i.resume(); }

  /** Takes what waits in its pipes now, where that cannot wait for the loop. */
  readNow(): void { for (const i of this.#intakes.values()) i.drain(); }

  /** Takes what the ended run left in its pipes. Streams a grandchild holds open are read on until they end. */
  drain(): void {
    this.#drained = true;
    for (const stream of this.#closed.splice(0)) this.#giveBack(stream);
    for (const [stream, intake] of [...this.#intakes]) {
      if (!intake.drain()) continue;
      intake.close();
      this.#streamEnded(stream);
    }
  }

  /** The run is over: its standard input is as good as new, unless a grandchild holds it. */
  leaveStdin(): void {
    if (this.stdin === undefined) return;
    if (isHeld(this.stdin)) this.#ports.fifos.forget(this.stdin); else this.#ports.fifos.giveBack(this.stdin);
  }

  /** For an adopted run: calls once when it is gone. `ms`: how often to look where no end of file tells it. */
  watch(ms: number, onGone: (exit: Exit) => void): void {
    const look = (): void => {
      if (this.#ended) return;
      if (this.kept.pid !== undefined && alive(this.kept.pid, this.kept.start)) {
        this.#cancelLook?.();
        this.#cancelLook = this.#ports.clock.after(this.#intakes.size === 0 ? Math.min(ms, 200) : ms, look);
        return;
      }
      this.#ended = true;
      this.#cancelLook?.();
      onGone(this.exitNote());
    };
    // The pid may be visible for a moment after its descriptors are closed.
    this.onStreamEnd = () => { this.#cancelLook?.(); this.#cancelLook = this.#ports.clock.after(2, look); };
    look();
  }

  /** The exit code a Node child noted, if it did; why a worker ended that could not. */
  exitNote(): Exit {
    for (const record of this.takeNotes()) {
      // A worker notes its end itself only when its primary is gone.
      if (record['alone'] === true) return { why: PRIMARY_ENDED };
      if (typeof record['code'] === 'number') return { code: record['code'] };
      if (typeof record['signal'] === 'string') return { signal: record['signal'] };
    }
    // Of a worker that ends by itself the primary leaves a note.
    return this.kept.worker && !this.#ports.primaries.lives(this.kept) ? { why: PRIMARY_ENDED } : {};
  }

  /** Reads the note and removes it. */
  takeNotes(): Readonly<Record<string, unknown>>[] {
    let text: string;
    try {
      text = head(this.note);
      fs.rmSync(this.note, { force: true });
    } catch {
      return []; // none was left
    }
    return text.split('\n').filter((l) => l !== '').flatMap((l) => {
      try { return [JSON.parse(l) as Record<string, unknown>]; } catch { return []; /* cut off by a kill */ }
    });
  }

  /** Stops reading for good (the daemon goes; the child and its pipes stay). */
  release(): void {
    this.#ended = true;
    this.#cancelLook?.();
    this.readiness.close();
    this.health?.close();
    for (const i of this.#intakes.values()) i.close();
    this.#intakes.clear();
  }
}

/** Bytes. A program may write into its note what it likes. */
const LONGEST_NOTE = 256 * 1024;

function head(file: string): string {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(Math.min(LONGEST_NOTE, fs.fstatSync(fd).size));
    return buffer.toString('utf8', 0, fs.readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    fs.closeSync(fd);
  }
}
