import { deferred } from '../../base/deferred.js';
import { isMgrError, reasonOf } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import type { MethodName, Params, Result } from '../../protocol/contract.js';
import type { DaemonView, ProcessDetail, ProcessView } from '../../protocol/views.js';
import { fromRecord } from '../../protocol/wire.js';
import type { Caller, Follower, World } from '../world.js';
import { isAway } from './away.js';
import type { Act } from './model.js';

/** What the daemon told. */
export interface News {
  list(processes: readonly ProcessView[], daemon: DaemonView): void;
  /** Of the selected one; undefined: it is there no more. */
  detail(detail: ProcessDetail | undefined): void;
  /** Nobody answers; it is tried again. */
  away(reason: string): void;
  /** A daemon answers, the first or another. */
  back(): void;
  fail(error: unknown): void;
}

/** ms between two questions for the list. */
const POLL = 1000;
/** ms before a daemon that is away is looked for again. */
const AGAIN = 250;
/** ms an answer is waited for. */
const PATIENCE = 5000;

/**
 * The daemon as seen from the screen. Asks for the list once a second, and once more when a process changed its state, so that
 * the cost for the daemon is the same whatever happens. It starts no daemon: it waits for the next.
 */
export class Feed {
  readonly #world: World;
  readonly #home: Home;
  readonly #news: News;
  #caller: Caller | undefined;
  #watch: Follower | undefined;
  #target: { readonly id: number; readonly target: string } | undefined;
  #nudge = deferred<void>();
  #nudgedAt = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(world: World, home: Home, news: News) {
    this.#world = world;
    this.#home = home;
    this.#news = news;
  }

  /** Runs until `end`. */
  async run(): Promise<void> {
    while (!this.#ended) {
      try {
        await this.#serve();
      } catch (e) {
        if (this.#ended) return;
        if (!isAway(e)) { this.#news.fail(e); return; }
        this.#news.away(isMgrError(e) && e.code === 'CALL_TIMEOUT' ? 'the daemon does not answer; asking again' : 'no daemon answers; waiting for the next one');
        await this.#world.sleep(AGAIN);
      } finally {
        this.#close();
      }
    }
  }

  end(): void {
    this.#ended = true;
    this.#nudge.resolve();
    this.#close();
  }

  /** Whose detail is asked for with every list, and now. */
  look(at: { readonly id: number; readonly target: string } | undefined): void {
    this.#target = at;
    const caller = this.#caller;
    // What goes wrong here goes wrong with the next list too, and is told there.
    if (caller && at) this.#describe(caller).catch(() => {});
  }

  /** A question of somebody else on the same connection. CONNECTION_LOST, DAEMON_DOWN and others as the daemon gives them. */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    const caller = this.#caller ?? await this.#world.connect(this.#home);
    return caller.call(method, params).finally(() => { if (caller !== this.#caller) caller.close(); });
  }

  /** Does it; gives what to say. Never rejects for what the daemon says. */
  async act(act: Act): Promise<{ readonly text: string; readonly good: boolean }> {
    try {
      const caller = this.#caller ?? await this.#world.connect(this.#home);
      const outcomes = await ask(caller, act);
      this.#wake();
      const failed = outcomes.find((o) => !o.ok);
      // What is said of a reload is that it was none.
      const done = act.verb === 'reload' && outcomes.some((o) => o.ok && o.said !== undefined) ? 'restarted, not replaced' : DONE[act.verb];
      if (!failed || failed.ok) return { text: `${act.name} (${act.id}): ${done}`, good: true };
      const error = fromRecord(failed.error);
      return { text: error.hint === undefined ? error.message : `${error.message}; ${error.hint}`, good: false };
    } catch (e) {
      return { text: `${act.verb} ${act.name}: ${reasonOf(e)}`, good: false };
    }
  }

  async #serve(): Promise<void> {
    const caller = this.#caller = await this.#world.connect(this.#home);
    this.#watch = await this.#world.follow(this.#home, { events: ['process'] }, { on: () => this.#changed(), lost: () => this.#wake() });
    for (let first = true; !this.#ended; first = false) {
      const { processes, daemon } = await caller.call('process.list', {}, { deadline: PATIENCE });
      if (this.#isEnded()) return;
      if (first) this.#news.back();
      this.#news.list(processes, daemon);
      await this.#describe(caller);
      this.#nudge = deferred();
      await Promise.race([this.#world.sleep(POLL), this.#nudge.promise]);
    }
  }

  // A storm of changes is answered once a second.
  #changed(): void {
    const now = this.#world.now();
    if (now - this.#nudgedAt < POLL && now >= this.#nudgedAt) return;
    this.#nudgedAt = now;
    this.#wake();
  }

  #wake(): void { this.#nudge.resolve(); }
  #isEnded(): boolean { return this.#ended; }

  async #describe(caller: Caller): Promise<void> {
    const at = this.#target;
    if (!at) return;
    try {
      const found = await caller.call('process.describe', { target: at.target }, { deadline: PATIENCE });
      if (at === this.#target) this.#news.detail(found.find((d) => d.id === at.id));
    } catch (e) {
      // Deleted since: the next list says so.
      if (!isMgrError(e) || e.code !== 'NOT_FOUND') throw e;
      if (at === this.#target) this.#news.detail(undefined);
    }
  }

  #close(): void {
    this.#watch?.close();
    this.#caller?.close();
    this.#watch = undefined;
    this.#caller = undefined;
  }
}

const DONE: Readonly<Record<Act['verb'], string>> = { restart: 'restarted', stop: 'stopped', start: 'started', reload: 'reloaded', delete: 'deleted' };

const METHOD = { restart: 'process.restart', start: 'process.restart', stop: 'process.stop', delete: 'process.delete' } as const;

async function ask(caller: Caller, { verb, target }: Act): Promise<Result<'process.restart'>> {
  const targets = [target];
  if (verb !== 'reload') return caller.call(METHOD[verb], { targets }, { deadline: 0 });
  try {
    return await caller.call('process.reload', { targets }, { deadline: 0 });
  } catch (e) {
    // A daemon that does not know it yet.
    if (!isMgrError(e) || e.code !== 'UNKNOWN_METHOD') throw e;
    return caller.call('process.restart', { targets }, { deadline: 0 });
  }
}
