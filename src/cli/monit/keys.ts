/** What a key does. Pure: the state before, the key, the state after and what is to be done besides. */
import type { BufferLine } from './log-buffer.js';
import { beginning, moved, stand } from './log-view.js';
import { logHole, panes } from './geometry.js';
import { ORDERS, ordered, selectedOf, selecting, settled, shown, targetOf, told } from './model.js';
import type { Act, Pane, State, Verb } from './model.js';
import { HELP } from './help.js';

/** A key in our words: `up`, `ctrl-c`, `enter`, … or the character itself. */
export type Key = string;

export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'act'; readonly act: Act }
  /** The screen is drawn from nothing. */
  | { readonly kind: 'redraw' }
  /** As Ctrl-Z does to any program. */
  | { readonly kind: 'suspend' };

export interface Pressed { readonly state: State; readonly effect?: Effect }

export function press(s: State, key: Key, log: readonly BufferLine[]): Pressed {
  if (key === 'ctrl-c') return { state: s, effect: { kind: 'quit' } };
  if (key === 'ctrl-z') return { state: s, effect: { kind: 'suspend' } };
  if (key === 'ctrl-l') return { state: s, effect: { kind: 'redraw' } };
  switch (s.mode.kind) {
    case 'filter': return { state: typed(s, key, s.mode.before) };
    case 'confirm': return confirmed(s, key, s.mode.act);
    case 'help': return { state: helped(s, key, s.mode.top) };
    case 'look': return look(s, key, log);
  }
}

const LOOK: Readonly<Record<string, (s: State, log: readonly BufferLine[]) => Pressed>> = {
  'q': (s) => ({ state: s, effect: { kind: 'quit' } }),
  // Back out of what is open, at last out of the program, as PM2 has it.
  'escape': (s) => {
    if (s.full) return { state: { ...s, full: false } };
    if (s.filter !== '') return { state: settled({ ...s, filter: '' }, s) };
    return { state: s, effect: { kind: 'quit' } };
  },
  '?': (s) => ({ state: { ...s, mode: { kind: 'help', top: 0 } } }),
  'h': (s) => ({ state: { ...s, mode: { kind: 'help', top: 0 } } }),
  '/': (s) => ({ state: { ...s, full: false, pane: 'list', mode: { kind: 'filter', before: s.filter } } }),
  'tab': (s) => ({ state: turned(s, 1) }),
  'right': (s) => ({ state: turned(s, 1) }),
  'backtab': (s) => ({ state: turned(s, -1) }),
  'left': (s) => ({ state: turned(s, -1) }),
  'l': (s) => ({ state: { ...s, full: !s.full } }),
  'enter': (s) => ({ state: { ...s, full: !s.full } }),
  'o': (s) => {
    const order = ORDERS[(ORDERS.indexOf(s.order) + 1) % ORDERS.length] ?? 'id';
    return { state: { ...s, order, ...(s.processes && { processes: ordered(s.processes, order) }) } };
  },
  'w': (s) => ({ state: { ...s, fold: !s.fold } }),
  ' ': (s, log) => ({ state: { ...s, place: s.place ? undefined : stand(log, undefined, logHole(s)) } }),
  'p': (s, log) => ({ state: { ...s, place: s.place ? undefined : stand(log, undefined, logHole(s)) } }),
  'r': (s) => asked(s, 'restart'),
  's': (s) => asked(s, 'stop'),
  'S': (s) => asked(s, 'start'),
  'R': (s) => asked(s, 'reload'),
  'd': (s) => asked(s, 'delete'),
};

function look(s: State, key: Key, log: readonly BufferLine[]): Pressed {
  const own = LOOK[key];
  if (own && Object.hasOwn(LOOK, key)) return own(s, log);
  const step = stepOf(key, s);
  return { state: step === undefined ? s : walked(s, step, log) };
}

type Step = number | 'first' | 'last';

function stepOf(key: Key, s: State): Step | undefined {
  const page = Math.max(1, pageOf(s) - 1);
  switch (key) {
    case 'up': case 'k': return -1;
    case 'down': case 'j': return 1;
    case 'pageup': case 'ctrl-b': return -page;
    case 'pagedown': case 'ctrl-f': return page;
    case 'ctrl-u': return -Math.ceil(page / 2);
    case 'ctrl-d': return Math.ceil(page / 2);
    case 'home': case 'g': return 'first';
    case 'end': case 'G': return 'last';
    default: return undefined;
  }
}

function pageOf(s: State): number {
  const p = panes(s);
  const rect = s.full || s.pane === 'log' ? p.log : s.pane === 'facts' ? p.facts : p.list;
  return (rect?.height ?? 2) - 1;
}

function walked(s: State, step: Step, log: readonly BufferLine[]): State {
  if (s.full || s.pane === 'log') {
    if (step === 'last') return { ...s, place: undefined };
    return { ...s, place: step === 'first' ? beginning(log) : moved(log, s.place, step, logHole(s)) };
  }
  if (s.pane === 'facts') return { ...s, factsTop: step === 'first' ? 0 : step === 'last' ? 1000 : Math.max(0, s.factsTop + step) };
  const rows = shown(s);
  const at = rows.findIndex((v) => v.id === s.selected);
  const to = step === 'first' ? 0 : step === 'last' ? rows.length - 1 : Math.max(0, Math.min(rows.length - 1, at + step));
  return selecting(s, rows[to]?.id);
}

const ORDER: readonly Pane[] = ['list', 'facts', 'log'];

function turned(s: State, by: 1 | -1): State {
  if (s.full) return s;
  return { ...s, pane: ORDER[(ORDER.indexOf(s.pane) + by + ORDER.length) % ORDER.length] ?? 'list' };
}

function asked(s: State, verb: Verb): Pressed {
  const v = selectedOf(s);
  if (!v) return { state: told(s, 'no program is selected', 'plain') };
  if (s.away !== undefined) return { state: told(s, `no daemon answers: ${verb} it when it is back`, 'bad') };
  if (verb === 'start' && v.pid > 0 && v.status !== 'stopping') return { state: told(s, `${v.name} runs already; r restarts it`, 'plain') };
  if (verb === 'stop' && v.status === 'stopped') return { state: told(s, `${v.name} is stopped already`, 'plain') };
  const target = targetOf(v, s.processes ?? []);
  if (target === undefined) return { state: told(s, `${v.name} cannot be named alone: ${v.id} is a name too; use mgr ${verb}`, 'bad') };
  const act: Act = { verb, id: v.id, name: v.name, target };
  if (verb === 'delete') return { state: { ...s, message: undefined, mode: { kind: 'confirm', act } } };
  return { state: s, effect: { kind: 'act', act } };
}

// Only a clear yes deletes.
function confirmed(s: State, key: Key, act: Act): Pressed {
  const state: State = { ...s, mode: { kind: 'look' } };
  if (key === 'y' || key === 'Y') return { state, effect: { kind: 'act', act } };
  return { state: told(state, `${act.name} is not deleted`, 'plain', 2000) };
}

function typed(s: State, key: Key, before: string): State {
  const done = (filter: string): State => settled({ ...s, filter, mode: { kind: 'look' } }, s);
  if (key === 'enter' || key === 'tab') return done(s.filter);
  if (key === 'escape') return done(before);
  if (key === 'up' || key === 'down') return walked({ ...s, pane: 'list' }, key === 'up' ? -1 : 1, []);
  const filter = key === 'backspace' ? s.filter.replace(/.$/su, '') : key === 'ctrl-u' ? '' : isCharacter(key) ? s.filter + key : s.filter;
  return settled({ ...s, filter: filter.slice(0, 60) }, s);
}

const isCharacter = (key: Key): boolean => /^\P{C}$/u.test(key);

function helped(s: State, key: Key, top: number): State {
  const step = stepOf(key, s);
  if (step === undefined) return { ...s, mode: { kind: 'look' } };
  const last = Math.max(0, HELP.length - Math.max(1, s.rows - 2));
  const to = step === 'first' ? 0 : step === 'last' ? last : Math.max(0, Math.min(last, top + step));
  return { ...s, mode: { kind: 'help', top: to } };
}
