import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../base/errors.js';

/** What a request path names below the root, links followed. */
export type Place =
  | { readonly is: 'file' | 'folder'; readonly real: string }
  /** 404 also for what is there and is nobody's business: an answer must not tell the two apart. */
  | { readonly is: 'nothing' }
  | { readonly is: 'nonsense' };

/**
 * The parts of a request target, decoded; undefined for what no browser sends: broken escapes, null bytes, a way up.
 * Empty parts and single dots mean nothing, as in a file system.
 */
export function partsOf(target: string): string[] | undefined {
  const end = target.search(/[?#]/);
  const raw = end < 0 ? target : target.slice(0, end);
  if (!raw.startsWith('/')) return undefined;
  let parts: string[];
  try {
    parts = raw.split('/').map((p) => decodeURIComponent(p)).filter((p) => p !== '' && p !== '.');
  } catch {
    return undefined; // a broken escape
  }
  // A backslash is a letter here, but whoever sends `..\` means no good; a slash inside a part was written %2F.
  return parts.some((p) => p.includes('\0') || p.includes('/') || /(?:^|\\)\.\.(?:\\|$)/.test(p)) ? undefined : parts;
}

/** `.well-known` is for everybody (RFC 8615); other names that begin with a dot (.git, .env) are not served. */
export function isHidden(parts: readonly string[]): boolean {
  return parts.some((p, i) => p.startsWith('.') && !(i === 0 && p === '.well-known'));
}

/** `root`: a real path, links resolved. Nothing outside it is ever found, whatever links say. Throws on faults of the disk. */
export async function findPlace(root: string, parts: readonly string[]): Promise<Place> {
  if (isHidden(parts)) return { is: 'nothing' };
  try {
    const real = await fs.promises.realpath(path.join(root, ...parts));
    const inside = real === root ? '' : real.startsWith(root === '/' ? '/' : `${root}/`) ? path.relative(root, real) : undefined;
    if (inside === undefined || isHidden(inside.split('/').filter((p) => p !== ''))) return { is: 'nothing' };
    const stat = await fs.promises.stat(real);
    if (stat.isFile()) await fs.promises.access(real, fs.constants.R_OK);
    // A FIFO would hang, a device would never end.
    return stat.isFile() ? { is: 'file', real } : stat.isDirectory() ? { is: 'folder', real } : { is: 'nothing' };
  } catch (e) {
    if (ABSENT.has(errno(e) ?? '')) return { is: 'nothing' };
    throw e;
  }
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM']);
