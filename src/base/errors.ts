/**
 * One error type. A bug throws a plain Error and is loud; what may happen in operation is a `MgrError`:
 * a closed code plus data. The sentence, the hint and the exit status are made from the table at the edge,
 * so that a record can cross a socket and still be told well there.
 */

import { type ErrorCode, type Row, rowOf } from './error-table.js';

export type { ErrorCode } from './error-table.js';
export type ErrorData = Readonly<Record<string, unknown>>;

// Brand instead of instanceof: two copies of the package (a module's and ours) still know each other's errors.
const BRAND = Symbol.for('mgr.error');

export class MgrError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, data: ErrorData = {}, cause?: unknown) {
    super(known(code).message(data), cause === undefined ? undefined : { cause });
    this.name = 'MgrError';
    this.code = code;
    this.data = data;
  }

  /** What to do about it, or undefined. */
  get hint(): string | undefined {
    const text = known(this.code).hint?.(this.data);
    return text === '' ? undefined : text;
  }

  /** Exit status of a command that ends with this error. */
  get exit(): number {
    return known(this.code).exit ?? 1;
  }
}

export function isMgrError(e: unknown): e is MgrError {
  return typeof e === 'object' && e !== null && BRAND in e;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && rowOf(code) !== undefined;
}

function known(code: ErrorCode): Row {
  const row = rowOf(code);
  if (row === undefined) throw new Error(`no such error code: ${code}`);
  return row;
}

export { asError, errno, reasonOf } from './thrown.js';
