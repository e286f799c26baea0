/** The processes as the stream tells them: one signal a row, so that a change draws one row. */
import type { ProcessView } from '../../api-types.js';
import { call } from './api.js';
import { listen } from './live.js';
import { batch, computed, signal, type Signal } from './signals.js';

export interface Row {
  readonly view: ProcessView;
  /** The last minute or so, a value every two seconds. */
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
}

/** How many are kept. */
export const SAMPLES = 40;
const EVERY = 1900;
const rows = new Map<number, Signal<Row>>();
let sampled = 0;

/** Ids in the order of the daemon; undefined until the first news. */
export const ids = signal<readonly number[] | undefined>(undefined);
export const daemonState = signal<'up' | 'gone'>('up');

/** The row of an id; reading its value follows it. */
export function row(id: number): Signal<Row> | undefined { return rows.get(id); }

/** All that is there, apps and modules. */
export const views = computed<readonly ProcessView[]>(() => (ids.value ?? []).flatMap((id) => { const r = rows.get(id); return r === undefined ? [] : [r.value.view]; }));

export function startProcesses(): void {
  listen('processes', ({ full, at, rows: news, gone }) => { batch(() => { take(full, at, news, gone); }); if (full) void remember(at); });
  listen('daemon', ({ state }) => { daemonState.value = state === 'gone' ? 'gone' : 'up'; });
}

/** The curves begin with what the server remembers, ten seconds a point. Without it they begin now. */
async function remember(at: number): Promise<void> {
  const past = await call('GET /api/processes/{target}/history', { params: { target: 'all' }, query: { from: String(at - SAMPLES * 2000), series: 'cpu,memory' } }).catch(() => []);
  batch(() => {
    for (const p of past) {
      const s = rows.get(p.id);
      if (s === undefined || s.peek().cpu.length > 5) continue;
      const of = (name: string): number[] => p.series.find((x) => x.name === name)?.values.flatMap((v, i, all) => (v === null ? [] : [0, 1, 2, 3, 4].map((n) => v + ((all[i + 1] ?? v) - v) * n / 5))) ?? [];
      s.value = { ...s.peek(), cpu: [...of('cpu'), ...s.peek().cpu].slice(-SAMPLES), memory: [...of('memory'), ...s.peek().memory].slice(-SAMPLES) };
    }
  });
}

function take(full: boolean, at: number, news: readonly ProcessView[], gone: readonly number[]): void {
  const changed = new Map(news.map((v) => [v.id, v]));
  for (const id of gone) rows.delete(id);
  if (full) for (const id of rows.keys()) if (!changed.has(id)) rows.delete(id);
  for (const view of news) if (!rows.has(view.id)) rows.set(view.id, signal({ view, cpu: [], memory: [] }));
  const due = Math.abs(at - sampled) >= EVERY;
  if (due) sampled = at;
  for (const [id, s] of rows) s.value = grown(s.peek(), changed.get(id), due);
  const now = [...rows.keys()].sort((a, b) => a - b);
  const before = ids.peek();
  if (before === undefined || before.length !== now.length || now.some((id, i) => id !== before[i])) ids.value = now;
}

/** With one more sample where one is due. A row that stands still stays the same object: nothing is drawn. */
function grown(r: Row, news: ProcessView | undefined, due: boolean): Row {
  const view = news ?? r.view;
  const cpu = due ? appended(r.cpu, view.cpu) : r.cpu;
  const memory = due ? appended(r.memory, view.memory) : r.memory;
  return news === undefined && cpu === r.cpu && memory === r.memory ? r : { view, cpu, memory };
}

function appended(values: readonly number[], value: number): readonly number[] {
  if (values.length >= SAMPLES && values.every((v) => v === value)) return values;
  return [...values.slice(1 - SAMPLES), value];
}
