import fs from 'node:fs';
import type { Clock } from '../base/clock.js';

/** ms; a start of many programs is not held up by a file each. */
const SOON = 300;

/**
 * The pid files (`pids/<name>-<id>.pid`). They are there for tools of PM2's users; nothing of ours reads them, so they
 * are written a moment later, many in one turn.
 */
export class PidFiles {
  readonly #clock: Clock;
  readonly #due = new Map<string, number | undefined>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) { this.#clock = clock; }

  write(file: string, pid: number): void { this.#later(file, pid); }
  remove(file: string): void { this.#later(file, undefined); }

  /** Now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const [file, pid] of this.#due) {
      try {
        if (pid === undefined) fs.rmSync(file, { force: true });
        else fs.writeFileSync(file, String(pid), { mode: 0o600 });
      } catch {
        // a full disk or a folder that is gone: no program is worse for it
      }
    }
    this.#due.clear();
  }

  #later(file: string, pid: number | undefined): void {
    this.#due.set(file, pid);
    this.#cancel ??= this.#clock.after(SOON, () => this.flush());
  }
}
