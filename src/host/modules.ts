import { blame, type Blame } from './blame.js';
import { type Candidate, type Folder } from './folder.js';
import { failureOf, isWaiting, type Import } from './load.js';
import { type Notes, stampOf } from './notes.js';
import type { ModuleRow } from './views.js';

export interface ModulesOptions {
  readonly folder: Folder;
  readonly notes: Notes;
  readonly load: Import;
  /** Takes the exports of a module that are resource types. Throws when one of them cannot be taken. */
  readonly registerType: (file: string, type: unknown) => void;
  /** Load this one alone. */
  readonly only: string | undefined;
  /** One line for who looks at the log. */
  readonly say: (text: string) => void;
  /** The same, of what is wrong. */
  readonly complain: (text: string) => void;
  readonly told: (event: 'module:loaded' | 'module:error', row: ModuleRow) => void;
  /** Monotonic ms. */
  now(): number;
}

/**
 * The modules of a host: loaded one after the other in the order of the folder, each with its outcome. A failure is the
 * module's; the others are loaded. What ended the process the last time is not loaded again before it has changed.
 */
export class Modules {
  readonly #o: ModulesOptions;
  readonly #rows = new Map<string, ModuleRow>();
  #current: Candidate | undefined;

  constructor(o: ModulesOptions) { this.#o = o; }

  get rows(): readonly ModuleRow[] { return [...this.#rows.values()]; }
  /** The one that is loaded just now. */
  get current(): Candidate | undefined { return this.#current; }
  get failed(): readonly ModuleRow[] { return this.rows.filter((r) => r.state === 'errored' || r.state === 'quarantined'); }

  async loadAll(): Promise<void> {
    const { folder, notes, complain, only } = this.#o;
    for (const text of folder.warnings) complain(text);
    this.#settleLastLife(notes);
    const waiting: Candidate[] = [];
    for (const module of folder.candidates) {
      if (notes.leaving) return;
      if (only === undefined ? module.isolate : module.file !== only) {
        if (only === undefined) this.#put({ file: module.file, state: 'isolated', reason: 'in a host of its own', ms: 0 });
        continue;
      }
      if (notes.waits(module.file, module.path)) waiting.push(module);
      else await this.#load(module);
    }
    // Those that waited in vain the last time: when the others are loaded, and all at once, so that they cost their time once.
    if (!notes.leaving) await Promise.all(waiting.map((module) => this.#load(module, { alone: false })));
  }

  /** Which module an error comes from; while one is loaded, it is that one's when no other can be named. `sure`: it must be named. */
  blame(error: unknown, { sure = false }: { readonly sure?: boolean } = {}): Blame | undefined {
    const found = blame(error, this.#o.folder.candidates);
    return sure ? found : found ?? (this.#current === undefined ? undefined : { file: this.#current.file, at: this.#current.file });
  }

  /** Counts what a module did to the process; one that does it again and again is not loaded any more. */
  crashed({ file, at }: Blame, what: string): void {
    const module = this.#o.folder.candidates.find((c) => c.file === file);
    if (!this.#o.notes.crashed(file) || !module) return;
    this.#o.notes.quarantine(file, `3 crashes within 60 s, the last at ${at}: ${what}`, stampOf(module.path));
    this.#o.complain(`${file}: 3 crashes within 60 s: it is not loaded any more; \`mgr host unquarantine ${file}\`, or another content of the file, tries it again`);
  }

  // What the last life of this process left behind.
  #settleLastLife(notes: Notes): void {
    const left = notes.left();
    if (left?.end !== undefined) notes.quarantine(left.file, left.end, left.stamp);
    else if (left && notes.suspected(left.file, left.stamp)) notes.quarantine(left.file, 'the process was killed twice while it was loaded', left.stamp);
    notes.loaded();
    const hang = notes.takeHang();
    if (hang === undefined) return;
    const error = new Error('no sign of life for 10 s');
    error.stack = `${error.message}\n${hang}`;
    const found = blame(error, this.#o.folder.candidates);
    if (found) this.crashed(found, error.message);
  }

  /** `alone`: what happens meanwhile is its doing. */
  async #load(module: Candidate, { alone = true }: { readonly alone?: boolean } = {}): Promise<void> {
    const { notes, load, say, complain, told } = this.#o;
    const { file } = module;
    const jail = notes.quarantined(file, module.path);
    if (jail) {
      this.#put({ file, state: 'quarantined', reason: jail.reason, ms: 0 });
      complain(`${file} is in quarantine: ${jail.reason}`);
      return;
    }
    const began = this.#o.now();
    let row: ModuleRow;
    if (alone) {
      notes.announce(file, module.path);
      this.#current = module;
    }
    try {
      const exports = await load(module);
      for (const type of typesOf(exports)) this.#o.registerType(file, type);
      notes.cleared(file);
      row = { file, state: 'loaded', ms: round(this.#o.now() - began) };
    } catch (e) {
      if (isWaiting(e)) notes.waited(file, module.path);
      row = { file, state: 'errored', reason: failureOf(e, [module]), ms: round(this.#o.now() - began) };
    } finally {
      if (alone) {
        this.#current = undefined;
        notes.loaded();
      }
    }
    this.#put(row);
    if (row.state === 'loaded') say(`${file} loaded (${row.ms} ms)`);
    else complain(`${file} is not loaded: ${row.reason ?? ''}`);
    try {
      told(row.state === 'loaded' ? 'module:loaded' : 'module:error', row);
    } catch (e) {
      // A listener of one module must not keep the others from being loaded.
      complain(`a listener threw when it was told of ${file}: ${failureOf(e, this.#o.folder.candidates)}`);
    }
  }

  #put(row: ModuleRow): void { this.#rows.set(row.file, row); }
}

/** What of a module's exports is a resource type: itself, its default, or any of its members. */
function typesOf(exports: unknown): unknown[] {
  const members = (typeof exports === 'object' || typeof exports === 'function') && exports !== null ? Object.values(exports) : [];
  return [...new Set([exports, ...members])].filter(isType);
}

function isType(value: unknown): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null && '__resource__' in value.prototype;
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
