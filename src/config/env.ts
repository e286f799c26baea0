import { bad, type Place } from './declare.js';

type Vars = Readonly<Record<string, unknown>>;
type CallerEnv = Readonly<Record<string, string | undefined>>;

// A command that runs inside a managed app has that app's own marks in its environment; the next app gets its own.
const OURS = new Set(['MGR_CHANNEL', 'MGR_RUN', 'pm_id', 'unique_id', 'NODE_APP_INSTANCE', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID']);

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

/** The layers of declared variables, the last one winning. A null or undefined takes the variable of the layers below away. */
export function declaredEnv(layers: readonly { readonly vars: Vars | undefined; readonly path: string }[], place: Place): Record<string, string> {
  const merged = new Map<string, string>();
  for (const { vars, path } of layers) {
    for (const [name, value] of Object.entries(vars ?? {})) {
      if (name === '' || name.includes('=') || name.includes('\0')) bad(place, path, name, 'names of variables without `=`');
      if (value === undefined || value === null) merged.delete(name);
      else merged.set(name, textOf(value) ?? bad(place, `${path}.${name}`, value, 'text, a number, a switch or an object'));
    }
  }
  return Object.fromEntries(merged);
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
