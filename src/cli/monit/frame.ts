/** The whole screen as rows of text. Pure. */
import { showSize } from '../../base/units.js';
import type { Status } from '../../protocol/views.js';
import { paint } from '../output.js';
import type { Paint } from '../output.js';
import { pad, width } from '../width.js';
import { factsPane } from './facts-pane.js';
import { panes, tooSmall } from './geometry.js';
import type { Rect } from './geometry.js';
import { HELP } from './help.js';
import { listPane } from './list-pane.js';
import type { LogBuffer } from './log-buffer.js';
import { logPane } from './log-pane.js';
import { shown } from './model.js';
import type { State } from './model.js';
import { rule } from './rule.js';
import { plainText } from '../safe-text.js';
import { fitted } from './wrap.js';

/** What the log pane is drawn from. */
export type LogSource = Pick<LogBuffer, 'lines' | 'skipped'> & { /** Lines a second, now. */ readonly rate: number; /** What the log cannot tell at present. */ readonly trouble: string | undefined };

/**
 * As many rows as the screen has, each as wide as it. Every pane's piece begins with a move to its column, so that a
 * character the terminal draws wider than we think cannot push its neighbours.
 */
export function frame(s: State, log: LogSource): string[] {
  if (tooSmall(s)) return tiny(s);
  const p = paint(s.colour);
  if (s.mode.kind === 'help') return help(s, s.mode.top, p);
  const at = panes(s);
  const canvas: { x: number; text: string }[][] = Array.from({ length: s.rows }, () => []);
  const put = (rect: Rect | undefined, lines: readonly string[]): void => {
    if (rect) for (const [i, text] of lines.slice(0, rect.height).entries()) canvas[rect.y + i]?.push({ x: rect.x, text });
  };
  put(at.header, [header(s, p)]);
  put(at.list, at.list ? listPane(s, at.list, p) : []);
  put(at.facts, at.facts ? factsPane(s, at.facts, p) : []);
  if (at.split !== undefined && at.log) put({ ...at.log, x: at.split, width: 1 }, Array.from({ length: at.log.height }, () => p.dim('│')));
  put(at.log, at.log ? logPane(s, at.log, log, p) : []);
  put(at.footer, [footer(s, p)]);
  return canvas.map((row) => (row.length === 0 ? ' '.repeat(s.columns) : row.sort((a, b) => a.x - b.x).map(({ x, text }) => (x === 0 ? text : `\u001b[${x + 1}G${text}`)).join('')));
}

function tiny(s: State): string[] {
  const words = [`${s.columns}x${s.rows} is too`, 'small: 24x5', 'at least'];
  return Array.from({ length: s.rows }, (_, i) => fitted(words[i] ?? '', s.columns));
}

const WORDS: readonly (readonly [string, (of: Status) => boolean, 'green' | 'red' | 'yellow' | 'dim'])[] = [
  ['online', (w) => w === 'online', 'green'],
  ['errored', (w) => w === 'errored', 'red'],
  ['waiting', (w) => w === 'waiting restart' || w === 'launching' || w === 'stopping' || w === 'one-launch-status', 'yellow'],
  ['stopped', (w) => w === 'stopped', 'dim'],
];

function header(s: State, p: Paint): string {
  const name = s.columns >= 60 ? 'mgr monit' : 'mgr';
  if (s.away !== undefined) return line([[name, p.bold], [`  ${plainText(s.away)}`, p.red]], '', s.columns);
  const all = s.processes;
  if (!all) return line([[name, p.bold], ['  asking the daemon …', p.dim]], '', s.columns);
  const counts = WORDS.flatMap(([word, is, tint]) => {
    const n = all.filter((v) => is(v.status)).length;
    return n === 0 ? [] : [[`  ${n} ${word}`, p[tint]] as const];
  });
  const total = all.reduce((sum, v) => ({ cpu: sum.cpu + v.cpu, memory: sum.memory + v.memory }), { cpu: 0, memory: 0 });
  const right = `cpu ${total.cpu.toFixed(1)}%  mem ${showSize(total.memory).replace(' ', '')}`;
  return line([[name, p.bold], ...(all.length === 0 ? [['  no programs', p.dim] as const] : counts)], right, s.columns);
}

type Part = readonly [text: string, tint: (t: string) => string];

// Left parts as far as there is room, the right one when both fit.
function line(parts: readonly Part[], right: string, columns: number): string {
  let used = 0;
  let text = '';
  for (const [part, tint] of parts) {
    const room = columns - used;
    if (room <= 0) break;
    const cut = fitted(part, Math.min(room, width(part)));
    text += tint(cut);
    used += width(cut);
  }
  const gap = columns - used - width(right);
  return gap >= 2 && right !== '' ? `${text}${' '.repeat(gap)}${right}` : text + ' '.repeat(Math.max(0, columns - used));
}

const HINTS: readonly (readonly [key: string, what: string])[] = [
  ['?', 'help'], ['q', 'quit'], ['↑↓', 'select'], ['r', 'restart'], ['s', 'stop'], ['l', 'log'], ['/', 'filter'], ['tab', 'pane'], ['S', 'start'], ['R', 'reload'], ['d', 'delete'], ['o', 'order'], ['space', 'hold'], ['w', 'fold'],
];
const LOG_HINTS: readonly (readonly [key: string, what: string])[] = [
  ['?', 'help'], ['q', 'quit'], ['l', 'back'], ['↑↓', 'scroll'], ['space', 'hold'], ['G', 'end'], ['g', 'beginning'], ['w', 'fold'], ['r', 'restart'], ['s', 'stop'], ['R', 'reload'],
];

function footer(s: State, p: Paint): string {
  if (s.mode.kind === 'confirm') return line([[` delete ${plainText(s.mode.act.name)} (${s.mode.act.id})? `, (t) => p.inverse(p.red(t))], ['  y deletes, any other key does not', p.bold]], '', s.columns);
  if (s.mode.kind === 'filter') return line([['/', p.bold], [plainText(s.filter), (t) => t], ['▏', p.cyan], ['  Enter keeps it, Esc takes it back', p.dim]], `${shown(s).length} of ${s.processes?.length ?? 0}`, s.columns);
  if (s.message && s.message.until > s.now) {
    const tint = s.message.tone === 'good' ? p.green : s.message.tone === 'bad' ? p.red : p.yellow;
    return line([[plainText(s.message.text), tint]], '', s.columns);
  }
  return hints(s.full ? LOG_HINTS : HINTS, s.columns, p);
}

function hints(all: typeof HINTS, columns: number, p: Paint): string {
  let used = 0;
  const kept: string[] = [];
  for (const [key, what] of all) {
    const cells = width(key) + 1 + width(what) + (kept.length > 0 ? 2 : 0);
    if (used + cells > columns) break;
    used += cells;
    kept.push(`${p.bold(p.cyan(key))} ${p.dim(what)}`);
  }
  return kept.join('  ') + ' '.repeat(Math.max(0, columns - used));
}

function help(s: State, top: number, p: Paint): string[] {
  const room = Math.max(...HELP.map(([key]) => width(key)));
  const lines = HELP.slice(top, top + s.rows - 2).map(([key, what]) => (key === ''
    ? p.bold(fitted(` ${what}`, s.columns))
    : `  ${p.cyan(pad(key, room))}  ${fitted(what, s.columns - room - 4)}`));
  const blank = Array.from({ length: Math.max(0, s.rows - 2 - lines.length) }, () => ' '.repeat(s.columns));
  const more = top + s.rows - 2 < HELP.length || top > 0;
  return [rule('Keys of mgr monit', '', s.columns, true, p), ...lines, ...blank, line([[more ? '↑↓ more, any other key goes back' : 'any key goes back', p.dim]], '', s.columns)];
}
