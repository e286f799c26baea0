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
  /** Sites whose pages may call the resources; true: all. */
  readonly cors: boolean | readonly string[];
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
    options: { dir: { type: 'string' }, port: { type: 'string' }, host: { type: 'string' }, dev: { type: 'boolean' }, strict: { type: 'boolean' }, only: { type: 'string' }, cors: { type: 'string', multiple: true }, ask: { type: 'boolean' } },
  });
  const dir = path.resolve(at.cwd, values.dir ?? '.');
  const name = env['name'] ?? path.basename(dir);
  const home = env['MGR_HOME'] ?? path.join(at.userHome, '.mgr');
  return {
    dir,
    port: hostPort(values.port), host: values.host ?? HOST_ADDRESS,
    env: values.dev === true ? 'development' : 'production', strict: values.strict === true, only: values.only, cors: hostCors(values.cors), ask: values.ask === true,
    name, instance: env['NODE_APP_INSTANCE'] ?? '0', home, notes: hostNotes(home, name),
  };
}

/** The folder with the notes of a host (notes.ts). */
export function hostNotes(home: string, name: string): string { return path.join(home, 'hosts', fileSafe(name)); }

/** Origins of `--cors`, given once or several times, or with commas between them; `*`: all. Throws BAD_OPTION. */
export function hostCors(given: readonly string[] | undefined): boolean | readonly string[] {
  const all = (given ?? []).flatMap((g) => g.split(',')).map((g) => g.trim());
  if (all.includes('*')) return true;
  return all.length > 0 && all.map((one) => {
    const origin = URL.canParse(one) && /^https?:/i.test(one) ? new URL(one).origin : undefined;
    // A path or a name without a scheme is none that a browser would send.
    if (origin === undefined || one.replace(/\/$/, '').toLowerCase() !== origin) throw new MgrError('BAD_OPTION', { path: '--cors', got: `\`${one}\``, wanted: 'a site as https://shop.example, or * for all', fix: 'see `mgr host --help`' });
    return origin;
  });
}

/** Throws BAD_OPTION. */
export function hostPort(given: string | undefined): number {
  if (given === undefined) return HOST_PORT;
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw new MgrError('BAD_OPTION', { path: '--port', got: `\`${given}\``, wanted: 'a port, 0 to 65535 (0: any free one)', fix: 'see `mgr host --help`' });
  return Number(given);
}
