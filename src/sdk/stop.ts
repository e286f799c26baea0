import { asError } from '../base/thrown.js';
import type { Link } from './link.js';
import type { Program } from './program.js';

/** `reason`: the signal, or `shutdown` for the message of that name. */
export type StopHandler = (reason: string) => unknown;

/**
 * What a program does before it ends on request: all handlers, the last registered first, one after the other; then it
 * ends, with status 1 when one failed. How long they may take is the manager's (`kill_timeout`). A second signal ends at once.
 */
export class Stop {
  readonly #program: Program;
  readonly #handlers: StopHandler[] = [];
  #stopping = false;

  constructor(program: Program, link: Link) {
    this.#program = program;
    this.#begin = () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) program.onSignal(signal, () => { void this.#stop(signal); });
      // Listening would keep a program alive that nobody stops by a message.
      link.hear(({ msg }) => msg === 'shutdown' && (void this.#stop('shutdown'), true), program.env['shutdown_with_message'] !== 'true');
    };
  }
  readonly #begin: () => void;

  add(handler: StopHandler): void {
    if (typeof handler !== 'function') throw new TypeError(`onStop: got ${typeof handler}, wanted a function`);
    if (this.#handlers.length === 0) this.#begin();
    this.#handlers.push(handler);
  }

  async #stop(reason: NodeJS.Signals | 'shutdown'): Promise<void> {
    if (this.#stopping) {
      if (reason !== 'shutdown') this.#program.endBy(reason);
      return;
    }
    this.#stopping = true;
    let status = 0;
    for (const handler of this.#handlers.toReversed()) {
      try {
        await handler(reason);
      } catch (e) {
        status = 1;
        const error = asError(e);
        this.#program.warn(`onStop failed: ${error.stack ?? error.message}`);
      }
    }
    // Under a manager an end on request is a good one; in a shell it is the signal's, as the shell expects.
    if (status === 1 || this.#program.send !== undefined || reason === 'shutdown') this.#program.end(status);
    else this.#program.endBy(reason);
  }
}
