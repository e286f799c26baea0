import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMgrError, reasonOf } from '../base/errors.js';
import { formatKey } from '../store/settings-key.js';
import type { Section, Settings } from '../store/settings.js';
import { type Forms, strays } from './forms.js';
import type { SectionChange, Taken } from './hot-settings.js';
import type { SettingsDesk } from './settings.js';

export interface EditsOptions {
  readonly file: string;
  readonly settings: Settings;
  readonly forms: Forms;
  /** Edits take their turn among what is typed. */
  readonly desk: Pick<SettingsDesk, 'inTurn'>;
  readonly hot: (changes: ReadonlyMap<string, SectionChange>) => Promise<Taken>;
  readonly restart: (name: string) => Promise<readonly unknown[]>;
  /** Why the module of that name would not start with these settings. */
  readonly lacking?: (name: string, section: Section) => string | undefined;
  /** The section of mgr itself was edited. */
  readonly live: () => void;
  readonly say: (text: string) => void;
}

/** An editor writes in several steps; ms after the last one. */
const CALM = 100;

/**
 * What people write into module_conf.json is checked and applied as `mgr set` does it. What cannot be used is told of and not
 * applied: the programs have what they had, and the file is left as it is.
 */
export class Edits {
  readonly #o: EditsOptions;
  readonly #faults = new Map<string, string>();
  #watcher: fs.FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #told = '';

  /** What is said goes to these too. */
  readonly #hearers = new Set<string[]>();

  constructor(options: EditsOptions) {
    this.#o = { ...options, say: (text) => { options.say(text); for (const heard of this.#hearers) heard.push(text); } };
  }

  /** Checks the sections of the installed modules as they stand, and looks at the file from now on. */
  async start(modules: readonly string[]): Promise<void> {
    const { file, settings, say } = this.#o;
    settings.edits();
    for (const name of modules) await this.recheck(name);
    try {
      this.#watcher = fs.watch(path.dirname(file), { persistent: false }, (_event, name) => { if (name === null || name === path.basename(file)) this.#soon(); });
      this.#watcher.on('error', (e) => say(`cannot watch ${file}: ${reasonOf(e)}; edits count from the next start of a program`));
    } catch (e) {
      say(`cannot watch ${file}: ${reasonOf(e)}; edits count from the next start of a program`);
    }
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#timer);
  }

  /** What people have to know as long as it is so. */
  notices(): string[] {
    const broken = this.#o.settings.fault();
    return [...(broken === undefined ? [] : [`${broken.message}; it is not applied, programs have what was last readable`]), ...this.#faults.values()];
  }

  /** Before a module starts: of its section only what its schema takes is used. */
  async recheck(module: string): Promise<void> {
    const { settings, forms, say } = this.#o;
    const raw = settings.raw(module) ?? {};
    const before = this.#faults.get(module);
    this.#faults.delete(module);
    try {
      const checked = await forms.check(module, raw);
      settings.accept(module, checked?.values);
      const [fault] = checked?.faults ?? [];
      if (fault !== undefined) this.#faults.set(module, `module_conf.json: ${formatKey([module, ...fault.path])}: got ${fault.got}, wanted ${fault.wanted}; the default is used`);
    } catch (e) {
      settings.accept(module, undefined);
      this.#faults.set(module, `the settings of ${module} are not checked: ${reasonOf(e)}`);
    }
    const now = this.#faults.get(module);
    if (now !== undefined && now !== before) say(now);
  }

  /** Looks now, for somebody who asks: what came of it. */
  async reread(): Promise<string[]> {
    const heard: string[] = [];
    this.#hearers.add(heard);
    try {
      await this.look();
      return heard;
    } finally {
      this.#hearers.delete(heard);
    }
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { void this.look().catch((e: unknown) => this.#o.say(`module_conf.json: ${reasonOf(e)}`)); }, CALM).unref();
  }

  /** Takes what was edited since the last look. */
  async look(): Promise<void> {
    const { desk, settings, restart, say } = this.#o;
    const again: { name: string; keys: readonly string[] }[] = [];
    await desk.inTurn(async () => {
      const broken = settings.fault();
      if (broken !== undefined && broken.message !== this.#told) say(`${broken.message}; it is not applied`);
      this.#told = broken?.message ?? '';
      if (broken === undefined) this.#private();
      for (const [name, { before, after }] of settings.edits()) {
        const keys = await this.#section(name, before, after);
        if (keys !== undefined) again.push({ name, keys });
      }
    });
    for (const { name, keys } of again) say(`module_conf.json: ${name}: ${keys.join(', ')} changed by hand; ${(await restart(name)).length > 0 ? `${name} was restarted with it` : 'it counts from the next start'}`);
  }

  // The keys that changed, when programs are to be restarted for them.
  async #section(name: string, before: Section, after: Section): Promise<readonly string[] | undefined> {
    const { settings, forms, hot, lacking, live, say } = this.#o;
    if (name === 'mgr') { live(); return undefined; }
    const refuse = (reason: string): undefined => {
      settings.accept(name, before);
      const text = `module_conf.json: ${reason}; the edit of ${name} is not applied`;
      this.#faults.set(name, text);
      say(text);
    };
    try {
      const checked = await forms.check(name, after);
      const [fault] = checked?.faults ?? [];
      if (fault !== undefined) return refuse(`${formatKey([name, ...fault.path])}: got ${fault.got}, wanted ${fault.wanted}`);
      const next = checked?.values ?? after;
      const missing = lacking?.(name, next);
      if (missing !== undefined && lacking?.(name, before) === undefined) return refuse(`${name}: ${missing}`);
      const keys = [...new Set([...Object.keys(before), ...Object.keys(next)])].filter((key) => !isDeepStrictEqual(before[key], next[key]));
      const taken = keys.length > 0 && (await hot(new Map([[name, { before, after: next, keys }]]))).live.has(name);
      settings.accept(name, checked?.values);
      this.#faults.delete(name);
      if (checked !== undefined) for (const text of strays(name, checked, keys)) say(`module_conf.json: ${text}`);
      if (taken) say(`module_conf.json: ${name}: ${keys.join(', ')} changed by hand; ${name} took it over while running`);
      return keys.length === 0 || taken ? undefined : keys;
    } catch (e) {
      if (!isMgrError(e)) throw e;
      return refuse(e.message);
    }
  }

  // Secrets may stand in it; some editors make a new file that all can read.
  #private(): void {
    const { file } = this.#o;
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && (stat.mode & 0o077) !== 0) fs.chmodSync(file, 0o600);
  }
}
