import path from 'node:path';
import { parseArgs } from 'node:util';
import { MgrError } from '../base/errors.js';
import { fileSafe } from '../base/paths.js';

/** What a host process was asked to be. */
export interface HostOptions {
  /** Absolute: the folder with `modules`, `node_modules` and `resources`. */
  readonly dir: string;
  readonly port: number;
  readonly host: string;
  /** `--dev`: instances of resources are made anew for each request. */
  readonly env: 'development' | 'production';
  /** A module that does not load ends the host. */
  readonly strict: boolean;
  /** Load this one alone: it asked for a host of its own. */
  readonly only: string | undefined;
  /** Ask every resource twice, tell on descriptor 3, and end: for `mgr host check`. */
  readonly ask: boolean;
  /** Name of the app: folders of its data and notes are called so. */
  readonly name: string;
  /** Which of its processes. */
  readonly instance: string;
  /** `$MGR_HOME`. */
  readonly home: string;
  /** Folder in it with what this host writes down. */
  readonly notes: string;
}

type Env = Readonly<Record<string, string | undefined>>;

export const HOST_PORT = 2403;
export const HOST_ADDRESS = '127.0.0.1';

/** Reads the words and the environment of the process. Throws BAD_OPTION, BAD_USAGE. */
export function hostOptions(args: readonly string[], env: Env, at: { readonly cwd: string; readonly userHome: string }): HostOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { dir: { type: 'string' }, port: { type: 'string' }, host: { type: 'string' }, dev: { type: 'boolean' }, strict: { type: 'boolean' }, only: { type: 'string' }, ask: { type: 'boolean' } },
  });
  const dir = path.resolve(at.cwd, values.dir ?? '.');
  const name = env['name'] ?? path.basename(dir);
  const home = env['MGR_HOME'] ?? path.join(at.userHome, '.mgr');
  return {
    dir,
    port: hostPort(values.port), host: values.host ?? HOST_ADDRESS,
    env: values.dev === true ? 'development' : 'production', strict: values.strict === true, only: values.only, ask: values.ask === true,
    name, instance: env['NODE_APP_INSTANCE'] ?? '0', home, notes: hostNotes(home, name),
  };
}

/** The folder with the notes of a host (notes.ts). */
export function hostNotes(home: string, name: string): string { return path.join(home, 'hosts', fileSafe(name)); }

/** Throws BAD_OPTION. */
export function hostPort(given: string | undefined): number {
  if (given === undefined) return HOST_PORT;
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw new MgrError('BAD_OPTION', { path: '--port', got: `\`${given}\``, wanted: 'a port, 0 to 65535 (0: any free one)', fix: 'see `mgr host --help`' });
  return Number(given);
}
