import path from 'node:path';
import { MgrError } from '../base/errors.js';

/** What the file server was asked to do, checked. */
export interface ServeOptions {
  /** Absolute. */
  readonly root: string;
  readonly port: number;
  readonly host: string;
  /** Pages that are not there are answered with the home page: the router of a single-page app knows them. */
  readonly spa: boolean;
  /** Folders without an index.html are listed. */
  readonly listing: boolean;
  /** Path of the home page below the root, without the first slash. */
  readonly home: string;
  /** `Access-Control-Allow-Origin: *`. */
  readonly cors: boolean;
  readonly auth?: { readonly username: string; readonly password: string };
}

type Env = Readonly<Record<string, string | undefined>>;

export const DEFAULT_PORT = 8080;
/** Nobody outside the machine sees files because somebody forgot an option. */
export const DEFAULT_HOST = '127.0.0.1';

/** Reads `MGR_SERVE_*`, then PM2's `PM2_SERVE_*`. Throws BAD_OPTION naming the variable. */
export function serveOptions(env: Env, cwd: string): ServeOptions {
  const get = (key: string): { readonly name: string; readonly value: string } | undefined => {
    for (const name of [`MGR_SERVE_${key}`, `PM2_SERVE_${key}`]) {
      const value = env[name];
      if (value !== undefined && value !== '') return { name, value };
    }
    return undefined;
  };
  const isOn = (key: string): boolean => {
    const given = get(key);
    if (given === undefined || /^(?:false|0|no|off)$/i.test(given.value)) return false;
    if (/^(?:true|1|yes|on)$/i.test(given.value)) return true;
    throw bad(given.name, given.value, 'true or false');
  };
  const port = get('PORT');
  const home = (get('HOMEPAGE')?.value ?? 'index.html').replace(/^\/+/, '');
  const username = get('BASIC_AUTH_USERNAME')?.value;
  const password = get('BASIC_AUTH_PASSWORD')?.value;
  const auth = isOn('BASIC_AUTH');
  if (auth && (username === undefined || password === undefined)) throw bad(`PM2_SERVE_BASIC_AUTH_${username === undefined ? 'USERNAME' : 'PASSWORD'}`, '', 'a text, because PM2_SERVE_BASIC_AUTH is on');
  return {
    root: path.resolve(cwd, get('PATH')?.value ?? '.'),
    port: port === undefined ? DEFAULT_PORT : portOf(port.name, port.value),
    host: get('HOST')?.value ?? DEFAULT_HOST,
    spa: isOn('SPA'), listing: isOn('FTP') || isOn('DIRECTORY'), cors: isOn('CORS'), home,
    ...(auth && username !== undefined && password !== undefined ? { auth: { username, password } } : {}),
  };
}

/** Throws BAD_OPTION. */
export function portOf(name: string, value: string): number {
  const port = Number(value);
  if (value.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) throw bad(name, value, 'a port, 0 to 65535 (0: any free one)');
  return port;
}

function bad(at: string, got: string, wanted: string): MgrError {
  return new MgrError('BAD_OPTION', { path: at, got: got === '' ? 'nothing' : `\`${got}\``, wanted, fix: 'see `mgr serve --help`' });
}
