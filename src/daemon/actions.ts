import type { Clock } from '../base/clock.js';
import { deferred } from '../base/deferred.js';
import { MgrError } from '../base/errors.js';
import type { Events, Params, Result, Target } from '../protocol/contract.js';
import type { ActionReply } from '../protocol/views.js';
import { toRecord } from '../protocol/wire.js';
import { CHANNEL_PATIENCE, type ChannelHub } from '../supervisor/launch/channel.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Supervisor } from '../supervisor/supervisor.js';

export interface ActionsOptions {
  readonly supervisor: Pick<Supervisor, 'find'>;
  readonly channels: Pick<ChannelHub, 'sendSoon'>;
  readonly clock: Clock;
  /** A part came that somebody watches for. */
  readonly part: (part: Events['part']) => void;
}

/** ms. */
const DEADLINE = 10_000;
/** How our calls of scoped actions are named. */
const UUID = 'mgr-';
/** Of one answer; those after it are on the bus only. */
const MOST_PARTS = 10_000;

type Data = NonNullable<ActionReply['data']>;
interface Wish { readonly action: string; readonly params: unknown; readonly watch: string | undefined }
/** `call`: by which its answer names it; undefined: the program cannot, and its answer is that to the first of the action. */
interface Waiting { readonly run: number; readonly action: string; readonly call: number | undefined; readonly answer: (data: Data) => void; readonly parts: unknown[]; readonly watch: string | undefined }

/** Actions that programs offer (tx2, @pm2/io, pmx): calls them and brings the answers back. */
export class Actions {
  readonly #o: ActionsOptions;
  /** By process id, in the order of the calls. */
  readonly #waiting = new Map<number, Waiting[]>();
  #calls = 0;

  constructor(options: ActionsOptions) { this.#o = options; }

  trigger({ targets, action, params, deadline, watch }: Params<'process.trigger'>): Promise<Result<'process.trigger'>> {
    return Promise.all(targets.map(async (target) => {
      try {
        const having = this.#having(target, action);
        return { target: String(target), ok: true as const, value: await Promise.all(having.map((p) => this.#call(p, { action, params, watch }, deadline ?? DEADLINE))) };
      } catch (e) {
        return { target: String(target), ok: false as const, error: toRecord(e) };
      }
    }));
  }

  /** A program sent axm:reply, or a part or the end of the answer of a scoped action: axm:scoped_action:stream, error, end. */
  replied(p: ManagedProcess, topic: string, data: unknown): void {
    if (typeof data !== 'object' || data === null || !('action_name' in data) || typeof data.action_name !== 'string') return;
    const { action_name } = data;
    const call = 'call' in data ? data.call : 'uuid' in data && typeof data.uuid === 'string' && data.uuid.startsWith(UUID) ? Number(data.uuid.slice(UUID.length)) : undefined;
    const waiting = this.#waiting.get(p.id)?.find((w) => w.run === p.runNumber && w.action === action_name && (call === undefined ? w.call === undefined : w.call === call));
    if (!waiting) return;
    const part = 'data' in data ? data.data : undefined;
    if (topic === 'axm:reply') waiting.answer({ ...data, action_name });
    else if (topic.endsWith(':stream')) {
      if (waiting.parts.length < MOST_PARTS) waiting.parts.push(part);
      const { name, namespace, module } = p.spec;
      if (waiting.watch !== undefined) this.#o.part({ id: p.id, name, namespace, ...(module !== undefined && { module }), watch: waiting.watch, part });
    }
    else if (topic.endsWith(':error')) waiting.answer({ action_name, error: { message: errorText(part) } });
    else waiting.answer({ action_name, return: [...waiting.parts, ...(part === undefined || part === null ? [] : [part])] });
  }

  #having(target: Target, action: string): ManagedProcess[] {
    const found = this.#o.supervisor.find(target);
    const having = found.filter((p) => p.token !== undefined && names(p).includes(action));
    if (having.length === 0) throw new MgrError('NO_ACTION', { target, action, known: [...new Set(found.flatMap(names))] });
    return having;
  }

  async #call(p: ManagedProcess, { action, params, watch }: Wish, deadline: number): Promise<ActionReply> {
    const who = { id: p.id, name: p.spec.name, namespace: p.spec.namespace };
    const run = p.runNumber;
    const reply = deferred<Data>();
    const { numbered, scoped } = kindOf(p, action);
    const call = numbered || scoped ? ++this.#calls : undefined;
    const waiting: Waiting = { run, action, call, watch, parts: [], answer: (data) => { this.#forget(p.id, waiting); reply.resolve(data); } };
    this.#waiting.set(p.id, [...this.#waiting.get(p.id) ?? [], waiting]);
    try {
      const message = scoped ? { id: p.id, msg: action, action_name: action, opts: params ?? {}, uuid: `${UUID}${call}` } : numbered ? { id: p.id, msg: action, opts: params ?? null, call } : params === undefined ? action : { id: p.id, msg: action, opts: params };
      if (p.token === undefined || !(await this.#o.channels.sendSoon(p.token, message, CHANNEL_PATIENCE))) throw new MgrError('NO_CHANNEL', { name: p.spec.name });
      let open = true;
      const over = p.until(() => !open || p.runNumber !== run || p.token === undefined, deadline).then((ended) => {
        const why = ended ? 'before it ended' : `within ${deadline} ms`;
        throw new MgrError('NO_REPLY', { name: p.spec.name, action, why });
      });
      const data = await Promise.race([reply.promise, over]).finally(() => { open = false; });
      if (isFailure(data['error'])) throw new MgrError('ACTION_FAILED', { name: p.spec.name, action, reason: data['error'].message });
      return { ...who, at: this.#o.clock.wall(), data };
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

/** Of an action as its program registered it: does its answer name the call (mgr/module), does it come in parts? */
function kindOf(p: ManagedProcess, action: string): { readonly numbered: boolean; readonly scoped: boolean } {
  const known = p.telemetry.actions.find((a) => a['action_name'] === action);
  const opts = known?.['opts'];
  return { numbered: typeof opts === 'object' && opts !== null && 'call' in opts && opts.call === true, scoped: known?.['action_type'] === 'scoped' };
}

function isFailure(error: unknown): error is { readonly message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

function errorText(part: unknown): string {
  return isFailure(part) ? part.message : typeof part === 'string' ? part : JSON.stringify(part) ?? 'it gave no reason';
}

function names(p: ManagedProcess): string[] {
  return p.telemetry.actions.flatMap((a) => (typeof a['action_name'] === 'string' ? [a['action_name']] : []));
}
