import { errno, isMgrError, MgrError, reasonOf } from '../base/errors.js';

/**
 * What an engine threw as what may happen in operation: STORE_BUSY, STORE_IO, STORE_CORRUPT. Anything else (wrong SQL, a
 * unique key that is taken) is the caller's and comes back as it is. `ms` is how long a lock was waited for.
 */
export function storeFault(e: unknown, file: string, ms: number): unknown {
  if (isMgrError(e)) return e;
  const code = primaryCode(e);
  if (code === BUSY || code === LOCKED) return new MgrError('STORE_BUSY', { file, ms }, e);
  if (code === CORRUPT || code === NOT_A_DB) return new MgrError('STORE_CORRUPT', { file, reason: reasonOf(e) }, e);
  const act = code === undefined ? undefined : IO[code];
  return act === undefined ? e : new MgrError('STORE_IO', { file, act, reason: code === CANT_OPEN ? 'SQLite cannot open it, or the files beside it' : reasonOf(e) }, e);
}

export function isBusy(e: unknown): boolean { return isMgrError(e) && e.code === 'STORE_BUSY'; }

/** A unique index or primary key refused the row. */
export function isTaken(e: unknown): boolean { return primaryCode(e) === CONSTRAINT; }

// https://www.sqlite.org/rescode.html, the lower byte.
const BUSY = 5, LOCKED = 6, CORRUPT = 11, CANT_OPEN = 14, CONSTRAINT = 19, NOT_A_DB = 26;
/** PERM, READONLY, IOERR, FULL, CANTOPEN */
const IO: Readonly<Record<number, string>> = { 3: 'write', 8: 'write', 10: 'read or write', 13: 'write', [CANT_OPEN]: 'open' };

function primaryCode(e: unknown): number | undefined {
  if (typeof e !== 'object' || e === null) return undefined;
  const { rawCode, errcode } = e as { rawCode?: unknown; errcode?: unknown };
  if (typeof rawCode === 'number') return rawCode & 0xff;
  if (typeof errcode === 'number') return errcode & 0xff; // node:sqlite
  // A failed opening carries its number in the text only.
  const found = e instanceof Error ? /ConnectionFailed\(".*: (\d+)"\)$/s.exec(e.message)?.[1] : undefined;
  if (found !== undefined) return Number(found) & 0xff;
  return errno(e) === 'ENOSPC' || errno(e) === 'EACCES' || errno(e) === 'EROFS' ? CANT_OPEN : undefined;
}
