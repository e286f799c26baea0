/** cpu, memory, event loop and the program's own numbers over time. */
import { call } from '../lib/api.js';
import { bytes, count, percent } from '../lib/format.js';
import { useLive, useWish } from '../lib/live.js';
import { joined, usePast, type Tail } from '../lib/past.js';
import { useEffect, useMemo, useRef, useState, type JSX } from '../lib/preact.js';
import { row } from '../lib/processes.js';
import { second } from '../lib/now.js';
import type { MetricView } from '../../api-types.js';
import { Chart } from '../parts/chart.js';

/** Seconds of the stream that are kept: more than lie between two answers of the history. */
const KEPT = 900;
const LOOP = /^(?:event loop latency|loop delay|event loop lag)$/i;

export function Charts({ id }: { readonly id: number }): JSX.Element {
  const { past, from, to } = usePast(`process ${id}`, async (since, signal) => (await call('GET /api/processes/{target}/history', { params: { target: String(id) }, query: { from: since }, signal })).find((h) => h.id === id));
  const tail = useTail(id);
  const units = useRef(new Map<string, string>());
  const [told, setTold] = useState<readonly MetricView[]>([]);
  useWish({ metrics: String(id) });
  useLive('metrics', ({ processes }) => { const mine = processes.find((p) => p.id === id); if (mine !== undefined) setTold(mine.metrics); });
  for (const m of told) if (m.unit !== undefined) units.current.set(`custom:${m.name}`, m.unit);
  for (const s of past?.series ?? []) if (s.unit !== undefined) units.current.set(s.name, s.unit);
  const customs = useMemo(() => [...new Set([...(past?.series ?? []).map((s) => s.name).filter((n) => n.startsWith('custom:')), ...told.filter((m) => typeof m.value === 'number' && m.historic && !LOOP.test(m.name)).map((m) => `custom:${m.name}`)])].filter((n) => !LOOP.test(n.slice(7))), [past, told]);
  const own = useOwnTail(told);
  const sync = `process-${id}`;
  const span = { from, to, sync };
  const hasLoop = past?.series.some((s) => s.name === 'loop') === true || told.some((m) => LOOP.test(m.name));
  return (
    <div class="charts">
      <Chart title="CPU" data={joined(past, tail, ['cpu'])} say={percent} floor={10} {...span} />
      <Chart title="Memory" data={joined(past, tail, ['memory'])} say={bytes} binary floor={1_048_576} {...span} />
      {hasLoop && <Chart title="Event loop delay" data={joined(past, own, ['loop'])} say={milliseconds} floor={2} {...span} />}
      {customs.map((name) => <Chart key={name} title={name.slice(7)} data={joined(past, own, [name])} say={withUnit(units.current.get(name))} {...span} />)}
    </div>
  );
}

/** What the stream told of it since the page was opened. */
function useTail(id: number): readonly Tail[] {
  const kept = useRef<Tail[]>([]);
  const at = second.value;
  useEffect(() => {
    const v = row(id)?.peek().view;
    if (v !== undefined) kept.current = [...kept.current.slice(-KEPT), { at, values: v.pid > 0 ? { cpu: v.cpu, memory: v.memory } : {} }];
  }, [id, at]);
  return kept.current;
}

function useOwnTail(told: readonly MetricView[]): readonly Tail[] {
  const kept = useRef<Tail[]>([]);
  useEffect(() => {
    if (told.length === 0) return;
    const values = Object.fromEntries(told.flatMap((m) => (typeof m.value === 'number' ? [[LOOP.test(m.name) ? 'loop' : `custom:${m.name}`, m.value] as const] : [])));
    kept.current = [...kept.current.slice(-KEPT), { at: second.peek(), values }];
  }, [told]);
  return kept.current;
}

function milliseconds(n: number | undefined): string { return n === undefined ? '–' : `${n < 10 ? n.toFixed(2) : n.toFixed(0)} ms`; }
const sayers = new Map<string, (n: number | undefined) => string>();
function withUnit(unit: string | undefined): (n: number | undefined) => string {
  const key = unit ?? '';
  const known = sayers.get(key) ?? ((n: number | undefined): string => (n === undefined ? '–' : `${count(n)}${key === '' ? '' : ` ${key}`}`));
  sayers.set(key, known);
  return known;
}
