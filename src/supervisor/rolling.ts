import { type Deferred, deferred } from '../base/deferred.js';
import { MgrError, asError, isMgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { ManagedProcess } from './process.js';
import { overlaps } from './readiness.js';
import { reload } from './reload.js';

/** PM2's (PM2_CONCURRENT_ACTIONS). */
export const PARALLEL = 2;

export interface Reload {
  /** How many processes of an app at once. */
  readonly parallel?: number;
  /** The new declaration of each, when it changes. */
  readonly change?: ((spec: AppSpec) => AppSpec) | undefined;
  /** A reload that is under way is given up for this one. */
  readonly force?: boolean;
  /** Of a start: ids that belonged to these apps. */
  readonly ids?: ReadonlyMap<AppSpec, number>;
}

interface Ticket { revoked: boolean; readonly over: Deferred<void> }

/**
 * Reloads and restarts over the processes of an app, a few at a time, so that some serve at every moment. It ends at
 * the first failure: what is not renewed yet stays as it is.
 */
export class Rolling {
  readonly #tickets = new Map<ManagedProcess, Ticket>();
  readonly #known: (p: ManagedProcess) => boolean;

  /** `known`: is it still managed? */
  constructor(known: (p: ManagedProcess) => boolean) { this.#known = known; }

  /**
   * Gives those that had to be restarted instead. Throws RELOAD_BUSY when one of them is in another reload, else the
   * first failure.
   */
  async reload(processes: readonly ManagedProcess[], { parallel = PARALLEL, change, force = false }: Reload): Promise<ManagedProcess[]> {
    const busy = processes.find((p) => this.#tickets.has(p) || p.reloading === 'asked');
    if (busy && !force) throw new MgrError('RELOAD_BUSY', { name: busy.spec.name });
    const ticket: Ticket = { revoked: false, over: deferred() };
    for (const p of processes) {
      const other = this.#tickets.get(p);
      if (other) other.revoked = true;
      this.#tickets.set(p, ticket);
    }
    const restarted: ManagedProcess[] = [];
    const wasUp = new Set(processes.filter((p) => p.want === 'up'));
    const one = async (p: ManagedProcess): Promise<void> => {
      if (ticket.revoked) throw new MgrError('RELOAD_FAILED', { name: p.spec.name, reason: 'another reload was forced' });
      if (!this.#known(p) || (p.want === 'down' && wasUp.has(p))) throw new MgrError('RELOAD_FAILED', { name: p.spec.name, reason: 'it was stopped meanwhile' });
      if (await reload(p, change ? change(p.spec) : p.spec, force) === 'restarted') restarted.push(p);
    };
    try {
      // What would only be restarted needs no turn: nobody waits for the others.
      const [turns, sides] = part(processes, (p) => p.canReload(change ? change(p.spec) : p.spec));
      const side = Promise.allSettled(sides.map(one));
      const ends = await Promise.allSettled([...byApp(turns).values()].map(async (app) => inTurn(app, Math.max(1, parallel), one)));
      const failed = [...await side, ...ends].find((e) => e.status === 'rejected');
      if (failed) throw failed.reason as unknown;
      return restarted;
    } finally {
      for (const p of processes) if (this.#tickets.get(p) === ticket) this.#tickets.delete(p);
      ticket.over.resolve();
    }
  }

  /** Resolves when none of them is in a reload that was asked for. */
  async over(processes: readonly ManagedProcess[]): Promise<void> {
    for (let ticket = this.#ticketOf(processes); ticket; ticket = this.#ticketOf(processes)) await ticket.over.promise;
  }

  #ticketOf(processes: readonly ManagedProcess[]): Ticket | undefined { return processes.map((p) => this.#tickets.get(p)).find((t) => t !== undefined); }

  /** Restarts: of an app whose processes share a port one half after the other, when the first one serves again. */
  async restart(processes: readonly ManagedProcess[], one: (p: ManagedProcess) => Promise<void>): Promise<void> {
    const ends = await Promise.allSettled([...byApp(processes).values()].map(async (app) => {
      const up = app.filter((p) => p.state.name === 'online' && overlaps(p.spec));
      const late = new Set(up.slice(Math.ceil(up.length / 2)));
      await together(app.filter((p) => !late.has(p)), async (p) => {
        const listened = p.listens;
        await one(p);
        if (late.size > 0 && listened && !(await p.until(() => p.listens || p.state.name !== 'online', p.spec.listen_timeout)))
          throw new MgrError('START_FAILED', { name: p.spec.name, reason: `it did not listen within ${p.spec.listen_timeout} ms; the others of it were not restarted` });
      });
      // What is stopped meanwhile stays so.
      await together([...late].filter((p) => p.want === 'up'), one);
    }));
    const failed = ends.find((e) => e.status === 'rejected');
    if (failed) throw failed.reason as unknown;
  }
}

/** Undefined: nobody need be told. */
export function restartedWords(processes: readonly ManagedProcess[]): string | undefined {
  const names = [...new Set(processes.filter((p) => !overlaps(p.spec)).map((p) => p.spec.name))];
  return names.length === 0 ? undefined : `${names.map((n) => `\`${n}\``).join(', ')}: restarted, not replaced: two runs of it would fight for its port (cluster mode, \`listen\` or \`overlap\` reload without a gap)`;
}

/** `width` at a time; none is begun after a failure. Throws the first failure when those under way have ended. */
async function inTurn(processes: readonly ManagedProcess[], width: number, one: (p: ManagedProcess) => Promise<void>): Promise<void> {
  const queue = [...processes];
  const failures: unknown[] = [];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let p = queue.shift(); p && failures.length === 0; p = queue.shift()) {
      try {
        await one(p);
        done++;
      } catch (e) {
        failures.push(e);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, processes.length) }, worker));
  const [first] = failures;
  if (first === undefined) return;
  throw done > 0 && isMgrError(first) ? new MgrError(first.code, { ...first.data, done, of: processes.length }, first.cause) : asError(first);
}

async function together(processes: readonly ManagedProcess[], one: (p: ManagedProcess) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(processes.map(one));
  const failed = ends.find((e) => e.status === 'rejected');
  if (failed) throw failed.reason as unknown;
}

function byApp(processes: readonly ManagedProcess[]): Map<string, ManagedProcess[]> {
  const apps = new Map<string, ManagedProcess[]>();
  for (const p of processes) {
    const key = JSON.stringify([p.spec.name, p.spec.namespace, p.spec.module]);
    apps.set(key, [...(apps.get(key) ?? []), p]);
  }
  return apps;
}

function part<T>(all: readonly T[], test: (x: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((x) => !test(x))];
}

