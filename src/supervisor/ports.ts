/** What the supervisor needs from outside. It does not know that RPC, a store or modules exist. */
import type { Clock } from '../base/clock.js';
import type { Home } from '../base/paths.js';
import type { AppSpec } from '../config/spec.js';
import type { FifoPool } from '../logs/fifo-pool.js';
import type { LogFiles } from '../logs/files.js';
import type { ProcessRecord, RecordPatch } from '../protocol/records.js';
import type { ChannelHub } from './launch/channel.js';
import type { TreeLook } from './launch/kill.js';
import type { Primaries } from './launch/primary.js';
import type { PidFiles } from './pid-files.js';
import type { ManagedProcess } from './process.js';

/** Where changes are kept for the next daemon. */
export interface Keeper {
  put(record: ProcessRecord): void;
  patch(id: number, patch: RecordPatch): void;
  remove(id: number): void;
  /** A new one; `wish` where nobody has it. */
  takeId(wish?: number): number;
}

export type News = 'start' | 'online' | 'exit' | 'stop' | 'restart' | 'restart overlimit' | 'reload' | 'delete';

/** What the supervisor tells: the daemon publishes it. */
export interface Listener {
  onProcess(event: News, process: ManagedProcess, manually: boolean): void;
  onMessage(process: ManagedProcess, message: unknown): void;
  onException(process: ManagedProcess, error: Readonly<Record<string, unknown>>): void;
  /** `at`: wall-clock ms, before the text was written to its file. */
  onLog(process: ManagedProcess, stream: 'out' | 'err', text: Buffer, at: number): void;
  /** Is anyone reading the log of this process now? */
  wantsLog(process: ManagedProcess): boolean;
  onBug(where: string, error: unknown): void;
}

export interface Ports {
  readonly clock: Clock;
  readonly home: Home;
  readonly boot: string;
  readonly preload: string;
  readonly keeper: Keeper;
  readonly fifos: FifoPool;
  readonly files: LogFiles;
  readonly channels: ChannelHub;
  readonly primaries: Primaries;
  readonly tree: TreeLook;
  readonly pidFiles: PidFiles;
  readonly listener: Listener;
  /** Settings section of an app or module as variables (pm2-facts 4.4). */
  settingsOf(spec: AppSpec): Readonly<Record<string, string>>;
  /** What it must be given before it can be started, as a sentence; undefined: nothing. */
  lacking?(spec: AppSpec): string | undefined;
}
