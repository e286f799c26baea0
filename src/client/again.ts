import { isMgrError } from '../base/errors.js';
import type { MgrError } from '../base/errors.js';
import { ASKS } from '../protocol/asks.js';
import type { MethodName } from '../protocol/contract.js';

/** A call as it can be made again. */
export interface Repeat<R> {
  readonly method: MethodName;
  /** ms; none and 0: 30 s. */
  readonly deadline: number | undefined;
  /** Takes another connection in the place of the lost one. */
  reopen(): Promise<void>;
  /** Asked before each attempt: nobody waits for it any more. */
  over?(): boolean;
  once(): Promise<R>;
}

/**
 * After a call was lost, or refused because the daemon is ending: the same call to the daemon that follows, until the
 * call's deadline. What changes something is repeated only when it certainly did not arrive.
 */
export async function again<R>(first: MgrError, call: Repeat<R>): Promise<R> {
  const end = performance.now() + (call.deadline || 30_000);
  for (let e = first, sent = true; ;) {
    if ((sent && !repeatable(e, call.method)) || performance.now() >= end || call.over?.() === true) throw e;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    sent = false;
    if (call.over?.() === true) throw e;
    try {
      await call.reopen();
      sent = true;
      return await call.once();
    } catch (next) {
      if (!isMgrError(next) || (next.code !== 'CONNECTION_LOST' && next.code !== 'DAEMON_ENDING')) throw next;
      e = next;
    }
  }
}

function repeatable(e: MgrError, method: MethodName): boolean {
  return ASKS.has(method) || e.code === 'DAEMON_ENDING' || e.data['unsent'] === true;
}
