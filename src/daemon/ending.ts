import { reasonOf } from '../base/errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { Publisher } from './publisher.js';

export interface EndingOptions {
  readonly supervisor: Supervisor;
  readonly publisher: Publisher;
  readonly say: (text: string) => void;
  /** Before all is stopped: what runs is remembered for `resurrect`. */
  readonly remember: () => void;
  /** A process that is stopped for good. */
  readonly forget: (id: number) => void;
  /** Lets go of all the daemon holds. Called in a turn of its own. */
  readonly close: () => Promise<void>;
  readonly exit: (code: number) => void;
  /** Exit status after a handover. Default 0: whoever asked for it starts the next daemon. */
  readonly handoverStatus?: number;
}

/** The ways a daemon ends in order: with its programs, or leaving them to the next one. */
export class Ending {
  readonly #o: EndingOptions;
  #begun = false;
  #status = 0;
  #farewell: (() => void) | undefined;

  constructor(options: EndingOptions) { this.#o = options; }

  /** Stops everything and ends: the answer is on its way before the process is gone. `farewell`: called when nothing is left. */
  async kill(farewell?: () => void): Promise<void> {
    if (this.#begun) return;
    this.#farewell = farewell;
    this.#begun = true;
    this.#o.publisher.killed('pm2 has been killed by CLI');
    await this.#stopAll();
    this.#leave();
  }

  /** A signal asked for the end, apps included, as PM2's users expect of SIGTERM. */
  signalled(signal: string): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#o.say(`${signal}: stopping everything`);
    this.#o.publisher.killed('pm2 has been killed by SIGNAL');
    this.#stopAll().then(() => this.#leave(), (e: unknown) => { this.#o.say(`while ending: ${reasonOf(e)}`); this.#leave(); });
  }

  /** Ends and leaves every program running: the next daemon adopts them. */
  handover(): void {
    this.#begun = true;
    this.#o.supervisor.release();
    this.#status = this.#o.handoverStatus ?? 0;
    this.#leave();
  }

  async #stopAll(): Promise<void> {
    const all = [...this.#o.supervisor.processes.keys()];
    this.#o.remember();
    await this.#o.supervisor.stopAll();
    for (const id of all) this.#o.forget(id);
  }

  /** The reply of the call we are in goes out first. */
  #leave(): void {
    setImmediate(() => { void this.#o.close().then(() => { this.#farewell?.(); this.#o.exit(this.#status); }); });
  }
}
