import { Ewma } from './ewma.js';
import { Reservoir } from './reservoir.js';

export type MetricValue = number | string | boolean;

/** A value that is as it was last set. */
export interface Gauge<V extends MetricValue = MetricValue> { set(value: V): void; val(): V | undefined }
export interface Counter { inc(by?: number): void; dec(by?: number): void; reset(to?: number): void; val(): number }
/** Events per second, the last `timeframe` counting most. */
export interface Meter { mark(count?: number): void; val(): number }
export interface Histogram { update(value: number): void; val(): number; results(): HistogramResults }

export interface HistogramResults {
  /** Of all values there ever were. */
  readonly count: number; readonly sum: number; readonly mean: number; readonly min: number; readonly max: number; readonly variance: number;
  /** Of about the last five minutes. */
  readonly p50: number; readonly p75: number; readonly p95: number; readonly p99: number; readonly p999: number;
}
export type Measurement = keyof HistogramResults;
export const MEASUREMENTS: readonly Measurement[] = ['count', 'sum', 'mean', 'min', 'max', 'variance', 'p50', 'p75', 'p95', 'p99', 'p999'];

export function makeGauge<V extends MetricValue>(first: V | (() => V) | undefined): Gauge<V> {
  let read = typeof first === 'function' ? first : (): V | undefined => first;
  return { set(value) { read = () => value; }, val: () => read() };
}

export function makeCounter(): Counter {
  let n = 0;
  return { inc(by = 1) { n += by; }, dec(by = 1) { n -= by; }, reset(to = 0) { n = to; }, val: () => n };
}

/** `now`: ms on a steady clock. `timeframe`: seconds. */
export function makeMeter(timeframe: number, now: () => number): Meter {
  const rate = new Ewma(timeframe * 1000, now());
  return { mark(count = 1) { rate.add(count, now()); }, val: () => round(rate.rate(now())) };
}

export function makeHistogram(shown: Measurement, now: () => number): Histogram {
  const sample = new Reservoir();
  let [count, sum, mean, squares, min, max] = [0, 0, 0, 0, Infinity, -Infinity];
  const results = (): HistogramResults => {
    const [p50 = 0, p75 = 0, p95 = 0, p99 = 0, p999 = 0] = sample.percentiles([0.5, 0.75, 0.95, 0.99, 0.999]);
    return { count, sum, mean, min: count === 0 ? 0 : min, max: count === 0 ? 0 : max, variance: count < 2 ? 0 : squares / (count - 1), p50, p75, p95, p99, p999 };
  };
  return {
    update(value) {
      if (!Number.isFinite(value)) throw new TypeError(`histogram: got ${String(value)}, wanted a number`);
      // Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products" (1962): no large numbers are subtracted.
      count++;
      const off = value - mean;
      mean += off / count;
      squares += off * (value - mean);
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
      sample.add(value, now());
    },
    val: () => round(results()[shown]),
    results,
  };
}

const round = (n: number): number => Math.round(n * 100) / 100;
