import fs from 'node:fs';
import path from 'node:path';

/**
 * Spare named FIFOs, made ahead. Node has no mkfifo(2), and a child process per start would cost more than the start
 * itself; one `mkfifo` call makes many, and a FIFO that saw its end is as good as new.
 */
export class FifoPool {
  readonly #dir: string;
  #spare: string[] = [];
  /** Everything that exists or is about to, so that no name is made twice. */
  readonly #known = new Set<string>();
  #next = 1;
  #queue: Promise<void> = Promise.resolve();
  #refilling = false;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** At least `n` spares exist. Rejects when mkfifo fails (no such command, disk full, no permission). */
  ready(n: number): Promise<void> {
    if (this.#spare.length >= n) return Promise.resolve();
    const made = this.#queue.then(() => this.#make(Math.max(n, STOCK) - this.#spare.length));
    // The queue only orders the calls; whoever asked gets the error.
    this.#queue = made.catch(() => {});
    return made;
  }

  /** The path of a spare, undefined when there is none (ask `ready` first). */
  take(): string | undefined {
    const got = this.#spare.pop();
    if (this.#spare.length < LOW && !this.#refilling) {
      this.#refilling = true;
      // Nobody waits for this one: the next `ready` meets the same trouble and tells it.
      this.ready(STOCK).catch(() => {}).finally(() => { this.#refilling = false; });
    }
    return got;
  }

  /** It saw its end of file and our descriptor is closed: nobody holds it and it is empty. */
  giveBack(file: string): void {
    if (!this.#known.has(file) || this.#spare.includes(file)) return;
    if (this.#spare.length >= MOST) this.forget(file);
    else this.#spare.push(file);
  }

  /** Not clean (somebody may still hold it): removed, and the name not used again. */
  forget(file: string): void {
    this.#spare = this.#spare.filter((f) => f !== file);
    this.#known.delete(file);
    fs.rmSync(file, { force: true });
  }

  /** A run from before this daemon uses it. */
  claim(file: string): void {
    this.#spare = this.#spare.filter((f) => f !== file);
    this.#known.add(file);
    this.#skipPast(path.basename(file));
  }

  /** Removes what an earlier daemon left. Only our own kind of name is touched. */
  sweep(inUse: ReadonlySet<string>): void {
    for (const name of this.#list()) {
      const file = path.join(this.#dir, name);
      this.#skipPast(name);
      if (inUse.has(file)) this.claim(file);
      else if (!this.#known.has(file)) fs.rmSync(file, { force: true });
    }
  }

  async #make(count: number): Promise<void> {
    if (count <= 0) return;
    fs.mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    // Without a sweep first there may be strangers: their numbers are passed over.
    for (const name of this.#list()) this.#skipPast(name);
    const fresh = Array.from({ length: count }, () => path.join(this.#dir, `f${this.#next++}`));
    for (let i = 0; i < fresh.length; i += BATCH) {
      const part = fresh.slice(i, i + BATCH);
      await mkfifo(part);
      for (const file of part) { this.#known.add(file); this.#spare.push(file); }
    }
  }

  #skipPast(name: string): void {
    const m = NAME.exec(name);
    if (m) this.#next = Math.max(this.#next, Number(m[1]) + 1);
  }

  #list(): string[] {
    try {
      return fs.readdirSync(this.#dir).filter((f) => NAME.test(f));
    } catch {
      return []; // no folder yet: nothing in it; any other trouble shows when it is written to
    }
  }
}

const NAME = /^f(\d{1,12})$/;
const STOCK = 24;
const LOW = 12;
const MOST = 256;
// Far below the kernel's limit for arguments, whatever the length of the home's path.
const BATCH = 500;

function mkfifo(files: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Loaded by the first call, after the daemon's first answer.
    process.getBuiltinModule('node:child_process').execFile('mkfifo', ['-m', '600', ...files], (e) => { if (e) reject(e); else resolve(); });
  });
}
