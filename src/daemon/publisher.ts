import type { Clock } from '../base/clock.js';
import { type Pm2Event, childTopic, exceptionTopic, killTopic, logTopic, processEvent } from '../compat/bus.js';
import { parseChildMessage } from '../compat/child.js';
import { pm2Record } from '../compat/record.js';
import type { Bus } from '../rpc/bus.js';
import type { Listener, News } from '../supervisor/ports.js';
import type { ManagedProcess } from '../supervisor/process.js';
import { detailOf } from '../supervisor/view.js';

export interface PublisherOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly say: (text: string) => void;
  /** Is what looks like a secret shown? */
  readonly reveal: () => boolean;
  /** Something listed has changed. */
  readonly touch: () => void;
  readonly changed: (p: ManagedProcess) => void;
  readonly tap?: Tap;
  /** A program has answered an action, or a part of it. */
  readonly replied: (p: ManagedProcess, topic: string, data: unknown) => void;
  /** A program speaks to the daemon itself: true, and nobody else hears it. */
  readonly heard: (p: ManagedProcess, message: unknown) => boolean;
}

/** Whoever is in the same process and wants all the news of all programs. */
export type Tap = Pick<Listener, 'onProcess' | 'onLog'>;

const UNMEASURED = { cpu: 0, memory: 0 };

/** The supervisor's news on their way out: to our subscribers and, in PM2's shapes, to PM2's. */
export class Publisher implements Listener {
  readonly #o: PublisherOptions;
  /** Ids of programs whose `start` PM2's clients have not been told. */
  readonly #starting = new Set<number>();

  constructor(options: PublisherOptions) { this.#o = options; }

  /** Attaches and detaches the followers of logs: a log that nobody follows costs nothing. */
  demand(processes: Iterable<ManagedProcess>): void {
    for (const p of processes) p.listenLog(this.wantsLog(p));
  }

  wantsLog(p: ManagedProcess): boolean { return this.#o.tap !== undefined || this.#o.bus.wantsLogs(ref(p)); }

  onProcess(event: News, p: ManagedProcess, manually: boolean): void {
    this.#o.touch();
    this.#o.changed(p);
    this.#o.tap?.onProcess(event, p, manually);
    this.#o.bus.publish('process', { event, ...ref(p), at: this.#o.clock.wall(), manually });
    this.#tellInPm2sOrder(event, p, manually);
  }

  /** PM2 tells `start` when the program is online, not before. */
  #tellInPm2sOrder(event: News, p: ManagedProcess, manually: boolean): void {
    if (event === 'start' && p.state.name !== 'online') {
      this.#starting.add(p.id);
      return;
    }
    this.tellPm2(event, p, manually);
    if (event === 'online' ? this.#starting.delete(p.id) : false) this.tellPm2('start', p, true);
    if (event === 'delete') this.#starting.delete(p.id);
  }

  /** A process:event for PM2's clients. */
  tellPm2(event: Pm2Event, p: ManagedProcess, manually: boolean): void {
    this.#pm2(processEvent(event, manually, this.#o.clock.wall(), () => pm2Record(detailOf(p, UNMEASURED), this.#o.reveal())));
  }

  onLog(p: ManagedProcess, stream: 'out' | 'err', text: Buffer, at: number): void {
    this.#o.tap?.onLog(p, stream, text, at);
    if (!this.#o.bus.wantsLogs(ref(p))) return;
    const data = text.toString('utf8');
    this.#o.bus.publish('log', { ...ref(p), stream, at, data });
    this.#pm2(logTopic(stream, ref(p), at, data));
  }

  onMessage(p: ManagedProcess, message: unknown): void {
    if (this.#o.heard(p, message)) return;
    const effect = parseChildMessage(message);
    switch (effect.kind) {
      case 'monitor': p.telemetry.setMetrics(effect.data); this.#o.touch(); return;
      case 'action': p.telemetry.addAction(effect.action); this.#o.touch(); return;
      case 'options': p.telemetry.setOptions(effect.data); this.#o.touch(); return;
      case 'nodeVersion': p.telemetry.nodeVersion = effect.version; this.#o.touch(); return;
      case 'nothing': return;
      case 'ready': case 'publish': {
        if (effect.kind === 'publish' && /^axm:(?:reply$|scoped_action:)/.test(effect.topic) && 'data' in effect) this.#o.replied(p, effect.topic, effect.data);
        const topic = childTopic(effect, ref(p), this.#o.clock.wall());
        if (topic) this.#pm2(topic);
      }
    }
  }

  onException(p: ManagedProcess, error: Readonly<Record<string, unknown>>): void {
    this.#pm2(exceptionTopic(ref(p), this.#o.clock.wall(), error));
  }

  /** The daemon is about to end. */
  killed(text: string): void { this.#pm2(killTopic(text)); }

  onBug(where: string, error: unknown): void {
    this.#o.say(`fault in ${where}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  }

  #pm2({ topic, payload }: { readonly topic: string; readonly payload: () => unknown }): void {
    this.#o.bus.publishPm2(topic, payload);
  }
}

function ref(p: ManagedProcess): { id: number; name: string; namespace: string; module?: string } {
  const { name, namespace, module } = p.spec;
  return { id: p.id, name, namespace, ...(module !== undefined && { module }) };
}
