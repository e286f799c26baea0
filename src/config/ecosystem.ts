import fs from 'node:fs';
import path from 'node:path';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { isBadText } from './bad-text.js';
import { bad, type Declared } from './declare.js';
import { spellings } from './fields.js';
import { parseJson5 } from './json5.js';
import { putPlace } from './place.js';
import { staticApp } from './static.js';
import { parseYaml } from './yaml.js';

export interface Ecosystem {
  readonly apps: readonly Declared[];
  /** `deploy` of the file, unread. */
  readonly deploy?: unknown;
  /** As the user wrote it; `standard input` for text. */
  readonly file: string;
}

/** By the ending of the name alone. `ecosystem.js` is a script, as in PM2; `ecosystem.config.js` is not. */
export function isConfigFile(name: string): boolean {
  return /\.(?:json5?|ya?ml|config\.[cm]?[jt]s)$/i.test(name);
}

/** Reads a config file; a relative path starts at `cwd`. Throws FILE_NOT_FOUND, BAD_FILE, BAD_OPTION (an app that is no object). */
export async function readEcosystem(file: string, options: { readonly cwd: string }): Promise<Ecosystem> {
  return appsIn(await rootOf(file, options.cwd), file);
}

function rootOf(file: string, cwd: string): Promise<unknown> {
  const full = path.resolve(cwd, file);
  return parsing(file, async () => {
    const text = await textOf(full, file);
    if (/\.ya?ml$/i.test(file)) return parseYaml(text);
    return /\.json5?$/i.test(file) ? parseJson5(text) : (await import('./script-file.js')).runConfig(full);
  });
}

/** `deploy` of a config file, unread; a file without apps is fine. Throws FILE_NOT_FOUND, BAD_FILE. */
export async function readDeploy(file: string, options: { readonly cwd: string }): Promise<unknown> {
  const root = await rootOf(file, options.cwd);
  return isObject(root) ? root['deploy'] : undefined;
}

/** The same for text from standard input: JSON, JSON5 or YAML, found out by trying. */
export async function readEcosystemText(text: string, file = 'standard input'): Promise<Ecosystem> {
  const parse = /^\s*(?:\/\/|\/\*|[[{])/.test(text) ? parseJson5 : parseYaml;
  return appsIn(await parsing(file, () => parse(clean(text))), file);
}

const clean = (text: string): string => text.replace(/^\uFEFF/, '');

async function textOf(full: string, file: string): Promise<string> {
  try {
    return clean(await fs.promises.readFile(full, 'utf8'));
  } catch (e) {
    if (errno(e) === 'ENOENT') throw new MgrError('FILE_NOT_FOUND', { file, fix: `looked for ${full}` }, e);
    throw new MgrError('BAD_FILE', { file, reason: errno(e) === 'EACCES' ? 'permission denied' : errno(e) === 'EISDIR' ? 'is a directory' : reasonOf(e) }, e);
  }
}

async function parsing(file: string, parse: () => Promise<unknown>): Promise<unknown> {
  try {
    return await parse();
  } catch (e) {
    if (!isBadText(e)) throw e;
    const where = e.line === undefined ? '' : `line ${e.line}${e.column === undefined ? '' : `, column ${e.column}`}: `;
    throw new MgrError('BAD_FILE', { file, reason: where + e.message, ...(e.line === undefined ? {} : { line: e.line }), ...(e.column === undefined ? {} : { column: e.column }) }, e);
  }
}

const isObject = (v: unknown): v is Declared => typeof v === 'object' && v !== null && !Array.isArray(v);

function appsIn(root: unknown, file: string): Ecosystem {
  const deploy = isObject(root) ? root['deploy'] : undefined;
  const apps = [...listed(root, '', file), ...served(root, file)];
  if (apps.length === 0) {
    throw new MgrError('BAD_FILE', { file, reason: typeof root === 'function' ? 'it exports a function, wanted an object' : 'no apps in it', fix: 'wanted: { "apps": [ { "name": "api", "script": "./app.js" } ] }' });
  }
  for (const { app, at } of apps) {
    if (!isObject(app)) bad({ file, at }, '', app, 'an object with a `script`');
    putPlace(app, at);
  }
  return { apps: apps.map(({ app }) => app as Declared), file, ...(deploy === undefined ? {} : { deploy }) };
}

// `static`: folders our own file server serves, as apps.
function served(root: unknown, file: string): { readonly app: unknown; readonly at: string }[] {
  const entries = isObject(root) ? root['static'] : undefined;
  if (entries === undefined || entries === null || !isObject(root) || spellings('script').some((key) => root[key] !== undefined)) return [];
  return (Array.isArray(entries) ? entries as unknown[] : [entries]).map((entry, i) => {
    const at = Array.isArray(entries) ? `static[${i}]` : 'static';
    return { app: isObject(entry) ? staticApp(entry, { file, at }) : bad({ file, at }, '', entry, 'an object with a `path` and a `port`'), at };
  });
}

// `apps`, else `pm2` (package.json), each a list or one app; a bare list; one app.
function listed(value: unknown, at: string, file: string): { readonly app: unknown; readonly at: string }[] {
  if (Array.isArray(value)) return value.map((app: unknown, i) => ({ app, at: `${at}[${i}]` }));
  if (!isObject(value)) {
    if (at !== '') bad({ file }, at, value, 'a list of apps');
    return [];
  }
  for (const key of ['apps', 'pm2']) {
    const inner = value[key];
    if (inner !== undefined && inner !== null) return listed(inner, at === '' ? key : `${at}.${key}`, file);
  }
  return spellings('script').some((key) => value[key] !== undefined) || at !== '' ? [{ app: value, at }] : [];
}
