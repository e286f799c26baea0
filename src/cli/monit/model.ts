/**
 * `mgr monit`, in reading order: commands/monit.ts -> monitor.ts (what happens when) -> feed.ts, log-feed.ts (the daemon)
 * -> model.ts, keys.ts (what is the case, pure) -> frame.ts (what stands on the screen, pure) -> terminal.ts (the library).
 */
import type { DaemonView, ProcessDetail, ProcessView } from '../../protocol/views.js';
import type { Place } from './log-view.js';

export type Pane = 'list' | 'facts' | 'log';

export type Verb = 'restart' | 'stop' | 'start' | 'reload' | 'delete';

export type Mode =
  | { readonly kind: 'look' }
  /** A name is typed; `before`: the filter that Escape brings back. */
  | { readonly kind: 'filter'; readonly before: string }
  | { readonly kind: 'confirm'; readonly act: Act }
  /** `top`: the first line of the help shown. */
  | { readonly kind: 'help'; readonly top: number };

/** What is asked of the daemon. `target` means this one process and no other. */
export interface Act { readonly verb: Verb; readonly id: number; readonly name: string; readonly target: string }

export interface Message { readonly text: string; readonly tone: 'good' | 'bad' | 'plain'; /** Wall-clock ms. */ readonly until: number }

/** The last measures of a process, oldest first. */
export interface Past { readonly cpu: readonly number[]; readonly memory: readonly number[] }

/** What the list is ordered by; modules stand behind the programs in each. */
export const ORDERS = ['id', 'name', 'cpu', 'memory', 'restarts'] as const;
export type Order = (typeof ORDERS)[number];

export interface State {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** Wall-clock ms. */
  readonly now: number;
  /** As `order` says; undefined before the first answer. */
  readonly processes: readonly ProcessView[] | undefined;
  readonly daemon: DaemonView | undefined;
  /** Why nobody answers; undefined: somebody does. */
  readonly away: string | undefined;
  readonly past: ReadonlyMap<number, Past>;
  readonly selected: number | undefined;
  /** Of the selected one, or of the one before while it is asked for. */
  readonly detail: ProcessDetail | undefined;
  readonly filter: string;
  readonly order: Order;
  readonly pane: Pane;
  readonly mode: Mode;
  /** The log alone on the screen. */
  readonly full: boolean;
  /** Long lines are folded; else cut. */
  readonly fold: boolean;
  /** Where one looks in the log; undefined: at its end, live. */
  readonly place: Place | undefined;
  /** The first line shown of the facts. */
  readonly factsTop: number;
  readonly message: Message | undefined;
}

export function newState(of: Pick<State, 'columns' | 'rows' | 'colour' | 'now' | 'filter'>): State {
  return {
    ...of, processes: undefined, daemon: undefined, away: undefined, past: new Map(), selected: undefined, detail: undefined, order: 'id',
    pane: 'list', mode: { kind: 'look' }, full: false, fold: true, place: undefined, factsTop: 0, message: undefined,
  };
}

/** The rows of the list: those whose name has the filter in it, in any case. */
export function shown(s: State): readonly ProcessView[] {
  const word = s.filter.toLowerCase();
  const all = s.processes ?? [];
  return word === '' ? all : all.filter((v) => v.name.toLowerCase().includes(word));
}

export function selectedOf(s: State): ProcessView | undefined {
  return s.processes?.find((v) => v.id === s.selected);
}

/** Measures kept for the little curves: about a minute. */
const MEASURES = 60;

export function withList(s: State, processes: readonly ProcessView[], daemon: DaemonView, now: number): State {
  const sorted = ordered(processes, s.order);
  const past = new Map(sorted.map((v) => {
    const before = s.past.get(v.id);
    return [v.id, { cpu: [...before?.cpu ?? [], v.cpu].slice(-MEASURES), memory: [...before?.memory ?? [], v.memory].slice(-MEASURES) }] as const;
  }));
  return settled({ ...s, processes: sorted, daemon, past, away: undefined, now }, s);
}

const KEYS: Readonly<Record<Order, (a: ProcessView, b: ProcessView) => number>> = {
  id: () => 0,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  // The largest first: that is who is looked for.
  cpu: (a, b) => b.cpu - a.cpu,
  memory: (a, b) => b.memory - a.memory,
  restarts: (a, b) => b.restarts - a.restarts,
};

/** In that order, programs first, equal ones by id. */
export function ordered(processes: readonly ProcessView[], order: Order): ProcessView[] {
  const rank = (v: ProcessView): number => (v.module === undefined ? 0 : 1);
  return [...processes].sort((a, b) => rank(a) - rank(b) || KEYS[order](a, b) || a.id - b.id);
}

/** A selection that is in the list: the same one, else who stands in its row now. */
export function settled(s: State, before: State): State {
  const rows = shown(s);
  if (rows.some((v) => v.id === s.selected)) return s;
  const at = Math.max(0, shown(before).findIndex((v) => v.id === before.selected));
  return selecting(s, rows[Math.min(at, rows.length - 1)]?.id);
}

/** Another one is looked at: its log from the end, its facts from the top. */
export function selecting(s: State, id: number | undefined): State {
  return id === s.selected ? s : { ...s, selected: id, place: undefined, factsTop: 0 };
}

export function told(s: State, text: string, tone: Message['tone'], ms = 6000): State {
  return { ...s, message: { text, tone, until: s.now + ms } };
}

/**
 * The word by which the daemon finds this process alone. An id does, unless it is also the name or the namespace of
 * others, which go before it. Undefined: there is none.
 */
export function targetOf(v: ProcessView, all: readonly ProcessView[]): string | undefined {
  const id = String(v.id);
  if (!all.some((o) => o.name === id || o.namespace === id)) return id;
  const alone = all.filter((o) => o.name === v.name).length === 1;
  return alone ? v.name : undefined;
}
