/**
 * What a host writes down so that its next life knows what killed the last one: which file is just being loaded (one note
 * per instance), and of each module that made trouble its crashes and its quarantine (one file per module, so that
 * instances do not write over each other).
 */
import fs from 'node:fs';
import path from 'node:path';
import { errno, reasonOf } from '../base/thrown.js';

/** More than so many crashes of one instance in this time, ms, and the module is not loaded any more. */
const CRASHES = 3;
const WINDOW = 60_000;

export interface Quarantine { readonly reason: string; /** Wall-clock ms. */ readonly at: number; /** Of the file as it was; another one is tried again. */ readonly stamp: string }
interface Record_ { readonly file: string; readonly crashes: readonly (readonly [at: number, instance: string])[]; readonly quarantine?: Quarantine; /** Of the file, when something unknown ended the process while it was loaded. */ readonly suspect?: string; /** Of the file, when it waited too long at its top level. */ readonly waits?: string }
interface Loading { readonly file: string; readonly stamp: string; readonly boot: string; readonly end?: string }

export interface NotesOptions {
  /** Folder of this host's notes; made when there is something to write. */
  readonly dir: string;
  /** Which of the host's processes this is. */
  readonly instance: string;
  /** Names this boot of the machine: what a power cut interrupted is no module's fault. */
  readonly boot: string;
  /** Wall-clock ms. */
  now(): number;
  /** Told once that nothing can be noted. */
  readonly complain?: (text: string) => void;
}

export class Notes {
  readonly #o: NotesOptions;
  #loading: Loading | undefined;
  #over = false;
  #told = false;

  constructor(o: NotesOptions) { this.#o = o; }

  /** The module that was being loaded when this instance ended the last time, and how it ended, if that is known. */
  left(): { readonly file: string; readonly stamp: string; readonly end: string | undefined } | undefined {
    const note = this.#read(this.loadingFile) as Loading | undefined;
    return note?.boot === this.#o.boot ? { file: note.file, stamp: note.stamp, end: note.end } : undefined;
  }

  /** From here on an end of the process is this module's doing. `path`: of the file. */
  announce(file: string, at: string): void {
    if (this.#over) return;
    this.#loading = { file, stamp: stampOf(at), boot: this.#o.boot };
    this.#write(this.loadingFile, this.#loading);
  }

  /** How the process ends while a module is loaded; nothing when none is. */
  ending(end: string): void {
    if (this.#loading) this.#write(this.loadingFile, { ...this.#loading, end });
  }

  /** It is loaded, or its failure was seen. */
  loaded(): void {
    this.#loading = undefined;
    fs.rmSync(this.loadingFile, { force: true });
  }

  /** The process ends for a reason that is no module's: from here on nothing is noted of what is loaded. */
  leave(): void {
    this.#over = true;
    this.loaded();
  }

  get leaving(): boolean { return this.#over; }

  /**
   * The process ended while this was loaded, and nobody knows by what: the module, a `kill -9`, a machine without memory. True:
   * for the second time, without having been loaded in between.
   */
  suspected(file: string, stamp: string): boolean {
    const before = this.#of(file);
    if (before.suspect === stamp) return true;
    this.#put({ ...before, suspect: stamp });
    return false;
  }

  /** It waited at its top level until it was given up. */
  waited(file: string, at: string): void { this.#put({ ...this.#of(file), waits: stampOf(at) }); }

  /** Did it do so the last time, being the same file? */
  waits(file: string, at: string): boolean {
    const { waits } = this.#of(file);
    return waits !== undefined && waits === stampOf(at);
  }

  /** It was loaded: whatever was against it is no more, but for its crashes. */
  cleared(file: string): void {
    const { suspect, waits, ...before } = this.#of(file);
    if (suspect === undefined && waits === undefined) return;
    if (before.crashes.length > 0) this.#put(before);
    else fs.rmSync(this.#fileOf(file), { force: true });
  }

  /** Where the last life of this instance hung, as a stack; the watchdog left it here (watchdog.ts). */
  takeHang(): string | undefined {
    const note = this.#read(this.hangFile) as { readonly stack?: string } | undefined;
    fs.rmSync(this.hangFile, { force: true });
    return note?.stack;
  }

  get hangFile(): string { return path.join(this.#o.dir, `hang-${this.#o.instance}.json`); }

  /** Notes a crash. True: it was one too many. */
  crashed(file: string): boolean {
    const { instance } = this.#o;
    const now = this.#o.now();
    const before = this.#of(file);
    // Later than now: the clock was set back, and when it was is not known.
    const crashes = [...before.crashes.filter(([at]) => Math.abs(now - at) < WINDOW), [now, instance] as const];
    this.#put({ ...before, crashes });
    return crashes.filter(([, i]) => i === instance).length >= CRASHES;
  }

  quarantine(file: string, reason: string, stamp: string): void {
    this.#put({ file, crashes: [], quarantine: { reason, at: this.#o.now(), stamp } });
  }

  /** Why a module is not loaded; undefined: it may be. One whose file has changed since may be tried again. */
  quarantined(file: string, at: string): Quarantine | undefined {
    const found = this.#of(file).quarantine;
    if (found === undefined || found.stamp === stampOf(at)) return found;
    this.release(file);
    return undefined;
  }

  /** False: there was nothing to release. */
  release(file: string): boolean {
    const had = this.#of(file).quarantine !== undefined;
    fs.rmSync(this.#fileOf(file), { force: true });
    return had;
  }

  /** Names of all that are in quarantine, also of files that are gone. */
  all(): string[] {
    const names = exists(this.#o.dir) ? fs.readdirSync(this.#o.dir) : [];
    return names.flatMap((n) => { const r = n.startsWith('module-') ? this.#read(path.join(this.#o.dir, n)) as Record_ | undefined : undefined; return r?.quarantine ? [r.file] : []; }).sort();
  }

  get loadingFile(): string { return path.join(this.#o.dir, `loading-${this.#o.instance}.json`); }
  #fileOf(file: string): string { return path.join(this.#o.dir, `module-${encodeURIComponent(file)}.json`); }
  #of(file: string): Record_ { return (this.#read(this.#fileOf(file)) as Record_ | undefined) ?? { file, crashes: [] }; }
  #put(record: Record_): void { this.#write(this.#fileOf(record.file), record); }

  // Whole or not at all: the process may be killed in the middle of it. No fsync: it outlives the process, not the machine.
  // A disk that takes nothing is no reason not to serve: what is not noted is only tried again.
  #write(file: string, value: unknown): void {
    const temp = `${file}.${this.#o.instance}.tmp`;
    try {
      fs.mkdirSync(this.#o.dir, { recursive: true, mode: 0o700 });
      fs.writeFileSync(temp, JSON.stringify(value), { mode: 0o600 });
      fs.renameSync(temp, file);
    } catch (e) {
      if (!this.#told) this.#o.complain?.(`it cannot be noted what ends this host, so no module is left out for it: ${reasonOf(e)}`);
      this.#told = true;
    }
  }

  #read(file: string): unknown {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')) as unknown;
    } catch (e) {
      if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR' || e instanceof SyntaxError) return undefined; // somebody edited it: as if nothing was noted
      throw e;
    }
  }
}

/** Tells one content of a file from another; of a package: of its package.json. */
export function stampOf(at: string): string {
  const found = fs.statSync(at, { throwIfNoEntry: false });
  const one = found?.isDirectory() === true ? fs.statSync(path.join(at, 'package.json'), { throwIfNoEntry: false }) : found;
  return one === undefined ? 'gone' : `${one.mtimeMs}-${one.size}`;
}

function exists(dir: string): boolean { return fs.statSync(dir, { throwIfNoEntry: false }) !== undefined; }
