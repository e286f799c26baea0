import type { ChildProcess } from 'node:child_process';

interface Closable { close(): void }
interface Internal { readonly cmd?: unknown; readonly act?: unknown; readonly seq?: number; readonly ack?: number }

/** Workers that listen: one of them takes what another one left. */
const listening = new Set<ChildProcess>();

/**
 * node:cluster forgets a connection that it handed to a worker which died before it took it: the caller waits until his
 * own patience ends (measured on Node 20: one such in every second crash under load). Here the answer that will not
 * come is given for the dead worker: it is not taken, so that node:cluster gives the connection to another one.
 */
export function keepHandoffs(worker: ChildProcess): void {
  const offered = new Map<number, Closable>();
  const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
  worker.send = (message: unknown, handle?: unknown, ...rest: unknown[]): boolean => {
    const { cmd, act, seq } = message as Internal;
    if (cmd === 'NODE_CLUSTER' && act === 'newconn' && seq !== undefined && handle !== undefined) offered.set(seq, handle as Closable);
    return send(message, handle, ...rest);
  };
  worker.on('internalMessage' as 'message', (message: unknown) => {
    const { cmd, act, ack } = message as Internal;
    if (cmd !== 'NODE_CLUSTER') return;
    if (ack !== undefined) offered.delete(ack);
    if (act === 'listening') listening.add(worker);
  });
  worker.once('exit', () => {
    listening.delete(worker);
    setImmediate(() => {
      // With a connection on its way the channel is not seen to be closed, and node:cluster goes on offering to the dead.
      if (worker.connected) worker.disconnect();
      setImmediate(() => {
        for (const [seq, handle] of [...offered]) {
          offered.delete(seq);
          if (listening.size === 0) handle.close();
          else worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: seq, accepted: false });
        }
      });
    });
  });
}
