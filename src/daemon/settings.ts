import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { parseSize, parseSpan } from '../base/units.js';
import { DEFAULT_LIMITS, type RotateLimits } from '../logs/rotate.js';
import type { Params, Result } from '../protocol/contract.js';
import { parseKey } from '../store/settings-key.js';
import type { Section, Settings } from '../store/settings.js';
import { type Forms, MASK, refusal, strays } from './forms.js';
import type { HotWish, SectionChange, Taken } from './hot-settings.js';

/** Settings of mgr itself, `mgr set mgr:<key> value`, in use at once. */
export interface LiveSettings {
  /** bytes, 0 = never by size */
  readonly log_max_size: number;
  /** rotated files kept per log file */
  readonly log_keep: number;
  readonly log_compress: boolean;
  /** ms, 0 = never by time */
  readonly log_rotate_interval: number;
  /** bytes of the rotated files of one log, 0 = no bound */
  readonly log_total: number;
  /** false: what looks like a secret is shown wherever variables are */
  readonly mask_secrets: boolean;
}
export type LiveKey = keyof LiveSettings;

/** What log files get; what is not set is the default. */
export const limitsOf = (live: Partial<LiveSettings>): RotateLimits => ({
  maxSize: live.log_max_size ?? DEFAULT_LIMITS.maxSize, keep: live.log_keep ?? DEFAULT_LIMITS.keep, compress: live.log_compress ?? DEFAULT_LIMITS.compress,
  interval: live.log_rotate_interval ?? DEFAULT_LIMITS.interval, total: live.log_total ?? DEFAULT_LIMITS.total,
});

interface Kind { readonly parse: (text: string) => number | boolean | undefined; readonly wanted: string }

const SIZE: Kind = { parse: parseSize, wanted: 'a size, e.g. 10M (0 = off)' };
const SWITCH: Kind = { parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined), wanted: 'true or false' };
const LIVE: { readonly [K in LiveKey]: Kind } = {
  log_max_size: SIZE,
  log_keep: { parse: (text) => (/^\d+$/.test(text.trim()) ? Number(text) : undefined), wanted: 'a whole number, e.g. 7' },
  log_compress: SWITCH,
  log_rotate_interval: { parse: parseSpan, wanted: 'a time, e.g. 1d or 12h (0 = off)' },
  log_total: SIZE,
  mask_secrets: SWITCH,
};
const OURS = 'mgr';

export interface SettingsDeskOptions {
  readonly settings: Settings;
  /** What modules declare of their settings; undefined: all are texts. */
  readonly forms?: Forms;
  /**
   * Gives other settings to the programs that take them while running. Throws SETTING_REFUSED: then all of them have what they had.
   */
  readonly hot?: (changes: ReadonlyMap<string, SectionChange>, wish?: HotWish) => Promise<Taken>;
  /** Why the module of that name would not start with its settings, or with these instead. */
  readonly lacking?: (name: string, section?: Section) => string | undefined;
  /** Sees what a section holds now. */
  readonly recheck?: (name: string) => Promise<void>;
  /** Takes what was edited by hand: what came of it. */
  readonly reread?: () => Promise<string[]>;
  /** Restarts the module or the apps of that name so that they see the new values: their pids before and after; none: nothing of that name runs. */
  readonly restart: (name: string) => Promise<readonly (readonly [number, number])[]>;
  /** A live setting has a new value; undefined: it was unset, the default counts. */
  readonly onLive: <K extends LiveKey>(key: K, value: LiveSettings[K] | undefined) => void;
}

/** The answers to settings.set, settings.get and settings.unset: what was saved, and what came of it. */
export class SettingsDesk {
  readonly #options: SettingsDeskOptions;
  #saving = Promise.resolve();

  constructor(options: SettingsDeskOptions) {
    this.#options = options;
  }

  /**
   * Saves all entries or none, and applies them, once per section. `restarted`: a module or app of that name has the
   * new environment; `live`: in use now, by us or by a program that takes settings while running, which was asked before
   * they were saved; `stored`: nothing of that name runs, the key has no section, or it is not to be restarted (`restart: false`).
   * Throws BAD_KEY, BAD_OPTION, UNKNOWN_OPTION, BAD_FILE, SETTING_REFUSED: nothing saved. What a restart throws: it is saved.
   */
  async set({ entries, restart }: Params<'settings.set'>): Promise<Result<'settings.set'>> {
    const live = entries.map(([key, value]) => liveEntry(key, value));
    const { paths, taken, warnings } = await this.#save(entries, restart === false ? { mustAnswer: true } : {});
    for (const entry of live) if (entry !== undefined) this.#tell(entry.key, entry.value);
    const answers: Result<'settings.set'> = [];
    for (const section of new Set(paths.map(([first]) => first ?? ''))) {
      const hidden = this.#options.forms?.secrets(section) ?? [];
      const secret = entries.flatMap(([key], i) => { const [of, ...own] = paths[i] ?? []; return of === section && hidden.some((h) => meets(h, own)) ? [key] : []; });
      const lacking = this.#options.lacking?.(section);
      const said = [...warnings.get(section) ?? [], ...(lacking === undefined ? [] : [`${section} is not started: ${lacking}`])];
      const more = { ...(secret.length > 0 && { secret }), ...(said.length > 0 && { warnings: said }) };
      if (section === OURS) answers.push({ section, applied: 'live' });
      else if (taken.live.has(section)) answers.push({ section, applied: 'live', name: section, ms: taken.live.get(section) ?? 0, ...more });
      else if (paths.every((path) => path[0] !== section || path.length === 1)) answers.push({ section, applied: 'stored' });
      else {
        const pids = restart === false ? [] : await this.#options.restart(section);
        const why = taken.wanted.get(section);
        answers.push({ section, applied: pids.length > 0 ? 'restarted' : 'stored', name: section, ...(pids.length > 0 && { pids }), ...(why !== undefined && { why }), ...more });
      }
    }
    return answers;
  }

  /** One after the other: what a program is asked about is what is saved then, not something in between. */
  #save(entries: Params<'settings.set'>['entries'], wish: HotWish): Promise<{ readonly paths: readonly (readonly string[])[]; readonly taken: Taken; readonly warnings: ReadonlyMap<string, string[]> }> {
    const { settings, hot } = this.#options;
    return this.inTurn(async () => {
      const preview = settings.preview(entries);
      const own = entries.map(([key]) => parseKey(key));
      const changes = new Map<string, SectionChange>();
      const warnings = new Map<string, string[]>();
      const accepted = new Map<string, Section>();
      const values: unknown[] = entries.map(([, value]) => value);
      for (const name of new Set(own.map(([first = '']) => first))) {
        if (name === OURS) continue;
        const raw = preview.get(name);
        const keys = [...new Set(own.flatMap(([first, key]) => (first === name && key !== undefined ? [key] : [])))];
        const checked = await this.#options.forms?.check(name, raw ?? {});
        if (checked !== undefined) {
          if (own.some((path) => path[0] === name && path.length === 1)) throw new MgrError('BAD_OPTION', { path: name, got: 'a value', wanted: `the key of a setting: ${name}:<key>`, fix: `nothing was saved; \`mgr conf ${name}\` shows its settings` });
          const refused = refusal(name, checked);
          if (refused !== undefined) throw refused;
          own.forEach((path, i) => { if (path[0] === name) values[i] = at(checked.values, path.slice(1)); });
          accepted.set(name, checked.values);
          warnings.set(name, strays(name, checked, keys));
        }
        if (raw !== undefined) changes.set(name, { before: settings.section(name), after: checked?.values ?? raw, keys });
      }
      const taken = hot && changes.size > 0 ? await hot(changes, wish) : { live: new Map<string, number>(), wanted: new Map<string, string>() };
      const paths = await settings.set(entries.map(([key], i) => [key, values[i]] as const));
      for (const name of changes.keys()) settings.accept(name, accepted.get(name));
      return { paths, taken, warnings };
    });
  }

  /** For whoever does not want to wait until an edit is seen. */
  async reread(): Promise<string[]> { return await this.#options.reread?.() ?? []; }

  /** After the changes before it, before those after it. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#saving.then(act);
    // The next one waits for this one, whether it worked or not; its own caller hears the error.
    this.#saving = done.then(() => undefined, () => undefined);
    return done;
  }

  /** Secrets of modules are masked unless they are asked for. */
  get({ key, secrets }: Params<'settings.get'>): Result<'settings.get'> {
    const { settings, forms } = this.#options;
    const found = settings.get(key);
    if (!found.found || secrets === true || forms === undefined) return found;
    const path = key === undefined || key === 'all' ? [] : parseKey(key);
    const [name] = path;
    if (name !== undefined) {
      if (forms.secrets(name).some((hidden) => meets(hidden, path.slice(1)) && path.length > hidden.length)) return { found: true, value: MASK };
      return { found: true, value: path.length > 1 ? at({ [name]: forms.masked(name, settings.section(name)) }, path) ?? found.value : isSection(found.value) ? forms.masked(name, found.value) : found.value };
    }
    return { found: true, value: Object.fromEntries(Object.entries(found.value as Section).map(([section, value]) => [section, isSection(value) ? forms.masked(section, value) : value])) };
  }

  /**
   * Programs that take settings while running take this too; as in PM2 no other is restarted: it keeps what it has until its
   * next start. Throws BAD_KEY, BAD_FILE, SETTING_REFUSED, and BAD_OPTION for what the module cannot be without: nothing is removed.
   */
  async unset({ key }: Params<'settings.unset'>): Promise<Result<'settings.unset'>> {
    const { settings } = this.#options;
    const before = this.live();
    const [name = '', ...own] = key === 'all' ? [] : parseKey(key);
    const { removed, taken } = await this.inTurn(async () => {
      const live = key !== 'all' && name !== OURS && settings.get(key).found && await this.#withdraw(name, own, key);
      return { removed: await settings.unset(key), taken: live };
    });
    for (const section of key === 'all' ? settings.checked() : [name]) await this.#options.recheck?.(section);
    const after = this.live();
    for (const own of KEYS) if (before[own] !== after[own]) this.#tell(own, after[own]);
    return { removed, ...(removed && key !== 'all' && name !== OURS && { name, applied: taken ? 'live' as const : 'stored' as const }) };
  }

  /** Takes a setting back from the programs that run; false: it counts from their next start. */
  async #withdraw(name: string, own: readonly string[], key: string): Promise<boolean> {
    const { settings, forms, hot, lacking } = this.#options;
    const section = settings.section(name);
    const raw = settings.previewUnset(key) ?? {};
    const after = (await forms?.check(name, raw))?.values ?? raw;
    const missing = lacking?.(name, after);
    if (missing !== undefined && lacking?.(name) === undefined) throw new MgrError('BAD_OPTION', { path: key, got: 'nothing', wanted: 'a value', fix: `nothing was removed; ${missing}` });
    const keys = own[0] === undefined ? Object.keys(section) : [own[0]];
    return hot !== undefined && (await hot(new Map([[name, { before: section, after, keys }]]))).live.has(name);
  }

  /** The live settings as they stand in the file. What was edited by hand to something unusable counts as not set; `notice` is told. */
  live(notice: (text: string) => void = () => {}): Partial<LiveSettings> {
    const section = this.#options.settings.section(OURS);
    const found: Partial<Record<LiveKey, number | boolean>> = {};
    for (const key of KEYS) {
      const written = section[key];
      if (written === undefined) continue;
      const value = LIVE[key].parse(typeof written === 'string' ? written : JSON.stringify(written));
      if (value === undefined) notice(`mgr:${key}: got ${JSON.stringify(written)}, wanted ${LIVE[key].wanted}; the default is used`);
      else found[key] = value;
    }
    return found as Partial<LiveSettings>;
  }

  #tell(key: LiveKey, value: number | boolean | undefined): void {
    this.#options.onLive(key, value);
  }
}

const KEYS = Object.keys(LIVE) as LiveKey[];

function liveEntry(path: string, text: string): { readonly key: LiveKey; readonly value: number | boolean } | undefined {
  const [section, key, ...rest] = parseKey(path);
  if (section !== OURS) return undefined;
  const known = KEYS.find((k) => k === key && rest.length === 0);
  const near = nearest(key ?? '', KEYS);
  if (known === undefined) throw new MgrError('UNKNOWN_OPTION', { path, ...(near === undefined ? {} : { near: `${OURS}:${near}` }) });
  const value = LIVE[known].parse(text);
  if (value === undefined) throw new MgrError('BAD_OPTION', { path, got: JSON.stringify(text), wanted: LIVE[known].wanted });
  return { key: known, value };
}

/** One of them leads to the other: a group to what is in it. */
function meets(a: readonly string[], b: readonly string[]): boolean { return a.slice(0, b.length).every((key, i) => key === b[i]); }

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = isSection(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

function isSection(value: unknown): value is Section { return typeof value === 'object' && value !== null && !Array.isArray(value); }
