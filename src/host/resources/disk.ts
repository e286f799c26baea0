import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../../base/thrown.js';
import { randomHex } from '../../base/random.js';
import { HttpFault } from './model.js';

/** The folder of one instance as it lies on the disk. */
export interface Entry {
  readonly id: string;
  readonly dir: string;
  /** Text of its config.json. */
  readonly text: string;
  /** Names of its other files, sorted. */
  readonly files: readonly string[];
  /** Changes when anything in it does. */
  readonly signature: string;
  /** Since when it is there, ms. */
  readonly since: number;
}

export const CONFIG = 'config.json';

/** Ids that are written. Lower case: one file system tells `A` from `a`, the next does not. */
const ID = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9_-]+)*$/;
const FILE = /^[a-z0-9][a-z0-9_-]*\.(?:js|json|md|txt|html|css)$/;

/** Throws HttpFault 400. */
export function checkId(id: unknown): string {
  if (typeof id === 'string' && id.length <= 200 && ID.test(id)) return id;
  throw new HttpFault(400, `${JSON.stringify(id)} is no id of a resource: wanted lower-case letters, digits, - and _, in parts with / between them`);
}

/** A file of an instance besides its configuration. Throws HttpFault 400. */
export function checkFile(file: unknown): string {
  if (typeof file === 'string' && file.length <= 100 && FILE.test(file) && file !== CONFIG) return file;
  throw new HttpFault(400, `${JSON.stringify(file)} is no file of a resource: wanted a name such as get.js in lower case`);
}

/** All instances below a folder; a folder without config.json only holds others. No folder: none. Links are not followed. */
export function scan(root: string): Entry[] {
  const found: Entry[] = [];
  const walk = (dir: string, id: string, depth: number): void => {
    const below = list(dir);
    if (id !== '' && below.some((d) => d.isFile() && d.name === CONFIG)) {
      const entry = readEntry(root, id);
      if (entry !== undefined) found.push(entry);
    }
    for (const d of below) if (d.isDirectory() && !d.name.startsWith('.') && d.name !== 'node_modules' && depth < 8) walk(path.join(dir, d.name), id === '' ? d.name : `${id}/${d.name}`, depth + 1);
  };
  walk(root, '', 0);
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Undefined: there is no such instance. */
export function readEntry(root: string, id: string): Entry | undefined {
  const dir = path.join(root, ...id.split('/'));
  try {
    const text = fs.readFileSync(path.join(dir, CONFIG), 'utf8');
    const files = list(dir).filter((d) => d.isFile() && !d.name.startsWith('.') && d.name !== CONFIG).map((d) => d.name).sort();
    const marks = files.map((f) => { const s = fs.statSync(path.join(dir, f), { throwIfNoEntry: false }); return `${f} ${s?.size ?? 0} ${s?.mtimeMs ?? 0} ${s?.ino ?? 0}`; });
    return { id, dir, text, files, signature: [text, ...marks].join('\n'), since: fs.statSync(dir).birthtimeMs };
  } catch (e) {
    if (ABSENT.has(errno(e) ?? '')) return undefined;
    throw e;
  }
}

/** Texts of an instance's files that can be edited; what is none of them or above 256 KB is left out. */
export function textsOf(dir: string, files: readonly string[]): Record<string, string> {
  const fit = files.filter((f) => FILE.test(f) && (fs.statSync(path.join(dir, f), { throwIfNoEntry: false })?.size ?? Infinity) <= 262_144);
  return Object.fromEntries(fit.map((f) => [f, fs.readFileSync(path.join(dir, f), 'utf8')]));
}

/** The whole text or the former one, never half. Mode as a new file has it. */
export function replaceFile(file: string, text: string): void {
  const temp = path.join(path.dirname(file), `.${path.basename(file)}.${randomHex(4)}`);
  try {
    fs.writeFileSync(temp, text, { flag: 'wx', flush: true });
    fs.renameSync(temp, file);
  } catch (e) {
    fs.rmSync(temp, { force: true });
    throw e;
  }
}

/** Makes the folder of an instance. Throws HttpFault 400 where a link would lead out of the root. */
export function makeFolder(root: string, id: string): string {
  fs.mkdirSync(root, { recursive: true });
  const top = fs.realpathSync(root);
  let dir = root;
  for (const part of id.split('/')) {
    dir = path.join(dir, part);
    if (!fs.existsSync(dir)) fs.mkdirSync(dir);
    if (!fs.realpathSync(dir).startsWith(`${top}/`)) throw new HttpFault(400, `${id}: ${dir} is a link that leads out of ${root}`);
  }
  return dir;
}

/** What belongs to an instance alone: not the folders of instances below it. */
export function ownNames(dir: string): string[] {
  return list(dir).filter((d) => !d.isDirectory() || !holdsInstance(path.join(dir, d.name))).map((d) => d.name);
}

/** Removes folders that became empty, from `dir` up to the root, which stays. */
export function pruneEmpty(root: string, dir: string): void {
  for (let at = dir; at !== root && at.startsWith(`${root}/`); at = path.dirname(at)) {
    try {
      fs.rmdirSync(at);
    } catch (e) {
      if (errno(e) === 'ENOTEMPTY' || errno(e) === 'EEXIST') return;
      if (errno(e) !== 'ENOENT') throw e;
    }
  }
}

function holdsInstance(dir: string): boolean {
  return list(dir).some((d) => (d.isFile() ? d.name === CONFIG : d.isDirectory() && holdsInstance(path.join(dir, d.name))));
}

function list(dir: string): fs.Dirent[] {
  try {
    return fs.readdirSync(dir, { withFileTypes: true });
  } catch (e) {
    if (ABSENT.has(errno(e) ?? '')) return [];
    throw e;
  }
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
