import { copy, isPlain } from './schema.js';
import type { Slot } from './catalog.js';

/** One value that one source gives to one path. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
  /** Name of the source: `env`, `file`. */
  readonly source: string;
  readonly sequence: number;
  /** Where in it: `PORT`, `--port`, `./app.json`. */
  readonly detail: string;
}

/** One layer at a path, as `explain` shows it. */
export interface Layer {
  readonly source: string;
  readonly detail: string;
  readonly sequence: number;
  /** As the source has it; `********` when the field is secret. */
  readonly value: unknown;
  /** This one counts. */
  readonly winner: boolean;
}

export const MASK = '********';

/** What the layers say about one field: the value, not yet of its type, and the assignment it comes from. Undefined: nothing. */
export interface Picked { readonly value: unknown; readonly from: Assignment }

/**
 * Per property the highest sequence wins, the later of equals. An assignment to a group or an object shadows what lower
 * layers say about the paths in it; deeper ones of higher layers are laid over it.
 */
export function pick(slot: Slot, assignments: readonly Assignment[]): Picked | undefined {
  const rows = ranked(slot, assignments);
  let picked: Picked | undefined;
  for (const from of rows) {
    if (from.path.length <= slot.path.length) {
      const value = within(from.value, slot.path.slice(from.path.length));
      picked = { value: copy(value), from };
    } else {
      picked = { value: patched(picked?.value, from.path.slice(slot.path.length), copy(from.value)), from };
    }
  }
  return picked;
}

/** All layers of a field, low to high. */
export function layersOf(slot: Slot, assignments: readonly Assignment[]): Layer[] {
  const rows = ranked(slot, assignments).map((a) => ({ ...a, value: a.path.length < slot.path.length ? within(a.value, slot.path.slice(a.path.length)) : a.value }));
  const last = rows.at(-1);
  return rows.map((a) => ({ source: a.source, detail: a.detail, sequence: a.sequence, value: slot.field.secret ? MASK : a.value, winner: a === last }));
}

/** `env PORT`: a source and the place in it, for messages. */
export const sourceOf = (a: Assignment): string => (a.detail === '' ? a.source : `${a.source} ${a.detail}`);

function ranked(slot: Slot, assignments: readonly Assignment[]): Assignment[] {
  // A mask that comes back, from a dump for instance, stands for the value that is there.
  return assignments.filter((a) => touches(a.path, slot.path) && !(slot.field.secret && a.value === MASK)).sort((a, b) => a.sequence - b.sequence);
}

function touches(path: readonly string[], field: readonly string[]): boolean {
  return path.every((key, i) => i >= field.length || key === field[i]);
}

function within(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((v, key) => (isPlain(v) && Object.hasOwn(v, key) ? v[key] : undefined), value);
}

function patched(base: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const entries = isPlain(base) ? Object.entries(base).filter(([k]) => k !== key) : [];
  const old = isPlain(base) && Object.hasOwn(base, key) ? base[key] : undefined;
  return Object.fromEntries([...entries, [key, patched(old, rest, value)]]);
}
