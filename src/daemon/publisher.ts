import type { Clock } from '../base/clock.js';
import type { Bus } from '../rpc/bus.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Listener, News } from '../supervisor/ports.js';

export interface PublisherOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly say: (text: string) => void;
  /** Something listed has changed. */
  readonly touch: () => void;
  readonly changed: (p: ManagedProcess) => void;
}

/** The supervisor's news on their way out: to our subscribers and, in PM2's shapes, to PM2's. */
export class Publisher implements Listener {
  readonly #o: PublisherOptions;

  constructor(options: PublisherOptions) { this.#o = options; }

  /** Attaches and detaches the followers of logs: a log that nobody follows costs nothing. */
  demand(processes: Iterable<ManagedProcess>): void {
    for (const p of processes) p.listenLog(this.wantsLog(p));
  }

  wantsLog(p: ManagedProcess): boolean { return this.#o.bus.wantsLogs(p.id); }

  onProcess(event: News, p: ManagedProcess, manually: boolean): void {
    this.#o.touch();
    this.#o.changed(p);
    const at = this.#o.clock.wall();
    this.#o.bus.publish('process', { event, id: p.id, name: p.spec.name, namespace: p.spec.namespace, at, manually });
  }

  onLog(p: ManagedProcess, stream: 'out' | 'err', text: Buffer): void {
    this.#o.bus.publish('log', { id: p.id, name: p.spec.name, namespace: p.spec.namespace, stream, at: this.#o.clock.wall(), data: text.toString('utf8') });
  }

  onMessage(_p: ManagedProcess, _message: unknown): void {}
  onException(_p: ManagedProcess, _error: Readonly<Record<string, unknown>>): void {}

  killed(_text: string): void {}

  onBug(where: string, error: unknown): void {
    this.#o.say(`fault in ${where}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  }
}
