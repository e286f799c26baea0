import { ModuleError } from './errors.js';
import { nearest } from '../base/nearest.js';
import { pascal } from './names.js';
import type { SchemaSpec } from './config-of.js';
import type { ModuleOptions } from './types.js';

/** What may be set about a module, each in three spellings. */
export const SETTINGS = [
  'name', 'ModuleClass', 'instance', 'schema', 'inject', 'reload', 'lifecycle', 'isMain', 'definitions', 'provides', 'initConfig',
  'lifecycleInit', 'lifecycleStart', 'lifecycleMain', 'lifecycleStop', 'lifecycleTerminate', 'lifecycleReload',
] as const satisfies readonly (keyof ModuleOptions)[];
type Setting = (typeof SETTINGS)[number];

/** What each must be, besides not being `undefined`. */
const KIND: Readonly<Record<Setting, string>> = {
  name: 'string', ModuleClass: 'function', instance: 'any', schema: 'object', inject: 'boolean', reload: 'boolean', lifecycle: 'boolean', isMain: 'boolean',
  definitions: 'array', provides: 'string', initConfig: 'string', lifecycleInit: 'string', lifecycleStart: 'string', lifecycleMain: 'string',
  lifecycleStop: 'string', lifecycleTerminate: 'string', lifecycleReload: 'string',
};

/** The settings in force. `schemas` are all that were found, base class first: they are merged field by field. */
export interface Settings extends Omit<ModuleOptions, 'schema'> { readonly schemas: readonly SchemaSpec[] }

/**
 * Reads the settings of a class and the options of its registration.
 *
 * Each setting is looked up by itself: the option, else the nearest class of the prototype chain that has it as a static
 * `module<Name>` or in a static `moduleInfo`. Being there counts, not being true: `false`, `0` and `''` are answers.
 * Throws E_CONFIG for an unknown setting and for one of the wrong kind.
 */
export function readSettings(Class: object | undefined, options: ModuleOptions, module: string): Settings {
  const chain = classes(Class);
  for (const owner of [...chain.map((c) => own(c, 'moduleInfo')), options]) checkKeys(owner, module);
  const found: Partial<Record<Setting, unknown>> = {};
  for (const setting of SETTINGS) {
    if (setting === 'schema') continue;
    const value = setting in options && options[setting] !== undefined ? options[setting] : chain.map((c) => ofClass(c, setting)).find((v) => v !== undefined);
    if (value !== undefined) found[setting] = checkKind(setting, value, module);
  }
  const schemas = [options.schema, ...chain.map((c) => ofClass(c, 'schema'))].filter((s) => s !== undefined).toReversed();
  return { ...(found as Omit<Settings, 'schemas'>), schemas: schemas.map((s) => checkKind('schema', s, module) as SchemaSpec) };
}

// The class itself, then its base classes.
function classes(Class: object | undefined): object[] {
  const chain: object[] = [];
  for (let c: object | null = Class ?? null; typeof c === 'function' && c !== Function.prototype; c = Object.getPrototypeOf(c) as object | null) chain.push(c);
  return chain;
}

function ofClass(Class: object, setting: Setting): unknown {
  const single = own(Class, `module${pascal(setting)}`);
  if (single !== undefined) return single;
  const info = own(Class, 'moduleInfo');
  return typeof info === 'object' && info !== null ? own(info, setting) : undefined;
}

// A static that is inherited belongs to the base class, whose turn comes.
function own(owner: object, key: string): unknown { return Object.hasOwn(owner, key) ? Reflect.get(owner, key) : undefined; }

function checkKeys(owner: unknown, module: string): void {
  if (owner === undefined) return;
  if (typeof owner !== 'object' || owner === null) throw new ModuleError('E_CONFIG', `${module}: moduleInfo and options are objects, got ${typeof owner}`, { module });
  for (const key of Object.keys(owner)) {
    if ((SETTINGS as readonly string[]).includes(key)) continue;
    const near = nearest(key, SETTINGS);
    throw new ModuleError('E_CONFIG', `${module}: unknown setting \`${key}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`, { module });
  }
}

function checkKind(setting: Setting, value: unknown, module: string): unknown {
  const kind = KIND[setting];
  const fits = kind === 'any' || (kind === 'array' ? Array.isArray(value) : typeof value === kind && value !== null);
  const bad = !fits || (setting === 'initConfig' && value !== 'own' && value !== 'full');
  if (!bad) return value;
  throw new ModuleError('E_CONFIG', `${module}: setting \`${setting}\`: got ${show(value)}, wanted ${setting === 'initConfig' ? '`own` or `full`' : kind}`, { module });
}

function show(value: unknown): string { return typeof value === 'string' ? `\`${value}\`` : value === null ? 'null' : typeof value; }
