import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { errno, reasonOf } from '../../base/thrown.js';
import { type Bag, type Done, HttpFault, isBag } from './model.js';
import { Pending } from './pending.js';

/** What a script sees of a request; old modules hand over less than a Context. */
export interface ScriptContext {
  readonly dpd?: unknown;
  readonly query?: unknown;
  readonly session?: unknown;
  readonly req?: unknown;
  readonly server?: unknown;
  /** The client of scripts, whose calls this run waits for. */
  readonly clientFor?: (run: Pending) => unknown;
  /** Takes a fault of ours or of a script's to the log. */
  readonly report?: (error: unknown) => void;
}

type Compiled = (this: unknown, ...args: unknown[]) => Promise<unknown>;
/** Compiled for a domain with these keys. */
interface Shaped { readonly keys: readonly string[]; readonly names: readonly string[]; readonly fn: Compiled }

const OPEN = 'return (async () => {';
const CLOSE = '\n})()';
const NAME = /^(?!(?:this|await|arguments|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|throw|true|try|typeof|var|void|while|with|yield|let|static|eval)$)[A-Za-z_$][\w$]*$/;

/**
 * One event script. It runs with all the rights of the host: the names it sees are parameters, not walls, and there is
 * no sandbox. `await` is allowed at its top level.
 */
export class Script {
  readonly source: string;
  readonly file: string;
  #compiled: Shaped | undefined;
  #require: NodeJS.Require | undefined;

  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
  }

  /** Why it cannot run, with file and line. */
  get fault(): string | undefined { return faultOf(this.source, this.file); }

  /** Deployd's way to one: `done(error, script)`. */
  static load(file: string, done: (error?: unknown, script?: Script) => void): void {
    fs.readFile(file, 'utf8', (e, text) => { if (e) done(e); else done(undefined, new Script(text, file)); });
  }

  /**
   * Runs it with the names of `domain` besides the usual ones; `domain.this` is its `this`. `done` is called once, when all
   * calls it made have come back, with what it threw or cancelled.
   */
  run(ctx: ScriptContext, domain: Bag, done?: Done): void {
    const pending = new Pending((error) => { done?.(error === undefined || wanted(error) ? error : this.#broken(error, ctx)); });
    const usual = this.#usual(ctx, pending);
    let shaped: Shaped;
    try {
      shaped = this.#compile(Object.keys(domain), usual);
    } catch (e) {
      const fault = this.fault ?? reasonOf(e);
      pending.fail(new HttpFault(500, isDeveloped(ctx) ? fault : 'the script failed'));
      return;
    }
    const { fn, names } = shaped;
    const args = names.map((name) => {
      const value = name in domain ? domain[name] : usual[name];
      return typeof value === 'function' && name in domain ? tracked(value as (...a: unknown[]) => unknown, domain, pending) : value;
    });
    fn.apply(domain['this'] ?? domain['data'] ?? {}, args).then(() => pending.end(), (e: unknown) => pending.fail(e));
  }

  // A type gives the same names each time.
  #compile(keys: readonly string[], usual: Bag): Shaped {
    const last = this.#compiled;
    if (last !== undefined && last.keys.length === keys.length && keys.every((k, i) => k === last.keys[i])) return last;
    const names = [...new Set([...Object.keys(usual), ...keys])].filter((n) => NAME.test(n));
    return (this.#compiled = { keys, names, fn: compile(this.source, this.file, names) });
  }

  // A mistake in the script: the log gets the place; who asks is told of it where its author sits before the browser.
  #broken(error: unknown, ctx: ScriptContext): HttpFault {
    const place = error instanceof Error ? (error.stack ?? '').split('\n').find((l) => l.includes(`${this.file}:`)) : undefined;
    const line = place?.slice(place.indexOf(this.file) + this.file.length).match(/^:\d+/)?.[0] ?? '';
    const text = `${this.file}${line}: ${reasonOf(error)}`;
    ctx.report?.(error instanceof Error ? error : new Error(text));
    return new HttpFault(500, isDeveloped(ctx) ? text : 'the script failed');
  }

  #usual(ctx: ScriptContext, pending: Pending): Bag {
    const session = isBag(ctx.session) ? ctx.session : {};
    const me = session['user'];
    const cancel = (message?: unknown, status?: unknown): never => { throw cancelled(message, status); };
    return {
      ctx, me, cancel, console, session,
      isMe: (id: unknown) => isBag(me) && me['id'] === id,
      cancelIf: (condition: unknown, ...rest: [unknown?, unknown?]) => { if (condition) cancel(...rest); },
      cancelUnless: (condition: unknown, ...rest: [unknown?, unknown?]) => { if (!condition) cancel(...rest); },
      internal: isBag(ctx.req) && ctx.req['internal'] === true,
      isRoot: session['isRoot'] === true,
      query: ctx.query ?? {},
      require: (this.#require ??= createRequire(path.resolve(this.file))),
      emit: (...args: unknown[]) => { emitTo(ctx.server, args); },
      dpd: ctx.clientFor === undefined ? ctx.dpd : ctx.clientFor(pending),
      $addCallback: () => { pending.hold(); },
      $finishCallback: () => { pending.release(); },
    };
  }
}

/** The scripts of a folder for these events; an event without a file is left out. */
export function loadScripts(dir: string, events: readonly string[]): Record<string, Script> {
  const found: Record<string, Script> = {};
  for (const event of events) {
    const file = path.join(dir, `${event.toLowerCase()}.js`);
    try {
      found[event.toLowerCase()] = new Script(fs.readFileSync(file, 'utf8'), file);
    } catch (e) {
      if (errno(e) !== 'ENOENT' && errno(e) !== 'ENOTDIR') throw e;
    }
  }
  return found;
}

/** Why a text is no script, with file and line; undefined when it is one. */
export function faultOf(source: string, file: string): string | undefined {
  try {
    compile(source, file, []);
    return undefined;
  } catch (e) {
    // The first line of the stack of a syntax error is its place.
    const place = e instanceof Error ? /^(\S.*:\d+)$/m.exec(e.stack ?? '')?.[1] : undefined;
    return `${place ?? file}: ${reasonOf(e)}`;
  }
}

function compile(source: string, file: string, names: readonly string[]): Compiled {
  return vm.compileFunction(`${OPEN}${source}${CLOSE}`, [...names], {
    filename: file, columnOffset: -OPEN.length, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as unknown as Compiled;
}

/** `cancel(message, status)`; the other order is in the documents of dpd-event. */
function cancelled(a: unknown, b: unknown): HttpFault {
  const [message, status] = typeof a === 'number' && typeof b === 'string' ? [b, a] : [a, b];
  const code = typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
  if (!isBag(message)) return new HttpFault(code ?? 400, message === undefined ? 'cancelled' : textOf(message));
  const own = typeof message['statusCode'] === 'number' ? message['statusCode'] : 400;
  return new HttpFault(code ?? own, typeof message['message'] === 'string' ? message['message'] : 'cancelled', message['errors']);
}

function isDeveloped({ server }: ScriptContext): boolean {
  return (server as { readonly options?: { readonly env?: unknown } } | undefined)?.options?.env === 'development';
}

// Cancelled, or an answer of another resource: no mistake.
function wanted(error: unknown): boolean {
  return !(error instanceof Error) ? isBag(error) || typeof error === 'string' : 'statusCode' in error;
}

// Only a function that is given a callback has anything to wait for.
function tracked(fn: (...args: unknown[]) => unknown, domain: Bag, pending: Pending): (...args: unknown[]) => unknown {
  return (...args) => {
    const last = args.at(-1);
    if (typeof last === 'function') args[args.length - 1] = pending.callback(last as (...a: unknown[]) => unknown);
    return fn.apply(domain, args);
  };
}

function emitTo(server: unknown, args: unknown[]): void {
  const sockets = (server as { readonly sockets?: { readonly emit?: (...a: unknown[]) => unknown } | null } | undefined)?.sockets;
  // A user or a query may stand before the name of the event; there are no rooms here, so it goes to all.
  sockets?.emit?.(...(typeof args[0] === 'string' ? args : args.slice(1)));
}

function textOf(message: unknown): string { return typeof message === 'string' ? message : JSON.stringify(message) ?? 'cancelled'; }
