/** The one file that knows prom-client. */
import { Counter, Gauge, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string | number>>;
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly values: readonly { readonly labels: Labels; readonly value: number }[];
}

/** Text for a scraper. All are given anew each time, so that nothing of a deleted program stays. */
export async function expose(families: readonly Family[]): Promise<string> {
  const registry = new Registry();
  for (const { name, help, labels, values } of families) {
    if (values.length === 0) continue;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    // By the convention of its name; a counter below 0 there is not, whatever a program calls so.
    if (name.endsWith('_total') && values.every((v) => v.value >= 0)) {
      const counter = new Counter(options);
      for (const v of values) counter.inc(v.labels, v.value);
    } else {
      const gauge = new Gauge(options);
      for (const v of values) gauge.set(v.labels, v.value);
    }
  }
  return await registry.metrics();
}

/** `Event Loop Latency p95` -> `event_loop_latency_p95`: what a name of a metric may hold. */
export function metricName(given: string): string {
  return given.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 80) || 'unnamed';
}
