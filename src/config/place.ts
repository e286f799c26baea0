import type { Declared } from './declare.js';

const PLACES = new WeakMap<Declared, string>();

/** Notes where in its file an app stands (`apps[2]`), so that messages name it even after `--only` took others away. */
export function putPlace(app: Declared, at: string): void {
  PLACES.set(app, at);
}

/** Undefined for an app that comes from no file. */
export function placeOf(app: Declared): string | undefined {
  return PLACES.get(app);
}
