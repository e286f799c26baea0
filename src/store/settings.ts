import fs from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { parseJson } from '../base/json-text.js';
import { writeText } from './json-file.js';
import { isSafeName, parseKey } from './settings-key.js';

export type Section = Readonly<Record<string, unknown>>;
type Document = Record<string, unknown>;

/** Sections that are no settings: what is installed (pm2-facts 5.4). Shown by no `get`, touched by no `set` and no `unset`. */
export const REGISTRIES: readonly string[] = ['module-db-v2', 'tar-modules'];

/**
 * `module_conf.json`. One object of sections, 4-space indent, edited by hand at will: it is read anew whenever mtime,
 * size or inode changed. Only the daemon writes, one write after the other, so that two `mgr set` lose nothing.
 * A file broken by hand is left alone: changes are refused (BAD_FILE with line and column), and programs go on with
 * what was last readable.
 */
export class Settings {
  readonly #file: string;
  #seen: string | undefined;
  #document: Document = {};
  /** As it was when its edits were last asked for, or written by us. */
  #dealt: Document | undefined;
  /** Sections that are used as they were checked, whatever the file says meanwhile. */
  readonly #accepted = new Map<string, Section>();
  #fault: MgrError | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  /** Undefined or `all`: every section. Throws BAD_KEY, BAD_FILE. */
  get(key?: string): { found: boolean; value?: unknown } {
    const document = this.#whole();
    if (key === undefined || key === 'all') {
      return { found: true, value: structuredClone(Object.fromEntries(Object.entries(document).filter(([name]) => !REGISTRIES.includes(name)))) };
    }
    let at: unknown = document;
    for (const segment of ownKey(key)) {
      if (!isObject(at) || !Object.hasOwn(at, segment)) return { found: false };
      at = at[segment];
    }
    return { found: true, value: structuredClone(at) };
  }

  /** Values are texts unless somebody knows their types (they are typecast by who reads them). All entries or none. Gives the segments of each key. */
  async set(entries: readonly (readonly [key: string, value: unknown])[]): Promise<readonly (readonly string[])[]> {
    const paths = entries.map(([key]) => ownKey(key));
    await this.update((document) => {
      entries.forEach(([, value], i) => put(document, paths[i] ?? [], value));
    });
    return paths;
  }

  /** The sections that `set` would change, as they would be. Throws what `set` throws. */
  preview(entries: readonly (readonly [key: string, value: unknown])[]): ReadonlyMap<string, Section> {
    const document = structuredClone(this.#whole());
    const paths = entries.map(([key]) => ownKey(key));
    entries.forEach(([, value], i) => put(document, paths[i] ?? [], value));
    return new Map(paths.flatMap(([name = '', key]) => { const section = document[name]; return key !== undefined && isObject(section) ? [[name, section]] : []; }));
  }

  /** The section of a key as `unset` would leave it; undefined: none would be left. */
  previewUnset(key: string): Section | undefined {
    const document = structuredClone(this.#whole());
    const segments = ownKey(key);
    drop(document, segments);
    return sectionOf(document, segments[0] ?? '');
  }

  /** `all`: every setting; what is installed stays known. False: there was no such key. */
  async unset(key: string): Promise<boolean> {
    const segments = key === 'all' ? undefined : ownKey(key);
    let removed = false;
    await this.update((document) => {
      const names = Object.keys(document).filter((name) => !REGISTRIES.includes(name));
      removed = segments === undefined ? names.length > 0 : drop(document, segments);
      if (segments === undefined) for (const name of names) delete document[name];
      return removed;
    });
    return removed;
  }

  /** A program's own settings, `{}` when it has none. Never throws for a broken file: what was last readable counts. */
  section(name: string): Section {
    return structuredClone(this.#accepted.get(name)) ?? this.raw(name) ?? {};
  }

  /** The same as it stands in the file, checked or not. */
  raw(name: string): Section | undefined {
    this.#refresh();
    return sectionOf(this.#document, name);
  }

  /** From now on `section` gives this; undefined: again what the file says. */
  accept(name: string, section: Section | undefined): void {
    if (section === undefined) this.#accepted.delete(name);
    else this.#accepted.set(name, structuredClone(section));
  }

  /** Names of the sections that `accept` knows. */
  checked(): string[] { return [...this.#accepted.keys()]; }

  /** The sections that others than we have changed since the last call, with what was used before. A broken file has none. The first call gives none. */
  edits(): ReadonlyMap<string, { readonly before: Section; readonly after: Section }> {
    this.#refresh();
    const found = new Map<string, { before: Section; after: Section }>();
    if (this.#fault !== undefined) return found;
    const dealt = this.#dealt ?? this.#document;
    for (const name of new Set([...Object.keys(dealt), ...Object.keys(this.#document)])) {
      const [before, after] = [sectionOf(dealt, name) ?? {}, sectionOf(this.#document, name) ?? {}];
      if (!REGISTRIES.includes(name) && !isDeepStrictEqual(before, after)) found.set(name, { before: structuredClone(this.#accepted.get(name)) ?? before, after });
    }
    this.#dealt = structuredClone(this.#document);
    return found;
  }

  /** Why the file cannot be used as it is now, if so. */
  fault(): MgrError | undefined {
    this.#refresh();
    return this.#fault;
  }

  /** Writes the keys of `config` that are absent, with their types. Gives the keys it wrote. */
  async mergeDefaults(name: string, config: Section): Promise<readonly string[]> {
    let added: string[] = [];
    await this.update((document) => {
      const section = Object.hasOwn(document, name) && isObject(document[name]) ? document[name] : {};
      added = Object.keys(config).filter((key) => isSafeName(key) && !Object.hasOwn(section, key));
      for (const key of added) section[key] = structuredClone(config[key]);
      if (added.length > 0) document[name] = section;
      return added.length > 0;
    });
    return added;
  }

  /** One change of the whole document, after those before it. `false` from `change`: nothing to write. Throws BAD_FILE. */
  update(change: (document: Document) => boolean | void): Promise<void> {
    const done = this.#writing.then(async () => {
      const before = this.#whole();
      const document = structuredClone(before);
      if (change(document) === false) return;
      await writeText(this.#file, JSON.stringify(document, undefined, 4) + '\n');
      this.#refresh();
      // An edit that nobody has asked for yet remains one.
      for (const name of new Set([...Object.keys(before), ...Object.keys(document)])) {
        if (this.#dealt === undefined || isDeepStrictEqual(before[name], document[name])) continue;
        if (Object.hasOwn(document, name)) this.#dealt[name] = structuredClone(document[name]);
        else delete this.#dealt[name];
      }
    });
    // The next writer waits for this one, whether it worked or not; its own caller hears the error.
    this.#writing = done.catch(() => undefined);
    return done;
  }

  #whole(): Document {
    this.#refresh();
    if (this.#fault !== undefined) throw this.#fault;
    return this.#document;
  }

  #refresh(): void {
    const now = signature(this.#file);
    if (now === this.#seen) return;
    const read = readDocument(this.#file);
    if (read instanceof MgrError) {
      this.#fault = read;
      // First look at a file that is broken already: the copy before it is the best there is to run programs with.
      if (this.#seen === undefined) {
        const backup = readDocument(`${this.#file}.bak`);
        if (!(backup instanceof MgrError)) this.#document = backup;
      }
    } else {
      this.#fault = undefined;
      this.#document = read;
    }
    this.#seen = now;
  }
}

function signature(file: string): string {
  const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'none' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

function readDocument(file: string): Document | MgrError {
  const bad = (reason: string): MgrError => new MgrError('BAD_FILE', { file, reason, fix: `nothing was changed; mend it by hand, or take ${file}.bak` });
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (e) {
    return errno(e) === 'ENOENT' ? {} : bad(reasonOf(e));
  }
  if (text.trim() === '') return bad('it is empty, wanted at least {}');
  const parsed = parseJson(text);
  if (!parsed.ok) return bad(`line ${parsed.line}, column ${parsed.column}: ${parsed.reason}`);
  return isObject(parsed.value) ? parsed.value : bad('line 1, column 1: wanted an object of sections');
}

function ownKey(key: string): readonly string[] {
  const segments = parseKey(key);
  if (REGISTRIES.includes(segments[0] ?? '')) throw new MgrError('BAD_KEY', { key, reason: 'this section tells what is installed; mgr install and mgr uninstall write it' });
  return segments;
}

function put(document: Document, segments: readonly string[], value: unknown): void {
  let at = document;
  for (const segment of segments.slice(0, -1)) {
    const next: unknown = Object.hasOwn(at, segment) ? at[segment] : undefined;
    const inner: Document = isObject(next) ? next : {};
    at[segment] = inner;
    at = inner;
  }
  at[segments.at(-1) ?? ''] = value;
}

function drop(document: Document, segments: readonly string[]): boolean {
  let at: unknown = document;
  for (const segment of segments.slice(0, -1)) at = isObject(at) && Object.hasOwn(at, segment) ? at[segment] : undefined;
  const last = segments.at(-1) ?? '';
  if (!isObject(at) || !Object.hasOwn(at, last)) return false;
  delete at[last];
  return true;
}

function sectionOf(document: Document, name: string): Section | undefined {
  const found: unknown = Object.hasOwn(document, name) ? document[name] : undefined;
  return isObject(found) ? structuredClone(found) : undefined;
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
