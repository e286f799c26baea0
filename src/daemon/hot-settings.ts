import { deferred } from '../base/deferred.js';
import { MgrError } from '../base/errors.js';
import type { Section } from '../store/settings.js';
import { CHANNEL_PATIENCE, type ChannelHub } from '../supervisor/launch/channel.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/** Settings of one module before and after, and the first-level keys that are meant. */
export interface SectionChange { readonly before: Section; readonly after: Section; readonly keys: readonly string[] }

export interface HotOptions {
  readonly supervisor: Pick<Supervisor, 'processes'>;
  readonly channels: Pick<ChannelHub, 'sendSoon'>;
  /** Versions grow from here, over all daemons: wall-clock ms will do. */
  readonly firstVersion: number;
}

/** ms. Who does not answer is restarted. */
const PATIENCE = 5000;

/** `stuck`: it could not go back to what it had. undefined: no answer came. */
type Ack = { readonly ok: true } | { readonly ok: false; readonly error: string; readonly stuck: boolean } | undefined;
interface Waiting { readonly id: number; readonly run: number; readonly answer: (ack: Ack) => void }

/**
 * Other settings for programs that take them while running (`onConfig` of mgr/module). They are asked before anything is
 * saved: `{t: 'config', v, values, changed}`, answered with `{t: 'config-ack', v, ok, error?, stuck?}` by the same run.
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

  /**
   * Gives the sections that are in use now: all their programs took them. Where one did not answer, or cannot be asked,
   * the section is not among them: its programs are to be restarted. Throws SETTING_REFUSED with the reason of the first
   * that refused, after those that had taken theirs have the old ones again.
   */
  async change(changes: ReadonlyMap<string, SectionChange>): Promise<ReadonlySet<string>> {
    const asked = [...changes].flatMap(([section, change]) => {
      const programs = this.running(section);
      return programs.length > 0 && programs.every(takes) ? programs.map((p) => ({ section, change, p })) : [];
    });
    const acks = await Promise.all(asked.map(async (a) => ({ ...a, ack: await this.#give(a.p, a.change.after, a.change.keys) })));
    const refused = acks.find(({ ack }) => ack?.ok === false);
    if (refused?.ack?.ok === false) {
      await Promise.all(acks.map(({ p, change, ack }) => this.#goBack(p, change, ack)));
      throw new MgrError('SETTING_REFUSED', { name: refused.section, keys: refused.change.keys.join(', '), reason: refused.ack.error });
    }
    const silent = new Set(acks.filter(({ ack }) => ack === undefined).map(({ section }) => section));
    return new Set(acks.map(({ section }) => section).filter((section) => !silent.has(section)));
  }

  /** Was it an answer to us? */
  heard(p: ManagedProcess, message: unknown): boolean {
    if (typeof message !== 'object' || message === null || !('t' in message) || message.t !== 'config-ack') return false;
    const { v, ok, error, stuck } = message as { readonly v?: unknown; readonly ok?: unknown; readonly error?: unknown; readonly stuck?: unknown };
    const waiting = typeof v === 'number' ? this.#waiting.get(v) : undefined;
    // An answer of another run, or one that came too late.
    if (waiting?.id !== p.id || waiting.run !== p.runNumber) return true;
    waiting.answer(ok === true ? { ok } : { ok: false, error: typeof error === 'string' ? error : 'it gave no reason', stuck: stuck === true });
    return true;
  }

  async #goBack(p: ManagedProcess, { before, keys }: SectionChange, ack: Ack): Promise<void> {
    const well = ack?.ok === false ? !ack.stuck : ack?.ok === true && (await this.#give(p, before, keys))?.ok === true;
    // It may have something of both: a new run has what is saved.
    if (!well) p.restart('it could not go back to its former settings');
  }

  async #give(p: ManagedProcess, values: Section, changed: readonly string[]): Promise<Ack> {
    const v = ++this.#version;
    const run = p.runNumber;
    const ack = deferred<Ack>();
    this.#waiting.set(v, { id: p.id, run, answer: (given) => ack.resolve(given) });
    let open = true;
    try {
      if (p.token === undefined || !(await this.#o.channels.sendSoon(p.token, { t: 'config', v, values, changed }, CHANNEL_PATIENCE))) return undefined;
      const over = p.until(() => !open || p.runNumber !== run || p.token === undefined, PATIENCE).then(() => undefined);
      return await Promise.race([ack.promise, over]);
    } finally {
      open = false;
      this.#waiting.delete(v);
    }
  }
}

/** Said so itself, in this run. */
function takes(p: ManagedProcess): boolean { return p.telemetry.options['hot_reload'] === true && p.state.name === 'online'; }
