import type { Paint } from '../output.js';
import type { LogSource } from './frame.js';
import { GUTTER, logHole } from './geometry.js';
import type { Rect } from './geometry.js';
import { visible } from './log-view.js';
import type { LogRow } from './log-view.js';
import { selectedOf } from './model.js';
import type { State } from './model.js';
import { rule } from './rule.js';
import { plainText } from '../safe-text.js';
import { fitted } from './wrap.js';

/** Title and lines of the selected program's log, a mark before those of stderr. */
export function logPane(s: State, at: Rect, log: LogSource, p: Paint): string[] {
  const v = selectedOf(s);
  const rows = visible(log.lines, s.place, logHole(s));
  const title = v ? `Log of ${plainText(v.name)} (${v.id})` : 'Log';
  const blank = Math.max(0, at.height - 1 - rows.length);
  const empty = log.lines.length === 0 && v && blank > 0 ? [p.dim(fitted('  nothing in its log yet', at.width))] : [];
  return [
    rule(title, stateOf(s, log), at.width, s.full || s.pane === 'log', p),
    ...rows.map((r) => drawn(r, at.width, p)), ...empty,
    ...Array.from({ length: blank - empty.length }, () => ' '.repeat(at.width)),
  ];
}

function stateOf(s: State, log: LogSource): string {
  const words: string[] = [];
  if (log.trouble !== undefined) words.push(log.trouble);
  if (log.skipped > 0) words.push(`${compact(log.skipped)} lines left out`);
  if (log.rate >= 1) words.push(`${compact(log.rate)}/s`);
  if (s.place) {
    const last = log.lines.at(-1)?.seq ?? 0;
    words.push(`held, ${compact(Math.max(0, last - s.place.seq))} below`);
  } else words.push('live');
  return words.join(' · ');
}

function compact(n: number): string {
  if (n < 10_000) return String(Math.round(n));
  return n < 1_000_000 ? `${Math.round(n / 1000)}k` : `${(n / 1_000_000).toFixed(1)}M`;
}

function drawn(r: LogRow, columns: number, p: Paint): string {
  if (r.stream === 'note') return p.yellow(`· ${r.text}`);
  // A row may be as wide as the hole and no wider.
  const mark = r.stream === 'err' ? p.red(r.first ? '!' : '┆') : p.dim(r.first ? ' ' : '┆');
  return columns <= GUTTER ? ' '.repeat(columns) : `${mark} ${r.text}`;
}
