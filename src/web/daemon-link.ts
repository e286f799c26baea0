import type { Clock } from '../base/clock.js';
import { MgrError, isMgrError } from '../base/errors.js';
import type { Home } from '../base/paths.js';
import { connectDaemon } from '../client/connect.js';
import { greet } from '../client/greet.js';
import type { MethodName, Params, Result } from '../protocol/contract.js';
import type { DaemonView } from '../protocol/views.js';

type Client = Awaited<ReturnType<typeof connectDaemon>>;

/** ms a call waits for a daemon that is just being replaced. */
const PATIENCE = 2000;

/**
 * The one connection to the daemon, made again for as long as it takes when that one dies or is replaced. No daemon is
 * started from here: who ended it meant it.
 */
export class DaemonLink {
  readonly #home: Home;
  readonly #clock: Clock;
  #client: Client | undefined;
  readonly #waiting = new Set<() => void>();
  #cancel: (() => void) | undefined;
  #closed = false;
  /** Who answered last. */
  view: DaemonView | undefined;
  /** Called with each change. */
  onChange: (state: 'up' | 'gone') => void = () => {};

  constructor(home: Home, clock: Clock) {
    this.#home = home;
    this.#clock = clock;
  }

  get state(): 'up' | 'gone' { return this.#client ? 'up' : 'gone'; }

  /** First connection; none is no fault. */
  async begin(): Promise<void> { await this.#try(50); }

  /** Fails as the method does; DAEMON_DOWN while there is none. What only failed to be sent is sent again to the next daemon. */
  async call<M extends MethodName>(method: M, params: Params<M>, options: { readonly deadline?: number; readonly signal?: AbortSignal } = {}): Promise<Result<M>> {
    const client = this.#client ?? await this.#soon();
    try {
      return await client.call(method, params, options);
    } catch (e) {
      if (!isMgrError(e) || e.code !== 'CONNECTION_LOST' || e.data['unsent'] !== true) throw e;
      return await (await this.#soon()).call(method, params, options);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#client?.close();
    this.#client = undefined;
    this.#wake();
  }

  async #soon(): Promise<Client> {
    if (!this.#client && !this.#closed) {
      await new Promise<void>((resolve) => {
        const go = (): void => { cancel(); this.#waiting.delete(go); resolve(); };
        const cancel = this.#clock.after(PATIENCE, go);
        this.#waiting.add(go);
      });
    }
    if (!this.#client) throw new MgrError('DAEMON_DOWN');
    return this.#client;
  }

  async #try(delay: number): Promise<void> {
    this.#cancel = undefined;
    let client: Client | undefined;
    try {
      client = await connectDaemon(this.#home);
      this.view = await greet(client, this.#home);
    } catch {
      // Nobody there, one that is just ending, or one that does not answer: the next try will see. Whoever calls is told.
      client?.close();
      if (!this.#closed) this.#cancel = this.#clock.after(delay, () => void this.#try(Math.min(delay * 1.5, 2000)));
      return;
    }
    if (this.#closed) return client.close();
    // It may have ended between its answer and here; then nobody would tell us.
    if (client.closed) return this.#try(delay);
    this.#client = client;
    client.onLost = () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.onChange('gone');
      if (!this.#closed) this.#cancel = this.#clock.after(50, () => void this.#try(50));
    };
    this.#wake();
    this.onChange('up');
  }

  #wake(): void {
    for (const go of this.#waiting) go();
  }
}
