import fs from 'node:fs';
import path from 'node:path';
import { errno } from './thrown.js';

/**
 * Makes `mgr/module` be found from a folder: `<dir>/node_modules/mgr` with a package.json like ours and a link to our `dist`.
 * Node resolves it alike for import, require, a test run by hand and an editor's types, with no hook in the program; and a
 * module that brings an mgr of its own keeps that. No link to our whole folder: npm would take what lies there for the
 * module's. `npm install` removes it, as it does with all that nobody declared: so it is looked after at each start.
 * `root`: folder of our package.json. False: it leads to us already, or the module has one of its own.
 */
export function linkSdk(dir: string, root: string): boolean {
  const place = path.join(dir, 'node_modules', 'mgr');
  const dist = path.join(place, 'dist');
  const file = path.join(place, 'package.json');
  const { name, version, exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>;
  const text = `${JSON.stringify({ name, version, private: true, description: 'The mgr that runs here', exports }, undefined, 2)}\n`;
  // Without a link as its `dist` it is somebody's package; with one it is of an mgr, perhaps of another than runs it now.
  if (isLink(dist)) {
    if (fs.readlinkSync(dist) === path.join(root, 'dist') && fs.readFileSync(file, 'utf8') === text) return false;
  } else if (fs.existsSync(place) || found(path.dirname(dir))) return false;
  fs.mkdirSync(place, { recursive: true });
  fs.rmSync(dist, { force: true });
  fs.writeFileSync(file, text);
  try {
    fs.symlinkSync(path.join(root, 'dist'), dist, 'dir');
  } catch (e) {
    if (errno(e) !== 'EEXIST') throw e; // another process of the module was first
  }
  return true;
}

/** Does a package want it, without bringing it? `pkg`: its package.json. */
export function wantsSdk(pkg: unknown): boolean {
  const under = (key: string): boolean => {
    const list: unknown = typeof pkg === 'object' && pkg !== null ? (pkg as Record<string, unknown>)[key] : undefined;
    return typeof list === 'object' && list !== null && 'mgr' in list;
  };
  return !under('dependencies') && (under('peerDependencies') || under('devDependencies'));
}

/** As Node looks for it; another package of that name, without our SDK, does not count. */
function found(dir: string): boolean {
  for (let at = dir; ; at = path.dirname(at)) {
    if (isSdk(path.join(at, 'node_modules', 'mgr'))) return true;
    if (at === path.dirname(at)) return false;
  }
}

function isSdk(place: string): boolean {
  if (!fs.existsSync(path.join(place, 'dist/module.cjs'))) return false;
  const { exports } = JSON.parse(fs.readFileSync(path.join(place, 'package.json'), 'utf8')) as { readonly exports?: Readonly<Record<string, unknown>> };
  return exports?.['./module'] !== undefined;
}

function isLink(file: string): boolean { return fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true; }
