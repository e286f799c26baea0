/** A curve the size of a word: the last minutes, without axes. Told to nobody who cannot see it, the number stands beside. */
import { useMemo, type JSX } from '../lib/preact.js';
import { SAMPLES } from '../lib/processes.js';

// Whole numbers and one path: a hundred of these are drawn at once.
const W = 112;
const H = 40;

/** `floor`: what counts as full height at least, so that noise near zero stays flat. */
export function Spark({ values, floor, kind }: { readonly values: readonly number[]; readonly floor: number; readonly kind?: 'memory' }): JSX.Element {
  const line = useMemo(() => pathOf(values, floor, kind), [values, floor, kind]);
  return (
    <svg class={`spark ${kind ?? ''}`} viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" aria-hidden="true">
      {line !== '' && <path d={line} />}
    </svg>
  );
}

function pathOf(values: readonly number[], floor: number, kind: 'memory' | undefined): string {
  if (values.length < 2) return '';
  const most = Math.max(...values);
  const least = Math.min(...values);
  // Memory moves little around much: the curve shows the movement, flat in the middle where there is none.
  const [bottom, top] = kind === 'memory' ? [least - Math.max(most - least, most * 0.05), most + Math.max((most - least) * 0.3, most * 0.05)] : [0, Math.max(floor, most) || 1];
  // The present is at the right edge; a short past is a short curve.
  const step = W / (SAMPLES - 1);
  const left = W - step * (values.length - 1);
  const rise = (H - 6) / (top - bottom || 1);
  let path = '';
  for (let i = 0; i < values.length; i++) path += `${i === 0 ? 'M' : 'L'}${Math.round(left + i * step)} ${Math.round(H - 3 - ((values[i] ?? 0) - bottom) * rise)}`;
  return path;
}
