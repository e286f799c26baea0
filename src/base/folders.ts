import fs from 'node:fs';
import path from 'node:path';
import { errno } from './errors.js';

/**
 * `mkdir -p`. Node's own (`recursive: true`) never ends where a file system answers ENOENT inside a folder that exists,
 * as /proc does; this one goes up once and throws then.
 */
export function makeFolder(dir: string, mode = 0o777): void {
  try {
    fs.mkdirSync(dir, mode);
  } catch (e) {
    if (errno(e) !== 'ENOENT' || path.dirname(dir) === dir) return standsOrThrow(dir, e);
    makeFolder(path.dirname(dir), mode);
    try {
      fs.mkdirSync(dir, mode);
    } catch (again) {
      standsOrThrow(dir, again);
    }
  }
}

// EEXIST of a folder, EROFS above one that stands: all is well.
function standsOrThrow(dir: string, e: unknown): void {
  if (!fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw e;
}
