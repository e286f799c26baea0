import { alive } from '../../base/proc.js';
import type { AppSpec } from '../../config/spec.js';
import type { RunRecord } from '../../protocol/records.js';
import type { Ports } from '../ports.js';
import type { Drained } from './channel-words.js';
import { type Known, groupLives, signalGroup, signalPid } from './kill.js';

/**
 * How one run is brought to its end: asked by message or signal, killed with its whole group, seen to be gone.
 * Never signals a pid whose start time is not the recorded one: it is somebody else's.
 */
export class Takedown {
  readonly #run: RunRecord;
  readonly #pid: number;
  readonly #ports: Pick<Ports, 'tree' | 'channels'>;
  /** Descendants outside the group, seen when it was asked to end. */
  #below: readonly Known[] = [];
  #drained = false;

  constructor(run: RunRecord, ports: Pick<Ports, 'tree' | 'channels'>) {
    this.#run = run;
    this.#pid = run.pid ?? 0;
    this.#ports = ports;
  }

  /** The end its declaration wishes for. */
  ask(spec: Pick<AppSpec, 'treekill' | 'shutdown_with_message' | 'kill_signal'>): void {
    if (this.#drained) this.#ports.channels.control(this.#run.token, { drain: 'over' });
    this.#below = spec.treekill ? this.#ports.tree.below(this.#pid) : [];
    if (spec.shutdown_with_message && this.#ports.channels.send(this.#run.token, 'shutdown')) return;
    this.signalAll(spec.kill_signal, spec.treekill);
  }

  /**
   * It takes no new connection and finishes those it has. `timeout`: some connection is left after `ms`; `unsupported`: it
   * cannot be asked (no Node program, or one that has never opened its channel). `then`: what ends it, also without us.
   * `patience`: ms in which it must have begun.
   */
  drain(ms: number, then: NodeJS.Signals = 'SIGINT', patience = ms): Promise<Drained> {
    this.#drained = true;
    return this.#ports.channels.drain(this.#run.token, ms, then, patience);
  }

  /** Resolves when it can be told something, or after `ms`. */
  connected(ms: number): Promise<void> { return ms <= 0 ? Promise.resolve() : this.#ports.channels.connected(this.#run.token, ms); }

  /** `tree`: to its group and what left it, too. */
  signalAll(signal: NodeJS.Signals, tree: boolean): void {
    if (!tree) { this.signal(signal); return; }
    // A group outlives its leader under the same number, which the kernel then gives to nobody else.
    if (alive(this.#pid, this.#run.start) || signalGroup(this.#pid, 0)) signalGroup(this.#pid, signal);
    for (const { pid, start } of this.#below) if (alive(pid, start)) signalPid(pid, signal);
  }

  /** To the process alone. False: it is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return alive(this.#pid, this.#run.start) && signalPid(this.#pid, signal);
  }

  /** Do members of the group, or descendants outside it seen at the asking, still live? */
  leavesSome(): boolean {
    return groupLives(this.#pid) || this.#below.some((k) => signalPid(k.pid, 0) && alive(k.pid, k.start));
  }
}
