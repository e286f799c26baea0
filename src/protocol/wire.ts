/** Errors as plain records and back: an `Error` does not survive JSON (package-traps.md). */
import { MgrError, isErrorCode, isMgrError, reasonOf } from '../base/errors.js';
import type { ErrorRecord } from './views.js';

export function toRecord(e: unknown): ErrorRecord {
  if (isMgrError(e)) return { code: e.code, message: e.message, data: e.data };
  return { code: 'INTERNAL', message: reasonOf(e), data: { reason: reasonOf(e) } };
}

/** A code this version does not know (a newer daemon) keeps the sentence the daemon made. */
export function fromRecord(record: ErrorRecord): MgrError {
  if (isErrorCode(record.code)) return new MgrError(record.code, record.data);
  return new MgrError('INTERNAL', { reason: record.message });
}
