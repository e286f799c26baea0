/** What a person chose stays chosen: signals kept in the browser. */
import { effect, signal, type Signal } from './signals.js';

/** A signal whose value survives a reload of the page. What is no longer one of `allowed` is forgotten. */
export function stored<T extends string>(key: string, first: T, allowed: readonly T[]): Signal<T> {
  const s = signal<T>(first);
  try {
    const kept = localStorage.getItem(`mgr.${key}`);
    const known = allowed.find((a) => a === kept);
    if (known !== undefined) s.value = known;
  } catch { /* a browser may refuse storage: then the choice lasts as long as the page */ }
  effect(() => {
    const value = s.value;
    try { localStorage.setItem(`mgr.${key}`, value); } catch { /* as above */ }
  });
  return s;
}
