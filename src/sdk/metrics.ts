import { reasonOf } from '../base/thrown.js';
import type { Link } from './link.js';
import { type Counter, type Gauge, type Histogram, MEASUREMENTS, type Measurement, type Meter, type MetricValue, makeCounter, makeGauge, makeHistogram, makeMeter } from './kinds.js';

/** A metric by its name alone, or with: */
export interface MetricOptions {
  readonly name: string;
  /** Shown after the value: `ms`, `req/s`. */
  readonly unit?: string;
  /** Is a dashboard to keep its history? Default true. */
  readonly historic?: boolean;
}
export interface GaugeOptions<V extends MetricValue = MetricValue> extends MetricOptions {
  /** The value, or what is asked for it each time it is sent. */
  readonly value?: V | (() => V);
}
export interface MeterOptions extends MetricOptions {
  /** Seconds that count most. Default 60. */
  readonly timeframe?: number;
}
export interface HistogramOptions extends MetricOptions {
  /** Default `mean`. */
  readonly measurement?: Measurement;
}

/** ms between two looks at the metrics; only what changed is sent. */
const LOOK = 1000;
/** Looks after which all is sent again: the manager may be another one. */
const ALL = 10;

/** The metrics of this program, as `mgr describe` and dashboards show them. */
export class Metrics {
  readonly #link: Link;
  readonly #read = new Map<string, () => Readonly<Record<string, unknown>>>();
  readonly #sent = new Map<string, string>();
  #looks = 0;
  #begun = false;

  constructor(link: Link) { this.#link = link; }

  gauge<V extends MetricValue>(what: string | GaugeOptions<V>, read?: () => V): Gauge<V> {
    const options: GaugeOptions<V> = typeof what === 'string' ? { name: what } : what;
    return this.#add(options, 'avg', makeGauge(read ?? options.value));
  }

  counter(what: string | MetricOptions): Counter { return this.#add(named(what), 'sum', makeCounter()); }

  meter(what: string | MeterOptions): Meter {
    const options: MeterOptions = named(what);
    const { timeframe = 60 } = options;
    if (!(timeframe > 0)) throw new TypeError(`meter ${options.name}: timeframe: got ${timeframe}, wanted seconds above 0`);
    return this.#add({ unit: '/s', ...options }, 'avg', makeMeter(timeframe, () => performance.now()));
  }

  histogram(what: string | HistogramOptions): Histogram {
    const options: HistogramOptions = named(what);
    const { measurement = 'mean' } = options;
    if (!MEASUREMENTS.includes(measurement)) throw new TypeError(`histogram ${options.name}: measurement: got ${JSON.stringify(measurement)}, wanted one of ${MEASUREMENTS.join(', ')}`);
    return this.#add(options, measurement === 'sum' || measurement === 'count' ? 'sum' : measurement === 'min' || measurement === 'max' ? measurement : 'avg', makeHistogram(measurement, () => performance.now()));
  }

  /** Sends what changed since it was sent. */
  look(): void {
    const all = this.#looks++ % ALL === 0;
    const data: Record<string, unknown> = {};
    for (const [name, read] of this.#read) {
      const record = read();
      const text = JSON.stringify(record);
      if (!all && this.#sent.get(name) === text) continue;
      this.#sent.set(name, text);
      data[name] = record;
    }
    if (Object.keys(data).length > 0) this.#link.tell('axm:monitor', data);
  }

  #add<M extends { val(): unknown }>({ name, unit, historic = true }: MetricOptions, aggregated: string, metric: M): M {
    if (typeof name !== 'string' || name === '') throw new TypeError(`metric: got ${JSON.stringify(name)} as its name, wanted a text`);
    this.#read.set(name, () => ({ value: valueOf(metric), type: 'custom', historic, agg_type: aggregated, ...(unit !== undefined && { unit }) }));
    this.#begin();
    return metric;
  }

  #begin(): void {
    if (this.#begun || !this.#link.up) return;
    this.#begun = true;
    setInterval(() => this.look(), LOOK).unref();
    // What is registered now has its first values in a moment.
    setTimeout(() => this.look(), 20).unref();
  }
}

const named = <O extends MetricOptions>(what: string | O): O | MetricOptions => (typeof what === 'string' ? { name: what } : what);

function valueOf(metric: { val(): unknown }): unknown {
  try {
    return metric.val() ?? null;
  } catch (e) {
    return `failed: ${reasonOf(e)}`; // of the module's own function: the others go on, and whoever looks sees why
  }
}
