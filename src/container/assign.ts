import { ModuleError } from './errors.js';
import { isPlain } from './schema.js';
import { kebab } from './names.js';
import { nearest } from '../base/nearest.js';
import { locate, type Catalog } from './catalog.js';

/** A value for a path of the catalog. */
export interface Pair { readonly path: readonly string[]; readonly value: unknown }
/** A path for which there is no field. `near` is what might have been meant. */
export interface Stray { readonly path: string; readonly near: string | undefined }

/**
 * Takes an object apart into values for fields. Groups are walked into, so that each field keeps its own layers; `null` for a
 * group takes all its fields away. Keys may be in any of their forms.
 */
export function pairs(catalog: Catalog, object: unknown): { readonly pairs: Pair[]; readonly strays: Stray[] } {
  const found: Pair[] = [];
  const strays: Stray[] = [];
  const walk = (value: unknown, keys: readonly string[]): void => {
    const place = locate(catalog, keys);
    if (place === undefined) strays.push(strayAt(catalog, keys));
    else if (place.kind === 'choice') found.push({ path: place.choice.path, value });
    else if (place.kind === 'field') found.push({ path: [...place.slot.path, ...place.deeper], value });
    else if (isPlain(value)) for (const [key, v] of Object.entries(value)) walk(v, [...keys, key]);
    else if (value === null) found.push({ path: place.path, value: undefined });
    else strays.push({ path: keys.join('.'), near: undefined });
  };
  if (isPlain(object)) for (const [key, v] of Object.entries(object)) if (v !== undefined) walk(v, [key]);
  return { pairs: found, strays };
}

/** A path that leads nowhere, with the nearest that leads somewhere. */
export function strayAt(catalog: Catalog, keys: readonly string[]): Stray {
  const path = keys.join('.');
  const own = catalog.app?.key;
  const known = catalog.slots.flatMap((s) => [s.shown, ...(s.module.key === own ? [s.field.path.join('.')] : [])]);
  // Two letters are near to everything.
  return { path, near: path.length < 3 ? undefined : nearest(path, known) };
}

/** The error for it. */
export function strayError(stray: Stray, source: string): ModuleError {
  return new ModuleError('E_CONFIG', `${stray.path}: no module has such a field (from ${source})${stray.near === undefined ? '' : `; did you mean \`${stray.near}\`?`}`, { path: stray.path, source, module: kebab(stray.path.split('.')[0] ?? '') });
}
