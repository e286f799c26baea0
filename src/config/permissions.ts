import { nearest } from '../base/nearest.js';

/**
 * What a module may ask for. Of the manager: `read` (list, describe, logs, its own settings) and `control` (start, stop,
 * restart, scale, signal and message programs that are there; `read` is in it). Of the machine, held to in a sandbox:
 * `network`, `programs` (start others), `workers` (threads), `native` (code that is no JavaScript).
 */
export const RIGHTS = ['read', 'control', 'network', 'programs', 'workers', 'native'] as const;
export type Right = typeof RIGHTS[number];

/** `mgr.permissions` and `mgr.sandbox` of a package.json, checked. Paths are as written. */
export interface Declared {
  readonly rights: readonly Right[];
  /** Asked for: to be started under Node's permission model. Further files it reads and writes. */
  readonly sandbox?: { readonly read: readonly string[]; readonly write: readonly string[] };
}

/** What was written is none of it. `field` as in package.json. */
export interface Fault { readonly field: string; readonly got: string; readonly wanted: string; readonly near?: string }

/** Undefined: it declares nothing. A sandbox without permissions has none. */
export function readPermissions(mgr: unknown): Declared | Fault | undefined {
  if (!isBag(mgr)) return undefined;
  const { permissions, sandbox } = mgr;
  if (permissions === undefined && (sandbox === undefined || sandbox === false)) return undefined;
  const rights = rightsOf(permissions);
  if ('field' in rights) return rights;
  if (sandbox === undefined || sandbox === false) return { rights };
  const paths = sandbox === true ? {} : sandbox;
  const fault = (field: string, got: unknown, wanted: string): Fault => ({ field, got: shown(got), wanted });
  if (!isBag(paths)) return fault('mgr.sandbox', sandbox, 'true, or {"read": [paths], "write": [paths]}');
  for (const [key, list] of Object.entries(paths)) {
    if (key !== 'read' && key !== 'write') return fault(`mgr.sandbox.${key}`, list, 'only `read` and `write` here');
    const wrong = Array.isArray(list) ? list.find((p) => typeof p !== 'string' || p === '' || p.includes('*')) as unknown : list;
    if (!Array.isArray(list) || wrong !== undefined) return fault(`mgr.sandbox.${key}`, wrong, 'a list of paths, without *');
  }
  return { rights, sandbox: { read: texts(paths['read']), write: texts(paths['write']) } };
}

/** `read, control`, or `none`. */
export const rightsText = (rights: readonly Right[]): string => (rights.length === 0 ? 'none' : rights.join(', '));

/** All of it as the lock of the modules keeps it: `read, network; in a sandbox`. */
export const permissionsText = ({ rights, sandbox }: Declared): string => `${rightsText(rights)}${sandbox === undefined ? '' : `; in a sandbox${[...sandbox.read.map((p) => `, reads ${p}`), ...sandbox.write.map((p) => `, writes ${p}`)].join('')}`}`;

function rightsOf(given: unknown): readonly Right[] | Fault {
  if (given === undefined || given === 'none') return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  for (const word of list) {
    if (RIGHTS.includes(word as Right)) continue;
    const near = typeof word === 'string' ? nearest(word, RIGHTS) : undefined;
    return { field: 'mgr.permissions', got: shown(word), wanted: `"none" or a list of ${RIGHTS.join(', ')}`, ...(near !== undefined && { near }) };
  }
  return RIGHTS.filter((right) => list.includes(right));
}

const texts = (list: unknown): readonly string[] => (Array.isArray(list) ? list as string[] : []);
const shown = (v: unknown): string => JSON.stringify(v) ?? String(v);
const isBag = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null && !Array.isArray(v);
