import { isBag } from './package-file.js';

type Bag = Readonly<Record<string, unknown>>;

/** Where the values of a configuration come from, lowest first. */
export interface Layers {
  /** `config` of package.json. */
  readonly defaults: Bag;
  /** Variables `MODULE_NAME_KEY`, for keys that have a default or stand in the schema. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the module, as the variables begin. */
  readonly name: string | undefined;
  /** What was set in the manager. */
  readonly settings: Bag;
  /** A value of the kind of each key of the schema that has no default (package-file.ts). */
  readonly kinds?: Bag | undefined;
  /** Settings have their types already: a text without a default is one. */
  readonly typed?: boolean | undefined;
}

/**
 * The configuration: settings over environment over defaults, group by group. Settings come as texts (`mgr set`), so a
 * text becomes what its default is: a number, a boolean, a list or an object in JSON. One that does not read as such
 * stays a text. Without a default, what is a number or true/false written in full and nothing else becomes one.
 */
export function mergeLayers({ defaults, env, name, settings, kinds = {}, typed = false }: Layers): Record<string, unknown> {
  const below = name === undefined ? defaults : withEnv(defaults, kinds, env, constant(name));
  return over(below, settings, defaults, typed);
}

function withEnv(defaults: Bag, kinds: Bag, env: Layers['env'], prefix: string): Record<string, unknown> {
  const keys = new Set([...entries(defaults), ...entries(kinds)].map(([key]) => key));
  return Object.fromEntries([...keys].flatMap((key): [string, unknown][] => {
    const variable = `${prefix}_${constant(key)}`;
    const given = env[variable];
    const [usual, kind] = [defaults[key], kinds[key]];
    if (given !== undefined) return [[key, cast(given, usual ?? kind)]];
    if (isBag(usual) || isBag(kind)) {
      const group = withEnv(isBag(usual) ? usual : {}, isBag(kind) ? kind : {}, env, variable);
      return usual === undefined && Object.keys(group).length === 0 ? [] : [[key, group]];
    }
    return usual === undefined ? [] : [[key, structuredClone(usual)]];
  }));
}

function over(below: Bag, above: Bag, defaults: Bag, typed: boolean): Record<string, unknown> {
  const merged: Record<string, unknown> = Object.fromEntries(entries(below));
  for (const [key, value] of entries(above)) {
    const usual = Object.hasOwn(defaults, key) ? defaults[key] : undefined;
    const under = Object.hasOwn(merged, key) ? merged[key] : undefined;
    const given = typed && usual === undefined ? structuredClone(value) : cast(value, usual);
    merged[key] = isBag(given) ? over(isBag(under) ? under : {}, given, isBag(usual) ? usual : {}, typed) : given;
  }
  return merged;
}

function cast(value: unknown, usual: unknown): unknown {
  if (typeof value !== 'string') return structuredClone(value);
  const word = value.trim();
  switch (typeof usual) {
    case 'string': return value;
    case 'number': return word !== '' && Number.isFinite(Number(word)) ? Number(word) : value;
    case 'boolean': return word === 'true' || word === 'false' ? word === 'true' : value;
    case 'object': return json(word) ?? value;
    default: return word === 'true' || word === 'false' ? word === 'true' : /^-?\d/.test(value) && String(Number(value)) === value ? Number(value) : value;
  }
}

function json(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try { return JSON.parse(text) as unknown; } catch { return undefined; /* then it is a text */ }
}

// JSON gives `__proto__` as an own key; assigned elsewhere it would become a prototype.
const entries = (bag: Bag): [string, unknown][] => Object.entries(bag).filter(([key]) => key !== '__proto__' && key !== 'constructor' && key !== 'prototype');

/** `@scope/logRotate` -> `SCOPE_LOG_ROTATE`. */
export function constant(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '').toUpperCase();
}
