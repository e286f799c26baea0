import type { Clock } from '../../base/clock.js';
import { isMgrError } from '../../base/errors.js';
import type { ProcessView } from '../../protocol/views.js';
import type { DaemonLink } from '../daemon-link.js';
import { metricsOf } from '../metrics-of.js';
import type { DaemonMeter } from '../machine/daemon-usage.js';
import type { Machine } from '../machine/machine.js';
import type { Recorder } from '../history/recorder.js';
import type { Hub } from './hub.js';
import { JobWatch } from './job-watch.js';
import { Rows } from './rows.js';

/** ms between two looks while somebody watches, and while nobody does. */
const BUSY = 1000;
const IDLE = 10_000;
/** ms after an event within which further ones are looked at together. */
const SOON = 60;

export interface TickerParts {
  readonly link: DaemonLink;
  readonly hub: Hub;
  readonly machine: Machine;
  readonly daemon: DaemonMeter;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly say: (text: string) => void;
}

/** The one look at the daemon for all who watch: every second while there are any, every ten for the history. */
export class Ticker {
  readonly #p: TickerParts;
  readonly #rows = new Rows();
  readonly #jobs = new JobWatch();
  #modules = '';
  #machineAt = 0;
  #cancel: (() => void) | undefined;
  #looking = false;
  #again = false;
  #ended = false;
  /** What was seen last. */
  latest: readonly ProcessView[] = [];

  constructor(parts: TickerParts) { this.#p = parts; }

  begin(): void { this.#plan(0); }
  end(): void { this.#ended = true; this.#cancel?.(); }

  /** Something happened, or somebody came: look now. */
  poke(): void {
    if (this.#looking) this.#again = true;
    else this.#plan(SOON);
  }

  #plan(ms: number): void {
    this.#cancel?.();
    if (this.#ended) return;
    this.#cancel = this.#p.clock.after(ms, () => {
      this.#looking = true;
      this.#look().catch((e: unknown) => { if (!isMgrError(e)) this.#p.say(`a look at the daemon failed: ${e instanceof Error ? e.stack ?? e.message : String(e)}`); }).finally(() => {
        this.#looking = false;
        const soon = this.#again;
        this.#again = false;
        const step = this.#p.hub.watched ? BUSY : IDLE;
        // On the full second (or tenth): points of the history are as far apart as they say.
        this.#plan(soon ? SOON : step - (this.#p.clock.wall() % step) + 5);
      });
    });
  }

  async #look(): Promise<void> {
    const { hub, link, machine, daemon, recorder, clock } = this.#p;
    const at = clock.wall();
    const now = { ...await machine.now(), ...daemon.look(link.state === 'up' ? link.view?.pid : undefined) };
    if (now.at !== this.#machineAt) hub.publish('machine', now);
    this.#machineAt = now.at;
    if (hub.watched && recorder.database && this.#jobs.changed(recorder.database)) hub.publish('jobs', { at });
    if (link.state === 'up') await this.#processes(at);
    const due = recorder.due(at);
    if (due) recorder.take({ at, machine: now, processes: link.state === 'up' ? this.latest : [], metrics: link.state === 'up' ? await allMetrics(link) : [] });
    hub.beat(at);
  }

  async #processes(at: number): Promise<void> {
    const { hub, link } = this.#p;
    const { processes } = await link.call('process.list', {});
    this.latest = processes;
    const changes = this.#rows.changes(processes, at);
    let whole: string | undefined;
    for (const w of hub.of('processes')) {
      if (w.slow) w.behind = true;
      else if (w.behind) {
        w.sendText('processes', whole ??= this.#rows.whole(at));
        w.behind = false;
      } else if (changes !== undefined) w.sendText('processes', changes);
    }
    const modules = [...new Set(processes.flatMap((p) => (p.module === undefined ? [] : [`${p.module} ${p.version ?? ''}`])))].sort().join('\n');
    if (modules !== this.#modules) hub.publish('module', { at });
    this.#modules = modules;
    for (const w of hub.of('metrics')) {
      if (w.metrics.length === 0 || w.slow) continue;
      const found = await link.call('process.metrics', { targets: w.metrics }).catch((e: unknown) => { if (isMgrError(e)) return []; throw e; /* gone, or a daemon that has no such word */ });
      w.send('metrics', { at, processes: found.map(({ id, metrics }) => ({ id, metrics: metricsOf(metrics) })) });
    }
  }
}

/** Those of every program; none from a daemon that does not know the word. */
async function allMetrics(link: DaemonLink): Promise<{ readonly id: number; readonly metrics: ReturnType<typeof metricsOf> }[]> {
  try {
    return (await link.call('process.metrics', {})).map(({ id, metrics }) => ({ id, metrics: metricsOf(metrics) }));
  } catch (e) {
    if (isMgrError(e)) return []; // an older daemon, or one that just ended
    throw e;
  }
}
