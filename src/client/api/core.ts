import { MgrError, isMgrError } from '../../base/errors.js';
import type { MethodName, Params, Result } from '../../protocol/contract.js';
import type { Outcome, ProcessView } from '../../protocol/views.js';
import { fromRecord } from '../../protocol/wire.js';
import type { RpcClient } from '../../rpc/client.js';
import type { ProcessDescription, ProcessSummary } from '../api-types.js';
import { again } from '../again.js';
import type { EventBus } from '../event-bus.js';
import { ListCache } from '../jlist.js';
import { type Host, Session } from '../session.js';

export type Outcomes = readonly Outcome<readonly ProcessView[]>[];

/** What the groups of the API share: one connection, one list, the buses that are open. */
export class Core {
  readonly session: Session;
  readonly buses = new Set<EventBus>();
  /** `connect()` without an argument: false where the class was made with `daemon_mode: false`. */
  readonly daemonMode: boolean;
  readonly #list = new ListCache();

  constructor(host: Host, daemonMode: boolean) {
    this.session = new Session(host);
    this.daemonMode = daemonMode;
  }

  get host(): Host { return this.session.host; }

  /** Waits as long as the daemon needs: readiness and kill_timeout have their own ends. */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    return this.steadily(method, (client) => client.call(method, params, { deadline: 0 }));
  }

  /**
   * A call that outlives its daemon, as the command line's do: what only asks is asked again of the daemon that follows, what
   * changes something only when it certainly did not arrive. Not after `disconnect` or `kill` of ours.
   */
  async steadily<R>(method: MethodName, ask: (client: RpcClient) => Promise<R>): Promise<R> {
    const { session } = this;
    const { era } = session;
    const once = async (): Promise<R> => ask(await session.client());
    try {
      return await once();
    } catch (e) {
      if (!isMgrError(e) || (e.code !== 'CONNECTION_LOST' && e.code !== 'DAEMON_ENDING') || session.era !== era) throw e;
      return again(e, { method, deadline: undefined, once, reopen: () => Promise.resolve(), over: () => session.era !== era });
    }
  }

  /** All that is managed, in PM2's shape; the caller may change what he gets. */
  async records(): Promise<ProcessDescription[]> { return this.steadily('process.jlist', (client) => this.#list.get(client)); }

  /** What the outcomes name, as it is now. Throws what failed. */
  async described(outcomes: Outcomes, faults: readonly Error[] = []): Promise<ProcessSummary[]> {
    const good = outcomes.filter((o) => o.ok);
    const touched = ids(good);
    const found = good.length === 0 ? [] : summaries((await this.records()).filter((p) => touched.has(p.pm_id)));
    failOn(outcomes, faults, found);
    return found;
  }
}

type Says = Partial<Record<MgrError['code'], string>>;

/** Sentences PM2's scripts compare `err.message` with. The code, the data and the hint stay ours. */
const PM2_SAYS: Says = {
  NOT_FOUND: 'process or namespace not found',
  NOTHING_MANAGED: 'process name not found',
  ALREADY_RUNNING: 'Script already launched',
  NOTHING_SAVED: 'Process list empty, cannot save empty list',
};

/** The error with PM2's sentence, where it has one. `says`: those of this call, before the usual ones. */
export function asPm2(e: unknown, says: Says = {}): Error {
  const error = e instanceof Error ? e : new Error(String(e));
  const text = !isMgrError(e) ? undefined : e.code === 'SCRIPT_NOT_FOUND' ? `Script not found: ${String(e.data['path'])}` : says[e.code] ?? PM2_SAYS[e.code];
  if (text !== undefined) Object.defineProperty(error, 'message', { value: text, configurable: true, writable: true });
  return error;
}

/** Several targets, some of which failed. */
export class SomeFailed extends AggregateError {
  /** What did not fail: PM2's callbacks get it beside the errors. */
  readonly processes: readonly ProcessSummary[];

  constructor(errors: readonly Error[], processes: readonly ProcessSummary[]) {
    super(errors, errors.map((e) => e.message).join('; '));
    this.processes = processes;
  }
}

/** One target, one error; of several the callers want to know each. `done`: what went well. */
export function failOn(outcomes: readonly Outcome<unknown>[], faults: readonly Error[] = [], done: readonly ProcessSummary[] = []): void {
  const errors = [...faults.map((e) => asPm2(e)), ...outcomes.flatMap((o) => (o.ok ? [] : [asPm2(fromRecord(o.error))]))];
  if (errors.length === 0) return;
  if (errors[0] && outcomes.length + faults.length === 1) throw errors[0];
  throw new SomeFailed(errors, done);
}

export function ids(outcomes: Outcomes): Set<number> {
  failOn(outcomes);
  return new Set(outcomes.flatMap((o) => (o.ok ? o.value.map((v) => v.id) : [])));
}

/** `process.pid` is what PM2's callers read of the ChildProcess it gives. */
export function summaries(records: readonly ProcessDescription[]): ProcessSummary[] {
  return records.map((p) => ({ ...p, namespace: p.pm2_env.namespace, status: p.pm2_env.status, restart_time: p.pm2_env.restart_time, process: { pid: p.pid ?? 0 } }));
}

export function present(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

export function usage(reason: string, fix?: string): MgrError {
  return new MgrError('BAD_USAGE', { reason, ...(fix === undefined ? {} : { fix }) });
}
