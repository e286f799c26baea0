import type { Pm2Bag } from '../../config/pm2-record.js';

/** One value of module_conf.json: the path to it, and the text that `mgr set` would take. */
export interface OldSetting { readonly path: readonly string[]; readonly value: string }

// What is installed, and PM2's own settings, which mean nothing here.
const NOT_SETTINGS: ReadonlySet<string> = new Set(['module-db-v2', 'module-db', 'tar-modules', 'pm2', 'mgr']);

/** Every value below the sections of modules and apps, in the order of the file. */
export function oldSettings(conf: Pm2Bag): OldSetting[] {
  return Object.entries(conf).flatMap(([section, value]) => (NOT_SETTINGS.has(section) ? [] : leaves([section], value)));
}

function leaves(path: readonly string[], value: unknown): OldSetting[] {
  if (value === null || value === undefined || path.at(-1) === '') return [];
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value).flatMap(([key, inner]) => leaves([...path, key], inner));
  return [{ path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
}

/** A key for `mgr set`; undefined for a segment that no key can spell. */
export function keyOf(path: readonly string[]): string | undefined {
  if (path.some((s) => s.includes('"') || s.trim() === '')) return undefined;
  return path.map((s) => (/[.:\s]/.test(s) ? `"${s}"` : s)).join(':');
}
