/** Where the panes stand. Pure: a size of the screen gives rectangles. */
import type { Hole } from './log-view.js';
import { shown } from './model.js';
import type { State } from './model.js';

/** Cells, from 0. The first row of a pane is its title. */
export interface Rect { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export interface Panes {
  /** One row each. */
  readonly header: Rect | undefined;
  readonly footer: Rect | undefined;
  readonly list: Rect | undefined;
  readonly facts: Rect | undefined;
  readonly log: Rect | undefined;
  /** Column of the line between left and right. */
  readonly split: number | undefined;
}

const NONE: Panes = { header: undefined, footer: undefined, list: undefined, facts: undefined, log: undefined, split: undefined };

/** From this width on the log stands beside the list. */
const WIDE = 120;
/** Cells of a list that shows all that matters. */
const LIST_MOST = 84;

export function tooSmall(s: Pick<State, 'columns' | 'rows'>): boolean {
  return s.columns < 24 || s.rows < 5;
}

export function panes(s: State): Panes {
  if (tooSmall(s)) return NONE;
  const { columns, rows } = s;
  const at = (y: number, height: number): Rect => ({ x: 0, y, width: columns, height });
  const header = rows >= 8 ? at(0, 1) : undefined;
  const footer = at(rows - 1, 1);
  const y = header ? 1 : 0;
  const body = rows - 1 - y;
  if (s.full) return { ...NONE, header, footer, log: at(y, body) };
  if (columns >= WIDE && rows >= 16) return { header, footer, ...beside(s, y, body) };
  return { header, footer, split: undefined, ...stacked(s, y, body, at) };
}

/** On a low screen a row more of programs is worth more than the names of the columns. */
export const hasHeading = (s: Pick<State, 'rows'>): boolean => s.rows >= 14;

// Title and heading, then a row a program.
const listWish = (s: State): number => (hasHeading(s) ? 2 : 1) + Math.max(1, shown(s).length);

function beside(s: State, y: number, body: number): Omit<Panes, 'header' | 'footer'> {
  const left = Math.min(LIST_MOST, Math.max(56, Math.floor(s.columns * 0.45)));
  const list = Math.min(listWish(s), body - Math.max(8, Math.floor(body * 0.35)));
  return {
    list: { x: 0, y, width: left, height: list },
    facts: { x: 0, y: y + list, width: left, height: body - list },
    log: { x: left + 1, y, width: s.columns - left - 1, height: body },
    split: left,
  };
}

function stacked(s: State, y: number, body: number, at: (y: number, height: number) => Rect): Pick<Panes, 'list' | 'facts' | 'log'> {
  // On a low screen the state and the log share a place: the one that was looked at last has it.
  const low = body < 16;
  const list = Math.min(listWish(s), Math.max(3, Math.floor(body * (low ? 0.5 : 0.42))));
  if (low) {
    const rest = at(y + list, body - list);
    return { list: at(y, list), ...(s.pane === 'facts' ? { facts: rest, log: undefined } : { facts: undefined, log: rest }) };
  }
  const facts = Math.min(9, Math.max(5, Math.floor(body * 0.26)));
  return { list: at(y, list), facts: at(y + list, facts), log: at(y + list + facts, body - list - facts) };
}

/** Cells before each line of the log: which stream it came from. */
export const GUTTER = 2;

/** The room for lines in the log. */
export function logHole(s: State): Hole {
  const rect = panes(s).log;
  return { width: Math.max(0, (rect?.width ?? 0) - GUTTER), height: Math.max(0, (rect?.height ?? 0) - 1), colour: s.colour, fold: s.fold };
}
