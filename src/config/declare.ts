import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { KEYS, fieldOf, spellings, type Key, type Options, type Settled } from './fields.js';
import { vars } from './kinds.js';
import { showValue } from './words.js';

/** An app as people declare it: from a file, from flags or from the JS API. Nothing about it is known yet. */
export type Declared = Readonly<Record<string, unknown>>;

/** Where a declaration stands, for messages. */
export interface Place {
  readonly file?: string;
  /** `apps[2]`, or empty. */
  readonly at?: string;
  /** From the command line: options are named by their flag. */
  readonly flags?: boolean;
  /** Unknown keys are errors. */
  readonly strict?: boolean;
}

export interface Reading {
  readonly options: Options;
  /** `env_<name>` -> variables. */
  readonly envs: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Known keys that mean nothing here. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

const SPELLING = new Map<string, Key>(KEYS.flatMap((key) => spellings(key).map((s) => [s, key] as const)));

/** Reads one declaration by the table. `undefined` and null count as not given, as does the text 'null' (PM2 deletes by it). */
export function readDeclared(declared: Declared, place: Place): Reading {
  const options = new Map<Key, unknown>();
  const from = new Map<Key, string>();
  const envs = new Map<string, Readonly<Record<string, unknown>>>();
  const extra = new Map<string, unknown>();
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(declared)) {
    if (value === undefined || value === null || name === '$schema') continue;
    const key = SPELLING.get(name);
    if (key === undefined) {
      if (name.startsWith('env_')) envs.set(name.slice(4), vars.parse(value) ?? bad(place, name, value, vars.wanted));
      else unknown(place, name, warnings);
    } else if (fieldOf(key).inert) extra.set(key, value);
    else if (value !== 'null' || key === 'script' || key === 'args') {
      const other = from.get(key);
      if (other !== undefined) warnings.push(`${sentence(place)}\`${other}\` and \`${name}\` are the same option: \`${name === key ? name : other}\` counts`);
      // The key itself beats its aliases, else the first one written counts.
      if (other === undefined || name === key) { from.set(key, name); options.set(key, readValue(key, value, place, name)); }
    }
  }
  return { options: Object.fromEntries(options) as Options, envs, extra: Object.fromEntries(extra), warnings };
}

function readValue(key: Key, value: unknown, place: Place, name: string): unknown {
  const field = fieldOf(key);
  const read = field.kind.parse(value);
  if (read === undefined) {
    const path = place.flags ? flagName(key) : name;
    const fault = field.kind.explain?.(value);
    bad(place, fault === undefined || fault.at === '' ? path : `${path}${fault.at.startsWith('[') ? '' : '.'}${fault.at}`, fault === undefined ? value : fault.got, fault?.wanted ?? field.kind.wanted);
  }
  return read;
}

type CallerEnv = Readonly<Record<string, string | undefined>>;

/** The defaults: from the environment (MGR_ first, then PM2_), else from the table. Made once for all apps of a call. */
export function defaultsFrom(env: CallerEnv): Settled {
  const defaults = new Map<Key, unknown>();
  for (const key of KEYS) {
    const value = fromEnv(key, env) ?? fieldOf(key).def;
    if (value !== undefined) defaults.set(key, value);
  }
  return Object.fromEntries(defaults) as unknown as Settled;
}

/**
 * Lays the layers over the defaults, the last one on top. The defaults are the prototype: a copy of sixty values for
 * each of a hundred apps would be most of the cost of reading them. Read it by name; its own keys are what was given.
 */
export const settle = (defaults: Settled, ...layers: readonly Options[]): Settled => Object.assign(Object.create(defaults) as Settled, ...layers) as Settled;

function fromEnv(key: Key, env: CallerEnv): unknown {
  const name = fieldOf(key).env;
  if (name === undefined) return undefined;
  const variable = env[`MGR_${name}`] ? `MGR_${name}` : `PM2_${name}`;
  const value = env[variable];
  // An empty variable is how a shell says "not set", and 1 how it says true.
  if (value === undefined || value === '') return undefined;
  return readValue(key, fieldOf(key).kind.kind === 'switch' && /^[01]$/.test(value) ? value === '1' : value, {}, variable);
}

/** Throws BAD_OPTION. `path` is the option inside its place. */
export function bad(place: Place, path: string, got: unknown, wanted: string, fix?: string): never {
  throw new MgrError('BAD_OPTION', {
    ...(place.file === undefined || place.flags ? {} : { file: place.file }),
    path: place.at && !place.flags ? `${place.at}${path === '' ? '' : `.${path}`}` : path,
    got: got === undefined ? 'nothing' : showValue(got), wanted, ...(fix === undefined ? {} : { fix }),
  });
}

/** `eco.json: apps[2]: `, the beginning of a warning. */
export function sentence(place: Place): string {
  return [place.flags ? undefined : place.file, place.flags ? undefined : place.at].filter((x) => x !== undefined && x !== '').map((x) => `${x}: `).join('');
}

function unknown(place: Place, name: string, warnings: string[]): void {
  const near = nearest(name, SPELLING.keys());
  const path = place.at ? `${place.at}.${name}` : name;
  if (place.strict) throw new MgrError('UNKNOWN_OPTION', { ...(place.file === undefined ? {} : { file: place.file }), path, ...(near === undefined ? {} : { near }) });
  warnings.push(`${sentence(place)}unknown option \`${name}\` is left out${near === undefined ? '' : `: did you mean \`${near}\`?`}`);
}

function flagName(key: Key): string {
  return fieldOf(key).flags?.map((f) => /--[\w-]+/.exec(f)?.[0]).find((f) => f !== undefined) ?? key;
}
