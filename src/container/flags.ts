import { words } from './names.js';
import { candidatesOf, type Catalog, type Choice, type Slot } from './catalog.js';

/** What a flag sets. */
export type Target = { readonly slot: Slot } | { readonly choice: Choice };

export interface Flags {
  /** Without dashes: full names, short names, aliases of initials (`dh` of `db-host`). */
  readonly long: ReadonlyMap<string, Target>;
  /** One letter each. */
  readonly letters: ReadonlyMap<string, Slot>;
}

const RESERVED = new Set(['h', 'P', 'C']);

/**
 * Gives each field its flags. A letter goes to the first field that asks for it by `flagHint`, else to the first whose flag
 * begins with it, small before capital. An alias of initials belongs to one flag of two and more words, or to none.
 */
export function flagsOf(catalog: Catalog): Flags {
  const long = new Map<string, Target>();
  for (const choice of catalog.choices) for (const flag of choice.flags) long.set(flag, { choice });
  for (const slot of catalog.slots) for (const flag of slot.flags) long.set(flag, { slot });
  for (const [alias, slots] of grouped(catalog.slots)) {
    const [slot, second] = slots;
    if (alias.length > 1 && slot !== undefined && second === undefined && !long.has(alias)) long.set(alias, { slot });
  }
  return { long, letters: lettersOf(catalog) };
}

/** The letter of a field, if it has one. */
export function letterOf(flags: Flags, slot: Slot): string | undefined {
  for (const [letter, s] of flags.letters) if (s === slot) return letter;
  return undefined;
}

function lettersOf(catalog: Catalog): Map<string, Slot> {
  const letters = new Map<string, Slot>();
  const free = (l: string | undefined): l is string => l !== undefined && /^[a-zA-Z]$/.test(l) && !RESERVED.has(l) && !letters.has(l);
  // The application's own fields first: their flags are the short ones.
  const slots = withFlag(catalog.slots).filter((s) => !s.field.secret && !isGiven(catalog, s)).sort((a, b) => Number(b.module === catalog.app) - Number(a.module === catalog.app));
  for (const slot of slots) if (free(slot.field.flagHint)) letters.set(slot.field.flagHint, slot);
  const has = new Set(letters.values());
  for (const slot of slots) {
    if (has.has(slot) || slot.field.hidden) continue;
    const first = slot.flags[0]?.charAt(0) ?? '';
    const letter = [first.toLowerCase(), first.toUpperCase()].find(free);
    if (letter !== undefined) letters.set(letter, slot);
  }
  return letters;
}

// A module that there is only one of is not chosen; it needs no letter.
const isGiven = (catalog: Catalog, slot: Slot): boolean => (candidatesOf(catalog, slot)?.length ?? 2) < 2;
const withFlag = (slots: readonly Slot[]): Slot[] => slots.filter((s) => s.flags.length > 0);
const initialsOf = (slot: Slot): string => words(slot.flags[0] ?? '').map((w) => w.charAt(0)).join('');

function grouped(slots: readonly Slot[]): Map<string, Slot[]> {
  const groups = new Map<string, Slot[]>();
  for (const slot of withFlag(slots)) groups.set(initialsOf(slot), [...(groups.get(initialsOf(slot)) ?? []), slot]);
  return groups;
}
