import type { Outcome, ProcessView } from '../protocol/views.js';
import { toRecord } from '../protocol/wire.js';
import type { Result } from '../supervisor/result.js';
import { viewOf } from '../supervisor/view.js';

const UNMEASURED = { cpu: 0, memory: 0 };

/** What a verb did, per target, as it crosses the wire. */
export function outcomes(results: readonly Result[]): Outcome<ProcessView[]>[] {
  return results.map(({ target, processes, error, said }) => (error === undefined
    ? { target, ok: true, value: processes.map((p) => viewOf(p, UNMEASURED)), ...(said === undefined ? {} : { said }) }
    : { target, ok: false, error: toRecord(error) }));
}
