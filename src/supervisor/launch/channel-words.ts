import type { Home } from '../../base/paths.js';
import type { RunRecord } from '../../protocol/records.js';

/** Who is told what a program says by its channel (channel.ts). */
export interface ChannelSink {
  onMessage(message: unknown): void;
  /** An uncaught exception the child is about to die of. */
  onException(error: Readonly<Record<string, unknown>>): void;
  /** A server of the program listens: a worker of a cluster, an app with `listen`. Told for each server. */
  onListening?(): void;
  /** Of a primary: what it tells of its processes. */
  onControl?(news: unknown): void;
  /** It is connected, again perhaps. */
  onHello?(): void;
  onLost?(): void;
}

/** `unsupported`: it cannot be asked; `timeout`: some connection is left. */
export type Drained = 'drained' | 'timeout' | 'unsupported';

/** Who starts a program, in the daemon's place perhaps, and what it is given besides its door. */
export interface Parent { readonly pid: number; readonly worker: boolean; readonly lent: readonly object[]; readonly doorAt: number }

/** Path of the note a Node child leaves (child/preload.ts): its exit code, an exception. */
export function notePath(home: Pick<Home, 'run' | 'door'>, run: Pick<RunRecord, 'token' | 'door'>): string {
  return run.door ? `${home.door}/${run.door.note}` : `${home.run}/note-${run.token}`;
}
