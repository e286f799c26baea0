import { KEYS, camel, fieldOf, spellings, type Key } from './fields.js';
import type { Declared } from './declare.js';

/** A flag of `mgr start`. */
export interface Flag {
  /** Commander's syntax: `-n, --name <name>`. */
  readonly flags: string;
  readonly description: string;
  readonly key: Key;
  /** Where commander puts the value: `maxRestarts`. */
  readonly attribute: string;
  /** `--no-x`: commander says true when it was not given, false when it was. */
  readonly negated: boolean;
  /** For flags that may be repeated: commander's argument parser. All other values stay as they come; readDeclared() checks them. */
  readonly parse?: (value: string, previous: unknown) => unknown;
}

const REPEATED: ReadonlySet<Key> = new Set<Key>(['watch', 'filter_env']);
const collect = (value: string, previous: unknown): string[] => [...(Array.isArray(previous) ? previous as string[] : []), value];

/** The flags of all options, in the order of the table. */
export function startFlags(): Flag[] {
  return KEYS.flatMap((key) => (fieldOf(key).flags ?? []).map((flags) => {
    const long = /--([\w-]+)/.exec(flags)?.[1] ?? '';
    const negated = long.startsWith('no-');
    return {
      flags, key, negated, description: fieldOf(key).doc, attribute: camel((negated ? long.slice(3) : long).replaceAll('-', '_')),
      ...(REPEATED.has(key) ? { parse: collect } : {}),
    };
  }));
}

/** Commander's options -> a declaration. What was not given stays out; what belongs to no option of an app is left alone. */
export function declaredFromFlags(given: Readonly<Record<string, unknown>>): Declared {
  const declared: Record<string, unknown> = {};
  for (const flag of startFlags()) {
    const value = given[flag.attribute];
    if (value === undefined || (flag.negated && value !== false)) continue;
    declared[flag.key] ??= flag.key === 'watch_delay' ? seconds(value) : value;
  }
  return declared;
}

// PM2's flag counts in seconds, the option in a file in milliseconds.
const seconds = (value: unknown): unknown => typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? `${value.trim()}s` : value;

/** The table of the README, in markdown. */
export function optionsTable(): string {
  const rows = KEYS.filter((key) => !fieldOf(key).inert).map((key) => {
    const { kind, def, unit, flags, aliases, env, doc } = fieldOf(key);
    const meaning = [doc, env && `also \`MGR_${env}\``, aliases && `also written ${aliases.map(code).join(', ')}`].filter((x) => x !== undefined).join('; ');
    return [code(key), unit ? `${kind.kind} (${unit})` : kind.kind, def === undefined ? '' : code(JSON.stringify(def)), (flags ?? []).map(code).join(' '), meaning];
  });
  const cells = [['option', 'kind', 'default', 'flag', 'meaning'], ['---', '---', '---', '---', '---'], ...rows];
  return cells.map((row) => `| ${row.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |\n`).join('');
}

const code = (text: string): string => `\`${text}\``;

/** JSON Schema (draft 2020-12) of an ecosystem file, every spelling included. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  const properties = Object.fromEntries(KEYS.flatMap((key) => {
    const { kind, def, doc, unit, inert } = fieldOf(key);
    const description = `${doc}${unit ? ` (${unit})` : ''}${inert ? ' (PM2; no effect)' : ''}`;
    return spellings(key).map((name, i) => [name, i > 0 ? { ...kind.schema, description: `the same as ${key}` } : { ...kind.schema, description, ...(def === undefined ? {} : { default: def }) }]);
  }));
  const apps = { type: 'array', minItems: 1, items: { $ref: '#/$defs/app' } };
  const scripts = spellings('script').map((name) => ({ required: [name] }));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Ecosystem file of mgr',
    anyOf: [
      { type: 'object', properties: { apps, pm2: {}, deploy: { type: 'object' } }, anyOf: [{ required: ['apps'] }, { required: ['pm2'] }] },
      apps,
      { $ref: '#/$defs/app' },
    ],
    $defs: {
      app: {
        type: 'object',
        properties: { ...properties, $schema: { type: 'string' } },
        patternProperties: { '^env_': { type: ['object', 'string'] } },
        additionalProperties: false,
        anyOf: scripts,
      },
    },
  };
}
