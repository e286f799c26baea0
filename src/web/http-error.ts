import { isMgrError } from '../base/errors.js';
import { toRecord } from '../protocol/wire.js';
import type { Failure } from './api-types.js';

/** A fault of the request itself. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(status: number, code: string, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** What is answered for anything thrown. A bug is told with its sentence only, and 500. */
export function failureOf(e: unknown): { readonly status: number; readonly body: Failure } {
  if (e instanceof HttpError) return { status: e.status, body: { error: { code: e.code, message: e.message, data: {}, ...(e.hint !== undefined && { hint: e.hint }) } } };
  const record = toRecord(e);
  const hint = isMgrError(e) ? e.hint : undefined;
  return { status: STATUS[record.code] ?? (record.code.startsWith('STORE_') ? 503 : isMgrError(e) ? 422 : 500), body: { error: { ...record, ...(hint !== undefined && { hint }) } } };
}

/** 400: asked wrongly. 404: there is no such thing. 409: not now, not of this one. 503: later. Others 422: it was tried and failed. */
const STATUS: Readonly<Record<string, number>> = {
  BAD_OPTION: 400, UNKNOWN_OPTION: 400, BAD_USAGE: 400, BAD_KEY: 400, BAD_FILE: 400, FILE_NOT_FOUND: 400, BAD_USER: 400, MODULE_NAME: 400,
  NOT_FOUND: 404, NOTHING_MANAGED: 404, MODULE_NOT_FOUND: 404, NO_SUCH_SETTING: 404, JOB_NOT_FOUND: 404, SCHEDULE_NOT_FOUND: 404,
  NOT_RUNNING: 409, NO_CHANNEL: 409, NO_STDIN: 409, NO_ACTION: 409, RELOAD_BUSY: 409, ALREADY_RUNNING: 409, INSTALL_BUSY: 409, NOTHING_TO_DO: 409, NO_FORMER: 409,
  DAEMON_DOWN: 503, DAEMON_ENDING: 503, DAEMON_SILENT: 503, CONNECTION_LOST: 503, CALL_TIMEOUT: 504, NO_REPLY: 504, INTERNAL: 500,
};
