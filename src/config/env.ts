import { bad, type Place } from './declare.js';
import { SECRET_WANTED, isSecretForm, readSecret } from './secrets.js';
import type { CoveredVar } from './spec.js';

type Vars = Readonly<Record<string, unknown>>;
type CallerEnv = Readonly<Record<string, string | undefined>>;

// A command that runs inside a managed app has that app's own marks in its environment; the next app gets its own.
const OURS = new Set(['MGR_CHANNEL', 'MGR_RUN', 'pm_id', 'unique_id', 'NODE_APP_INSTANCE', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID']);

/** Names of what `filter_env` keeps from an app, where something is filtered. */
export function filteredNames(env: CallerEnv, filter: boolean | string | readonly string[]): string[] {
  if (filter === false) return [];
  const kept = inheritedEnv(env, filter);
  return Object.keys(inheritedEnv(env, false)).filter((name) => !Object.hasOwn(kept, name)).sort();
}

/**
 * What an app inherits from the command that starts it. `filter`: true = nothing, a text = all but that variable,
 * a list = all but those whose name contains an item; PATH stays unless it is named exactly, since nobody means it with "P".
 */
export function inheritedEnv(env: CallerEnv, filter: boolean | string | readonly string[]): Record<string, string> {
  if (filter === true) return {};
  const dropped = (name: string): boolean => {
    if (filter === false) return false;
    if (typeof filter === 'string') return name === filter;
    return filter.some((part) => name === 'PATH' ? part === name : part !== '' && name.includes(part));
  };
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !OURS.has(name) && !name.startsWith('axm_') && !dropped(name)) kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

export interface DeclaredVars {
  readonly declared: Record<string, string>;
  /** Name -> reference (secrets.ts). A name is here or in `declared`. */
  readonly secrets?: Record<string, string>;
  /** Name -> layer, where that is not `env`. */
  readonly from?: Record<string, string>;
  /** Names of `declared` that were numbers or switches. */
  readonly typed?: readonly string[];
  /** What a later layer covers or takes away, in the order of the layers. */
  readonly covered?: readonly CoveredVar[];
}

interface Entry { readonly value: string; readonly secret: boolean; readonly typed: boolean; readonly from: string }

/**
 * The layers of declared variables, the last one winning. A null or undefined takes the variable of the layers below away.
 * `cwd`: where relative paths of secrets start.
 */
export function declaredVars(layers: readonly { readonly vars: Vars | undefined; readonly path: string }[], place: Place, cwd: string): DeclaredVars {
  const merged = new Map<string, Entry>();
  const covered: CoveredVar[] = [];
  for (const { vars, path } of layers) {
    for (const [name, value] of Object.entries(vars ?? {})) {
      if (name === '' || name.includes('=') || name.includes('\0')) bad(place, path, name, 'names of variables without `=`');
      const below = merged.get(name);
      if (below) covered.push({ name, from: below.from, ...(below.secret ? { secret: below.value } : { value: below.value }) });
      if (value === undefined || value === null) merged.delete(name);
      else merged.set(name, { ...entryOf(value, `${path}.${name}`, place, cwd), from: path });
    }
  }
  const all = [...merged];
  const pick = (secret: boolean): Record<string, string> => Object.fromEntries(all.flatMap(([name, e]) => (e.secret === secret ? [[name, e.value]] : [])));
  const typed = all.filter(([, e]) => e.typed).map(([name]) => name);
  const from = all.filter(([, e]) => e.from !== 'env').map(([name, e]) => [name, e.from] as const);
  return {
    declared: pick(false),
    ...(all.some(([, e]) => e.secret) ? { secrets: pick(true) } : {}),
    ...(typed.length > 0 ? { typed } : {}),
    ...(from.length > 0 ? { from: Object.fromEntries(from) } : {}),
    ...(covered.length > 0 ? { covered } : {}),
  };
}

function entryOf(value: unknown, path: string, place: Place, cwd: string): Omit<Entry, 'from'> {
  if (isSecretForm(value)) return { secret: true, typed: false, value: readSecret(value.secret, cwd) ?? bad(place, path, 'a reference in another form', SECRET_WANTED) };
  return { secret: false, typed: typeof value === 'number' || typeof value === 'boolean', value: textOf(value) ?? bad(place, path, value, 'text, a number, a switch or an object') };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? undefined : value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    // A cycle: the caller names the variable and what was wanted.
    return undefined;
  }
}
