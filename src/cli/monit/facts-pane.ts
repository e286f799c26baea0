import { showSize, showSpan } from '../../base/units.js';
import type { ProcessDetail, ProcessView } from '../../protocol/views.js';
import type { Paint } from '../output.js';
import { endOf, ran } from '../render/describe.js';
import { tintStatus } from '../render/list.js';
import { width } from '../width.js';
import type { Rect } from './geometry.js';
import { selectedOf } from './model.js';
import type { Past, State } from './model.js';
import { rule } from './rule.js';
import { plainText } from '../safe-text.js';
import { fitted } from './wrap.js';

/** Where the selected program is and why, what it uses, what it measures itself, and where it comes from. */
export function factsPane(s: State, at: Rect, p: Paint): string[] {
  const v = selectedOf(s);
  const all = v ? lines(v, s, at.width, p) : [];
  const room = Math.max(0, at.height - 1);
  const top = Math.max(0, Math.min(s.factsTop, all.length - room));
  const more = all.length - room - top;
  return [
    rule(v ? `${plainText(v.name)} (${v.id})` : 'State', more > 0 ? `${more} more` : '', at.width, s.pane === 'facts' && !s.full, p),
    ...all.slice(top, top + room),
    ...Array.from({ length: Math.max(0, room - all.length) }, () => ' '.repeat(at.width)),
  ];
}

const LABEL = 10;

function lines(v: ProcessView, s: State, columns: number, p: Paint): string[] {
  // The answer for the one selected before is no answer.
  const d = s.detail?.id === v.id ? s.detail : undefined;
  const room = Math.max(1, columns - LABEL);
  const fact = (label: string, text: string, tint: (t: string) => string = (t) => t): string => `${p.dim(fitted(label, Math.min(LABEL, columns)))}${tint(fitted(plainText(text), room))}`;
  const bad = v.status === 'errored' || v.status === 'waiting restart';
  const last = d?.exits.at(-1);
  const stderr = telling(d?.stderrTail ?? []);
  const past = s.past.get(v.id);
  return [
    `${p.dim(fitted('state', LABEL))}${state(v, d, s.now, room, p)}`,
    ...(v.note === undefined ? [] : [fact('why', v.note, bad ? p.red : p.yellow)]),
    ...(last ? [fact('last exit', `${endOf(last)} ${showSpan(s.now - last.at)} ago, after ${ran(last)}${v.note !== undefined && last.then.includes(v.note) ? '' : `: ${last.then}`}`, bad && v.note === undefined ? p.red : undefined)] : []),
    ...(stderr !== undefined && (bad || (v.pid === 0 && v.note !== undefined)) ? [fact('stderr', stderr, bad ? p.red : undefined)] : []),
    ...(v.pid > 0 && past ? [`${p.dim(fitted('cpu', LABEL))}${curves(v, past, room, p)}`] : []),
    // They belong to a run.
    ...metrics(v.pid > 0 ? d : undefined, room).map((text, i) => fact(i === 0 ? 'metrics' : '', text)),
    ...(d ? origin(d).map(([label, text]) => fact(label, text)) : []),
  ];
}

function state(v: ProcessView, d: ProcessDetail | undefined, now: number, room: number, p: Paint): string {
  const since = v.pid > 0 && v.startedAt !== undefined ? ` for ${showSpan(now - v.startedAt)}` : '';
  const rest = [
    ...(v.pid > 0 ? [`pid ${v.pid}`] : []), v.mode, `${v.restarts} restart${v.restarts === 1 ? '' : 's'}${v.unstable > 0 ? ` (${v.unstable} unstable)` : ''}`,
    ...(v.version === undefined ? [] : [`version ${v.version}`]), ...(d?.nodeVersion === undefined ? [] : [`node ${d.nodeVersion}`]),
    ...(v.watching ? ['watching'] : []),
  ].map((t) => `, ${plainText(t)}`).join('');
  const word = fitted(v.status, Math.min(room, width(v.status)));
  return `${tintStatus(v.status, p)(word)}${fitted(`${since}${rest}`, room - width(word))}`;
}

// The line of a dying program that says why; else its last.
function telling(lines: readonly string[]): string | undefined {
  return lines.findLast((t) => /^\s*(?:uncaught )?\w*(?:error|exception|panic)\w*\b(?: \[\w+\])?:/i.test(t)) ?? lines.findLast((t) => t.trim() !== '');
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** A little curve of the last measures, between `from` and `to`. */
export function spark(values: readonly number[], cells: number, from: number, to: number): string {
  const span = to - from;
  return values.slice(-cells).map((n) => LEVELS[span <= 0 ? 0 : Math.min(7, Math.max(0, Math.floor(((n - from) / span) * 8)))] ?? '').join('').padEnd(cells);
}

function curves(v: ProcessView, past: Past, room: number, p: Paint): string {
  const cpu = `${v.cpu.toFixed(1)}%`.padStart(6);
  const memory = showSize(v.memory).replace(' ', '').padStart(8);
  const words = width(cpu) + width(memory) + ' '.length * 2 + MEMORY.length;
  const cells = Math.min(30, Math.floor((room - words) / 2));
  if (cells < 4) return fitted(`${cpu.trim()}${MEMORY} ${memory.trim()}`, room);
  // A memory that stands still is a flat line, not its noise.
  const [low, high] = [Math.min(...past.memory), Math.max(...past.memory)];
  const curve = (values: readonly number[], from: number, to: number): string => p.cyan(spark(values, cells, from, to));
  return `${cpu} ${curve(past.cpu, 0, Math.max(10, ...past.cpu))}${p.dim(MEMORY)}${memory} ${curve(past.memory, low - high * 0.1, high * 1.1)}${' '.repeat(Math.max(0, room - words - 2 * cells))}`;
}

const MEMORY = '  memory';

// Name and value, as many beside each other as there is room for.
function metrics(d: ProcessDetail | undefined, room: number): string[] {
  const texts = Object.entries(d?.metrics ?? {}).map(([name, m]) => plainText(`${name} ${shownValue(m['value'])}${typeof m['unit'] === 'string' && m['unit'] !== '' ? ` ${m['unit']}` : ''}`));
  if (texts.length === 0) return [];
  const cells = Math.min(room, Math.max(...texts.map(width)) + 3);
  const each = Math.max(1, Math.floor(room / cells));
  return Array.from({ length: Math.ceil(texts.length / each) }, (_, i) => texts.slice(i * each, (i + 1) * each).map((t) => fitted(t, cells)).join('').trimEnd());
}

function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

function origin(d: ProcessDetail): (readonly [string, string])[] {
  const names = d.actions.flatMap((a) => (typeof a['action_name'] === 'string' ? [a['action_name']] : []));
  return [
    ...(names.length > 0 ? [['actions', names.join(', ')] as const] : []),
    ['script', [d.spec.exec_path, ...d.spec.args].join(' ')],
    ['cwd', d.spec.cwd],
    ...(d.outPath === undefined ? [] : [['out log', d.outPath] as const]),
    ...(d.errPath === undefined || d.errPath === d.outPath ? [] : [['error log', d.errPath] as const]),
    ['user', `${d.user}, namespace ${d.namespace}${d.module === undefined ? '' : `, module ${d.module}`}`],
  ];
}
