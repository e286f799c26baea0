import { ModuleError } from './errors.js';
import { nearest } from '../base/nearest.js';
import { locate, GENERAL_FLAGS, type Catalog, type Slot } from './catalog.js';
import { flagsOf, type Flags, type Target } from './flags.js';
import { pairs, strayError, type Pair } from './assign.js';
import { isPlain } from './schema.js';

/** A value with the word of the command line it came from. */
export interface ArgPair extends Pair { readonly detail: string }

/** What a command line says. Nothing in it is checked against types yet. */
export interface Arguments {
  readonly pairs: readonly ArgPair[];
  /** Files of `-C`, `--config`, in order; `-` is standard input. */
  readonly files: readonly string[];
  /** Where `--dump` writes; `-` is standard output. */
  readonly dump: string | undefined;
  readonly help: 'plain' | 'advanced' | undefined;
  readonly errors: readonly ModuleError[];
}

/**
 * Reads the words after the program's name.
 *
 * `--module-field value`, `--module-field=value`, `--field` for the application's own module, `--no-field` for switches, aliases
 * of initials (`--dh`), one-letter flags (`-p 80`, `-p80`, `-vq`), plain words for `selector` and `general` fields, everything
 * after `--` for the general field or the application's only list, `-P path value`, `-C|--config file|-`,
 * `--dump file|-`, `-h|--help [advanced]`. Lists take `a,b` and repetition. What is unknown is an error, and all are gathered.
 */
export function parseArgv(catalog: Catalog, argv: readonly string[]): Arguments {
  const reader = new Reader(catalog);
  reader.read(argv);
  return reader.result();
}

class Reader {
  readonly #catalog: Catalog;
  readonly #flags: Flags;
  readonly #pairs: ArgPair[] = [];
  readonly #lists = new Map<Slot, { value: unknown[]; detail: string }>();
  readonly #files: string[] = [];
  readonly #errors: ModuleError[] = [];
  readonly #selectors: Slot[];
  #dump: string | undefined;
  #help: 'plain' | 'advanced' | undefined;
  #words: string[] = [];

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#flags = flagsOf(catalog);
    this.#selectors = catalog.slots.filter((s) => s.field.selector);
  }

  read(argv: readonly string[]): void {
    this.#words = [...argv];
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === '--') { this.#rest(); return; }
      if (word.startsWith('--')) this.#long(word);
      else if (word.startsWith('-') && word !== '-' && !/^-[\d.]/.test(word)) this.#short(word);
      else this.#plain(word);
    }
  }

  result(): Arguments {
    const lists = [...this.#lists].map(([slot, l]): ArgPair => ({ path: slot.path, value: l.value, detail: l.detail }));
    return { pairs: [...this.#pairs, ...lists], files: this.#files, dump: this.#dump, help: this.#help, errors: this.#errors };
  }

  #long(word: string): void {
    const [name, inline] = split(word.slice(2));
    if (name === 'help') this.#askHelp();
    else if (name === 'config') this.#file(word, inline);
    else if (name === 'dump') this.#dump = this.#value(word, inline) ?? this.#dump;
    else {
      const target = this.#flags.long.get(name);
      const negated = target === undefined && name.startsWith('no-') ? this.#flags.long.get(name.slice(3)) : undefined;
      if (target !== undefined) this.#set(target, `--${name}`, inline);
      else if (negated !== undefined && inline === undefined && isSwitch(negated)) this.#pairs.push({ path: pathOf(negated), value: false, detail: word });
      else this.#unknown(`--${name}`, inline ?? this.#following());
    }
  }

  #short(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      const rest = word.slice(at + 1);
      const inline = rest === '' ? undefined : rest.replace(/^=/, '');
      const flag = `-${letter}`;
      if (letter === 'h') { this.#askHelp(); continue; }
      if (letter === 'C') { this.#file(flag, inline); return; }
      if (letter === 'P') { this.#path(inline); return; }
      const slot = this.#flags.letters.get(letter);
      if (slot === undefined) { this.#unknown(flag, inline); return; }
      if (slot.field.type === 'boolean' && !rest.startsWith('=')) { this.#set({ slot }, flag, 'true'); continue; }
      this.#set({ slot }, flag, inline);
      return;
    }
  }

  #set(target: Target, flag: string, inline: string | undefined): void {
    if ('slot' in target && target.slot.field.secret) {
      this.#following();
      this.#error(target.slot.shown, flag, `${target.slot.shown}: a secret is not taken from the command line (${flag}), where everybody on this machine can read it; set ${target.slot.env[0] ?? 'it in a file'}`);
      return;
    }
    if (isSwitch(target)) {
      const next = this.#words[0];
      const value = inline ?? (next === 'true' || next === 'false' ? this.#words.shift() : 'true');
      this.#pairs.push({ path: pathOf(target), value, detail: flag });
      return;
    }
    const value = this.#value(flag, inline);
    if (value === undefined) return;
    if ('slot' in target && target.slot.field.type === 'array') this.#append(target.slot, [value], flag);
    else this.#pairs.push({ path: pathOf(target), value, detail: flag });
  }

  #append(slot: Slot, values: readonly string[], detail: string, whole = false): void {
    const list = this.#lists.get(slot) ?? { value: [], detail };
    for (const v of values) list.value.push(...(whole ? [v] : items(v)));
    this.#lists.set(slot, list);
  }

  #plain(word: string): void {
    const selector = this.#selectors[0];
    const choices = selector === undefined ? undefined : this.#choicesOf(selector);
    if (selector !== undefined && (choices === undefined || choices.includes(word))) {
      this.#selectors.shift();
      this.#pairs.push({ path: selector.path, value: word, detail: word });
      return;
    }
    const general = this.#catalog.slots.find((s) => s.field.general);
    if (general !== undefined) { this.#take(general, [word]); return; }
    const near = nearest(word, choices ?? []);
    this.#error(word, 'argv', `\`${word}\`: the program takes no such argument (from argv)${near === undefined ? choices === undefined ? '' : `; wanted one of ${choices.join(', ')}` : `; did you mean \`${near}\`?`}`);
  }

  #rest(): void {
    const lists = this.#catalog.slots.filter((s) => s.module === this.#catalog.app && s.field.type === 'array');
    const slot = this.#catalog.slots.find((s) => s.field.general) ?? (lists.length === 1 ? lists[0] : undefined);
    if (slot !== undefined) this.#take(slot, this.#words);
    else if (this.#words.length > 0) this.#error('--', 'argv', `\`-- ${this.#words.join(' ')}\`: the program takes no arguments after \`--\` (from argv)`);
    this.#words = [];
  }

  #take(slot: Slot, values: readonly string[]): void {
    if (slot.field.type === 'array') this.#append(slot, values, values.join(' '), true);
    else this.#pairs.push({ path: slot.path, value: values.join(' '), detail: values.join(' ') });
  }

  #choicesOf(slot: Slot): readonly string[] | undefined {
    const { validator, type } = slot.field;
    if (typeof validator === 'object' && '$in' in validator && validator.$in !== undefined) return validator.$in.map(String);
    return typeof type === 'string' ? this.#catalog.choices.find((c) => c.name === type)?.providers : undefined;
  }

  #path(inline: string | undefined): void {
    const path = inline ?? this.#words.shift();
    const value = this.#words.shift();
    if (path === undefined || value === undefined) { this.#error(path ?? '-P', '-P', '-P needs a path and a value: -P server.port 8080'); return; }
    const place = locate(this.#catalog, path.split('.'));
    if (place === undefined) { this.#unknown(`-P ${path}`, value, path); return; }
    if (place.kind === 'field' && place.slot.field.secret) { this.#words.unshift(value); this.#set({ slot: place.slot }, `-P ${path}`, undefined); return; }
    if (place.kind === 'group') { this.#group(place.path, path, value); return; }
    const target = place.kind === 'field' ? [...place.slot.path, ...place.deeper] : place.choice.path;
    this.#pairs.push({ path: target, value, detail: `-P ${path}` });
  }

  // A group as a whole hides what lower layers say about its parts.
  #group(at: readonly string[], path: string, text: string): void {
    const value = parsed(text);
    if (!isPlain(value)) { this.#error(path, `-P ${path}`, `${path}: got \`${text}\` (from argv -P ${path}), wanted an object as JSON`); return; }
    const { strays } = pairs(this.#catalog, at.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
    for (const stray of strays) this.#errors.push(strayError(stray, `argv -P ${path}`));
    this.#pairs.push({ path: at, value, detail: `-P ${path}` });
  }

  #askHelp(): void {
    if (this.#words[0] === 'advanced') { this.#words.shift(); this.#help = 'advanced'; } else this.#help ??= 'plain';
  }

  #file(flag: string, inline: string | undefined): void {
    const file = this.#value(flag, inline);
    if (file !== undefined) this.#files.push(file);
  }

  #value(flag: string, inline: string | undefined): string | undefined {
    const value = inline ?? this.#following();
    if (value === undefined) this.#error(flag, flag, `${flag}: a value is missing (from argv)`);
    return value;
  }

  // The next word, unless it is a flag. Negative numbers and a lone dash are values.
  #following(): string | undefined {
    const next = this.#words[0];
    return next !== undefined && (!next.startsWith('-') || next === '-' || /^-[\d.]/.test(next)) ? this.#words.shift() : undefined;
  }

  #unknown(flag: string, value: string | undefined, path?: string): void {
    const near = nearest(flag.replace(/^-+/, ''), [...this.#flags.long.keys(), ...GENERAL_FLAGS]);
    this.#error(path ?? flag, 'argv', `${flag}${value === undefined ? '' : ` (value \`${value}\`)`}: there is no such option (from argv)${near === undefined || path !== undefined ? '' : `; did you mean --${near}?`}`);
  }

  #error(path: string, source: string, message: string): void {
    this.#errors.push(new ModuleError('E_CONFIG', message, { path, source: source === 'argv' ? source : `argv ${source}` }));
  }
}

const pathOf = (t: Target): readonly string[] => ('slot' in t ? t.slot.path : t.choice.path);
const isSwitch = (t: Target): boolean => 'slot' in t && t.slot.field.type === 'boolean';

function split(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: the type of the field says below what was wanted.
    return text;
  }
}

function items(text: string): unknown[] {
  const list = text.trimStart().startsWith('[') ? parsed(text) : undefined;
  return Array.isArray(list) ? list as unknown[] : text === '' ? [] : text.split(',').map((w) => w.trim());
}
