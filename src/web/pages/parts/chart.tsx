/** A chart in a panel: title, the present value, the curve; the numbers as words for who cannot see it. */
import { useEffect, useRef, type JSX } from '../lib/preact.js';
import { dark } from '../lib/theme.js';
import { plot, type Plot, type PlotData } from './plot.js';

interface Props {
  readonly title: string;
  readonly data: PlotData;
  readonly from: number;
  readonly to: number;
  readonly say: (value: number | undefined) => string;
  readonly floor?: number;
  readonly ceiling?: number;
  readonly binary?: boolean;
  readonly sync: string;
}

export function Chart(p: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const made = useRef<Plot>(null);
  const curves = p.data.curves.length;
  const filled = p.data.at.length > 0 && p.data.curves.some((c) => c.values.some((v) => v !== null));
  const look = dark.value;
  useEffect(() => {
    if (box.current === null || !filled) return undefined;
    const it = plot(box.current, { say: p.say, curves, sync: p.sync, ...(p.floor !== undefined && { floor: p.floor }), ...(p.binary === true && { binary: true }), ...(p.ceiling !== undefined && { ceiling: p.ceiling }) });
    made.current = it;
    const watcher = new ResizeObserver(() => { it.resize(); });
    watcher.observe(box.current);
    return () => { watcher.disconnect(); it.end(); made.current = null; };
  }, [curves, filled, look, p.sync]);
  useEffect(() => { made.current?.draw(p.data, p.from, p.to); });
  // What was measured long ago is not what is now.
  const fresh = p.to - (p.data.at.at(-1) ?? 0) < Math.max(60_000, (p.to - p.from) / 100);
  const last = p.data.curves.map((c) => (fresh ? c.values.slice(-2).findLast((v) => v !== null) ?? undefined : undefined));
  const words = p.data.curves.map((c, i) => `${curves > 1 ? `${c.name} ` : ''}${p.say(last[i])}`).join(', ');
  return (
    <section class="panel chart" aria-label={p.title}>
      <header>
        <h2>{p.title}</h2>
        <div class="right">
          {curves > 1
            ? <span class="legend">{p.data.curves.map((c, i) => <span key={c.name}><i class={`k${i + 1}`} />{c.name} <span class="now">{p.say(last[i])}</span></span>)}</span>
            : <span class="now">{filled ? p.say(last[0]) : ''}</span>}
        </div>
      </header>
      <div class="plot" ref={box} role="img" aria-label={filled ? `${p.title} over time, now ${words}` : `${p.title}: nothing measured`}>
        {!filled && <div class="nothing">Nothing measured in this time</div>}
      </div>
    </section>
  );
}
