import { bad, type Declared, type Place } from './declare.js';
import { onOff } from './kinds.js';

/** `script` of an app that is our own file server (src/serve). */
export const SERVE = 'serve';

/**
 * One entry of a config file's `static` list as an app: its own keys become the variables the file server reads, the
 * others are options of an app like any. Throws BAD_OPTION.
 */
export function staticApp(entry: Declared, place: Place): Declared {
  const { port, host, path, spa, ftp, directory, cors, homepage, monitor: _saas, basic_auth, basicAuth, env, ...app } = entry;
  const text = (key: string, value: unknown): string | undefined => {
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : bad(place, key, value, 'a text or a number');
  };
  const isOn = (key: string, value: unknown): string | undefined => (value === undefined || value === null ? undefined : String(onOff.parse(value) ?? bad(place, key, value, onOff.wanted)));
  const auth = basic_auth ?? basicAuth;
  if (auth !== undefined && !isRecord(auth)) bad(place, 'basic_auth', auth, 'an object with `username` and `password`');
  const { username, password } = isRecord(auth) ? auth : {};
  const vars = {
    PORT: text('port', port), HOST: text('host', host), PATH: text('path', path), HOMEPAGE: text('homepage', homepage),
    SPA: isOn('spa', spa), FTP: isOn(ftp === undefined ? 'directory' : 'ftp', ftp ?? directory), CORS: isOn('cors', cors),
    ...(auth === undefined ? {} : { BASIC_AUTH: 'true', BASIC_AUTH_USERNAME: text('basic_auth.username', username) ?? bad(place, 'basic_auth.username', username, 'a text'), BASIC_AUTH_PASSWORD: text('basic_auth.password', password) ?? bad(place, 'basic_auth.password', password, 'a text') }),
  };
  const given = Object.entries(vars).flatMap(([key, value]) => (value === undefined ? [] : [[`PM2_SERVE_${key}`, value]]));
  return {
    name: `static-page-server-${vars.PORT ?? '8080'}`, ...app, script: SERVE,
    env: { ...Object.fromEntries(given) as Declared, ...(isRecord(env) ? env : {}) },
  };
}

const isRecord = (v: unknown): v is Declared => typeof v === 'object' && v !== null && !Array.isArray(v);
