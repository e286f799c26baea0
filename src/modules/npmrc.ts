/**
 * The npm settings that say where packages come from, as npm reads them: defaults < global file < ~/.npmrc < project
 * .npmrc < environment (npm_config_*). All keys are handed on under npm's names in camel case, and the keys of hosts
 * and scopes (`//host/:_authToken`, `@scope:registry`) as they stand.
 */
import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../base/errors.js';

export type NpmConfig = Readonly<Record<string, string | boolean | number>>;

type Env = Readonly<Record<string, string | undefined>>;
export interface NpmrcContext { readonly cwd: string; readonly userHome: string; readonly env: Env }

// What fetching needs. The rest of npm's settings (save, audit, prefix, …) would only change how *we* install.
const KEYS = new Set(['registry', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl', 'ca', 'cafile', 'cert', 'key', 'cache', 'fetch-timeout', 'fetch-retries', 'legacy-peer-deps', 'prefer-offline', 'offline', 'before', 'git', 'maxsockets', 'local-address', 'always-auth']);

/** Throws only what the system says of a file that is there and unreadable. */
export function readNpmConfig(at: NpmrcContext): NpmConfig {
  const fromEnv = environment(at.env);
  const user = fromEnv['userconfig'] ?? path.join(at.userHome, '.npmrc');
  const project = projectFile(at.cwd);
  const layers = [
    at.env['PREFIX'] === undefined ? {} : read(path.join(at.env['PREFIX'], 'etc', 'npmrc'), at.env),
    fromEnv['globalconfig'] === undefined ? read('/etc/npmrc', at.env) : read(fromEnv['globalconfig'], at.env),
    read(user, at.env),
    project === undefined || project === user ? {} : read(project, at.env),
    fromEnv,
  ];
  return named(Object.assign({}, ...layers) as Record<string, string>, at);
}

/** `key = value` lines; `;` and `#` start comments; quotes are removed; `${VAR}` is replaced when VAR is set; `key[]` lists keep their last. */
export function parseNpmrc(text: string, env: Env): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const m = /^\s*([^;#=\s][^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(line);
    if (m?.[1] === undefined || m[1].startsWith('[')) continue;
    const value = unquote(m[2] ?? 'true').replace(/(?<!\\)\$\{([^}?]+)(\?)?\}/g, (whole, name: string, optional?: string) => env[name] ?? (optional === undefined ? whole : ''));
    found[m[1].replace(/\[\]$/, '').replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole)] = value;
  }
  return found;
}

function unquote(value: string): string {
  if (/^".*"$/.test(value)) {
    try {
      const inner: unknown = JSON.parse(value);
      if (typeof inner === 'string') return inner;
    } catch {
      // Not JSON's idea of a string: the quotes go, the rest stays as written.
    }
    return value.slice(1, -1);
  }
  if (/^'.*'$/.test(value)) return value.slice(1, -1);
  return value.replace(/\s+[;#].*$/, '');
}

function environment(env: Env): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const key = /^npm_config_(.+)$/i.exec(name)?.[1];
    if (key === undefined || value === undefined || value === '') continue;
    // `//host/:_authToken` keeps its underscores, as in npm; plain names are lower case with dashes.
    found[key.startsWith('//') || key.startsWith('@') ? key : key.toLowerCase().replace(/(?!^)_/g, '-')] = value;
  }
  return found;
}

function projectFile(cwd: string): string | undefined {
  for (let dir = cwd; ; dir = path.dirname(dir)) {
    const file = path.join(dir, '.npmrc');
    const isProject = fs.existsSync(path.join(dir, 'package.json')) || fs.existsSync(path.join(dir, 'node_modules'));
    if (isProject) return file;
    if (path.dirname(dir) === dir) return undefined;
  }
}

function read(file: string, env: Env): Record<string, string> {
  try {
    return parseNpmrc(fs.readFileSync(file, 'utf8'), env);
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR' || errno(e) === 'EISDIR') return {};
    throw e;
  }
}

function named(raw: Readonly<Record<string, string>>, at: NpmrcContext): NpmConfig {
  const out: Record<string, string | boolean | number> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (key.startsWith('//') || key.endsWith(':registry')) out[key] = value;
    else if (KEYS.has(key)) out[key === 'strict-ssl' ? 'strictSSL' : key === 'noproxy' ? 'noProxy' : camel(key)] = typed(value);
  }
  out['cache'] = path.join(typeof out['cache'] === 'string' ? path.resolve(at.userHome, out['cache'].replace(/^~(?=\/)/, at.userHome)) : path.join(at.userHome, '.npm'), '_cacache');
  if (typeof out['cafile'] === 'string' && out['ca'] === undefined) out['ca'] = fs.readFileSync(out['cafile'], 'utf8');
  delete out['cafile'];
  return out;
}

const camel = (key: string): string => key.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase());

function typed(value: string): string | boolean | number {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^\d+$/.test(value) ? Number(value) : value.replaceAll('\\n', '\n');
}
