import { isMgrError, reasonOf } from '../../base/errors.js';
import { openDatabase } from '../../database/database.js';
import type { ProcessView } from '../../protocol/views.js';
import type { MetricView } from '../api-types.js';
import type { MachineNow } from '../api-types-machine.js';
import { numberOf } from '../metrics-of.js';
import { LEVELS, LONGEST_NAME, MOST_OWNERS, MOST_SERIES } from './bounds.js';
import { MACHINE, ownersOf } from './owners.js';
import { rounded, type Values } from './pack.js';
import { HistoryStore, type Past, type Point } from './store.js';

export interface Sample {
  readonly at: number;
  readonly machine: MachineNow;
  readonly processes: readonly ProcessView[];
  readonly metrics: readonly { readonly id: number; readonly metrics: readonly MetricView[] }[];
}

/** Points that wait for a database that is busy: five minutes. */
const MOST_WAITING = 30;
/** ms after which an unusable database is tried again. */
const AGAIN = 60_000;

/** Names under which programs tell how long their event loop keeps others waiting. */
const LOOP = new Set(['Event Loop Latency', 'Loop delay']);

/** Writes the past down, every ten seconds. Without a usable database everything else goes on. */
export class Recorder {
  readonly #file: string;
  readonly #say: (text: string) => void;
  #db: ReturnType<typeof openDatabase> | undefined;
  #store: HistoryStore | undefined;
  #reason: string | undefined;
  #tried = Number.NEGATIVE_INFINITY;
  #last = 0;
  #waiting: { at: number; point: Point }[] = [];

  constructor(file: string, say: (text: string) => void) {
    this.#file = file;
    this.#say = say;
  }

  get usable(): boolean { return this.#store !== undefined; }
  get reason(): string | undefined { return this.#reason; }
  /** The open database, for others that look into it. */
  get database(): ReturnType<typeof openDatabase> | undefined { return this.#db; }

  /** Of what is kept. */
  get bytes(): number { return this.#store?.bytes ?? 0; }

  /** Is it time for the next point? */
  due(at: number): boolean { return Math.floor(at / LEVELS[0].step) !== Math.floor(this.#last / LEVELS[0].step); }

  take(sample: Sample): void {
    this.#last = sample.at;
    this.#waiting.push({ at: sample.at, point: pointOf(sample) });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.open(sample.at);
    if (!this.#store) return;
    try {
      this.#store.add(this.#waiting, sample.at);
      this.#waiting = [];
      this.#reason = undefined;
    } catch (e) {
      if (isMgrError(e) && e.code === 'STORE_BUSY') return; // they wait for the next time
      this.#fail(e, sample.at);
    }
  }

  open(now: number): void {
    if (this.#store || now - this.#tried < AGAIN) return;
    this.#tried = now;
    try {
      this.#db = openDatabase(this.#file, { warn: this.#say });
      this.#store = new HistoryStore(this.#db);
      this.#reason = undefined;
    } catch (e) {
      this.#fail(e, now);
    }
  }

  /** Undefined: there is no history. */
  read(owner: string, from: number, to: number, now: number, series?: readonly string[]): Past | undefined {
    return this.#store?.read(owner, from, to, now, series);
  }

  close(): void {
    this.#store = undefined;
    this.#db?.close();
    this.#db = undefined;
  }

  #fail(e: unknown, now: number): void {
    const reason = reasonOf(e);
    if (reason !== this.#reason) this.#say(`no history is kept: ${reason}`);
    this.#reason = reason;
    this.#tried = now;
    try {
      this.close();
    } catch { /* it is given up anyway, and why was told */ }
  }
}

function pointOf({ machine, processes, metrics }: Sample): Point {
  const { at: _at, ...figures } = machine;
  const own = new Map(metrics.map((m) => [m.id, m.metrics] as const));
  const owners = ownersOf(processes);
  const point: Record<string, Values> = { [MACHINE]: numbers(figures) };
  for (const p of processes.slice(0, MOST_OWNERS)) point[owners.get(p.id) ?? ''] = valuesOf(p, own.get(p.id) ?? []);
  return point;
}

function valuesOf(p: ProcessView, metrics: readonly MetricView[]): Values {
  const values: Record<string, number> = { cpu: p.cpu, memory: p.memory, restarts: p.restarts };
  // What does not run uses nothing, which is no measurement.
  if (p.pid === 0) { delete values['cpu']; delete values['memory']; }
  for (const m of metrics) {
    const n = m.historic ? numberOf(m) : undefined;
    if (n === undefined || Object.keys(values).length >= MOST_SERIES) continue;
    values[`custom:${m.name}`.slice(0, LONGEST_NAME)] = rounded(n.value);
    if (LOOP.has(m.name)) values['loop'] = rounded(n.value);
  }
  return values;
}

function numbers(record: Readonly<Record<string, number | undefined>>): Values {
  return Object.fromEntries(Object.entries(record).flatMap(([k, v]) => (v === undefined ? [] : [[k, rounded(v)]])));
}
