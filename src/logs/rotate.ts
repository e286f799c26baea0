import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../base/errors.js';
import { fileStamp } from './dates.js';
import { gzipFile, TEMP } from './gzip.js';

/** Bounds of one log file. 0 = no such bound, everywhere. */
export interface RotateLimits {
  /** Bytes at which the file is set aside. */
  readonly maxSize: number;
  /** Rotated files kept per log file. */
  readonly keep: number;
  readonly compress: boolean;
  /** ms between rotations by time. */
  readonly interval: number;
  /** Bytes of all rotated files of one log file. */
  readonly total: number;
}

/**
 * On by default, since a full disk is the most told story about process managers; yet far from what surprises: nobody
 * looks for yesterday's line in vain. 1 GiB is a file that `less` and `grep` still open at once; 14 days of a chatty
 * app; 4 GiB (compressed: tens of GiB of text) is what one app may hold of a small server's disk. A day passes over
 * files below QUIET bytes, so that silent apps do not grow a file a day.
 */
export const DEFAULT_LIMITS: RotateLimits = {
  maxSize: 1024 ** 3, keep: 14, compress: true, interval: 24 * 3_600_000, total: 4 * 1024 ** 3,
};

/** Below this a file is not rotated by the default interval; an interval that somebody chose is kept to the letter. */
export const QUIET = 10 * 1024 * 1024;

export interface Rotated {
  readonly path: string;
  readonly gz: boolean;
  /** Sorts by age, newest last. */
  readonly order: string;
}

/** `<dir>/<name>__2026-03-01_23-59-59[-n].log` for `<dir>/<name>.log`. The extension is the file's own. */
export function rotatedName(file: string, at: number, n: number): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}__${fileStamp(at)}${n === 0 ? '' : `-${n}`}${ext}`);
}

/** Free names for the rotated files of one log file, ascending in time. */
export class RotatedNames {
  #last = { at: -1, n: 0 };

  /** `wall`: ms. */
  next(file: string, wall: number): string {
    const at = Math.floor(wall / 1000) * 1000;
    // Upwards also past files already removed: the number tells the order.
    let n = at === this.#last.at ? this.#last.n + 1 : 0;
    while (fs.existsSync(rotatedName(file, at, n)) || fs.existsSync(`${rotatedName(file, at, n)}.gz`)) n++;
    this.#last = { at, n };
    return rotatedName(file, at, n);
  }
}

/** The rotated files of `file`, oldest first: its own by the whole name, never a neighbour's that contains it. */
export async function rotatedOf(file: string): Promise<Rotated[]> {
  const mine = matcher(file);
  const dir = path.dirname(file);
  const found: Rotated[] = [];
  for (const entry of await list(dir)) {
    const order = mine(entry);
    if (order !== undefined) found.push({ path: path.join(dir, entry), gz: entry.endsWith('.gz'), order });
  }
  found.sort((a, b) => (a.order === b.order ? Number(a.gz) - Number(b.gz) : a.order < b.order ? -1 : 1));
  // Killed between the copy and the removal: both are there, and the original is the sure one.
  return found.filter((one, i) => one.order !== found[i - 1]?.order);
}

/** Removes what exceeds the bounds and compresses the rest. One run at a time per file is the caller's duty. */
export async function tidy(file: string, limits: RotateLimits): Promise<void> {
  await removeTemps(file);
  let all = await rotatedOf(file);
  if (limits.keep > 0 && all.length > limits.keep) {
    for (const old of all.slice(0, all.length - limits.keep)) await remove(old.path);
    all = all.slice(-limits.keep);
  }
  all = await capTotal(all, limits.total);
  if (!limits.compress) return;
  for (const one of all) if (!one.gz) await gzipFile(one.path);
}

async function capTotal(all: readonly Rotated[], total: number): Promise<Rotated[]> {
  if (total <= 0) return [...all];
  const kept: Rotated[] = [];
  let sum = 0;
  for (const one of all.toReversed()) {
    sum += (await fs.promises.stat(one.path).catch(absent))?.size ?? 0;
    if (sum > total) await remove(one.path);
    else kept.unshift(one);
  }
  return kept;
}

/** Half-made .gz files of a daemon that was killed: the original is still there. */
async function removeTemps(file: string): Promise<void> {
  const mine = matcher(file);
  const dir = path.dirname(file);
  for (const entry of await list(dir)) {
    if (entry.endsWith(TEMP) && mine(entry.slice(0, -TEMP.length)) !== undefined) await remove(path.join(dir, entry));
  }
}

function matcher(file: string): (entry: string) => string | undefined {
  const { name, ext } = path.parse(file);
  const head = `${name}__`;
  const shape = /^(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(?:-(\d{1,9}))?$/;
  return (entry) => {
    if (!entry.startsWith(head)) return undefined;
    const bare = entry.endsWith('.gz') ? entry.slice(0, -3) : entry;
    if (!bare.endsWith(ext)) return undefined;
    const m = shape.exec(bare.slice(head.length, bare.length - ext.length));
    return m ? `${m[1]}-${(m[2] ?? '0').padStart(9, '0')}` : undefined;
  };
}

async function list(dir: string): Promise<string[]> {
  return (await fs.promises.readdir(dir).catch(absent)) ?? [];
}

async function remove(file: string): Promise<void> {
  await fs.promises.rm(file, { force: true });
}

function absent(e: unknown): undefined {
  if (errno(e) === 'ENOENT') return undefined;
  throw e;
}
