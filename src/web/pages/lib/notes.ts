/** What the page says in its corner: outcomes and errors. Errors stay until they are read. */
import { signal } from './signals.js';
import { Refusal } from './refusal.js';

export interface Note { readonly id: number; readonly kind: 'ok' | 'warn' | 'bad'; readonly text: string; readonly hint?: string }

/** Newest last, at most four. */
export const notes = signal<readonly Note[]>([]);

let last = 0;

export function say(text: string, kind: Note['kind'] = 'ok', hint?: string): void {
  const note: Note = { id: ++last, kind, text, ...(hint !== undefined && { hint }) };
  notes.value = [...notes.value.filter((n) => n.text !== text), note].slice(-4);
  if (kind === 'ok') window.setTimeout(() => { dismiss(note.id); }, 5000);
}

export function dismiss(id: number): void { notes.value = notes.value.filter((n) => n.id !== id); }

/** An error of a deed, in words. */
export function failed(e: unknown): void {
  if (e instanceof Refusal) say(e.message, 'bad', e.hint);
  else say(e instanceof Error ? e.message : String(e), 'bad');
}
