/** The one file that knows uPlot: a canvas with time below, values at the left and a tip under the pointer. */
import uPlot from 'uplot';
import { now } from '../lib/now.js';
import { clock, stamp } from '../lib/format.js';

export interface Curve { readonly name: string; readonly values: readonly (number | null)[] }
export interface PlotData { /** Wall-clock ms. */ readonly at: readonly number[]; readonly curves: readonly Curve[] }
export interface PlotOptions {
  readonly say: (value: number | undefined) => string;
  /** The axis reaches at least to there. */
  readonly floor?: number;
  /** The axis never goes further (percent). */
  readonly ceiling?: number;
  /** Bytes: round are powers of two. */
  readonly binary?: boolean;
  readonly curves: number;
  /** Charts with one word share the pointer. */
  readonly sync: string;
}

/** Steps of an axis of bytes. */
const BINARY = Array.from({ length: 45 }, (_, i) => 2 ** i);

export interface Plot { readonly draw: (data: PlotData, from: number, to: number) => void; readonly resize: () => void; readonly end: () => void }

export function plot(box: HTMLElement, o: PlotOptions): Plot {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${colour('--font')}`;
  const axis = { stroke: colour('--ink-3'), font, grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1, size: 4 } } as const;
  let shown: PlotData = { at: [], curves: [] };
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  const size = (): { width: number; height: number } => ({ width: Math.max(120, box.clientWidth - 16), height: Math.max(80, box.clientHeight - 12) });
  const u = new uPlot({
    ...size(), legend: { show: false }, padding: [8, 10, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false, setScale: false }, sync: { key: o.sync, setSeries: false } },
    scales: { x: { time: true }, y: { range: (_, min, max) => [Math.min(0, Number.isFinite(min) ? min : 0), Math.min(o.ceiling ?? Infinity, Math.max(o.floor ?? 0, (Number.isFinite(max) ? max : 0) * 1.12)) || 1] } },
    axes: [
      { ...axis, space: 76, gap: 3, size: 26, values: (self, ticks) => ticks.map((t) => tick(t * 1000, (self.scales['x']?.max ?? 0) - (self.scales['x']?.min ?? 0))) },
      { ...axis, space: 34, gap: 4, size: (self, values) => Math.max(40, ...(values ?? []).map((v) => measure(self.ctx, font, v) + 14)), values: (_, ticks) => ticks.map((t) => trimmed(o.say(t))), ...(o.binary === true && { incrs: BINARY }) },
    ],
    series: [{}, ...Array.from({ length: o.curves }, (_, i) => ({ stroke: colour(`--c${(i % 6) + 1}`), width: 1.5, ...(o.curves === 1 && { fill: `${colour('--c1')}1f` }), points: { show: false }, spanGaps: false }))],
    hooks: { setCursor: [(self) => { point(self, tip, shown, o.say); }] },
  }, [[], ...Array.from({ length: o.curves }, () => [])], box);
  u.over.append(tip);
  return {
    draw: (data, from, to) => {
      shown = data;
      u.batch(() => {
        u.setData([data.at.map((ms) => ms / 1000), ...data.curves.map((c) => [...c.values])], false);
        u.setScale('x', { min: from / 1000, max: to / 1000 });
      });
    },
    resize: () => { u.setSize(size()); },
    end: () => { u.destroy(); },
  };
}

function point(u: uPlot, tip: HTMLElement, data: PlotData, say: PlotOptions['say']): void {
  const at = u.cursor.idx;
  const left = u.cursor.left ?? -1;
  const time = at === null || at === undefined ? undefined : data.at[at];
  tip.hidden = time === undefined || left < 0;
  if (time === undefined || left < 0 || at === null || at === undefined) return;
  const lines = data.curves.map((c) => `${data.curves.length > 1 ? `${c.name} ` : ''}${say(c.values[at] ?? undefined)}`);
  tip.textContent = `${now() - time > 86_400_000 ? stamp(time) : clock(time)}   ${lines.join('   ')}`;
  const room = u.over.clientWidth - tip.offsetWidth;
  tip.style.left = `${Math.max(0, Math.min(room, left + 12 > room ? left - tip.offsetWidth - 12 : left + 12))}px`;
  tip.style.top = '4px';
}

/** As much of the time as the width of the range needs. */
function tick(ms: number, seconds: number): string {
  const text = stamp(ms);
  if (seconds > 3 * 86_400) return text.slice(5, 10);
  return seconds > 1200 ? text.slice(11, 16) : text.slice(11);
}

/** `1.50 ms` -> `1.5 ms`, `2.0 %` -> `2 %`. */
function trimmed(text: string): string { return text.replace(/\.(\d*?)0+(?=\D|$)/, (_, rest: string) => (rest === '' ? '' : `.${rest}`)); }

function measure(ctx: CanvasRenderingContext2D, font: string, text: string): number {
  ctx.save();
  ctx.font = font;
  const { width } = ctx.measureText(text);
  ctx.restore();
  return width;
}
