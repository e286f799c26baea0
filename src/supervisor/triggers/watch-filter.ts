import fs from 'node:fs';
import path from 'node:path';
import { matcher } from './patterns.js';

/** Of no interest to anybody: huge, or rewritten by tools all the time. */
const ALWAYS = ['node_modules', '.git', '*.swp', '*.swx', '*.swo', '*~', '.#*', '4913', '.DS_Store'];

/** What is not watched below `roots`. `never`: further files that count for nothing. */
export function ignorer(base: string, roots: readonly string[], patterns: readonly string[], never: ((file: string) => boolean) | undefined): (file: string) => boolean {
  // What is named to be watched is watched, wherever it lies: names count below it only.
  const of = roots.map((root) => ({ root, fits: matcher([...ALWAYS, ...patterns], base, root) }));
  return (file) => {
    if (roots.includes(file)) return false;
    const around = of.filter(({ root }) => isBelow(root, file));
    return (never?.(file) ?? false) || (around.length > 0 && around.every(({ fits }) => fits(file))) || circular(file, roots);
  };
}

/** A link to what is watched anyway, or to a folder it lies in: chokidar would follow it for ever. */
function circular(file: string, roots: readonly string[]): boolean {
  try {
    if (!fs.lstatSync(file).isSymbolicLink()) return false;
    const real = fs.realpathSync(file);
    return isBelow(real, fs.realpathSync(path.dirname(file))) || roots.some((root) => isBelow(fs.realpathSync(root), real));
  } catch {
    return false; // it is gone, or points nowhere
  }
}

/** Does it count as a change that it is there? Not so a folder with nothing in it: its files would be told of. */
export function isThere(file: string, roots: readonly string[]): boolean {
  try {
    return roots.includes(file) || !fs.lstatSync(file).isDirectory() || fs.readdirSync(file).length > 0;
  } catch {
    return false; // it is gone
  }
}

/** Undefined: it is not there, or may not be seen, which is the same here. */
export function lookAt(file: string, follow = false): fs.Stats | undefined {
  try {
    return follow ? fs.statSync(file) : fs.lstatSync(file);
  } catch {
    return undefined; // told in the contract
  }
}

export const identityOf = (s: fs.Stats | undefined): string => (s ? `${s.dev}:${s.ino}` : '');

export const isBelow = (dir: string, file: string): boolean => file === dir || file.startsWith(dir.endsWith(path.sep) ? dir : dir + path.sep);

export const isIn = (dir: string, file: string): boolean => file === dir || file.startsWith(`${dir}${path.sep}`);

/** Through links as far as it exists. */
export function realOf(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    const dir = path.dirname(file);
    return dir === file ? file : path.join(realOf(dir), path.basename(file));
  }
}
