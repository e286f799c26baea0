import { asError } from '../base/thrown.js';
import type { Link } from './link.js';
import { json } from './json-params.js';

/** What a handler is given besides its parameters. Calling it answers at once: `reply(value)`, as with PM2's libraries. */
export interface ActionCall {
  (value: unknown): void;
  /** Aborts when the time of the action is over. */
  readonly signal: AbortSignal;
  /** A part of the answer of a scoped action, as it comes. */
  send(part: unknown): void;
  /** The end of a scoped action that was not successful. */
  error(reason: unknown): void;
  /** The end of a scoped action, `last` being its last part. */
  end(last?: unknown): void;
}

/**
 * Does what an action is for. What it returns, or resolves to, is the answer; what it throws reaches the caller as an
 * error. One that takes `call` and returns nothing answers by `call(value)`. `params` is what the caller gave: a
 * text, parsed where it is an object or a list in JSON; undefined when nothing was given.
 * A scoped action may be a generator: each value is sent as it comes.
 */
export type ActionHandler = (params: unknown, call: ActionCall) => unknown;

export interface ActionOptions {
  /** What it does, for whoever lists the actions. */
  readonly comment?: string;
  /** What to give: `<file> [lines]`. */
  readonly params?: string;
  /** Longest time of an answer, ms. Default 30 000; 0: none. */
  readonly timeout?: number;
  /** It answers in parts. */
  readonly scoped?: boolean;
}

interface Known { readonly handler: ActionHandler; readonly options: ActionOptions }
/** Where an answer goes. `part` only in scoped actions. */
interface Answer { done(value: unknown): void; failed(e: Error): void; part?: (value: unknown) => void }

const TIMEOUT = 30_000;

/** The actions of this program: what `mgr trigger <name> <action>` calls. */
export class Actions {
  readonly #link: Link;
  readonly #known = new Map<string, Known>();

  constructor(link: Link) { this.#link = link; }

  /** Registers, or replaces one of the same name. */
  add(name: string, handler: ActionHandler, options: ActionOptions): void {
    if (typeof name !== 'string' || name === '') throw new TypeError(`action: got ${JSON.stringify(name)} as its name, wanted a text`);
    if (typeof handler !== 'function') throw new TypeError(`action ${name}: got ${typeof handler}, wanted a function: action(name, [options,] handler)`);
    if (this.#known.size === 0) this.#link.hear((m) => this.#heard(m));
    this.#known.set(name, { handler, options });
    const { comment, params, scoped } = options;
    // `call`: we tell by its number which call we answer; PM2's libraries cannot.
    const opts = { ...(comment !== undefined && { comment }), ...(params !== undefined && { params }), call: true };
    this.#link.tell('axm:action', { action_name: name, action_type: scoped === true ? 'scoped' : 'custom', opts, arity: handler.length });
  }

  #heard(message: Readonly<Record<string, unknown>>): boolean {
    const { msg, action_name: named, uuid } = message;
    const name = typeof named === 'string' && uuid !== undefined ? named : msg;
    const known = typeof name === 'string' ? this.#known.get(name) : undefined;
    if (typeof name !== 'string' || !known) return false;
    const tag = message['call'] === undefined ? {} : { call: message['call'] };
    const reply = (value: unknown, error?: Error): void => this.#link.tell('axm:reply', {
      ...tag, action_name: name, return: error ? { error: error.message } : value ?? null, ...(error && { error: { message: error.message, ...codeOf(error) } }),
    });
    const scoped = (kind: 'stream' | 'error' | 'end', data: unknown): void => this.#link.tell(`axm:scoped_action:${kind}`, { ...tag, data: data ?? null, uuid, action_name: name });
    const parts: unknown[] = [];
    const answer: Answer = uuid !== undefined
      ? { done: (value) => scoped('end', value), failed: (e) => scoped('error', { message: e.message }), part: (value) => scoped('stream', value) }
      // Called without a way for the parts: they are the answer, all together.
      : { done: (value) => reply(parts.length === 0 ? value : value === undefined ? parts : [...parts, value]), failed: (e) => reply(undefined, e), ...(known.options.scoped === true && { part: (value: unknown) => { parts.push(value); } }) };
    void run(name, known, json(message['opts']), answer);
    return true;
  }
}

async function run(name: string, { handler, options }: Known, params: unknown, answer: Answer): Promise<void> {
  const abort = new AbortController();
  const ms = options.timeout ?? TIMEOUT;
  let over = false;
  const once = (deed: () => void): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    deed();
  };
  const fail = (e: unknown): void => once(() => answer.failed(asError(e)));
  const timer = ms > 0 ? setTimeout(() => { const e = new Error(`${name} did not answer within ${ms} ms`); fail(e); abort.abort(e); }, ms) : undefined;
  const part = (value: unknown): void => { if (!over) answer.part?.(value); };
  const done = (value?: unknown): void => once(() => answer.done(value));
  const call: ActionCall = Object.assign((value: unknown) => done(value), { signal: abort.signal, send: part, error: fail, end: done });
  try {
    const value = await handler(params, call);
    if (isStream(value)) {
      for await (const item of value) {
        if (abort.signal.aborted) return;
        part(item);
      }
      done();
    } else if (value !== undefined || handler.length < 2) done(value);
  } catch (e) {
    fail(e);
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || (Symbol.iterator in value && 'next' in value));
}

function codeOf(e: Error): { code?: string } {
  return 'code' in e && typeof e.code === 'string' ? { code: e.code } : {};
}
