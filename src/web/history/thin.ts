import type { HistorySeries, HistoryView } from '../api-types-machine.js';
import type { Past } from './store.js';

const UNITS: Readonly<Record<string, string>> = {
  cpu: '%', memory: 'B', swap: 'B', disk: 'B', diskRead: 'B/s', diskWrite: 'B/s', netIn: 'B/s', netOut: 'B/s', loop: 'ms', daemonCpu: '%', daemonMemory: 'B',
};

/** At most so many points, each the mean of its neighbours: a screen shows no more. `units`: of custom metrics, by name. */
export function viewOf(past: Past, from: number, to: number, points: number, units: ReadonlyMap<string, string> = new Map()): HistoryView {
  const by = Math.max(1, Math.ceil(past.at.length / points));
  const series: HistorySeries[] = Object.keys(past.series).sort().map((name) => {
    const unit = UNITS[name] ?? units.get(name);
    return { name, ...(unit !== undefined && { unit }), values: thin(past.series[name] ?? [], by) };
  });
  return { step: past.step * by, from, to, at: past.at.filter((_, i) => i % by === 0), series };
}

function thin(values: readonly (number | null)[], by: number): readonly (number | null)[] {
  if (by === 1) return values;
  const out: (number | null)[] = [];
  for (let i = 0; i < values.length; i += by) {
    const known = values.slice(i, i + by).filter((v) => v !== null);
    out.push(known.length === 0 ? null : Math.round((known.reduce((a, b) => a + b, 0) / known.length) * 100) / 100);
  }
  return out;
}
