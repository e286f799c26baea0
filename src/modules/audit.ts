import fs from 'node:fs';
import path from 'node:path';
import { readPermissions } from '../config/permissions.js';
import type { ModuleAudit, PackageNote } from './report.js';

interface Notes { scripts: PackageNote[]; native: PackageNote[]; binaries: PackageNote[]; licences: Record<string, number>; packages: number; files: number; bytes: number }
type Fields = Readonly<Record<string, unknown>>;

/** What the folder of a module holds, by what lies there and not by what somebody says of it. A linked module is followed into its folder. */
export function auditModule({ name, dir }: { readonly name: string; readonly dir: string }): ModuleAudit {
  const notes: Notes = { scripts: [], native: [], binaries: [], licences: {}, packages: 0, files: 0, bytes: 0 };
  const own = path.join(dir, 'node_modules', ...name.split('/'));
  const linked = fs.lstatSync(own, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (linked) lookAt(fs.realpathSync(own), notes);
  else lookInto(path.join(dir, 'node_modules'), notes);
  const pkg = packageOf(own);
  const { bin, mgr } = pkg;
  const permissions = readPermissions(mgr);
  const commands = typeof bin === 'string' ? [name.split('/').at(-1) ?? name] : isObject(bin) ? Object.keys(bin) : [];
  return { name, version: typeof pkg['version'] === 'string' ? pkg['version'] : '?', ...notes, commands, ...(permissions && { permissions }) };
}

function lookInto(modules: string, notes: Notes): void {
  for (const entry of list(modules)) {
    if (entry.name.startsWith('.') || !entry.isDirectory()) continue;
    const dir = path.join(modules, entry.name);
    // Our own SDK, put there for the module at its installation (base/sdk-link.ts): it brought nothing.
    if (entry.name === 'mgr' && fs.lstatSync(path.join(dir, 'dist'), { throwIfNoEntry: false })?.isSymbolicLink() === true) continue;
    if (entry.name.startsWith('@')) lookInto(dir, notes);
    else lookAt(dir, notes);
  }
}

function lookAt(dir: string, notes: Notes): void {
  const pkg = packageOf(dir);
  const id = `${text(pkg['name']) ?? path.basename(dir)}@${text(pkg['version']) ?? '?'}`;
  const native: string[] = [];
  const binaries: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of list(folder)) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name === 'node_modules') lookInto(file, notes);
        else if (entry.name !== '.git') walk(file);
      } else if (entry.isFile()) {
        const { size, mode } = fs.lstatSync(file);
        notes.files++;
        notes.bytes += size;
        const relative = path.relative(dir, file);
        if (entry.name === 'binding.gyp' || entry.name.endsWith('.node')) native.push(relative);
        else if (((mode & 0o111) !== 0 || LIBRARY.test(entry.name)) && isMachineCode(file)) binaries.push(relative);
      }
    }
  };
  walk(dir);
  notes.packages++;
  const licence = licenceOf(pkg);
  notes.licences[licence] = (notes.licences[licence] ?? 0) + 1;
  const scripts = isObject(pkg['scripts']) ? ['preinstall', 'install', 'postinstall'].filter((event) => isObject(pkg['scripts']) && typeof pkg['scripts'][event] === 'string') : [];
  // npm builds it when nothing else is said.
  if (native.includes('binding.gyp') && !scripts.includes('install') && !scripts.includes('preinstall')) scripts.push('install (node-gyp)');
  if (scripts.length > 0) notes.scripts.push({ package: id, what: scripts });
  if (native.length > 0) notes.native.push({ package: id, what: native });
  if (binaries.length > 0) notes.binaries.push({ package: id, what: binaries });
}

const LIBRARY = /\.(?:so(?:\.\d+)*|dylib|dll|exe)$/i;
/** ELF, Mach-O in its four orders, universal Mach-O, PE. */
const MAGIC = ['7f454c46', 'cffaedfe', 'cefaedfe', 'feedfacf', 'feedface', 'cafebabe', '4d5a'];

function isMachineCode(file: string): boolean {
  const fd = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(4);
    fs.readSync(fd, head, 0, 4, 0);
    return MAGIC.some((magic) => head.toString('hex').startsWith(magic));
  } finally {
    fs.closeSync(fd);
  }
}

function licenceOf(pkg: Fields): string {
  const { license, licenses } = pkg;
  const of = (value: unknown): string | undefined => text(value) ?? (isObject(value) ? text(value['type']) : undefined);
  return of(license) ?? (Array.isArray(licenses) ? licenses.map((l) => of(l) ?? '?').join(' or ') : undefined) ?? 'none given';
}

function packageOf(dir: string): Fields {
  try {
    const found: unknown = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
    return isObject(found) ? found : {};
  } catch {
    return {}; // none, or broken: the folder is listed by its name, and what lies in it counts all the same
  }
}

function list(dir: string): fs.Dirent[] {
  return fs.existsSync(dir) ? fs.readdirSync(dir, { withFileTypes: true }) : [];
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
