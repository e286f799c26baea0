/** What of a host's folder is loaded, and in which order. Reads files; runs nothing of them. */
import fs from 'node:fs';
import path from 'node:path';
import { hostSign, isProgram } from '../base/host-package.js';
import { errno, reasonOf } from '../base/thrown.js';

export interface Candidate {
  /** As it is called everywhere: `modules/hits.js`, `node_modules/hello.js`, or the name of a package. */
  readonly file: string;
  /** Absolute: the file, or the folder of the package; where a link leads, as Node names it in stacks. */
  readonly path: string;
  readonly kind: 'drop-in' | 'package';
  /** It asks for a host of its own: `isolate: true` in its first comment, or its name in `isolate` of mgr.json. */
  readonly isolate: boolean;
}

export interface Folder {
  readonly candidates: readonly Candidate[];
  /** Sentences about files that say something that cannot be understood. */
  readonly warnings: readonly string[];
}

type Bag = Readonly<Record<string, unknown>>;
interface Wish { readonly include: readonly string[]; readonly exclude: readonly string[]; readonly isolate: readonly string[] }

/**
 * `modules/*.{js,cjs,mjs,ts}`, then `node_modules/*.{js,cjs,mjs}`, then packages of node_modules that declare themselves
 * (`mgr.host: true`, keyword `mgr-module` or `dpdmodule`, a name `dpd-…`) or are named in `include`; each by the alphabet.
 * A dependency that is none of these is never loaded, nor one that has the keyword `mgr-module` and is a program (`apps`, `bin`). `exclude` takes away. Both stand in `mgr` of package.json or in mgr.json;
 * `dpdInclude` and `dpdIgnore` mean the same.
 */
export function readFolder(dir: string): Folder {
  const warnings: string[] = [];
  const wish = wishOf(dir, warnings);
  const files = [...dropIns(dir, 'modules', /\.(?:[cm]?js|ts)$/, warnings), ...dropIns(dir, 'node_modules', /\.[cm]?js$/, warnings)];
  const all = [
    ...files.map((file): Candidate => ({ file, path: realOf(path.join(dir, file)), kind: 'drop-in', isolate: names(wish.isolate, file) || asksAlone(path.join(dir, file)) })),
    ...packages(dir, wish).map((file): Candidate => ({ file, path: realOf(path.join(dir, 'node_modules', file)), kind: 'package', isolate: names(wish.isolate, file) })),
  ];
  for (const name of wish.include) if (!all.some((c) => names([name], c.file))) warnings.push(`include: ${name} is not in node_modules`);
  return { candidates: all.filter((c) => !names(wish.exclude, c.file)), warnings };
}

/** The name of a module without folder and extension: of its data folder, and of the host of its own. */
export function shortName(file: string): string {
  return file.startsWith('modules/') || file.startsWith('node_modules/') ? path.parse(file).name : file.replaceAll('/', '+');
}

function dropIns(dir: string, folder: string, form: RegExp, warnings: string[]): string[] {
  return entries(path.join(dir, folder)).filter((name) => form.test(name) && !/^[._]|\.d\.ts$/.test(name) && isFile(path.join(dir, folder, name), warnings)).map((name) => `${folder}/${name}`);
}

function packages(dir: string, wish: Wish): string[] {
  const modules = path.join(dir, 'node_modules');
  const found = entries(modules).filter((n) => !n.startsWith('.')).flatMap((name) => (name.startsWith('@') ? entries(path.join(modules, name)).map((n) => `${name}/${n}`) : [name]));
  return found.filter((name) => {
    // Ours lies there so that editors and tests find it.
    if (name === 'mgr') return false;
    const pkg = readBag(path.join(modules, name, 'package.json'), []);
    return pkg !== undefined && (declares(name, pkg) || wish.include.includes(name));
  });
}

// The keyword is that of programs of our own too; those say what is to be started.
function declares(name: string, pkg: Bag): boolean {
  return hostSign(name, pkg) !== undefined || (!isProgram(pkg) && Array.isArray(pkg['keywords']) && pkg['keywords'].includes('mgr-module'));
}

function wishOf(dir: string, warnings: string[]): Wish {
  const pkg = readBag(path.join(dir, 'package.json'), warnings) ?? {};
  const own = readBag(path.join(dir, 'mgr.json'), warnings) ?? {};
  const mgr = isBag(pkg['mgr']) ? pkg['mgr'] : {};
  const list = (where: string, value: unknown): string[] => {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value;
    warnings.push(`${where}: got ${JSON.stringify(value)}, wanted a list of names`);
    return [];
  };
  const both = (key: string, old?: string): string[] => [...list(`package.json: mgr.${key}`, mgr[key]), ...list(`mgr.json: ${key}`, own[key]), ...(old === undefined ? [] : list(`package.json: ${old}`, pkg[old]))];
  return { include: both('include', 'dpdInclude'), exclude: both('exclude', 'dpdIgnore'), isolate: both('isolate') };
}

/** `hits`, `hits.js` and `modules/hits.js` are the same. */
function names(list: readonly string[], file: string): boolean {
  return list.some((n) => n === file || n === path.basename(file) || (n === shortName(file) && file.includes('/')));
}

function asksAlone(file: string): boolean {
  const head = headOf(file);
  const comments = /^(?:#!.*\n)?\s*((?:\/\/[^\n]*\n\s*|\/\*[^]*?\*\/\s*)*)/.exec(head)?.[1] ?? '';
  return /\bisolate\s*:\s*true\b/.test(comments);
}

function realOf(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return file; // a link to nowhere: loading tells
  }
}

function headOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').slice(0, 4096);
  } catch {
    return ''; // why it cannot be read is told of the module when it is loaded
  }
}

function entries(dir: string): string[] {
  try {
    return fs.readdirSync(dir).sort();
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') return [];
    throw e;
  }
}

function isFile(file: string, warnings: string[]): boolean {
  try {
    const found = fs.statSync(file, { throwIfNoEntry: false });
    // A link that leads nowhere: it is one that cannot be loaded, not one that is not there.
    return found === undefined ? fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true : found.isFile();
  } catch (e) {
    warnings.push(`${file}: ${reasonOf(e)}`); // links in a circle, a folder that may not be entered
    return false;
  }
}

function readBag(file: string, warnings: string[]): Bag | undefined {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    if (isBag(value)) return value;
    warnings.push(`${file}: wanted an object`);
  } catch (e) {
    if (errno(e) !== 'ENOENT' && errno(e) !== 'ENOTDIR') warnings.push(`${file}: ${reasonOf(e)}`);
  }
  return undefined;
}

const isBag = (v: unknown): v is Bag => typeof v === 'object' && v !== null && !Array.isArray(v);
