import fs from 'node:fs';
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { LogFile } from './log-file.js';
import type { LogFileHost } from './log-file-host.js';
import { DEFAULT_LIMITS, tidy, type RotateLimits } from './rotate.js';
import type { WriteFn } from './sink.js';
import type { Author } from './author.js';
import { LineWriter } from './writer.js';

export { DEFAULT_LIMITS, type RotateLimits } from './rotate.js';

export interface LogFilesOptions {
  readonly clock: Clock;
  readonly defaults?: RotateLimits;
  /** A file cannot be written (or rotated): told once, the programs run on. */
  onTrouble(path: string, reason: string): void;
  onRecovered(path: string, droppedLines: number): void;
  /** fs.writeSync; tests put a full disk here. */
  readonly write?: WriteFn;
}

/** Every log file of the daemon, one object per path however many write to it (merge_logs, combined file, out = err). */
export class LogFiles {
  readonly #files = new Map<string, LogFile>();
  readonly #host: LogFileHost;
  #defaults: RotateLimits;
  readonly #untidy = new Map<string, RotateLimits>();
  #tidying: Promise<void> | undefined;
  #cancelOpening: (() => void) | undefined;

  constructor(options: LogFilesOptions) {
    this.#defaults = options.defaults ?? DEFAULT_LIMITS;
    this.#host = {
      clock: options.clock,
      direct: options.write === undefined,
      write: options.write ?? ((fd, bytes, offset, length) => fs.writeSync(fd, bytes, offset, length)),
      defaults: () => this.#defaults,
      onTrouble: (path, reason) => options.onTrouble(path, reason),
      onRecovered: (path, dropped) => options.onRecovered(path, dropped),
      onRotated: (path, limits) => this.#tidySoon(path, limits),
    };
  }

  /** A new writer on `path`, absolute. The file exists with its first line or a moment later; its trouble is told then. */
  attach(path: string, author: Author): LineWriter {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new LogFile(path, this.#host);
      this.#files.set(path, file);
    }
    const writer = new LineWriter(file, author);
    file.attach(writer);
    this.#cancelOpening ??= this.#host.clock.after(OPEN_SOON, () => this.open());
    return writer;
  }

  /** Opens now what waits to be opened. */
  open(): void {
    this.#cancelOpening?.();
    this.#cancelOpening = undefined;
    for (const file of this.#files.values()) file.ready();
  }

  /** The last one closes the file. */
  detach(writer: LineWriter): void {
    if (!writer.file.detach(writer)) return;
    writer.file.close();
    if (this.#files.get(writer.file.path) === writer.file) this.#files.delete(writer.file.path);
  }

  /** Limits for whoever did not ask for others. */
  setDefaults(limits: RotateLimits): void {
    this.#defaults = limits;
    for (const file of this.#files.values()) file.relimit();
  }

  /** After a rename from outside: every file is opened anew, each between two lines. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Empties a log file, open or not. A path that does not exist is empty already; FIFOs and devices are left alone. */
  truncate(path: string): void {
    const open = this.#files.get(path);
    if (open !== undefined) { open.truncate(); return; }
    if (fs.statSync(path, { throwIfNoEntry: false })?.isFile()) fs.truncateSync(path);
  }

  troubles(): { path: string; reason: string }[] {
    const found: { path: string; reason: string }[] = [];
    for (const file of this.#files.values()) if (file.trouble !== undefined) found.push({ path: file.path, reason: file.trouble });
    return found;
  }

  /** Settles when no compression or removal is under way. */
  async idle(): Promise<void> {
    while (this.#tidying !== undefined) await this.#tidying;
  }

  close(): void {
    this.#cancelOpening?.();
    this.#cancelOpening = undefined;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  // One file after the other: compressing takes a core, and the programs need it more.
  #tidySoon(path: string, limits: RotateLimits): void {
    this.#untidy.set(path, limits);
    this.#tidying ??= this.#tidyAll().finally(() => { this.#tidying = undefined; });
  }

  async #tidyAll(): Promise<void> {
    // Not in the turn of the writer that rotated: it has lines to write.
    await Promise.resolve();
    for (let next = first(this.#untidy); next !== undefined; next = first(this.#untidy)) {
      const [path, limits] = next;
      this.#untidy.delete(path);
      try {
        await tidy(path, limits);
      } catch (e) {
        // The rotated files stay as they are; the next rotation tries again.
        this.#host.onTrouble(path, `cannot compress or remove old logs: ${reasonOf(e)}`);
      }
    }
  }
}

/** ms; after the answer to whoever started the program. */
const OPEN_SOON = 1000;

function first<K, V>(map: ReadonlyMap<K, V>): [K, V] | undefined {
  for (const entry of map) return entry;
  return undefined;
}
