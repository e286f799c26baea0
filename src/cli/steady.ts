import { isMgrError } from '../base/errors.js';
import type { MethodName, Params, Result } from '../protocol/contract.js';
import type { Caller } from './world.js';

/** ms without an answer after which somebody asks who it is that listens. */
const PATIENCE = 1000;

/**
 * A caller for commands that outlives its daemon (see again.ts): what only asks is asked again when the daemon is replaced
 * under it. A listener that does not answer is told apart from a daemon that takes its time: after a second `knock` asks
 * who is there, and fails when it is nobody of ours, or one that is stuck.
 */
export async function steady(open: () => Promise<Caller>, knock: (caller: Caller) => Promise<unknown>): Promise<Caller> {
  let caller = await open();
  let heard = false;
  const ask = async <M extends MethodName>(method: M, params: Params<M>, options: { deadline?: number } | undefined): Promise<Result<M>> => {
    if (heard) return caller.call(method, params, options);
    try {
      return await withKnock(caller.call(method, params, options), () => knock(caller));
    } finally {
      heard = true;
    }
  };
  return {
    async call(method, params, options) {
      const once = () => ask(method, params, options);
      try {
        return await once();
      } catch (e) {
        if (!isMgrError(e) || (e.code !== 'CONNECTION_LOST' && e.code !== 'DAEMON_ENDING')) throw e;
        const { again } = await import('../client/again.js');
        return again(e, { method, deadline: options?.deadline, once, reopen });
      }
    },
    close() { caller.close(); },
  };
  async function reopen(): Promise<void> {
    caller.close();
    caller = await open();
    heard = false;
  }
}

async function withKnock<R>(answer: Promise<R>, knock: () => Promise<unknown>): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // That the connection is lost is told by the call itself.
      knock().catch((e: unknown) => { if (isMgrError(e) && e.code === 'DAEMON_SILENT') reject(e); });
    }, PATIENCE);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
