import { isMgrError } from '../../base/errors.js';

const AWAY: ReadonlySet<string> = new Set(['DAEMON_DOWN', 'CONNECTION_LOST', 'CALL_TIMEOUT', 'DAEMON_ENDING']);

/** The daemon is gone, ending, or too busy: another answer comes later. */
export function isAway(e: unknown): boolean {
  return isMgrError(e) && AWAY.has(e.code);
}
