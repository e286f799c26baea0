import type { Clock } from '../base/clock.js';
import { deferred } from '../base/deferred.js';
import { MgrError, asError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { Section } from '../store/settings.js';
import { CHANNEL_PATIENCE, type ChannelHub } from '../supervisor/launch/channel.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/** Settings of one module before and after, and the first-level keys that are meant. */
export interface SectionChange { readonly before: Section; readonly after: Section; readonly keys: readonly string[] }

export interface HotWish {
  /** Who does not answer has refused: nobody may be restarted. */
  readonly mustAnswer?: boolean;
}

export interface HotOptions {
  readonly supervisor: Pick<Supervisor, 'processes' | 'restart'>;
  readonly channels: Pick<ChannelHub, 'sendSoon'>;
  /** Why it would not start (Ports). */
  readonly lacking?: (spec: AppSpec, section?: Section) => string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** A module tells what its settings are: `{t: 'config-schema', schema}`. */
  readonly schema: (module: string, schema: unknown) => void;
  /** Versions grow from here, over all daemons: wall-clock ms will do. */
  readonly firstVersion: number;
}

export interface HotTools {
  readonly hot: (changes: ReadonlyMap<string, SectionChange>, wish?: HotWish) => Promise<Taken>;
  readonly restart: (name: string) => Promise<readonly (readonly [before: number, after: number])[]>;
  readonly lacking: (name: string, section?: Section) => string | undefined;
}

/** ms. Who does not answer is restarted. */
const PATIENCE = 5000;

/**
 * `stuck`: it could not go back to what it had. `restart`: it has what it had, and asks for a new run with the new values.
 * undefined: no answer came.
 */
type Ack = { readonly ok: true } | { readonly ok: false; readonly error: string; readonly stuck: boolean; readonly restart: boolean } | undefined;
type Bag = Readonly<Record<string, unknown>>;
interface Waiting { readonly id: number; readonly run: number; readonly answer: (said: Bag) => void }

/** One layer of a setting, as a container explains it. */
export interface ToldLayer { readonly source: string; readonly detail: string; readonly value: unknown }

/** What came of a change, by section. Who is in neither cannot be asked, or did not answer. */
export interface Taken {
  /** In use now by all programs of the section: how long it took, ms. */
  readonly live: ReadonlyMap<string, number>;
  /** Why a program asks to be restarted for it. */
  readonly wanted: ReadonlyMap<string, string>;
}

/**
 * Other settings for programs that take them while running (`onConfig` of mgr/module). They are asked before anything is
 * saved: `{t: 'config', v, values, changed}`, answered with `{t: 'config-ack', v, ok, error?, stuck?, restart?}` by the same run.
 */
export class HotSettings {
  readonly #o: HotOptions;
  readonly #waiting = new Map<number, Waiting>();
  #version: number;

  constructor(options: HotOptions) {
    this.#o = options;
    this.#version = options.firstVersion;
  }

  /** Programs that are up and have the settings of a section: a module's, or those of apps of that name. */
  running(section: string): ManagedProcess[] {
    return [...this.#o.supervisor.processes.values()].filter((p) => (p.spec.name === section || p.spec.module === section) && p.want === 'up');
  }

  /** What others need of it. */
  tools(): HotTools {
    return { hot: (changes, wish) => this.change(changes, wish), restart: (name) => this.restart(name), lacking: (name, section) => this.lacking(name, section) };
  }

  /** Why a module would not start with what is saved, or with these settings instead. */
  lacking(module: string, section?: Section): string | undefined {
    const p = [...this.#o.supervisor.processes.values()].find(({ spec }) => spec.module === module);
    return p && this.#o.lacking?.(p.spec, section);
  }

  /** So that they see the new values: their pids before and after; none: nothing of that name is up, or it would not start. Throws what kept one from coming up. */
  async restart(section: string): Promise<(readonly [before: number, after: number])[]> {
    const running = this.running(section).filter((p) => this.#o.lacking?.(p.spec) === undefined).map((p) => ({ p, pid: p.pid }));
    const results = running.length === 0 ? [] : await this.#o.supervisor.restart(running.map(({ p }) => p.id));
    for (const { error } of results) if (error !== undefined) throw asError(error);
    return running.map(({ p, pid }) => [pid, p.pid] as const);
  }

  /**
   * Gives the sections that are in use now: all their programs took them. Where one did not answer, cannot be asked, or
   * asks for it, the section is not among them: its programs are to be restarted. Throws SETTING_REFUSED with the reason
   * of the first that refused, after those that had taken theirs have the old ones again; with `mustAnswer` no answer is a
   * refusal too.
   */
  async change(changes: ReadonlyMap<string, SectionChange>, { mustAnswer = false }: HotWish = {}): Promise<Taken> {
    const begun = this.#o.clock.now();
    const asked = [...changes].flatMap(([section, change]) => {
      const programs = this.running(section);
      return programs.length > 0 && programs.every(takes) ? programs.map((p) => ({ section, change, p })) : [];
    });
    const acks = await Promise.all(asked.map(async (a) => ({ ...a, ack: await this.#give(a.p, a.change.after, a.change.keys), ms: this.#o.clock.now() - begun })));
    const refused = acks.find(({ ack }) => (ack?.ok === false && !ack.restart) || (mustAnswer && ack === undefined));
    if (refused !== undefined) {
      await Promise.all(acks.filter(({ ack }) => !mustAnswer || ack !== undefined).map(({ p, change, ack }) => this.#goBack(p, change, ack)));
      throw new MgrError('SETTING_REFUSED', { name: refused.section, keys: refused.change.keys.join(', '), reason: refused.ack?.ok === false ? refused.ack.error : `no answer within ${PATIENCE} ms` });
    }
    const not = new Set(acks.filter(({ ack }) => ack?.ok !== true).map(({ section }) => section));
    return {
      live: new Map(acks.filter(({ section }) => !not.has(section)).map(({ section, ms }) => [section, ms])),
      wanted: new Map(acks.flatMap(({ section, ack }): [string, string][] => (ack?.ok === false ? [[section, ack.error]] : []))),
    };
  }

  /** Was it an answer to us? */
  heard(p: ManagedProcess, message: unknown): boolean {
    if (typeof message !== 'object' || message === null || !('t' in message)) return false;
    if (message.t === 'config-schema' && 'schema' in message) {
      if (p.spec.module !== undefined) this.#o.schema(p.spec.module, message.schema);
      return true;
    }
    if (message.t !== 'config-ack' && message.t !== 'config-layers') return false;
    const said: Bag = { ...message };
    const waiting = typeof said['v'] === 'number' ? this.#waiting.get(said['v']) : undefined;
    // An answer of another run, or one that came too late, is nobody's.
    if (waiting?.id === p.id && waiting.run === p.runNumber) waiting.answer(said);
    return true;
  }

  /**
   * All layers of the settings of a module that is a container, as it tells them itself: by key, the lowest first; secrets
   * masked. Undefined: it is none, does not run, or does not answer.
   */
  async layers(module: string): Promise<Readonly<Record<string, readonly ToldLayer[]>> | undefined> {
    const p = this.running(module).find((r) => r.telemetry.options['container'] === true && r.state.name === 'online');
    const said = p && await this.#ask(p, { t: 'config-layers' });
    return typeof said?.['layers'] === 'object' && said['layers'] !== null ? said['layers'] as Readonly<Record<string, readonly ToldLayer[]>> : undefined;
  }

  async #goBack(p: ManagedProcess, { before, keys }: SectionChange, ack: Ack): Promise<void> {
    const well = ack?.ok === false ? !ack.stuck : ack?.ok === true && (await this.#give(p, before, keys))?.ok === true;
    // It may have something of both: a new run has what is saved.
    if (!well) p.restart('it could not go back to its former settings');
  }

  async #give(p: ManagedProcess, values: Section, changed: readonly string[]): Promise<Ack> {
    const said = await this.#ask(p, { t: 'config', values, changed });
    if (said === undefined || said['ok'] === true) return said && { ok: true };
    const { error, stuck, restart } = said;
    return { ok: false, error: typeof error === 'string' ? error : 'it gave no reason', stuck: stuck === true, restart: restart === true };
  }

  async #ask(p: ManagedProcess, question: Bag): Promise<Bag | undefined> {
    const v = ++this.#version;
    const run = p.runNumber;
    const answer = deferred<Bag>();
    this.#waiting.set(v, { id: p.id, run, answer: (said) => answer.resolve(said) });
    let open = true;
    try {
      if (p.token === undefined || !(await this.#o.channels.sendSoon(p.token, { ...question, v }, CHANNEL_PATIENCE))) return undefined;
      const over = p.until(() => !open || p.runNumber !== run || p.token === undefined, PATIENCE).then(() => undefined);
      return await Promise.race([answer.promise, over]);
    } finally {
      open = false;
      this.#waiting.delete(v);
    }
  }
}

/** Said so itself, in this run. */
function takes(p: ManagedProcess): boolean { return p.telemetry.options['hot_reload'] === true && p.state.name === 'online'; }
