import fs from 'node:fs';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { randomHex } from '../base/random.js';

/** What `$MGR_HOME/web.json` holds, mode 0600: who may read it may drive the daemon anyway. */
export interface WebFile {
  readonly admin: string;
  /** May look, not touch. */
  readonly read: string;
  /** Where the server listens, or listened last. */
  readonly url?: string;
  readonly pid?: number;
}

/** Reads it, or makes one with new tokens. A damaged one is replaced: its tokens are worth nothing to anybody. Throws NO_PERMISSION. */
export function webFile(file: string): WebFile {
  const known = readWebFile(file);
  if (known !== undefined) return known;
  const made: WebFile = { admin: randomHex(24), read: randomHex(24) };
  writeWebFile(file, made);
  // Another one may have been quicker: what stands there counts.
  return readWebFile(file) ?? made;
}

export function readWebFile(file: string): WebFile | undefined {
  try {
    const { admin, read, url, pid } = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<WebFile>;
    if (typeof admin !== 'string' || typeof read !== 'string' || admin.length < 32 || read.length < 32) return undefined;
    return { admin, read, ...(typeof url === 'string' && { url }), ...(typeof pid === 'number' && { pid }) };
  } catch (e) {
    if (errno(e) === 'ENOENT' || e instanceof SyntaxError) return undefined;
    throw new MgrError('NO_PERMISSION', { path: file, reason: reasonOf(e) }, e);
  }
}

/** Whole or not at all. Throws NO_PERMISSION. */
export function writeWebFile(file: string, content: WebFile): void {
  const beside = `${file}.${randomHex(4)}`;
  try {
    fs.writeFileSync(beside, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    fs.renameSync(beside, file);
  } catch (e) {
    fs.rmSync(beside, { force: true });
    throw new MgrError('NO_PERMISSION', { path: file, reason: reasonOf(e) }, e);
  }
}
