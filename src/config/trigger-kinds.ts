import type { Kind } from './kinds.js';
import type { DependsOn, WatchOptions } from './spec.js';

const isName = (v: unknown): v is string => typeof v === 'string' && v.trim() !== '';

export const timezone: Kind<string> = {
  kind: 'time zone', wanted: 'a time zone such as Europe/Berlin or UTC', schema: { type: 'string' },
  parse(v) {
    if (!isName(v)) return undefined;
    try {
      return new Intl.DateTimeFormat('en', { timeZone: v }).resolvedOptions().timeZone === '' ? undefined : v;
    } catch {
      return undefined; // a RangeError: there is no such zone
    }
  },
};

/** `.ts,.js`, `ts js` or a list; without the dots. */
export const extensions: Kind<readonly string[]> = {
  kind: 'list', wanted: 'file name extensions such as js,ts', schema: { type: ['string', 'array'], items: { type: 'string' } },
  parse(v) {
    const each = (Array.isArray(v) ? v as unknown[] : [v]).flatMap((x) => (isName(x) ? x.split(/[\s,]+/).filter((e) => e !== '') : [undefined]));
    return each.length > 0 && each.every((e) => e !== undefined && !/[/\\\0]/.test(e)) ? each.map((e) => String(e).replace(/^\*?\./, '')) : undefined;
  },
};

/** Name of each option of the file watcher -> what it must be. What PM2's older watcher had besides is taken and does nothing. */
const WATCHER: Readonly<Record<string, 'boolean' | 'number' | 'awaitWriteFinish' | 'ignored' | 'unused'>> = {
  usePolling: 'boolean', interval: 'number', binaryInterval: 'number', followSymlinks: 'boolean', depth: 'number', awaitWriteFinish: 'awaitWriteFinish', ignored: 'ignored',
  persistent: 'unused', ignoreInitial: 'unused', ignorePermissionErrors: 'unused', atomic: 'unused', alwaysStat: 'unused', cwd: 'unused', disableGlobbing: 'unused', useFsEvents: 'unused',
};

export const watchOptions: Kind<WatchOptions> = {
  kind: 'watcher options', wanted: 'an object of usePolling, interval, binaryInterval (ms), followSymlinks, depth, awaitWriteFinish, ignored (texts)', schema: { type: 'object' },
  parse(v) {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return undefined;
    const given = Object.entries(v).filter(([, x]) => x !== undefined && x !== null);
    return given.every(([key, x]) => Object.hasOwn(WATCHER, key) && fits(WATCHER[key], x)) ? Object.fromEntries(given.filter(([key]) => WATCHER[key] !== 'unused').map(([key, x]) => [key, key === 'ignored' ? [x].flat() : x])) : undefined;
  },
};

function fits(kind: (typeof WATCHER)[string] | undefined, v: unknown): boolean {
  switch (kind) {
    case 'boolean': return typeof v === 'boolean';
    case 'number': return typeof v === 'number' && v >= 0 && v < 2 ** 31;
    case 'awaitWriteFinish': return typeof v === 'boolean' || (typeof v === 'object' && v !== null && Object.entries(v).every(([key, n]) => (key === 'stabilityThreshold' || key === 'pollInterval') && fits('number', n)));
    case 'ignored': return [v].flat().every(isName);
    default: return true;
  }
}

const CONDITIONS = ['started', 'ready', 'healthy', 'completed'] as const;

/** A list means `ready`. */
export const dependsOn: Kind<DependsOn> = {
  kind: 'names', wanted: `a list of names, or an object of name: ${CONDITIONS.join(' | ')}`,
  schema: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }, { type: 'object', additionalProperties: { enum: CONDITIONS } }] },
  parse(v) {
    if (isName(v)) return { [v]: 'ready' };
    if (Array.isArray(v)) return v.every(isName) ? Object.fromEntries(v.map((name) => [name, 'ready'])) : undefined;
    if (typeof v !== 'object' || v === null) return undefined;
    const pairs = Object.entries(v).map(([name, c]) => [name, CONDITIONS.find((known) => known === c)] as const);
    return pairs.every((pair): pair is readonly [string, (typeof CONDITIONS)[number]] => isName(pair[0]) && pair[1] !== undefined) ? Object.fromEntries(pairs) : undefined;
  },
};
