import fs from 'node:fs';
import path from 'node:path';
import { errno, reasonOf } from '../base/errors.js';
import { randomHex } from '../base/random.js';
import { parseJson } from '../base/json-text.js';
import { systemClock } from '../base/clock.js';

/** What reading gave. `notice` is a sentence for the user when something was wrong with the file. */
export interface Loaded {
  /** Undefined: neither the file nor its `.bak` holds anything usable. */
  readonly value?: unknown;
  readonly from: 'file' | 'backup' | 'none';
  /** Where a broken file was put. */
  readonly aside?: string;
  readonly notice?: string;
}

/**
 * Reads a JSON file that only we write. A torn or foreign one (no JSON, or `fits` says no) is renamed to
 * `<file>.broken-<stamp>`, never deleted, and `<file>.bak` is taken instead. A missing file is no fault; its `.bak` is
 * still taken, since a rename may have been all that was missing. Throws only what the system says (EACCES, EIO).
 */
export async function readJson(file: string, fits: (value: unknown) => boolean = () => true): Promise<Loaded> {
  const main = await load(file, fits);
  if (main.ok) return { value: main.value, from: 'file' };
  const backup = await load(`${file}.bak`, fits);
  if (main.reason === undefined) {
    return backup.ok ? { value: backup.value, from: 'backup', notice: `${file} is missing; took ${file}.bak` } : { from: 'none' };
  }
  const aside = await setAside(file);
  const told = `${file}: ${main.reason}; set aside as ${aside}`;
  if (backup.ok) return { value: backup.value, from: 'backup', aside, notice: `${told}; took ${file}.bak` };
  return { from: 'none', aside, notice: `${told}; no usable ${file}.bak either` };
}

export interface WriteOptions {
  /** Spaces per level; 0 = one line. Default 0. */
  readonly indent?: number;
  /** Keep what stood there as `<file>.bak`. Default true. */
  readonly backup?: boolean;
}

/** Writes a value as JSON: after it, and after a crash at any moment in it, the file holds either the old or the new whole. */
export function writeJson(file: string, value: unknown, options: WriteOptions = {}): Promise<void> {
  return writeText(file, JSON.stringify(value, undefined, options.indent ?? 0) + '\n', options.backup ?? true);
}

/** The same for text: temp file in the same folder, fsync, rename; mode 0600. */
export async function writeText(file: string, text: string, backup = true): Promise<void> {
  const temp = `${file}.${randomHex(6)}.tmp`;
  try {
    const handle = await fs.promises.open(temp, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (backup) await keepCopy(file);
    await fs.promises.rename(temp, file);
  } catch (e) {
    await fs.promises.rm(temp, { force: true });
    throw e;
  }
  await syncFolder(path.dirname(file));
}

/** Moves a file out of the way under a free name, which is returned. */
export async function setAside(file: string, stamp: number = systemClock.wall()): Promise<string> {
  const to = `${file}.broken-${new Date(stamp).toISOString().replace(/[-:]/g, '').replace(/\..*/, '')}-${randomHex(2)}`;
  await fs.promises.rename(file, to);
  return to;
}

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason?: string };

async function load(file: string, fits: (value: unknown) => boolean): Promise<Read> {
  let text: string;
  try {
    text = await fs.promises.readFile(file, 'utf8');
  } catch (e) {
    if (errno(e) === 'ENOENT') return { ok: false };
    throw e;
  }
  if (text.trim() === '') return { ok: false, reason: 'is empty' };
  const parsed = parseJson(text);
  if (!parsed.ok) return { ok: false, reason: `line ${parsed.line}, column ${parsed.column}: ${parsed.reason}` };
  return fits(parsed.value) ? { ok: true, value: parsed.value } : { ok: false, reason: 'is JSON, but not what mgr wrote there' };
}

// A hard link, so that at no moment the file itself is missing.
async function keepCopy(file: string): Promise<void> {
  const temp = `${file}.${randomHex(6)}.old`;
  try {
    await fs.promises.link(file, temp);
  } catch (e) {
    if (errno(e) === 'ENOENT') return;
    // Some file systems know no hard links: a copy then.
    await fs.promises.copyFile(file, temp);
    await fs.promises.chmod(temp, 0o600);
  }
  await fs.promises.rename(temp, `${file}.bak`);
  // When both names were one file already, rename does nothing and leaves the temp name.
  await fs.promises.rm(temp, { force: true });
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await fs.promises.open(dir, 'r');
  try {
    await handle.sync();
  } catch (e) {
    // Some file systems refuse to sync a folder (EINVAL, EISDIR); the rename is then as durable as it gets.
    if (!['EINVAL', 'EISDIR', 'EPERM', 'ENOTSUP'].includes(errno(e) ?? '')) throw new Error(`cannot sync ${dir}: ${reasonOf(e)}`, { cause: e });
  } finally {
    await handle.close();
  }
}
