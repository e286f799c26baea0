/** Where we are: `#/process/3?tab=logs`. In the hash, so that the server needs to know no page but one. */
import { computed, signal } from './signals.js';

export interface Place {
  /** Decoded parts of the path: `['process', '3']`. */
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

const hash = signal(location.hash);
window.addEventListener('hashchange', () => { hash.value = location.hash; });

/** The present place. */
export const place = computed<Place>(() => {
  const [path = '', query = ''] = hash.value.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter((p) => p !== '').map(decode), query: Object.fromEntries(new URLSearchParams(query)) };
});

/** The address of a place: what stands in `href`. */
export function to(parts: readonly (string | number)[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((e): e is [string, string] => e[1] !== undefined && e[1] !== '');
  return `#/${parts.map((p) => encodeURIComponent(p)).join('/')}${given.length > 0 ? `?${new URLSearchParams(given).toString()}` : ''}`;
}

/** Goes there; `quiet` leaves no step in the browser's history (a filter while it is typed). */
export function go(address: string, quiet = false): void {
  if (quiet) {
    history.replaceState(null, '', address);
    hash.value = address;
  } else location.hash = address;
}

/** Changes the query of the present place. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  go(to(place.value.parts, { ...place.value.query, ...changes }), true);
}

function decode(part: string): string {
  try { return decodeURIComponent(part); } catch { return part; } // a hand-written address may be broken; show what stands there
}
