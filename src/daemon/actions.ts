import type { Clock } from '../base/clock.js';
import { deferred } from '../base/deferred.js';
import { MgrError } from '../base/errors.js';
import type { Params, Result, Target } from '../protocol/contract.js';
import type { ActionReply } from '../protocol/views.js';
import { toRecord } from '../protocol/wire.js';
import type { ChannelHub } from '../supervisor/launch/channel.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Supervisor } from '../supervisor/supervisor.js';

export interface ActionsOptions {
  readonly supervisor: Pick<Supervisor, 'find'>;
  readonly channels: Pick<ChannelHub, 'sendSoon'>;
  readonly clock: Clock;
}

/** ms. */
const DEADLINE = 10_000;
/** A program that is just coming up (or whose daemon was replaced) connects within this, ms. */
const CHANNEL_PATIENCE = 1000;

interface Waiting { readonly run: number; readonly action: string; readonly answer: (data: ActionReply['data']) => void }

/** Actions that programs offer (tx2, @pm2/io, pmx): calls them and brings the answers back. */
export class Actions {
  readonly #o: ActionsOptions;
  /** By process id, in the order of the calls: an answer names its action, no call. */
  readonly #waiting = new Map<number, Waiting[]>();

  constructor(options: ActionsOptions) { this.#o = options; }

  trigger({ targets, action, params, deadline }: Params<'process.trigger'>): Promise<Result<'process.trigger'>> {
    return Promise.all(targets.map(async (target) => {
      try {
        const having = this.#having(target, action);
        return { target: String(target), ok: true as const, value: await Promise.all(having.map((p) => this.#call(p, action, params, deadline ?? DEADLINE))) };
      } catch (e) {
        return { target: String(target), ok: false as const, error: toRecord(e) };
      }
    }));
  }

  /** A program sent axm:reply. */
  replied(p: ManagedProcess, data: unknown): void {
    if (typeof data !== 'object' || data === null || !('action_name' in data) || typeof data.action_name !== 'string') return;
    const { action_name } = data;
    this.#waiting.get(p.id)?.find((w) => w.run === p.runNumber && w.action === action_name)?.answer({ ...data, action_name });
  }

  #having(target: Target, action: string): ManagedProcess[] {
    const found = this.#o.supervisor.find(target);
    const having = found.filter((p) => p.token !== undefined && names(p).includes(action));
    if (having.length === 0) throw new MgrError('NO_ACTION', { target, action, known: [...new Set(found.flatMap(names))] });
    return having;
  }

  async #call(p: ManagedProcess, action: string, params: unknown, deadline: number): Promise<ActionReply> {
    const who = { id: p.id, name: p.spec.name, namespace: p.spec.namespace };
    const run = p.runNumber;
    const reply = deferred<ActionReply['data']>();
    const waiting: Waiting = { run, action, answer: (data) => { this.#forget(p.id, waiting); reply.resolve(data); } };
    this.#waiting.set(p.id, [...this.#waiting.get(p.id) ?? [], waiting]);
    try {
      const message = params === undefined ? action : { id: p.id, msg: action, opts: params };
      if (p.token === undefined || !(await this.#o.channels.sendSoon(p.token, message, CHANNEL_PATIENCE))) throw new MgrError('NO_CHANNEL', { name: p.spec.name });
      let open = true;
      const over = p.until(() => !open || p.runNumber !== run || p.token === undefined, deadline).then((ended) => {
        const why = ended ? 'before it ended' : `within ${deadline} ms`;
        throw new MgrError('NO_REPLY', { name: p.spec.name, action, why });
      });
      const data = await Promise.race([reply.promise, over]).finally(() => { open = false; });
      return { ...who, at: this.#o.clock.wall(), ...(data === undefined ? {} : { data }) };
    } catch (e) {
      return { ...who, at: this.#o.clock.wall(), error: toRecord(e) };
    } finally {
      this.#forget(p.id, waiting);
    }
  }

  #forget(id: number, waiting: Waiting): void {
    const left = (this.#waiting.get(id) ?? []).filter((w) => w !== waiting);
    if (left.length === 0) this.#waiting.delete(id); else this.#waiting.set(id, left);
  }
}

function names(p: ManagedProcess): string[] {
  return p.telemetry.actions.flatMap((a) => (typeof a['action_name'] === 'string' ? [a['action_name']] : []));
}
