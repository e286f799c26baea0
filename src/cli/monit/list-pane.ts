import { showSize, showSpan } from '../../base/units.js';
import type { ProcessView, Status } from '../../protocol/views.js';
import type { Paint } from '../output.js';
import { tintStatus } from '../render/list.js';
import { width } from '../width.js';
import { hasHeading } from './geometry.js';
import type { Rect } from './geometry.js';
import { shown } from './model.js';
import type { State } from './model.js';
import { rule } from './rule.js';
import { plainText } from '../safe-text.js';
import { fitted } from './wrap.js';

interface Column {
  readonly title: string;
  readonly right?: true;
  readonly text: (v: ProcessView, now: number) => string;
  readonly tint?: (v: ProcessView, p: Paint) => (t: string) => string;
  /** Cells; undefined: as wide as its widest text. */
  readonly least?: number;
  readonly most?: number;
}

/** Title, heading, and a row a program, scrolled so that the selected one is in sight. */
export function listPane(s: State, at: Rect, p: Paint): string[] {
  const rows = shown(s);
  const headed = hasHeading(s);
  const room = Math.max(0, at.height - (headed ? 2 : 1));
  const index = rows.findIndex((v) => v.id === s.selected);
  const top = Math.max(0, Math.min(rows.length - room, index - Math.floor(room / 2)));
  const total = s.processes?.length ?? 0;
  const title = `Programs${s.order === 'id' ? '' : ` by ${s.order}`}${s.filter === '' ? '' : ` with "${plainText(s.filter)}"`}`;
  const right = rows.length === total ? (rows.length > room ? `${index + 1} of ${total}` : '') : `${rows.length} of ${total}`;
  const columns = fit(rows, s.now, at.width - MARK);
  const lines = rows.slice(top, top + room).map((v) => row(v, v.id === s.selected, columns, s, at.width, p));
  if (rows.length === 0 && s.processes) lines.push(p.dim(fitted(total === 0 ? '  nothing is managed yet: mgr start app.js' : '  no name has that in it', at.width)));
  const heading = columns.map(({ column: c, cells }) => fitted(c.title, cells, c.right)).join(' ');
  return [
    rule(title, right, at.width, s.pane === 'list' && !s.full, p),
    ...(headed ? [p.dim(fitted(`${' '.repeat(MARK)}${heading}`, at.width))] : []),
    ...lines,
    ...Array.from({ length: Math.max(0, room - lines.length) }, () => ' '.repeat(at.width)),
  ];
}

const MARK = 2;

function row(v: ProcessView, selected: boolean, columns: readonly Fitted[], s: State, cells: number, p: Paint): string {
  const mark = selected ? '▸ ' : '  ';
  const parts = columns.map(({ column: c, cells: n }) => {
    const text = fitted(plainText(c.text(v, s.now)), n, c.right);
    // The bar of the selected row is one colour: others inside it are hard to read.
    return selected || !c.tint ? text : c.tint(v, p)(text);
  });
  const used = columns.reduce((sum, c) => sum + c.cells + 1, MARK - 1);
  const text = `${mark}${parts.join(' ')}${' '.repeat(Math.max(0, cells - used))}`;
  return selected ? p.inverse(s.pane === 'list' ? p.bold(text) : text) : text;
}

const STATUS: Readonly<Partial<Record<Status, string>>> = { 'waiting restart': 'waiting', 'one-launch-status': 'one-launch' };

const C = {
  id: { title: 'id', right: true, text: (v) => String(v.id), tint: (_, p) => p.dim },
  name: { title: 'name', text: (v) => v.name, least: 8, most: 40, tint: (v, p) => (v.module === undefined ? (t) => t : p.cyan) },
  namespace: { title: 'namespace', text: (v) => (v.module === undefined ? v.namespace : 'module'), most: 16 },
  mode: { title: 'mode', text: (v) => v.mode },
  pid: { title: 'pid', right: true, text: (v) => (v.pid > 0 ? String(v.pid) : '-') },
  status: { title: 'status', text: (v) => STATUS[v.status] ?? v.status, tint: (v, p) => tintStatus(v.status, p) },
  cpu: { title: 'cpu', right: true, text: (v) => `${v.cpu.toFixed(v.cpu >= 1000 ? 0 : 1)}%`, least: 5 },
  mem: { title: 'mem', right: true, text: (v) => (v.pid > 0 ? showSize(v.memory).replace(' ', '') : '-'), least: 6 },
  restarts: { title: '↺', right: true, text: (v) => String(v.restarts), tint: (v, p) => (v.restarts > 0 ? p.yellow : p.dim) },
  uptime: { title: 'up', right: true, text: (v, now) => (v.pid > 0 && v.startedAt !== undefined ? showSpan(now - v.startedAt) : '-'), least: 3 },
} satisfies Record<string, Column>;

interface ColumnSet { readonly columns: readonly Column[]; /** Cells a name must get, unless it is shorter, or the next set is taken. */ readonly name: number }

// What one can do without goes first.
const SETS: readonly ColumnSet[] = [
  { columns: [C.id, C.name, C.namespace, C.mode, C.pid, C.status, C.cpu, C.mem, C.restarts, C.uptime], name: 28 },
  { columns: [C.id, C.name, C.pid, C.status, C.cpu, C.mem, C.restarts, C.uptime], name: 22 },
  { columns: [C.id, C.name, C.status, C.cpu, C.mem, C.restarts, C.uptime], name: 12 },
  { columns: [C.id, C.name, C.status, C.cpu, C.mem], name: 10 },
  { columns: [C.id, C.name, C.status], name: 8 },
  { columns: [C.name, C.status], name: 0 },
];

interface Fitted { readonly column: Column; readonly cells: number }

/** The richest of the sets that fits; the name takes what is left over. */
function fit(rows: readonly ProcessView[], now: number, space: number): Fitted[] {
  for (const set of SETS) {
    const natural = set.columns.map((c): Fitted => {
      const widest = rows.reduce((w, v) => Math.max(w, width(plainText(c.text(v, now)))), Math.max(width(c.title), c.least ?? 0));
      return { column: c, cells: Math.min(widest, c.most ?? widest) };
    });
    const wish = natural.find((f) => f.column === C.name)?.cells ?? 0;
    const room = space - natural.reduce((sum, f) => sum + f.cells + 1, -1 - wish);
    if (room < Math.min(wish, set.name)) continue;
    return natural.map((f) => (f.column === C.name ? { ...f, cells: Math.max(1, Math.min(wish, room)) } : f));
  }
  return [];
}
