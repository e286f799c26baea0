import type { Entry } from './registry.js';

/**
 * Assigns declared fields, and nothing else, to an instance. A value that is not there leaves what the class itself set;
 * with `clear`, in a reload, it takes the former value away.
 */
export function inject(entry: Entry, instance: object, slice: Readonly<Record<string, unknown>>, only?: ReadonlySet<string>, clear = false): void {
  if (!entry.inject) return;
  for (const key of topKeys(entry)) {
    if (only !== undefined && !only.has(key)) continue;
    const value = slice[key];
    if ((value !== undefined || clear) && !Reflect.set(instance, key, value)) throw new Error(`its field ${key} cannot be assigned; is it frozen or read-only?`);
  }
}

function topKeys(entry: Entry): Set<string> {
  return new Set([...entry.schema.fields.map((f) => f.path), ...entry.schema.groups].map((p) => p[0] ?? ''));
}
