/** The past of a chart with the present at its end: history from the server, the last seconds from the stream. */
import type { HistoryView } from '../../api-types-machine.js';
import type { PlotData } from '../parts/plot.js';
import { useAsked } from './ask-server.js';
import { now, second } from './now.js';
import { useEffect } from './preact.js';
import { stored } from './stored.js';

export type Range = '15m' | '1h' | '1d' | '30d';
export const RANGES: readonly (readonly [Range, string])[] = [['15m', '15 min'], ['1h', '1 hour'], ['1d', 'Day'], ['30d', 'Month']];
const LONG: Readonly<Record<Range, number>> = { '15m': 900_000, '1h': 3_600_000, '1d': 86_400_000, '30d': 2_592_000_000 };

/** Chosen once for all charts. */
export const range = stored<Range>('range', '15m', ['15m', '1h', '1d', '30d']);

export interface Tail { readonly at: number; readonly values: Readonly<Record<string, number | undefined>> }

/** The history of the chosen range, asked for again as it grows. `from` and `to` move with the clock. */
export function usePast(key: string, ask: (from: string, signal: AbortSignal) => Promise<HistoryView | undefined>): { past: HistoryView | undefined; failed: boolean; from: number; to: number } {
  const chosen = range.value;
  const asked = useAsked(`${key} ${chosen}`, async (signal) => ask(String(now() - LONG[chosen]), signal));
  const { again } = asked;
  useEffect(() => {
    const timer = window.setInterval(again, LONG[chosen] > 86_400_000 ? 300_000 : LONG[chosen] > 3_600_000 ? 60_000 : 10_000);
    return () => { window.clearInterval(timer); };
  }, [chosen, again]);
  const to = second.value;
  return { past: asked.value, failed: asked.error !== undefined, from: to - LONG[chosen], to };
}

/** These series of the past, with what the stream told since. */
export function joined(past: HistoryView | undefined, tail: readonly Tail[], names: readonly string[], labels: readonly string[] = names): PlotData {
  const end = past?.at.at(-1) ?? 0;
  const fresh = tail.filter((t) => t.at > end);
  return {
    at: [...past?.at ?? [], ...fresh.map((t) => t.at)],
    curves: names.map((name, i) => {
      const series = past?.series.find((s) => s.name === name);
      return { name: labels[i] ?? name, values: [...series?.values ?? (past?.at ?? []).map(() => null), ...fresh.map((t) => t.values[name] ?? null)] };
    }),
  };
}
